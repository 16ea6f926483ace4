"""Speed of the unemployment kernel. Nothing is asserted about time; the ratios are printed.

pytest benchmarks/test_unemployment_benchmark.py --benchmark-only -s
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import unemployment_numpy
from spsim.kernels import unemployment as u
from twins import NoCompiler, compile_c


def scheme(
    T: int = 360, H: int = 48, C: int = 144, N: int = 1, required: int = 12, window: int = 24, step: int = 8,
    seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """12 in 24 months, 3 to 12 months of benefit, chances of finding work that change over six months; full state."""
    r = np.random.default_rng(seed)
    rates = np.empty((N, T, u.RATES, H))
    rates[:, :, u.SEPARATION] = r.uniform(0.01, 0.04, (N, T, H))
    rates[:, :, u.COVERED], rates[:, :, u.TAKE_UP], rates[:, :, u.EXIT] = 0.9, 0.8, 0.003
    rates[:, :, u.AGEING] = 1 / 120
    rates[:, :, u.AGEING, H - step :] = 0.0
    rates[:, :, u.INSURED] = 0.7
    rates[:, :, u.FINDING] = r.uniform(0.7, 1.2, (N, T, 1))
    rates[:, :, u.REENTRY], rates[:, :, u.REENTRY_LIMIT] = 0.5, 0.05
    rates[:, :, u.TARGET] = 1000.0 * 1.001 ** np.arange(1, T + 1)[:, None]
    record = np.arange(C + 1)
    entitlement = np.where(record < 12, 0, np.minimum(12, 3 + np.maximum(0, (record - 36) // 12)))
    kinds = np.unique(entitlement[entitlement > 0])
    group = np.where(entitlement > 0, np.searchsorted(kinds, entitlement), -1)
    longest, lapse, changing = int(kinds[-1]) + 1, window - required, 5
    by_gap = np.linspace(0.15, 0.05, changing + 1)[np.minimum(np.arange(lapse + 1), changing)]
    by_gap = np.concatenate([by_gap, by_gap[:changing]])
    stock = r.uniform(0.5, 1.0, (1, C + 1, required, H))
    claims = np.where(np.arange(longest)[:, None] <= kinds[:, None, None], 1.0, 0.0) * np.ones(H)
    return {
        "rates": rates, "finding_claimant": np.linspace(0.15, 0.08, longest)[:, None] * np.ones(H),
        "finding_outside": by_gap[:, None] * np.ones(H), "group": group, "spell": kinds + 1,
        "record_after": np.zeros((kinds.size, longest), np.int64), "lapse": lapse, "step": step,
        "insured": stock * 1000.0 / stock.sum(axis=(1, 2)),
        "outside": r.uniform(0, 0.3, (1, C + 1, lapse + 1 + changing, H)), "claims": claims[None],
    }  # fmt: skip


def c_months(c: dict[str, Any]) -> u.Projection:
    """The first draw of the scheme through the C twin, with the same allocations as the kernel."""
    twin = compile_c("unemployment").months
    (_, time_, _, strata), (_, records, pages, _) = c["rates"].shape, c["insured"].shape
    rows, lapse, step, (groups, longest) = (
        c["outside"].shape[2],
        c["lapse"],
        c["step"],
        c["record_after"].shape,
    )
    gaps, full = lapse + 1, pages - 1
    law = u._law(
        c["group"],
        c["spell"],
        c["record_after"],
        None,
        None,
        c["finding_claimant"],
        c["finding_outside"],
        None,
        0,
    )
    out = u.Projection(
        np.zeros((1, time_ + 1, groups, longest, strata)), np.zeros((1, time_, longest, strata)),
        np.zeros((1, time_, groups, strata)), np.zeros((1, time_, u.FLOWS, strata)),
        np.zeros((1, records, pages, strata)), np.zeros((1, records, rows, strata)), np.zeros((1, groups, 0, strata)),
    )  # fmt: skip
    e, _ = u._seen_earlier((records + 2, pages, strata), step)
    o, _ = u._seen_earlier((records, rows + 2, strata), step)
    left, unmet = np.zeros((records + 1, strata)), np.zeros((records + 1, strata))
    e[1:-1] = c["insured"][0]
    o[:, :gaps] = c["outside"][0, :, :gaps]
    o[:, gaps + 1 : rows + 1] = c["outside"][0, :, gaps:]
    out.claims[0, 0] = c["claims"][0]
    arrays = [
        c["rates"], law.finding_claimant, law.finding_outside, law.finding_former, law.kind, law.members, law.opening,
        law.may_claim, law.allowed, law.over, law.ending, law.spell, law.record_after,
        u._pages(full, 0, full, lapse, 0, longest), u._pages(full, 0, full, lapse, 0, 0),
        c["insured"][0].sum(axis=(0, 1)), c["outside"][0].sum(axis=0), e, o, left, unmet, out.claims,
        np.zeros((groups, 0, strata)), out.claimants, out.new_claims, out.flows,
    ]  # fmt: skip
    (kinds, causes), openings = law.members.shape, len(law.may_claim)
    sizes = (
        time_, strata, records - 1, pages, rows, groups, longest, time_ + 1, causes, kinds, openings, 0, lapse, gaps,
        0, full, 0, -1, step, records - 1,
    )  # fmt: skip
    twin(*(ctypes.c_int64(n) for n in sizes), *(ctypes.c_void_p(a.ctypes.data) for a in arrays))
    out.insured[0] = e[1:-1]
    out.outside[0] = np.delete(o[:, : rows + 1], gaps, axis=1)
    return out


def numpy_months(c: dict[str, Any]) -> tuple[Any, ...]:
    """The first draw of the scheme through NumPy."""
    drawn = {"rates", "insured", "outside", "claims"}
    return unemployment_numpy.months(**{k: v[0] if k in drawn else v for k, v in c.items()})


def seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def test_kernel_360_months(benchmark: Any) -> None:
    c = scheme()
    u.project(**c)
    benchmark(u.project, **c)


def test_kernel_900_months_50_strata(benchmark: Any) -> None:
    c = scheme(T=900, H=56)
    u.project(**c)
    benchmark(u.project, **c)


def test_kernel_against_c_and_numpy(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs in turn, so that a machine that drifts drifts for all of them; medians of ratios."""
    c = scheme()
    try:
        twin = c_months(c)
    except NoCompiler as why:
        pytest.skip(str(why))
    kernel = u.project(**c)
    slow = numpy_months(c)
    for ours, in_c in zip(kernel, twin, strict=True):
        np.testing.assert_allclose(in_c, ours, rtol=1e-9, atol=1e-9)
    for ours, in_numpy in zip(kernel, slow, strict=False):
        np.testing.assert_allclose(in_numpy, ours[0], rtol=1e-9, atol=1e-9)
    ours_to_c, ours_to_numpy = [], []
    for _ in range(15):
        numba_seconds, c_seconds = seconds(lambda: u.project(**c)), seconds(lambda: c_months(c))
        ours_to_c.append(numba_seconds / c_seconds)
    for _ in range(3):
        numba_seconds, numpy_seconds = seconds(lambda: u.project(**c)), seconds(lambda: numpy_months(c))
        ours_to_numpy.append(numpy_seconds / numba_seconds)
    with capsys.disabled():
        print(
            f"\nunemployment: {np.median(ours_to_c):.2f} × C; NumPy is {np.median(ours_to_numpy):.1f} × slower"
        )
    benchmark(c_months, c)


def test_draws_together_and_alone(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """32 draws in one call against 32 calls, and on two threads; states and claims by group are not kept."""
    c = scheme(N=32, T=120) | {"keep_claims": False, "keep_state": False}
    single = [c | {"rates": c["rates"][n : n + 1]} for n in range(32)]
    u.project(**single[0])
    together, apart, two = [], [], []
    for _ in range(5):
        together.append(seconds(lambda: u.project(**c)))
        apart.append(seconds(lambda: [u.project(**one) for one in single]))
        two.append(seconds(lambda: u.project(**c, threads=2)))
    with capsys.disabled():
        print(
            f"\nunemployment, 32 draws: together {np.median(together) / np.median(apart):.2f} × alone; "
            f"two threads {np.median(two) / np.median(together):.2f} × one"
        )
    benchmark(u.project, **single[0])
