"""Addresses, litmus tests, and a machine without the package for clusters."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dsl.diagnostic import DiagnosticError
from prover.cli.entry import main
from prover.pipeline.cluster.address import address_of
from tests.cluster.making import prove


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("farm:8786", "tcp://farm:8786"),
        ("tcp://10.0.0.7:1", "tcp://10.0.0.7:1"),
        ("tls://farm.example.org:8786", "tls://farm.example.org:8786"),
        ("[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_an_address(text: str, address: str) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize(
    "text", ["", "farm", "farm:0", "farm:65536", "ws://farm:1", "inproc://x", "a b:1", "farm:1/x"]
)
def test_no_address(text: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        address_of(text)
    assert caught.value.diagnostics[0].code == "cluster-address"


def test_litmus_tests_are_decided_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cluster", "farm:1", "t.litmus"]) == 2
    assert "--cluster" in capsys.readouterr().err


FILE = "protocols/teaching/unlock_order.khp"


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    code, out, err = prove("--cluster", address, "--no-cache", FILE)
    assert (code, out) == (2, "")
    said = " ".join(err.split())
    assert said.startswith(f"error[cluster-silent]: no scheduler answers at tcp://{address} (")
    assert "start one with `dask scheduler`" in said


def test_somebody_is_there_who_says_nothing() -> None:
    code = "import prover.pipeline.cluster.ferry as ferry\nferry.SHAKE = 1.0\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        status, out, err = prove("--cluster", address, "--no-cache", FILE, code=code)
    assert (status, out) == (2, "")
    said = " ".join(err.split())
    assert said.startswith(f"error[cluster-silent]: no scheduler answers at tcp://{address} (")
    assert "no answer for 1 s" in said


def test_without_the_package_it_is_said(tmp_path: Path) -> None:
    # The process that talks with the cluster imports it; what stands in for it is found first.
    (tmp_path / "distributed.py").write_text("raise ImportError('none here')\n", encoding="utf-8")
    code = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "sys.argv[2] = f'127.0.0.1:{server.getsockname()[1]}'\n"
    )
    arguments = ("--cluster", "PORT", "--no-cache", "protocols/teaching/unlock_order.khp")
    status, out, err = prove(*arguments, code=code)
    assert (status, out) == (2, "")
    assert err.startswith("error[cluster-missing]: `--cluster` needs a package")
