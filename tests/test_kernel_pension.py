"""The kernels of pension cohorts against slow and obvious twins, cell by cell, and the balances they keep."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from spsim.kernels.pension import ADD, LARGER, SMALLER, SUBTRACT, project_members
from spsim.kernels.pensions_in_payment import pay_pensions

INF = np.inf
CLOSE = {"rtol": 1e-11, "atol": 1e-9}


# --- naive twins ---------------------------------------------------------------------------------------


def read_table(table: Any, *cell: int) -> Any:
    """A cell (t, g, s, x, j) of a table that may lack the axis of cohorts or have axes of size 1."""
    where = (cell[0], *cell[2:]) if table.ndim == 4 else cell
    return table[tuple(i if size > 1 else 0 for i, size in zip(where, table.shape, strict=True))]


def naive_members(a: dict[str, Any], n: int) -> dict[str, Any]:
    """Draw n of `project_members`, one cell at a time, new arrays every year, nothing skipped."""

    def own(name: str) -> Any:
        array = a[name]
        return array[n if array.shape[0] > 1 else 0]

    c, d = a["contributors0"].copy(), a["dormant0"].copy()
    G, S, X, K, Q, J = c.shape
    E, T, V, F = len(a["exit_contributor"]), len(a["entry_cohort"]), len(a["heads_weight"]), len(a["flat"])
    programs = a.get("programs", [[v] for v in range(V)])
    reference_of = a.get("reference_of", range(F))
    drawn_share = a.get("drawn_share", np.zeros((T, S, X, Q - 1)))
    q_of, qd_of, inc = own("death"), own("death_dormant"), own("increment")
    target, ref, floor, cap = own("target"), own("reference"), own("floor"), own("cap")
    shapes = {
        "contributors": (T, G, S, X, K), "dormant": (T, G, S, X, K), "service_sum": (T, S, X),
        "entrants": (T, S, X, K), "reentrants": (T, S, X, K), "laid_off": (T, S, X, K), "leavers": (T, S, X),
        "drawn_out": (T, S, X, K, Q - 1),
        "deaths_contributors": (T, S, X), "deaths_dormant": (T, S, X), "aged_out": (T, S),
        "exit_contributors": (E, T, G, S, X), "exit_dormant": (E, T, G, S, X),
        "value_heads": (V, T, G, S, X, K), "value_amount": (V, T, G, S, X, K),
    }  # fmt: skip
    o = {name: np.zeros(shape) for name, shape in shapes.items()}

    def value(v: int, status: int, at: Any, g: int, j: int, probability: float, p: float, r: Any) -> None:
        t, s, x, k = at
        cell = t, g, s, x, j

        def form(f: int) -> float:
            m = a["right_of"][f]
            of_rights = read_table(a["per_right"][f], *cell) * r[m] if m >= 0 else 0.0
            return ref[reference_of[f], t, s, x, k] * (read_table(a["flat"][f], *cell) * p + of_rights)

        def last_of(rest: list[int]) -> float:
            """The amount that the codes lead to, taken from the last one back."""
            code = rest.pop()
            if code >= 0:
                return form(code)
            second = last_of(rest)
            both = last_of(rest), second
            if code == SUBTRACT:
                return both[0] - both[1]
            return {ADD: sum, LARGER: max, SMALLER: min}[code](both)

        weight = read_table(a["heads_weight"][v], *cell)
        if weight > 0:
            rest = list(programs[v])
            amount = last_of(rest)
            assert not rest
            if cap[v, t] < INF:
                amount = min(amount, cap[v, t] * p)
            if floor[v, t] > -INF:
                amount = max(amount, floor[v, t] * p)
            share = weight * probability * a["valuation_status"][v, status]
            o["value_heads"][v, t, g, s, x, k] += share * p
            o["value_amount"][v, t, g, s, x, k] += share * amount

    def decrement(status: int, at: tuple[int, ...], g: int, j: int, p: float, r: Any) -> float:
        """Death, then the exits in order; the probability of staying."""
        t, s, x, _ = at
        q = (q_of, qd_of)[status][t, s, x]
        o[("deaths_contributors", "deaths_dormant")[status]][t, s, x] += q * p
        events = {-1: q}
        stay = 1.0 - q
        for e in range(E):
            if a["exit_age_low"][e] <= x < a["exit_age_high"][e]:
                tables = a[("exit_contributor", "exit_dormant")[status]]
                events[e] = stay * read_table(tables[e], t, g, s, x, j)
                stay -= events[e]
                o[("exit_contributors", "exit_dormant")[status]][e, t, g, s, x] += events[e] * p
        for v in range(V):
            if a["valuation_exit"][v] in events:
                value(v, status, at, g, j, events[a["valuation_exit"][v]], p, r)
        return stay

    for t in range(T):
        if t > 0:
            old_c, old_d = c, d
            c, d = np.zeros_like(c), np.zeros_like(d)
            o["aged_out"][t] = (old_c + old_d)[:, :, -1, :, 0].sum((0, 2, 3))
            for g, s, x, k in np.ndindex(G, S, X, K):
                at = (t, s, x, k)
                for j in range(J):
                    if x > 0:
                        u, before, idle = a["density"][t, s, x], old_c[g, s, x - 1, k], old_d[g, s, x - 1, k]
                        coming = before[:, j - 1] if j > 0 else np.zeros(Q)
                        if j == J - 1:
                            coming = coming + before[:, j]
                        half = 0.5 * inc[t, s, x, k] * u * coming[0]
                        mid = u * coming + (1.0 - u) * before[:, j]
                        mid[1:] += half
                        stay = decrement(0, at, g, j, mid[0], mid[1:])
                        stay_dormant = decrement(1, at, g, j, idle[0, j], idle[1:, j])
                        after = mid.copy()
                        after[1:] += half
                        leave = a["leave"][t, s, x]
                        c[g, s, x, k, :, j] = (1.0 - leave) * stay * after
                        d[g, s, x, k, :, j] = stay_dormant * idle[:, j] + leave * stay * mid
                        o["leavers"][t, s, x] += leave * stay * mid[0]
                        for stock in (c, d):
                            out = drawn_share[t, s, x] * stock[g, s, x, k, 1:, j]
                            stock[g, s, x, k, 1:, j] -= out
                            o["drawn_out"][t, s, x, k] += out
            for s, x, k in np.ndindex(S, X, K):
                if np.isnan(target[t, s, x]):
                    continue
                short = target[t, s, x] * a["class_share"][k] - c[:, s, x, k, 0].sum()
                idle_all = d[:, s, x, k, 0].sum()
                if short > 0:
                    phi = 0.0
                    if idle_all > 0:
                        phi = min(a["reentry_share"][t, s, x] * short / idle_all, a["reentry_limit"])
                    moved = phi * d[:, s, x, k]
                    c[:, s, x, k] += moved
                    c[:, s, x, k, 1:] += 0.5 * inc[t, s, x, k][None, :, None] * moved[:, :1]
                    d[:, s, x, k] -= moved
                    rest = short - moved[:, 0].sum()
                    c[a["entry_cohort"][t], s, x, k, 0, 0] += rest
                    c[a["entry_cohort"][t], s, x, k, 1:, 0] += 0.5 * inc[t, s, x, k] * rest
                    o["reentrants"][t, s, x, k], o["entrants"][t, s, x, k] = moved[:, 0].sum(), rest
                elif short < 0:
                    moved = -short / c[:, s, x, k, 0].sum() * c[:, s, x, k]
                    c[:, s, x, k] -= moved
                    d[:, s, x, k] += moved
                    o["laid_off"][t, s, x, k] = moved[:, 0].sum()
        o["contributors"][t], o["dormant"][t] = c[..., 0, :].sum(-1), d[..., 0, :].sum(-1)
        o["service_sum"][t] = (c[..., 0, :] * (np.arange(J) + 0.5)).sum((0, 3, 4))
    return o | {"closing_contributors": c, "closing_dormant": d}


def naive_pensions(a: dict[str, Any], n: int) -> tuple[Any, Any, Any]:
    def own(name: str) -> Any:
        return a[name][n if a[name].shape[0] > 1 else 0]

    T, S, A, K = own("new_heads").shape
    heads, amount, deaths = (np.zeros((T, S, A, K)) for _ in range(3))
    heads[0], amount[0] = a["base_heads"], a["base_amount"]
    for t, s, x, k in ((t, s, x, k) for t, s, x, k in np.ndindex(T, S, A, K) if t > 0):
        sources = ([x - 1] if x > 0 else []) + ([x] if x == A - 1 else [])
        h = sum(heads[t - 1, s, y, k] for y in sources)
        rates, q = own("indexation")[t], own("death")[t, s, x]
        by_age = [1 + (rates if np.ndim(rates) == 0 else rates[s, y]) for y in range(A)]
        first = (1 + rates) ** 0.5 if "first_indexation" not in a else 1 + own("first_indexation")[t]
        heads[t, s, x, k] = h * (1 - q) + own("new_heads")[t, s, x, k]
        b = sum(amount[t - 1, s, y, k] * by_age[y] for y in sources)
        pay = b * (1 - q) + own("new_amount")[t, s, x, k] * first
        if heads[t, s, x, k] > 0:
            each = max(own("floor")[t], min(own("cap")[t], pay / heads[t, s, x, k]))
            amount[t, s, x, k] = each * heads[t, s, x, k]
        deaths[t, s, x, k] = h * q
    return heads, amount, deaths


# --- random schemes ------------------------------------------------------------------------------------


def scheme(
    seed: int, N: int = 1, M: int = 1, J: int = 4, E: int = 2, V: int = 3, by_cohort: bool = False
) -> dict[str, Any]:
    """A random small scheme: empty cells, targets given or not, above or below the stock, limits or none."""
    r = np.random.default_rng(seed)
    T, G, S, X, K = 4, 2, 2, 4, 2
    stock = (G, S, X, K, 1 + M, J)
    empty = r.random((2, G, S, X, K, 1, J)) < 0.4
    base = r.uniform(0, 10, (2, *stock)) * ~empty
    base[1, :, 0] *= r.random() < 0.5  # sometimes no dormant men
    age = (T, S, X)
    table = (V, T, G, S, X, J) if by_cohort else (V, T, 1, S, X, J)
    target = r.uniform(0, 60, (N, *age))
    target[r.random(target.shape) < 0.25] = np.nan
    weight = r.uniform(0.1, 1, table) * (np.arange(J) >= r.integers(0, 3, (V, 1, 1, 1, 1, 1)))
    return {
        "contributors0": base[0], "dormant0": base[1], "death": r.uniform(0, 0.3, (N, *age)),
        "death_dormant": r.uniform(0, 0.3, (1, *age)), "leave": r.uniform(0, 0.3, age),
        "density": r.uniform(0, 1, age), "increment": r.uniform(0, 3, (N, *age, K, M)),
        "exit_contributor": r.uniform(0, 0.6, (E, T, G, S, X, J)),
        "exit_dormant": r.uniform(0, 0.6, (E, T, G, S, X, J)),
        "exit_age_low": r.integers(0, 2, E), "exit_age_high": r.integers(2, X + 1, E),
        "target": target, "class_share": r.dirichlet(np.ones(K)), "reentry_share": r.uniform(0, 1, age),
        "reentry_limit": 0.6, "entry_cohort": r.integers(0, G, T), "valuation_exit": r.integers(-1, E, V),
        "valuation_status": r.uniform(0, 1, (V, 2)) * (r.random((V, 2)) < 0.7), "heads_weight": weight,
        "flat": r.uniform(0, 1, table), "reference": r.uniform(0, 5, (N, V, *age, K)),
        "per_right": r.uniform(0, 1, table), "right_of": r.integers(-1, M, V),
        "floor": np.where(r.random((N, V, T)) < 0.5, -INF, r.uniform(0, 2, (N, V, T))),
        "cap": np.where(r.random((1, V, T)) < 0.5, INF, r.uniform(1, 4, (1, V, T))),
    }  # fmt: skip


def random_program(r: Any, F: int, depth: int) -> list[int]:
    """The codes of a random expression of forms."""
    if depth == 0 or r.random() < 0.2:
        return [int(r.integers(F))]
    op = int(r.choice([ADD, LARGER, SMALLER, SUBTRACT]))
    return [*random_program(r, F, depth - 1), *random_program(r, F, depth - 1), op]


def rich_scheme(seed: int, N: int = 1, M: int = 2, J: int = 9, F: int = 6, B: int = 3) -> dict[str, Any]:
    """A random scheme whose amounts are built from several forms, and whose tables differ on few axes.

    Forms are shared by valuations and rows of `reference` by forms; rights are drawn out in some cells.
    """
    a = scheme(seed, N=N, M=M, J=J, E=3, V=6)
    r = np.random.default_rng([seed, 1])
    E, T, G, S, X, J = a["exit_contributor"].shape
    K, V = a["contributors0"].shape[3], len(a["heads_weight"])

    def tables(count: int, high: float) -> list[Any]:
        """Some along one axis besides the services at most, others along any of them, some without cohorts."""
        found = []
        for i in range(count):
            axes = np.arange(4) == r.integers(5) if i % 3 == 0 else r.random(4) < 0.7
            shape = [size if on else 1 for size, on in zip((T, G, S, X), axes, strict=True)]
            table = r.uniform(0, high, (*shape, 1 if r.random() < 0.2 else J))
            found.append(table[:, 0] if i % 3 == 2 and not axes[1] else table)
        return found

    weights = [table * (r.random(table.shape) < 0.7) for table in tables(V, 1.0)]
    weights[0] = weights[0] * (np.arange(J) >= 3)  # reads its form only where others need it too
    fixed = [[0, 1, LARGER, 2, ADD], [3, 2, 1, SMALLER, LARGER], [1], [4, 0, 5, 2, SMALLER, ADD, LARGER]]
    return a | {
        "exit_contributor": tables(E, 0.6), "exit_dormant": tables(E, 0.6), "heads_weight": weights,
        "flat": tables(F, 1.0), "per_right": tables(F, 0.3), "right_of": r.integers(-1, M, F),
        "programs": [*fixed, *(random_program(r, F, 3) for _ in range(V - len(fixed)))],
        "reference": r.uniform(0, 5, (N, B, T, S, X, K)), "reference_of": r.integers(0, B, F),
        "drawn_share": r.uniform(0, 1, (T, S, X, M)) * (r.random((T, S, X, M)) < 0.5),
    }  # fmt: skip


def awards(seed: int, N: int = 2) -> Any:
    r = np.random.default_rng(seed)
    T, S, A, K = 5, 2, 4, 3
    return {
        "new_heads": r.uniform(0, 5, (N, T, S, A, K)), "new_amount": r.uniform(0, 50, (1, T, S, A, K)),
        "base_heads": r.uniform(0, 9, (S, A, K)), "base_amount": r.uniform(0, 90, (S, A, K)),
        "death": r.uniform(0, 0.5, (N, T, S, A)), "indexation": r.uniform(-0.02, 0.1, (N, T)),
        "floor": np.where(r.random((N, T)) < 0.5, -INF, r.uniform(0, 9, (N, T))),
        "cap": np.where(r.random((1, T)) < 0.5, INF, r.uniform(5, 12, (1, T))),
    }  # fmt: skip


def same_bits(a: Any, b: Any) -> None:
    for name, x, y in zip(a._fields, a, b, strict=True):
        assert np.array_equal(x, y), name


# --- members -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("M", [0, 1, 2])
def test_equals_the_naive_twin(seed: int, M: int) -> None:
    J, N = (4, 1, 9, 16, 18, 2)[seed], 1 + seed % 2
    a = scheme(100 * M + seed, N=N, M=M, J=J, E=seed % 4, V=0 if seed == 3 else 3, by_cohort=N == 2)
    got = project_members(**a)
    for n in range(got.contributors.shape[0]):
        for name, expected in naive_members(a, n).items():
            np.testing.assert_allclose(getattr(got, name)[n], expected, err_msg=name, **CLOSE)


@pytest.mark.parametrize("seed", range(8))
def test_forms_and_small_tables_equal_the_naive_twin(seed: int) -> None:
    a = rich_scheme(seed, N=1 + seed % 2, M=1 + seed % 3, J=(9, 1, 18, 5)[seed % 4])
    got = project_members(**a)
    for n in range(got.contributors.shape[0]):
        for name, expected in naive_members(a, n).items():
            np.testing.assert_allclose(getattr(got, name)[n], expected, err_msg=name, **CLOSE)


@pytest.mark.parametrize("axis", range(5))
def test_a_table_that_differs_on_one_axis_only(axis: int) -> None:
    a = scheme(20 + axis, M=1, J=5, V=2)
    r = np.random.default_rng(axis)
    shape = [1] * 5
    shape[axis] = a["exit_contributor"].shape[1:][axis]
    for name in ("exit_contributor", "exit_dormant", "heads_weight", "flat", "per_right"):
        a[name] = [r.uniform(0.1, 0.5, shape), r.uniform(0.1, 0.5, shape)]
    a["right_of"] = [0, 0]
    for name, expected in naive_members(a, 0).items():
        np.testing.assert_allclose(getattr(project_members(**a), name)[0], expected, err_msg=name, **CLOSE)


@pytest.mark.parametrize("seed", range(2))
def test_small_tables_are_the_whole_ones(seed: int) -> None:
    a = rich_scheme(seed)
    whole = a["contributors0"].shape[:3] + a["contributors0"].shape[-1:]
    b = dict(a)
    for name in ("exit_contributor", "exit_dormant", "heads_weight", "flat", "per_right"):
        tables = [table[:, np.newaxis] if table.ndim == 4 else table for table in a[name]]
        b[name] = np.array([np.broadcast_to(table, (4, *whole)) for table in tables])
    same_bits(project_members(**a), project_members(**b))


def test_by_default_a_valuation_is_its_form() -> None:
    a = scheme(4, N=2, M=2)
    written = a | {"programs": [[0], [1], [2]], "reference_of": [0, 1, 2]}
    written["drawn_share"] = np.zeros((4, 2, 4, 2))
    same_bits(project_members(**a), project_members(**written))


def test_the_random_schemes_reach_every_branch() -> None:
    got = project_members(**rich_scheme(1, J=9))
    names = "entrants", "reentrants", "laid_off", "leavers", "aged_out", "exit_contributors", "exit_dormant"
    for name in (*names, "drawn_out"):
        assert (getattr(got, name) > 0).any(), name


@pytest.mark.parametrize("seed", range(4))
def test_persons_are_conserved(seed: int) -> None:
    p = project_members(**scheme(seed, N=2, M=1))
    stock = (p.contributors + p.dormant).sum((2, 4, 5))  # N, T, S
    deaths = (p.deaths_contributors + p.deaths_dormant).sum(3)
    exits = (p.exit_contributors + p.exit_dormant).sum((1, 3, 5))
    change = p.entrants.sum((3, 4)) - deaths - exits - p.aged_out
    np.testing.assert_allclose(stock[:, 1:], stock[:, :-1] + change[:, 1:], rtol=0, atol=1e-9)
    for status in ("contributors", "dormant"):
        closing = getattr(p, f"closing_{status}")[..., 0, :].sum(-1)
        np.testing.assert_allclose(getattr(p, status)[:, -1], closing, **CLOSE)
    assert (p.closing_contributors >= 0).all() and (p.closing_dormant >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_target_is_met(seed: int) -> None:
    a = scheme(seed)
    got = project_members(**a).contributors[0].sum(1)[1:]
    wanted = a["target"][0, 1:, :, :, np.newaxis] * a["class_share"]
    given = np.broadcast_to(~np.isnan(wanted), got.shape)
    np.testing.assert_allclose(got[given], np.broadcast_to(wanted, got.shape)[given], **CLOSE)


def test_without_decrements_everybody_stays_and_rights_grow_by_what_is_credited() -> None:
    a = scheme(5, E=1)
    for name in ("death", "death_dormant", "leave", "exit_contributor", "exit_dormant"):
        a[name] = np.zeros_like(a[name])
    a["target"] = np.full_like(a["target"], np.nan)
    for base in ("contributors0", "dormant0"):
        a[base][:, :, 1:] = 0.0  # nobody reaches the highest age before the last year
    p = project_members(**a)
    assert not p.entrants.any() and not p.aged_out.any() and not p.value_heads.any()
    np.testing.assert_allclose(p.dormant[0, -1].sum(), a["dormant0"][..., 0, :].sum(), **CLOSE)
    np.testing.assert_allclose(p.contributors[0, -1].sum(), a["contributors0"][..., 0, :].sum(), **CLOSE)
    base = a["contributors0"][:, :, 0]  # G, S, K, 1+M, J
    credited = sum(
        a["density"][t, :, t, np.newaxis] * a["increment"][0, t, :, t, :, 0] * base[..., 0, :].sum((0, 3))
        for t in range(1, 4)
    )
    rights = base[..., 1, :].sum((0, 3)) + credited
    np.testing.assert_allclose(p.closing_contributors[0, :, :, 3, :, 1].sum((0, 3)), rights, **CLOSE)


def test_rights_that_leave_are_the_rights_that_are_missing() -> None:
    """Nothing credited, nobody too old, every departure valued by its rights, and what is drawn out."""
    a = scheme(6, E=2, V=3)
    a["valuation_exit"], a["right_of"], a["valuation_status"] = [-1, 0, 1], [0, 0, 0], np.ones((3, 2))
    a["increment"] = 0 * a["increment"]
    a["drawn_share"] = np.full((4, 2, 4, 1), 0.1)
    a["heads_weight"], a["per_right"] = np.ones_like(a["flat"]), np.ones_like(a["flat"])
    a["flat"], a["reference"] = 0 * a["flat"], np.ones_like(a["reference"])
    a["floor"], a["cap"] = np.full((3, 4), -INF), np.full((3, 4), INF)
    for base in ("contributors0", "dormant0"):
        a[base][:, :, 1:] = 0.0
    p = project_members(**a)
    opening = a["contributors0"][..., 1, :].sum() + a["dormant0"][..., 1, :].sum()
    closing = p.closing_contributors[..., 1, :].sum() + p.closing_dormant[..., 1, :].sum()
    gone = p.value_amount.sum() + p.drawn_out.sum()
    assert closing > 0 and opening - closing == pytest.approx(gone, rel=1e-12)
    gone = (
        p.deaths_contributors.sum()
        + p.deaths_dormant.sum()
        + p.exit_contributors.sum()
        + p.exit_dormant.sum()
    )
    assert p.value_heads.sum() == pytest.approx(gone, rel=1e-12)


def one_step(status: str, death: float, **others: Any) -> dict[str, Any]:
    """One year of one person with 3 years of service and 6 units of rights, 3 credited for a full year."""
    one = {"contributors0": np.zeros((1, 1, 2, 1, 2, 6)), "dormant0": np.zeros((1, 1, 2, 1, 2, 6))}
    one[status][0, 0, 0, 0, :, 3] = 1.0, 6.0
    by_age, tables = np.ones((2, 1, 2)), np.ones((1, 2, 1, 2, 6))
    return one | {
        "death": death * by_age[None], "leave": 0 * by_age, "density": by_age,
        "increment": np.full((1, 2, 1, 2, 1, 1), 3.0), "exit_contributor": [], "exit_dormant": [],
        "target": np.full((1, 2, 1, 2), np.nan), "class_share": [1.0], "reentry_share": 0 * by_age,
        "entry_cohort": [0, 0], "valuation_exit": [-1], "heads_weight": tables * (np.arange(6) == 4),
        "flat": 2 * tables, "reference": np.full((1, 1, 2, 1, 2, 1), 10.0), "per_right": tables,
        "right_of": [0], "floor": [[-INF] * 2], "cap": [[INF] * 2],
    } | others  # fmt: skip


def test_a_sure_death_is_valued_on_the_stock_at_mid_step() -> None:
    """The person advances and dies: reference × (2 + rights after ½ year)."""
    p = project_members(**one_step("contributors0", 1.0))
    assert p.value_heads.sum() == 1.0
    assert p.value_amount.sum() == pytest.approx(10 * (2 + 6 + 1.5))
    assert p.deaths_contributors.sum() == 1.0 and p.contributors[0, 1].sum() == 0.0


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ([0], 20.0),
        ([1], 7.5),  # 6 and half of 3
        ([2], 12.0),
        ([0, 1, ADD, 2, LARGER], 27.5),
        ([0, 1, SMALLER, 2, ADD], 19.5),
        ([0, 1, 2, LARGER, SMALLER], 12.0),
        ([2, 1, 0, 2, SMALLER, ADD, LARGER], 19.5),
        ([0, 1, SUBTRACT], 12.5),
        ([0, 1, SUBTRACT, 2, LARGER], 12.5),
    ],
)
def test_an_amount_is_built_from_forms(program: list[int], expected: float) -> None:
    """Three forms: 2 × 10, the rights, and 12 × 1; the last two have one row of reference."""
    forms = {
        "flat": [[[[[[2.0]]]]], [[[[[0.0]]]]], [[[[[12.0]]]]]],
        "per_right": [[[[[[0.0]]]]], [[[[[1.0]]]]], [[[[[5.0]]]]]], "right_of": [-1, 0, -1],
        "reference": np.array([10.0, 1.0])[None, :, None, None, None, None] * np.ones((1, 2, 2, 1, 2, 1)),
        "reference_of": [0, 1, 1], "programs": [program],
    }  # fmt: skip
    p = project_members(**one_step("contributors0", 1.0, **forms))
    assert p.value_amount.sum() == pytest.approx(expected)
    p = project_members(**one_step("contributors0", 1.0, **forms, floor=[[13.0] * 2], cap=[[19.0] * 2]))
    assert p.value_amount.sum() == pytest.approx(min(max(expected, 13.0), 19.0))


@pytest.mark.parametrize(("status", "rights"), [("contributors", 6.0 + 3.0), ("dormant", 6.0)])
def test_who_stays_draws_out_of_the_account(status: str, rights: float) -> None:
    """A quarter dies, with the account at mid-step; the others draw a third of what they have at the end."""
    p = project_members(**one_step(f"{status}0", 0.25, drawn_share=np.full((2, 1, 2, 1), 1 / 3)))
    assert p.drawn_out.shape == (1, 2, 1, 2, 1, 1)
    assert p.drawn_out[0, 1, 0, 1, 0, 0] == p.drawn_out.sum() == pytest.approx(0.75 * rights / 3)
    closing = getattr(p, f"closing_{status}")[0, 0, 0, 1, 0]
    np.testing.assert_allclose(closing.sum(-1), [0.75, 0.75 * rights * 2 / 3], **CLOSE)


@pytest.mark.parametrize(("threads", "chunks"), [(1, 3), (1, 8), (2, 8), (2, 0)])
def test_chunks_and_threads_do_not_change_a_bit(threads: int, chunks: int) -> None:
    a = rich_scheme(7, N=8, J=9)
    same_bits(project_members(**a), project_members(**a, threads=threads, chunks=chunks))
    b = awards(7, N=8)
    same_bits(pay_pensions(**b), pay_pensions(**b, threads=threads, chunks=chunks))


def test_one_draw_of_many_is_the_draw_alone() -> None:
    a = scheme(8, N=3)
    alone = a | {k: a[k][2:3] for k in ("death", "increment", "target", "reference", "floor")}
    for x, y in zip(project_members(**a), project_members(**alone), strict=True):
        assert np.array_equal(x[2], y[0])


def test_the_inputs_are_left_as_they_were() -> None:
    a = rich_scheme(9)
    before = copy.deepcopy(a)
    project_members(**a)
    for k, v in before.items():
        for x, y in zip(a[k], v, strict=True) if isinstance(v, list) else [(a[k], v)]:
            assert np.array_equal(x, y, equal_nan=True), k


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("contributors0", lambda a: a[0], "contributors0 has 5 axes"),
        ("leave", lambda a: a[1:], r"leave has shape \(3, 2, 4\); expected \(4, 2, 4\)"),
        ("target", lambda a: a[:, 1:], r"target has shape .*; expected \(1 or 1, 4, 2, 4\)"),
        (
            "flat",
            lambda a: a[..., 1:],
            r"flat has a table of shape \(4, 1, 2, 4, 3\); expected \(4, 2, 2, 4, 4\)",
        ),
        ("flat", lambda a: a[:, :, 0, :, :, 0], "flat has a table of shape"),
        (
            "flat",
            lambda a: [*a[:2], np.ones((1, 3, 1, 1, 1))],
            r"flat has a table of shape \(1, 3, 1, 1, 1\)",
        ),
        ("per_right", lambda a: a[1:], "per_right holds 2 tables; expected 3"),
        ("heads_weight", lambda a: [*a[:2], a[2, 1:]], "heads_weight has a table of shape"),
        ("exit_contributor", lambda a: a[..., 1:, :], "exit_contributor, exit_dormant has a table of shape"),
        ("exit_dormant", lambda a: a[1:], "exit_contributor, exit_dormant holds 3 tables; expected 4"),
        (
            "drawn_share",
            lambda a: np.zeros((4, 2, 4, 2)),
            r"drawn_share has shape .*; expected \(4, 2, 4, 1\)",
        ),
        ("programs", lambda a: [[0], [1]], "programs has 2 entries; expected 3"),
        ("programs", lambda a: [[0], [1, 2], [2]], r"a program must leave one amount: \[1, 2\]"),
        ("programs", lambda a: [[0], [], [2]], "a program must leave one amount"),
        ("programs", lambda a: [[0], [1, ADD], [2]], "a program must leave one amount"),
        ("programs", lambda a: [[0], [1, ADD, 1], [2]], "a program must leave one amount"),
        ("programs", lambda a: [[0], [ADD, 1, 2], [2]], "a program must leave one amount"),
        ("programs", lambda a: [[0], [3], [2]], "programs must hold numbers of forms below 3"),
        ("programs", lambda a: [[0], [0, 1, -5], [2]], "programs must hold numbers of forms below 3"),
        ("reference_of", lambda a: [0, 1, 3], r"reference_of must lie in \[0, 3\)"),
        ("reference_of", lambda a: [0, -1, 2], r"reference_of must lie in \[0, 3\)"),
        ("reference_of", lambda a: [0, 1], "reference_of has shape"),
        ("entry_cohort", lambda a: a + 5, "entry_cohort must lie in"),
        ("valuation_exit", lambda a: a - 9, "valuation_exit must lie in"),
        ("right_of", lambda a: a + 9, "right_of must lie in"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, change: Any, message: str) -> None:
    a = scheme(3)
    a[name] = change(a.get(name))
    with pytest.raises(ValueError, match=message):
        project_members(**a)


def test_more_valuations_than_forms_want_programs() -> None:
    a = scheme(3)
    for name in ("flat", "per_right", "right_of"):
        a[name] = a[name][:2]
    a["reference"] = a["reference"][:, :2]
    with pytest.raises(ValueError, match="programs must hold numbers of forms below 2"):
        project_members(**a)
    a["programs"] = [[0], [1], [0]]
    assert project_members(**a).value_amount.shape[1] == 3


# --- pensions in payment -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_pensions_equal_the_naive_twin(seed: int) -> None:
    a = awards(seed)
    got = pay_pensions(**a)
    for n in range(2):
        for x, y in zip(got, naive_pensions(a, n), strict=True):
            np.testing.assert_allclose(x[n], y, **CLOSE)


def indexed_by_age(seed: int, N: int = 2) -> Any:
    """Awards whose pensions rise by sex and age, as where a balance is paid out."""
    r, a = np.random.default_rng(seed), awards(seed)
    by_age = r.uniform(-0.9, 0.3, (N, 5, 2, 4))
    return a | {"indexation": by_age, "first_indexation": r.uniform(0, 0.1, (1, 5))}


@pytest.mark.parametrize("seed", range(3))
def test_pensions_indexed_by_age_equal_the_naive_twin(seed: int) -> None:
    a = indexed_by_age(seed + 10, N=1 + seed % 2)
    got = pay_pensions(**a)
    for n in range(2):
        for x, y in zip(got, naive_pensions(a, n), strict=True):
            np.testing.assert_allclose(x[n], y, **CLOSE)


def test_the_same_indexation_at_all_ages_is_the_plain_one() -> None:
    a = awards(7)
    by_age = np.broadcast_to(a["indexation"][..., None, None], (2, 5, 2, 4))
    first = np.sqrt(1 + a["indexation"]) - 1
    same = pay_pensions(**(a | {"indexation": by_age, "first_indexation": first}))
    for x, y in zip(same, pay_pensions(**a), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13)


def test_indexation_by_age_says_what_new_pensions_gain() -> None:
    a = indexed_by_age(8)
    del a["first_indexation"]
    with pytest.raises(ValueError, match="first_indexation is missing"):
        pay_pensions(**a)
    with pytest.raises(ValueError, match="indexation has shape"):
        pay_pensions(**(indexed_by_age(8) | {"indexation": np.zeros((2, 5, 2, 3))}))


def test_pensioners_are_conserved() -> None:
    a = awards(4)
    p = pay_pensions(**a)
    change = a["new_heads"].sum((2, 3, 4))[:, 1:] - p.deaths.sum((2, 3, 4))[:, 1:]
    np.testing.assert_allclose(np.diff(p.heads.sum((2, 3, 4))), change, **CLOSE)


def test_without_deaths_or_limits_amounts_follow_the_index() -> None:
    a = awards(5)
    a["death"] = 0 * a["death"]
    a["floor"], a["cap"] = np.full((1, 5), -INF), np.full((1, 5), INF)
    a["new_amount"] = 0 * a["new_amount"]
    p = pay_pensions(**a)
    index = np.cumprod(1 + a["indexation"] * (np.arange(5) > 0), axis=1)
    np.testing.assert_allclose(p.amount.sum((2, 3, 4)), index * a["base_amount"].sum(), **CLOSE)


@pytest.mark.parametrize(
    ("name", "change"),
    [("base_heads", lambda a: a[0]), ("base_amount", lambda a: a[1:]), ("death", lambda a: a[:, 1:])],
)
def test_pensions_that_do_not_fit_are_refused(name: str, change: Any) -> None:
    a = awards(6)
    a[name] = change(a[name])
    with pytest.raises(ValueError, match=name):
        pay_pensions(**a)


@pytest.mark.parametrize("seed", range(3))
def test_tables_may_hold_the_ages_of_their_exit_alone(seed: int) -> None:
    a = scheme(50 + seed, E=3, V=3, J=5)
    a["exit_age_low"], a["exit_age_high"] = np.array([1, 0, 2]), np.array([3, 2, 4])
    a["valuation_exit"] = np.array([0, 2, -1])
    cut = {-1: slice(None)} | {e: slice(a["exit_age_low"][e], a["exit_age_high"][e]) for e in range(3)}
    small = dict(a)
    for name in ("exit_contributor", "exit_dormant"):
        small[name] = [table[..., cut[e], :] for e, table in enumerate(a[name])]
    for name in ("heads_weight", "flat", "per_right"):
        small[name] = [table[..., cut[e], :] for e, table in zip(a["valuation_exit"], a[name], strict=True)]
    same_bits(project_members(**a), project_members(**small))
    wrong = small | {"exit_dormant": [table[..., :1, :-1] for table in a["exit_dormant"]]}
    with pytest.raises(ValueError, match="has a table of shape"):
        project_members(**wrong)
