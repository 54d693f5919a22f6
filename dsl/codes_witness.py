"""What diagnostics of saved witnesses mean, with an example and a remedy."""

from __future__ import annotations

WITNESS_CODES: dict[str, str] = {
    "witness-broken": """\
What is to be replayed is no witness: no JSON, cut off, of another schema or version, or with
something in it that cannot be (a member twice, a number out of range, brackets 33 deep).
        prove replay report.json       (a report, which is another document)
Make it again with `prove FILE --format witness`.""",
    "witness-edited": """\
A witness does not show what it says, although the file is as it was when it was made.
        a step taken out of the document by hand
It was changed, or put together; make it again with `prove FILE --format witness`.""",
    "witness-file": """\
A witness names a protocol that is not below the current folder, or no .khp file.
        "file": "/etc/passwd"
Nothing is opened because a document says so.  Name the protocol: `prove replay W.json FILE`.""",
    "witness-other": """\
A witness is about something that the protocol does not have: a scenario, a variant, a config.
        prove replay collapse.json unmap.khp
It was made for another file, or the file has changed too much: prove it again.""",
}
"""Code -> explanation, of what only `prove replay` reports."""
