"""Workers that come and go, of a cluster and of this machine: nothing shows of it.

The library is proved once as it is, and then while a worker is killed every few seconds: seconds of
work, so that a machine that is busy with other things sees the same.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil  # type: ignore[import-untyped]
import pytest

from tests.cluster.making import ROOT, Cluster, deciding, prove, start_prove

LIBRARY: Final = sorted(
    str(path.relative_to(ROOT))
    for path in ROOT.glob("protocols/**/*.khp")
    if path.parent.name not in {"kernel", "common"}
)
PARTS: Final = {
    "retract": [each for each in LIBRARY if each.endswith("/retract.khp")],
    # Decided on this machine even where there is a cluster, and some for minutes.
    "any number": [each for each in LIBRARY if "retract_any" in each or "/any/" in each],
}
PARTS["rest"] = [each for each in LIBRARY if each not in {*PARTS["retract"], *PARTS["any number"]}]
"""The library in parts, each of which is one run."""
WORKERS: Final = 2
APART: Final = 6.0
"""Seconds of work, by each worker, from one loss to the next."""

VARYING: Final = ("events", "clauses", "seconds", "peak_mib")
"""What was measured is of the program that was asked about, which is that of all variants where a
worker had them together, and one variant's own where the others were lost: left out.  The bound is
not."""

Report = dict[str, Any]
Said = tuple[int, str, str]


def obligations(text: str) -> dict[str, Report]:
    """What is reported of every obligation; each is there once."""
    found: dict[str, Report] = {}
    for file in json.loads(text)["files"]:
        for each in file["obligations"]:
            name = json.dumps([file["file"], *(each[k] for k in NAMES)])
            assert name not in found, f"twice: {name}"
            for what in VARYING:
                del each["measured"][what]
            found[name] = each
    return found


NAMES: Final = ("scenario", "variant", "config", "model")


def rest(text: str) -> Report:
    """A report but for the obligations, and for the time it took."""
    report: Report = json.loads(text)
    del report["measured"]
    for file in report["files"]:
        file["obligations"] = len(file["obligations"])
    return report


def work(*processes: int) -> float:
    """The seconds that processes have worked so far, with all that they have started."""
    total = 0.0
    for number in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(number)
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += sum(each.cpu_times()[:4])
    return total


def with_losses(
    process: subprocess.Popen[str],
    apart: float,
    lose: Callable[[], bool],
    workers: Callable[[], list[int]],
) -> tuple[Said, int]:
    """What a command says while something is lost whenever ``workers`` have worked for ``apart``
    seconds; how often it was.
    """
    lost = 0
    done = work(*workers())
    while True:
        try:
            out, err = process.communicate(timeout=0.2)
        except subprocess.TimeoutExpired:
            if work(*workers()) - done > apart and lose():
                lost += 1
                done = work(*workers())
        else:
            return (process.returncode, out, err), lost


@pytest.fixture(scope="module", params=PARTS)
def asked(request: pytest.FixtureRequest) -> list[str]:
    """What is asked about a part of the library."""
    return ["--no-cache", "--format", "json", *PARTS[request.param]]


@pytest.fixture(scope="module")
def here(asked: list[str]) -> Said:
    """What is said of it where nothing is lost."""
    return prove(*asked, "--jobs", str(WORKERS))


def same(there: Said, here: Said) -> int:
    """Checks that every obligation is reported once, as it is where nothing is lost; of how many."""
    assert there[0] == here[0]
    assert rest(there[1]) == rest(here[1])
    told, known = obligations(there[1]), obligations(here[1])
    assert told.keys() == known.keys()
    for name, outcome in told.items():
        assert outcome == known[name], name
    return len(told)


@pytest.mark.soak
def test_a_cluster_that_loses_workers(asked: list[str], here: Said, tmp_path: Path) -> None:
    rng = random.Random(7)
    cluster = Cluster(tmp_path)

    def lose() -> bool:
        cluster.kill(rng.choice(cluster.workers))
        cluster.start_worker()
        return True

    try:
        for _ in range(WORKERS):
            cluster.start_worker()
        process = start_prove(*asked, "--cluster", cluster.address)
        there, lost = with_losses(
            process, WORKERS * APART, lose, lambda: [each.pid for each in cluster.workers]
        )
    finally:
        cluster.end()
    count = same(there, here)
    assert lost
    print(f"{count} obligations, {lost} workers killed", file=sys.stderr)


@pytest.mark.soak
def test_a_question_that_takes_longer_than_workers_live(tmp_path: Path) -> None:
    """It comes to an end: asked again so often and no more, then decided on this machine."""
    asked = ("--scenario", "uffd_copy", "--config", "PAE=off", "--model", "lkmm")
    arguments = ("--no-cache", "--format", "json", *asked, "protocols/retract.khp")
    cluster = Cluster(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    lost = 0
    try:
        worker = cluster.start_worker()
        process = start_prove(*arguments, "--variant", "drop_ptl", "--cluster", cluster.address)
        while process.poll() is None:
            if deciding(worker):
                cluster.kill(worker)
                worker = cluster.start_worker()
                lost += 1
            time.sleep(0.1)
        out, _ = process.communicate()
    finally:
        cluster.end()
    assert lost == 2
    code, alone, _ = prove(*arguments, "--variant", "drop_ptl")
    assert process.returncode == code
    assert obligations(out) == obligations(alone)


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes in which a command decides."""
    try:
        found = psutil.Process(process.pid).children()
        return [each for each in found if each.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.soak
def test_a_machine_that_loses_processes(asked: list[str], here: Said) -> None:
    """What is lost is tried once more by itself; what is lost then, too, is unknown, and only that.

    One is killed after every second of work.
    """
    rng = random.Random(7)
    process = start_prove(*asked, "--jobs", str(WORKERS))

    def lose() -> bool:
        found = children(process)
        if found:
            rng.choice(found).send_signal(signal.SIGKILL)
        return bool(found)

    there, lost = with_losses(process, WORKERS * 1.0, lose, lambda: [process.pid])
    told, known = obligations(there[1]), obligations(here[1])
    assert told.keys() == known.keys()
    unknown = [name for name, each in told.items() if each["verdict"]["kind"] == "unknown"]
    for name in unknown:
        why = told[name]["verdict"]["why"]
        assert why == "the solver process was killed (out of memory?), and again when tried alone"
    assert there[0] == (3 if unknown else here[0])
    # Each of them was at work by itself when it was lost the second time.
    assert len(unknown) <= lost
    for name in told.keys() - unknown:
        assert told[name] == known[name], name
    kinds = Counter(each["verdict"]["kind"] for each in told.values())
    print(f"{len(told)} obligations, {lost} killed, {kinds}", file=sys.stderr)
