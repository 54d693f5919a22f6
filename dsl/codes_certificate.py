"""What diagnostics of certificates mean, with an example and a remedy."""

from __future__ import annotations

CERTIFICATE_CODES: dict[str, str] = {
    "certificate-broken": """\
What is to be checked is no certificate: cut off, of another schema or version, or with something
in it that cannot be (a local state that is not listed, a view twice, a line of 16 MiB).
        a witness, or a report, which are other documents
Make it again with `prove FILE --emit certificate=PATH`.""",
    "certificate-other": """\
A certificate is about something that the protocol does not have: a shared variable or one of its
values, a local state or a region that nothing in the protocol leads to.
        a certificate of retract.khp, and retract.khp with a line moved
It was made for another file, or the file has changed: prove it again.""",
    "certificate-refused": """\
The local states that a certificate lists are no proof: the start is not among them, a step leads
out of them, or something is violated in them.
        a view taken out of the document by hand
The message says which step of which actor.  Nothing is proved by it; prove the file again.""",
}
"""Code -> explanation, of what is said about certificates of proofs for any number of actors."""
