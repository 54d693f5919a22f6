"""Machines that come and go: one worker is killed every few seconds, and nothing shows of it."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.making import Cluster, deciding, prove, start_prove, until

WORKERS = 3
APART = 4.0
"""Seconds from one loss to the next; more where a worker takes longer to come to work."""


VARYING = ("seconds", "measured", "notes")
"""What depends, here as there, on which variants were decided in one program: sizes, and whether
places whose data races are not looked for are listed (--without variants shows it)."""


def timeless(value: Any) -> Any:
    """A document without what differs from run to run."""
    match value:
        case dict():
            return {k: timeless(v) for k, v in value.items() if k not in VARYING}
        case list():
            return [timeless(each) for each in value]
        case _:
            return value


def obligations(text: str) -> Counter[str]:
    """What is reported, and how often."""
    return Counter(
        json.dumps([file["file"], *(each[k] for k in ("scenario", "variant", "config", "model"))])
        for file in json.loads(text)["files"]
        for each in file["obligations"]
    )


def with_losses(cluster: Cluster, arguments: list[str]) -> tuple[int, str, str, int]:
    """What the command says while workers are killed and others take their place; how many were."""
    rng = random.Random(7)
    for _ in range(WORKERS):
        cluster.start_worker()
    process = start_prove(*arguments, "--cluster", cluster.address)
    killed = 0
    start = time.monotonic()
    until(lambda: any(map(deciding, cluster.workers)), 300)
    apart = max(APART, (time.monotonic() - start) / 2)
    after = time.monotonic() + apart
    while True:
        try:
            out, err = process.communicate(timeout=max(after - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            cluster.kill(rng.choice(cluster.workers))
            cluster.start_worker()
            killed += 1
            after = time.monotonic() + apart
        else:
            return process.returncode, out, err, killed


@pytest.mark.soak
@pytest.mark.parametrize("folder", ["protocols/bugs", "protocols"])
def test_losses_change_nothing(folder: str, tmp_path: Path) -> None:
    arguments = ["--no-cache", "--format", "json", folder]
    code, here, _ = prove(*arguments)
    cluster = Cluster(tmp_path)
    try:
        there = with_losses(cluster, arguments)
    finally:
        cluster.end()
    assert (there[0], there[2]) == (code, "")
    print(f"{folder}: {len(obligations(here))} obligations, {there[3]} workers killed")
    assert set(obligations(there[1]).values()) == {1}
    assert obligations(there[1]) == obligations(here)
    assert timeless(json.loads(there[1])) == timeless(json.loads(here))
    assert there[3]
