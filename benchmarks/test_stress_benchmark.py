"""Speed of crisis draws: many paths of 30 years together, against as many single paths, on one thread and on two.

pytest benchmarks/test_stress_benchmark.py --benchmark-only -s
Nothing is asserted about time; the ratios are printed. SPSIM_DRAWS=1000 measures a thousand; by default 48, which give the same ratios.
Processor time of the one-thread ratios, so that a machine that is busy with something else does not count; wall time of two threads.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.experiments.changes import Change
from spsim.experiments.crisis_draws import Drawing, default_design
from spsim.experiments.stress import Bench, bench, stress
from spsim.experiments.variants import opened
from spsim.stocks.unemployment import stocks_of

ROOT = Path(__file__).parent.parent
DRAWS = int(os.environ.get("SPSIM_DRAWS", "48"))


@pytest.fixture(scope="module")
def ready() -> Bench:
    case = opened(ROOT / "scenarios/viet_nam.yaml").changed(Change("horizon.end", 2054))
    found = bench(case, "unemployment")
    found.scheme.project(found.scheme.calm())  # compiles, and computes the first day
    return found


@pytest.fixture(scope="module")
def draws(ready: Bench) -> Drawing:
    months = ready.scheme.months
    return Drawing(default_design(), 1, int(months[0]), len(months), {}, {})


def single_path(ready: Bench, draws: Drawing, number: int) -> np.ndarray:
    """One path alone: the scheme through the kernel, priced."""
    shock = ready.scheme.with_dated(draws(number))
    return stocks_of(ready.scheme, shock, ready.scheme.project(shock), {}).amount


def test_draws_against_single_paths(
    ready: Bench, draws: Drawing, benchmark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = time.process_time()
    alone = [single_path(ready, draws, number) for number in range(DRAWS)]
    apart = time.process_time() - begin
    begin, wall = time.process_time(), time.perf_counter()
    one = stress(ready, draws, DRAWS)
    together, on_one = time.process_time() - begin, time.perf_counter() - wall
    wall = time.perf_counter()
    two = stress(ready, draws, DRAWS, threads=2)
    on_two = time.perf_counter() - wall
    np.testing.assert_array_equal(one.closing, two.closing)
    assert len(alone) == DRAWS
    with capsys.disabled():
        print(
            f"\nstress, {DRAWS} paths of 30 years: {together / DRAWS:.3f} s each; together {together / apart:.2f} × alone; "
            f"two threads {on_two / on_one:.2f} × one"
        )
    benchmark(single_path, ready, draws, 0)
