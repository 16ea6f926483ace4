"""What a draw costs beside the kernels that it runs, two workers beside one, products beside the kernel, scheduling, memory.

CPU seconds of the process where the machine may be busy with something else, wall time where workers are compared. Nothing is asserted
but that results agree: ratios are printed. `pytest benchmarks/test_simulate_benchmark.py -o addopts="" -s`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.experiments.simulate import Draws, Job, Part, prepared, work
from spsim.experiments.stochastic import opened
from spsim.experiments.variants import opened as opened_case
from spsim.experiments.workers import Inline, Workers, completed, parts
from spsim.kernels import pension, pensions_in_payment, population, unemployment
from spsim.reuse import NO_REUSE

SCENARIO = Path(__file__).parent.parent / "scenarios" / "viet_nam.yaml"
KERNELS = [
    (pension, "members"), (pensions_in_payment, "pensions"), (unemployment, "months"), (population, "project_population"),
]  # fmt: skip
ECONOMY_ALONE = """
fertility: {drawn: false}
mortality: {drawn: false}
migration: {drawn: false}
economy:
  kind: autoregressive
  standard_deviation: {price_inflation: 0.02, real_wage_growth: 0.02, interest_rate: 0.02, unemployment: 0.0}
  persistence: {price_inflation: 0.5, real_wage_growth: 0.3, interest_rate: 0.7, unemployment: 0.0}
"""
LINEAR = f"""
extends: {SCENARIO.as_posix()}
meta: {{id: linear}}
schemes:
  pension: &free
    contribution_base: {{floor: 0, ceiling: null}}
    benefits:
      old_age: {{tiers: {{with_minimum: {{floor: null}}}}}}
      death_lump_sum: {{tiers: {{to_family: {{unless: null, service: {{below: 15}}, amount: {{kind: percent_of_earnings, rate: 0.25}}}}}}}}
  pension_public: *free
"""


def job(scenario: Path, uncertainty: Path | None = None) -> Job:
    found, _, folder = opened(uncertainty, "VNM")
    return prepared(opened_case(scenario), found, folder, 1)


def seconds(act: Callable[[], Any], rounds: int = 3) -> float:
    """Median CPU seconds after one round to warm up."""
    act()
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        act()
        taken.append(time.process_time() - began)
    return sorted(taken)[rounds // 2]


@contextmanager
def timed_kernels() -> Iterator[dict[str, float]]:
    """CPU seconds inside each compiled kernel."""
    spent: dict[str, float] = {}

    def timed(name: str, kernel: Any) -> Any:
        def call(*arguments: Any) -> Any:
            began = time.process_time()
            found = kernel(*arguments)
            spent[name] = spent.get(name, 0.0) + time.process_time() - began
            return found

        return call

    with pytest.MonkeyPatch.context() as patch:
        for module, name in KERNELS:
            if hasattr(module, name):
                patch.setattr(module, name, timed(f"{module.__name__}.{name}", getattr(module, name)))
        yield spent


def test_a_draw_beside_its_kernels() -> None:
    """Pensions, unemployment, social pensions of Viet Nam over 76 years: the aim is at most 1.3 times the kernels of a run."""
    one = job(SCENARIO)
    draws = Draws(one)
    draws.figures(0)
    with timed_kernels() as of_run:
        Draws(one, reuse=NO_REUSE).figures(1)
    numbers = iter(range(1, 99))  # each round another draw: nothing of the last one serves it
    whole_run = seconds(lambda: Draws(one, reuse=NO_REUSE).figures(next(numbers)))
    whole = seconds(lambda: draws.figures(next(numbers)), 5)
    kernels = sum(of_run.values())
    print(f"\na run {whole_run:.2f} s, of which kernels {kernels:.2f} s: {of_run}")
    print(f"a draw {whole:.2f} s: {whole / kernels:.2f} times the kernels of a run")


def test_products_beside_the_kernel(tmp_path: Path) -> None:
    """Where the economy alone is drawn and benefits are linear in wages; the aim is 10 times, with results equal to 1e-12."""
    (tmp_path / "linear.yaml").write_text(LINEAR)
    (tmp_path / "u.yaml").write_text(ECONOMY_ALONE)
    one = job(tmp_path / "linear.yaml", tmp_path / "u.yaml")
    began = time.process_time()
    fast, full = Draws(one), Draws(one, reuse=NO_REUSE)
    setting_up = time.process_time() - began
    a, b = fast.figures(2), full.figures(2)
    assert np.nanmax(np.abs(a - b) / np.maximum(np.abs(b), 1.0)) < 1e-9
    numbers = iter(range(3, 99))
    times = seconds(lambda: fast.figures(next(numbers)), 5), seconds(lambda: full.figures(next(numbers)))
    print(
        f"\nby products {times[0]:.3f} s, by kernels {times[1]:.3f} s: {times[1] / times[0]:.1f} times; set up {setting_up:.1f} s"
    )


def test_two_workers_beside_one() -> None:
    """Wall time of 24 draws, workers warm; the aim is 0.6."""
    one = job(SCENARIO)
    packed = one.packed()
    todo = {number: Part(packed, part) for number, part in enumerate(parts(24, 2))}

    def wall(where: Workers) -> float:
        with where.executor() as executor:
            dict(completed(work, {0: todo[0], 1: todo[1]}, executor))
            began = time.perf_counter()
            dict(completed(work, todo, executor))
            return time.perf_counter() - began

    alone, threads, processes = wall(Workers(1)), wall(Workers(2, threads=True)), wall(Workers(2))
    print(
        f"\none {alone:.1f} s; two threads {threads / alone:.2f}, two processes {processes / alone:.2f} of it"
    )


def nothing(part: Part) -> np.ndarray:
    """What a part sends back, without the work."""
    return np.zeros((len(part.draws), 12_000))


def test_scheduling() -> None:
    """Seconds that handing over a part of 50 draws costs, against the draws in it; the aim is under 5 per cent."""
    one = job(SCENARIO)
    packed = one.packed()
    todo = {number: Part(packed, part) for number, part in enumerate(parts(10_000, 50))}
    draws = Draws(one)
    numbers = iter(range(9))
    draw = seconds(lambda: draws.figures(next(numbers)))
    for name, where in (("inline", Inline()), ("two processes", Workers(2))):
        dict(completed(nothing, {0: todo[0]}, where))
        began = time.perf_counter()
        dict(completed(nothing, todo, where))
        each = (time.perf_counter() - began) / len(todo)
        print(
            f"\n{name}: {1000 * each:.1f} ms a part of {len(packed) / 1000:.0f} kB: {each / (50 * draw):.2%} of 50 draws"
        )


def test_memory_of_ten_thousand_draws(tmp_path: Path) -> None:
    """Peak memory of gathering 10,000 draws x 76 years x 160 figures from the disk; the aim is 2 GiB."""
    program = f"""
import resource, sys
import numpy as np
from pathlib import Path
from spsim.experiments.simulate_report import Drawn, _parts
from spsim.experiments.simulate import Job, prepared
from spsim.experiments.stochastic import opened
from spsim.experiments.variants import opened as opened_case
from spsim.experiments.workers import Ledger
uncertainty, _, folder = opened(None, "VNM")
job = prepared(opened_case({str(SCENARIO)!r}), uncertainty, folder, 1)
ledger = Ledger.open(Path({str(tmp_path / "parts")!r}), {{}})
for number, part in enumerate(_parts(10_000)):
    ledger.put(number, job.central[:, None] * np.random.default_rng(number).uniform(0.5, 1.5, (len(job.central), len(part))))
tables = Drawn(job, ledger, _parts(10_000)).tables()
print(len(job.central), len(tables["fans"]["year"]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    print(f"\n{found[0]} numbers a draw, {found[1]} rows of fans, peak {float(found[2]):.0f} MiB")
