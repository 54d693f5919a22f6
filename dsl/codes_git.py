"""What diagnostics of git and of watching mean, with an example and a remedy."""

from __future__ import annotations

GIT_CODES: dict[str, str] = {
    "git-failed": """\
git does not answer within its time, or fails: a repository that is damaged, or not all there.
        prove --changed origin/master      (in a clone without its trees)
The message has what git says.  Name the files to be proved instead.""",
    "no-git": """\
git is not installed, or cannot be started.
        prove --changed
Install it, or name the files to be proved.""",
    "no-watchdog": """\
`--watch` needs a package that only it uses.
        prove --watch protocols/
Install it: pip install 'prove-khp[watch]'.""",
    "not-a-repository": """\
The current folder is in no git repository, in a bare one, or in one that git does not trust.
        prove --changed       (below /usr/share)
Start prove in the work tree, or name the files to be proved.""",
    "unknown-revision": """\
A revision is none of this repository, is two, or may as well be a file.
        prove --changed orgin/master
        prove --changed v6.6..v6.7
        prove --changed protocols          (a folder, and a branch)
What is proved is the work tree, so one revision is what to compare it with.  A shallow clone has
few of them: fetch more.  `--changed=NAME` is the revision, ./NAME the file.""",
}
"""Code -> explanation, of what only `--changed`, `--watch` and `prove diff` report."""
