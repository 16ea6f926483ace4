"""`spsim simulate --cluster`: a real Dask scheduler and two workers on this machine, one of them killed half-way."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from spsim.experiments.simulate_report import Asked, simulated

pytest.importorskip("distributed")

ROOT = Path(__file__).parent.parent
SMALL = f"""
extends: {(ROOT / "scenarios" / "viet_nam.yaml").as_posix()}
meta: {{id: small}}
horizon: {{end: 2028}}
"""
KEPT = ("fund:pension.reserve", "fund:pension.depletion_year", "population.total", "unemployment.cost_rate")
DRAWS = 8
PATIENCE = 180  # seconds until something must have happened


class Cluster:
    """A scheduler and workers, each a process of its own that this test began and ends."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.log = (folder / "cluster.log").open("w")
        self.scheduler = self._process("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard")
        self.address = ""
        self.workers: list[subprocess.Popen[bytes]] = []

    def _process(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", module, "--scheduler-file", str(self.file), *arguments]
        quiet = {**os.environ, "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
        return subprocess.Popen(
            [*command, "--host", "127.0.0.1"], stdout=self.log, stderr=subprocess.STDOUT, env=quiet
        )

    def start(self, workers: int) -> None:
        """Wait for the scheduler's address, then start workers without a nanny, so that a killed one stays dead."""
        wait_until(lambda: self.file.exists() and self.file.stat().st_size > 0)
        self.address = json.loads(self.file.read_text())["address"]
        for _ in range(workers):
            self.workers.append(
                self._process(
                    "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"
                )
            )

    def end(self) -> None:
        """End what was begun here."""
        for process in (*self.workers, self.scheduler):
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
        self.log.close()


def wait_until(done: Any) -> None:
    """Until it is so, or fail."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler with two workers."""
    found = Cluster(tmp_path)
    try:
        found.start(2)
        yield found
    finally:
        found.end()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Viet Nam for four years."""
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


def asked(small: Path, out: Path, **more: Any) -> Asked:
    return Asked(small, draws=DRAWS, seed=3, figures=KEPT, out=out, formats=("csv",), quiet=True, **more)


def tables_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every table."""
    return {file.name: file.read_bytes() for file in sorted((folder / "tables").glob("*.csv"))}


def when_kept(folder: Path, parts: int, act: Any) -> threading.Thread:
    """Do something as soon as so many parts are on the disk."""

    def watch() -> None:
        wait_until(lambda: len(list(folder.glob("part-*.sha256"))) >= parts)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_worker_loses_nothing(cluster: Cluster, small: Path, tmp_path: Path) -> None:
    """The same bytes as one process alone, although one of two workers dies when a quarter is done."""
    simulated(asked(small, tmp_path / "alone"))
    out = tmp_path / "cluster"
    killer = when_kept(tmp_path / "cluster.draws", DRAWS // 4, cluster.workers[0].kill)
    simulated(asked(small, out, cluster=cluster.address))
    killer.join(PATIENCE)
    assert cluster.workers[0].wait() != 0
    assert cluster.workers[1].poll() is None
    assert tables_of(out) == tables_of(tmp_path / "alone")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_scheduler_that_dies_keeps_what_was_drawn(
    cluster: Cluster, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, one clear line; then the same command, here on this machine, ends with the same bytes."""
    out = tmp_path / "cluster"
    when_kept(tmp_path / "cluster.draws", 1, cluster.scheduler.kill)
    with pytest.raises(click.exceptions.Exit) as stopped:
        simulated(asked(small, out, cluster=cluster.address))
    assert stopped.value.exit_code == 1
    said = capsys.readouterr().err
    assert f"the scheduler at {cluster.address} no longer answers" in said
    assert "the same command goes on from there" in said
    assert not out.exists()
    simulated(asked(small, out))
    simulated(asked(small, tmp_path / "alone"))
    assert tables_of(out) == tables_of(tmp_path / "alone")
