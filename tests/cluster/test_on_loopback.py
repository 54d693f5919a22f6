"""``prove --cluster`` with a real scheduler and workers, some of which are killed."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from tests.cluster.making import ROOT, Cluster, deciding, interrupt, prove, start_prove, until

FILES = ("protocols/teaching/unlock_order.khp", "protocols/teaching/uprobe_mremap.khp")
LONG = "protocols/retract.khp"
IMPATIENT = (
    "import prover.pipeline.cluster.ferry as ferry\n"
    "ferry.START = ferry.START.replace('main(sys.argv[2])', 'main(sys.argv[2], 1.5)')\n"
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.end()


@pytest.fixture
def cluster(shared: Cluster) -> Cluster:
    """The cluster with one worker, whatever tests before this one have left."""
    for worker in shared.workers[1:]:
        shared.kill(worker)
    if not shared.workers:
        shared.start_worker()
    return shared


@pytest.fixture
def on(cluster: Cluster) -> tuple[str, ...]:
    """The options that name the cluster."""
    return ("--no-cache", "--cluster", cluster.address)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_a_worker_killed_at_work_costs_nothing(cluster: Cluster, on: tuple[str, ...]) -> None:
    here = prove("--no-cache", "-v", *FILES)
    (first,) = cluster.workers
    process = start_prove(*on, "-v", *FILES)
    until(lambda: deciding(first))
    left = psutil.Process(first.pid).children(recursive=True)
    cluster.kill(first)
    cluster.start_worker()
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == here
    # Nothing goes on deciding on the machine of a worker that died.
    until(lambda: gone(left), 10)


def test_an_interrupt_ends_what_runs_elsewhere(cluster: Cluster, on: tuple[str, ...]) -> None:
    (worker,) = cluster.workers
    process = start_prove(*on, LONG)
    until(lambda: deciding(worker))
    at_work = deciding(worker)
    assert interrupt(process) == 130
    until(lambda: gone(at_work), 10)
    time.sleep(0.5)
    assert not deciding(worker)


@pytest.mark.soak
def test_a_command_that_is_killed_leaves_nothing_running(
    cluster: Cluster, on: tuple[str, ...]
) -> None:
    (worker,) = cluster.workers
    process = start_prove(*on, LONG)
    until(lambda: deciding(worker))
    at_work = deciding(worker)
    process.kill()
    process.communicate(timeout=10)
    until(lambda: gone(at_work), 15)


@pytest.mark.soak
def test_a_worker_of_another_version_is_refused(
    cluster: Cluster, on: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "dsl").symlink_to(ROOT / "dsl")
    (tmp_path / "prover").mkdir()
    for part in (ROOT / "prover").iterdir():
        if part.name not in ("version.py", "__pycache__"):
            (tmp_path / "prover" / part.name).symlink_to(part)
    (tmp_path / "prover/version.py").write_text('VERSION = "9.1"\n', encoding="utf-8")
    (same,) = cluster.workers
    cluster.kill(same)
    other = cluster.start_worker(tmp_path)
    code, out, err = prove(*on, FILES[0])
    assert (code, out) == (2, "")
    assert err.startswith("error[cluster-version]: the worker at tcp://127.0.0.1:")
    assert "has another prove: prove 9.1, not" in " ".join(err.split())
    cluster.kill(other)


def test_without_workers_it_gives_up(cluster: Cluster, on: tuple[str, ...]) -> None:
    for worker in [*cluster.workers]:
        cluster.kill(worker)
    code, out, err = prove(*on, FILES[0], code=IMPATIENT)
    assert (code, out) == (2, "")
    assert err.startswith("error[cluster-lost]: ")
    assert "no worker for 1.5 s" in err


@pytest.mark.soak
def test_without_the_scheduler_it_gives_up(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    try:
        worker = cluster.start_worker()
        process = start_prove("--no-cache", "--cluster", cluster.address, LONG)
        until(lambda: deciding(worker))
        cluster.scheduler.kill()
        out, err = process.communicate(timeout=60)
    finally:
        cluster.end()
    assert (process.returncode, out) == (2, "")
    assert err.startswith("error[cluster-lost]: ")


@pytest.mark.soak
def test_a_scheduler_that_hangs_is_given_up(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    try:
        worker = cluster.start_worker()
        process = start_prove("--no-cache", "--cluster", cluster.address, LONG)
        until(lambda: deciding(worker))
        cluster.scheduler.send_signal(signal.SIGSTOP)
        out, err = process.communicate(timeout=100)
    finally:
        cluster.end()
    assert (process.returncode, out) == (2, "")
    assert err.startswith("error[cluster-lost]: ")


@pytest.mark.soak
def test_what_answers_is_no_scheduler() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shout() -> None:
            connection, _ = server.accept()
            connection.close()
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)
            connection.close()

        threading.Thread(target=shout, daemon=True).start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        code, out, err = prove("--no-cache", "--cluster", address, FILES[0])
    assert (code, out) == (2, "")
    assert err.startswith("error[cluster-silent]: no scheduler answers at")
