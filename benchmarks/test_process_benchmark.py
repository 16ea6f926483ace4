"""Whole processes: `spsim check`, `spsim run` cold and warm, beside the start of an interpreter that imports numba and polars.

Peak memory is that of the child with the largest one (POSIX only). Nothing here is a test: ratios are printed, never asserted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SCENARIO = str(ROOT / "scenarios" / "viet_nam.yaml")
START = [sys.executable, "-c", "import numba, polars"]


def spsim(*arguments: str) -> list[str]:
    """The command line, through the interpreter that runs the benchmark."""
    return [sys.executable, "-c", "from spsim.cli import main; main()", *arguments]


def seconds(command: list[str], **environment: str) -> float:
    """Wall time of one process that must succeed."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    return time.perf_counter() - began


def peak_mib() -> float | None:
    """Peak memory of the largest child so far."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def in_turn(rounds: int, *commands: list[str]) -> list[float]:
    """Median seconds of commands run in turn, after one run of each to warm up."""
    for command in commands:
        seconds(command)
    times = [[seconds(command) for command in commands] for _ in range(rounds)]
    return [sorted(column)[rounds // 2] for column in zip(*times, strict=True)]


def test_check(benchmark: Any) -> None:
    """`spsim check` beside the bare interpreter."""
    check, bare = in_turn(5, spsim("check", SCENARIO), [sys.executable, "-c", "pass"])
    print(f"\nspsim check {check:.2f} s, bare interpreter {bare:.2f} s")
    benchmark.pedantic(lambda: seconds(spsim("check", SCENARIO)), rounds=3)


def test_run_warm(benchmark: Any, tmp_path: Path) -> None:
    """`spsim run` of a whole country with its kernels in the disk cache; the aim is at most 4 times the imports."""
    command = spsim("run", SCENARIO, "--out", str(tmp_path / "run"), "--quiet")
    run, start = in_turn(5, command, START)
    print(
        f"\nspsim run {run:.2f} s, imports {start:.2f} s, ratio {run / start:.2f}, peak {peak_mib() or 0:.0f} MiB"
    )
    benchmark.pedantic(lambda: seconds(command), rounds=3)


def test_run_cold(benchmark: Any, tmp_path: Path) -> None:
    """`spsim run` that has to compile its kernels first."""
    command = spsim("run", SCENARIO, "--out", str(tmp_path / "run"), "--quiet")
    rounds = iter(range(99))

    def cold() -> None:
        seconds(command, NUMBA_CACHE_DIR=str(tmp_path / f"cache{next(rounds)}"))

    benchmark.pedantic(cold, rounds=2)


@pytest.mark.parametrize("format_", ["csv", "parquet", "xlsx"])
def test_one_format(benchmark: Any, tmp_path: Path, format_: str) -> None:
    """What each format of the results costs."""
    command = spsim("run", SCENARIO, "--out", str(tmp_path / "run"), "--quiet", "--format", format_)
    benchmark.pedantic(lambda: seconds(command), rounds=2, warmup_rounds=1)
