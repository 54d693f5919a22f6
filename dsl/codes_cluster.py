"""What diagnostics of `prove --cluster` mean, with an example and a remedy."""

from __future__ import annotations

CLUSTER_CODES: dict[str, str] = {
    "cluster-address": """\
What `--cluster` names is no address of a scheduler.
        prove --cluster build-farm retract.khp       (which port?)
Write HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT, as the scheduler prints it.""",
    "cluster-lost": """\
The cluster was there and is no more: the scheduler went, or no worker has been there for 30 s.
        the last worker of the cluster was stopped
Nothing is reported of this run.  What was decided is remembered, unless `--no-cache` is given:
start the scheduler and the workers, and prove again.""",
    "cluster-missing": """\
`--cluster` needs a package that is not installed.
        pip install prove-khp          (without the extra)
Install it with the tool, here and on the workers: pip install 'prove-khp[cluster]'.""",
    "cluster-silent": """\
No scheduler answers at the address, or what answers is none: another service, TLS where plain
text is spoken, a certificate that is not accepted.
        prove --cluster localhost:80 retract.khp
Start one with `dask scheduler`; its first lines have the address.""",
    "cluster-version": """\
A worker has another prove than this machine, or none: another version, other sources, another
solver, parser or Python.  Its verdicts would not be the ones that are proved here.
        pip install --upgrade prove-khp        (here, and not on the workers)
Install the same on every machine, and start the workers again.""",
}
"""Code -> explanation, of what only `--cluster` reports."""
