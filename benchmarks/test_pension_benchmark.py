"""Speed of the pension kernels. Nothing is asserted about time; the ratios are printed.

pytest benchmarks/test_pension_benchmark.py --benchmark-only -s
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pension_numpy
from spsim.kernels import pension, pensions_in_payment
from twins import NoCompiler, compile_c


def scheme(
    X: int = 65, J: int = 56, T: int = 76, K: int = 5, N: int = 1, G: int = 2, ages_from: int = 15
) -> dict[str, Any]:
    """A scheme of 13 million members: invalidity, retirement from 58 (all by 65), refund; four valuations."""
    r = np.random.default_rng(1)
    S, E, V, M = 2, 3, 4, 1
    age = ages_from + np.arange(X)
    j = np.arange(J)
    years_since_15 = np.arange(X)[:, None]
    shape = (G, S, X, K, 1 + M, J)
    base = np.zeros((2, *shape))
    spread = np.exp(-0.5 * ((j - 0.5 * years_since_15) / 4) ** 2) * (j <= years_since_15)
    spread[age >= 66] = 0.0
    base[0, 0, :, :, :, 0] = 2000 * spread[None, :, None] * r.uniform(0.8, 1.2, (S, 1, K, 1))
    base[1, 0, :, :, :, 0] = 0.3 * base[0, 0, :, :, :, 0]
    base[:, :, :, :, :, 1] = base[:, :, :, :, :, 0] * (j + 0.5)
    death = np.minimum(1.0, 0.0004 * np.exp(0.09 * (age - 15.0)))
    by_age = (T, S, X)
    full = base[0, 0, :, :, :, 0].sum((1, 2, 3))[:, None] * np.interp(age, [15, 25, 55, 66], [0.2, 1, 1, 0])
    full = full / np.interp(age, [15, 25, 55, 66], [0.2, 1, 1, 0]).sum()
    growth = 1.005 ** np.arange(T)
    target = np.where(age < 66, full, np.nan)[None] * growth[:, None, None]
    exit_low, exit_high = np.array([15, 58, 20]) - ages_from, np.array([65, 120, 75]) - ages_from
    retire = np.where(age < 58, 0.0, np.where(age >= 65, 1.0, 0.2))[:, None] * (j >= 15)
    p = np.zeros((E, T, G, S, X, J))
    p[0] = 0.002
    p[1] = retire
    p[2] = np.where((age >= 58)[:, None] & (j < 15), 0.5, 0.02)
    p *= r.uniform(0.9, 1.0, (E, T, G, S, 1, 1))
    idle = p.copy()
    idle[0] = 0.0
    table = (V, T, S, X, J)
    weight = np.zeros(table)
    weight[0] = j >= 5  # survivors
    weight[1] = j >= 5  # invalidity
    weight[2] = 1.0  # old age
    weight[3] = 1.0  # refund
    flat = np.zeros(table) + 0.1 * (np.arange(V) != 3)[:, None, None, None, None]
    return {
        "contributors0": base[0], "dormant0": base[1],
        "death": death * r.uniform(0.95, 1.05, (N, T, S, 1)), "leave": np.full(by_age, 0.02),
        "density": np.full(by_age, 0.85), "increment": r.uniform(0.8, 1.2, (N, *by_age, K, M)),
        "exit_contributor": p, "exit_dormant": idle, "exit_age_low": exit_low, "exit_age_high": exit_high,
        "target": target * r.uniform(0.98, 1.02, (N, T, 1, 1)), "class_share": np.full(K, 1 / K),
        "reentry_share": np.full(by_age, 0.3), "entry_cohort": np.minimum(np.arange(T) // 10, G - 1),
        "valuation_exit": np.array([-1, 0, 1, 2]), "heads_weight": weight, "flat": flat,
        "reference": r.uniform(0.5, 2.0, (N, V, *by_age, K)), "per_right": np.full(table, 0.015),
        "right_of": np.zeros(V, np.int64), "floor": np.full((V, T), 0.2), "cap": np.full((V, T), 2.0),
        "reentry_limit": 0.9,
    }  # fmt: skip


def with_forms(a: dict[str, Any]) -> dict[str, Any]:
    """The scheme with an old-age pension of three forms, (the larger of two) + the third, one new to it."""
    more = {
        name: np.concatenate([a[name], factor * a[name][2:3]])
        for name, factor in (("flat", 0.5), ("per_right", 1.2), ("right_of", 1))
    }
    programs = [[0], [1], [2, 4, pension.LARGER, 1, pension.ADD], [3]]
    return a | more | {"programs": programs, "reference_of": np.array([0, 1, 2, 3, 2])}


def pensioners(N: int = 1) -> dict[str, Any]:
    r = np.random.default_rng(2)
    T, S, A, K = 76, 2, 100, 5
    return {
        "new_heads": r.uniform(0, 50, (1, T, S, A, K)), "new_amount": r.uniform(0, 500, (1, T, S, A, K)),
        "base_heads": r.uniform(0, 90, (S, A, K)), "base_amount": r.uniform(0, 900, (S, A, K)),
        "death": r.uniform(0, 0.2, (N, T, S, A)), "indexation": r.uniform(0, 0.05, (N, T)),
        "floor": np.full((1, T), 5.0), "cap": np.full((1, T), 100.0),
    }  # fmt: skip


class Grabbed(Exception):
    """Stops a wrapper where it would call the kernel."""


def arguments(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrapper: Any, given: dict[str, Any]
) -> tuple[Any, ...]:
    """The arrays a wrapper hands to its kernel for the first draw."""

    def grab(*arrays: Any) -> None:
        raise Grabbed(arrays)

    with monkeypatch.context() as patch, pytest.raises(Grabbed) as caught:
        patch.setattr(module, name, grab)
        wrapper(**given)
    (arrays,) = caught.value.args
    return tuple(arrays)


def c_call(name: str, size: list[int], arrays: tuple[Any, ...]) -> Callable[[], None]:
    """The C twin with these arrays and numbers."""
    try:
        function = getattr(compile_c("pension"), name)
    except NoCompiler as e:
        pytest.skip(str(e))
    sizes = np.array(size, np.int64)
    numbers = {float: ctypes.c_double, int: ctypes.c_int64}
    pointers = [
        numbers[type(a)](a) if isinstance(a, float | int) else ctypes.c_void_p(a.ctypes.data)
        for a in (sizes, *arrays)
    ]

    def call(_: Any = (sizes, arrays)) -> None:  # holds the arrays
        function(*pointers)

    return call


def in_turn(repeats: int, *calls: Callable[[], object]) -> list[float]:
    """Median seconds of each call, run in turn so that a drift of the machine meets all of them."""
    for call in calls:
        call()
    times = np.empty((repeats, len(calls)))
    for i in range(repeats):
        for k, call in enumerate(calls):
            start = time.perf_counter()
            call()
            times[i, k] = time.perf_counter() - start
    return [float(t) for t in np.median(times, axis=0)]


def report(what: str, **ratios: float) -> None:
    print(f"\n{what}: " + ", ".join(f"{name} {value:.3g}" for name, value in ratios.items()))


@pytest.mark.parametrize("forms", [1, 3], ids=["one_form", "three_forms"])
def test_members(benchmark: Any, monkeypatch: pytest.MonkeyPatch, forms: int) -> None:
    """All valuations of one form each, or one of them of three."""
    a = scheme() if forms == 1 else with_forms(scheme())
    arrays = arguments(monkeypatch, pension, "members", pension.project_members, a)
    G, S, X, K, Q, J = a["contributors0"].shape
    E, T, V, F = *a["exit_contributor"].shape[:2], len(a["heads_weight"]), len(a["flat"])
    stepped, results = arrays[30:33], arrays[31:]  # top and the two stocks; these stocks and all flows
    opening = [array.copy() for array in stepped]

    def fresh(call: Callable[[], object]) -> Callable[[], object]:
        def again() -> None:
            for array, first in zip(stepped, opening, strict=True):
                array[...] = first
            call()

        return again

    kernel = fresh(lambda: pension.members(*arrays))
    twin = fresh(c_call("members", [G, S, K, Q, E, T, V, F], arrays))
    found = []
    for call in (kernel, twin):
        for flow in arrays[33:]:
            flow[...] = 0.0
        call()
        found.append([result.copy() for result in results])
    for x, y in zip(*found, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-6)
    numba_s, c_s = in_turn(15, kernel, twin)
    wrapper_s, numpy_s = in_turn(3, lambda: pension.project_members(**a), lambda: pension_numpy.project(a))
    report(
        "members" if forms == 1 else "members, one amount of three forms",
        ms=1e3 * numba_s,
        ns_per_cell_year=1e9 * numba_s / (2 * G * S * X * K * Q * J * (T - 1)),
        numba_over_c=numba_s / c_s,
        numpy_over_numba=numpy_s / numba_s,
        numpy_over_wrapper=numpy_s / wrapper_s,
    )
    benchmark(kernel)


def test_thousand_draws(benchmark: Any) -> None:
    many = scheme(X=30, J=8, T=31, K=2, N=1000, G=1, ages_from=40)
    by_draw = ("death", "increment", "target", "reference")
    draws = [many | {name: many[name][n : n + 1] for name in by_draw} for n in range(1000)]

    def single() -> None:
        for one in draws:
            pension.project_members(**one)

    singles, one, two = in_turn(
        3,
        single,
        lambda: pension.project_members(**many),
        lambda: pension.project_members(**many, threads=2, chunks=8),
    )
    report(
        "1,000 draws",
        single_s=singles,
        batch_over_single=one / singles,
        two_threads_over_single=two / singles,
    )
    benchmark.pedantic(lambda: pension.project_members(**many, threads=2, chunks=8), rounds=1)


def test_pensions(benchmark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a = pensioners()
    arrays = arguments(monkeypatch, pensions_in_payment, "pensions", pensions_in_payment.pay_pensions, a)
    T, S, A, K = arrays[0].shape
    numba_s, c_s = in_turn(
        50, lambda: pensions_in_payment.pensions(*arrays), c_call("pensions", [T, S, A, K], arrays)
    )
    report("pensions", ms=1e3 * numba_s, numba_over_c=numba_s / c_s)
    benchmark(lambda: pensions_in_payment.pensions(*arrays))
