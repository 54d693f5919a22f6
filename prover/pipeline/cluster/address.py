"""Where a cluster is, and what is said where it cannot be used."""

from __future__ import annotations

import re

from dsl.diagnostic import Diagnostic, DiagnosticError

_ADDRESS = re.compile(r"(?:(tcp|tls)://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def trouble(code: str, message: str, hint: str) -> DiagnosticError:
    """What ends a run: something is wrong with the cluster, not with a file."""
    return DiagnosticError((Diagnostic(code, message, None, hint=hint),))


def address_of(text: str) -> str:
    """``HOST:PORT`` with its scheme.  Raises DiagnosticError for what is no address."""
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found[3]) < 1 << 16:
        hint = "it is HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT, as the scheduler prints it"
        raise trouble("cluster-address", f"`{text}` is no address of a scheduler", hint)
    return f"{found[1] or 'tcp'}://{found[2]}:{found[3]}"
