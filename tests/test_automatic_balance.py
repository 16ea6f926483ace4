"""Automatic balancing: a stationary scheme needs none, a generous one is lowered until it holds, twins in plain Python, bad input."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.automatic_balance import Balanced, Books, Position, balanced, measured_turnover, position
from spsim.checks import cross_check
from spsim.grid import Grid
from spsim.identities import IdentityError
from spsim.increases import Increases
from spsim.outcome import Outcome
from spsim.rules.automatic_balance import AutomaticBalance
from spsim.run import simulate
from spsim.stocks.balances import UNFELT
from spsim.stocks.rights import account_unit_in_july
from test_person import valid

CASE = Path(__file__).parent / "cases/notional.yaml"
FAIR = 22.5  # years lived from 60: five years without deaths, then 35 on which they fall evenly
BY_RATIO = {"kind": "by_ratio"}
RESERVE = {"kind": "reserve_to_expenditure"}
ASSETS = {"kind": "assets_to_liabilities"}


def document(**balance: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    data["schemes"]["pension"]["automatic_balance"] |= balance
    return data


def with_divisor(divisor: float, **balance: Any) -> dict[str, Any]:
    data = document(**balance)
    data["schemes"]["pension"]["benefits"]["old_age"]["tiers"]["pension"]["amount"]["divisor"] = divisor
    return data


@cache
def outcome(divisor: float) -> Outcome:
    return simulate(valid(with_divisor(divisor)))


def without(data: dict[str, Any]) -> dict[str, Any]:
    del data["schemes"]["pension"]["automatic_balance"]
    return data


def books(found: Outcome) -> Books:
    return Books(found.pensions, found.social, found.money, found.accounts)


def place_of(found: Outcome) -> Position:
    assert found.paths is not None
    return position(found.scenario, books(found), "pension", found.paths, found.grid)


# what is owed --------------------------------------------------------------------------------------


def test_in_a_stationary_state_contributions_cover_what_is_owed() -> None:
    """C · TD = L for whom the divisor is the years lived (Settergren and Mikula 2005): after a whole life under the rules."""
    found = outcome(FAIR)
    here = place_of(found)
    assert here.assets[-1] / here.owed[-1] == pytest.approx(1.0, abs=5e-4)
    spent, wages = found.money["pension"].expenditure()[-1], found.money["pension"].contributory_wages[-1]
    assert spent / wages == pytest.approx(0.1, rel=5e-4)


def test_turnover_is_the_mean_age_of_pensions_less_that_of_wages() -> None:
    """Wages grow as prices of work do and nobody dies before 65: ages 20-60 pay on average at 40; pensions of l(x) from 60 on."""
    alive = lambda x: 1.0 if x <= 65 else (100 - x) / 35  # noqa: E731
    ages = np.arange(60, 100) + 0.5
    lives = np.array([(alive(x) + alive(x + 1)) / 2 for x in range(60, 100)])
    assert measured_turnover(outcome(FAIR).pensions["pension"])[-1] == pytest.approx(
        (ages * lives).sum() / lives.sum() - 40.0, abs=0.03
    )


def test_balances_are_those_with_which_the_projection_closes() -> None:
    """What is counted by an unfelt draw is what the kernel holds."""
    found = outcome(FAIR)
    stocks, scheme = found.pensions["pension"], found.scenario.schemes["pension"]
    assert stocks.owed is not None and found.paths is not None and scheme.kind == "pension"
    closing = (stocks.flows.closing_contributors + stocks.flows.closing_dormant)[0].sum(axis=(0, 1, 2, 3, 5))

    class Unit:  # as much of a setting as the unit of an account reads
        history, members, paths, grid = found.paths, stocks.members, found.paths, stocks.grid
        since = staticmethod(lambda first: slice(first - int(found.paths.years[0]), None))
        balanced = staticmethod(lambda target: np.ones(len(found.grid.years)))

    unit = account_unit_in_july(Unit, scheme.accounts["notional"].crediting)  # type: ignore[arg-type]
    assert stocks.owed.balances[-1] == pytest.approx(closing[-1] * unit[-1], rel=1e-12)


def test_counting_changes_nothing() -> None:
    """The draw by which balances are counted is smaller than rounding."""
    plain = simulate(valid(without(with_divisor(FAIR)))).money["pension"].expenditure()
    counted = simulate(valid(with_divisor(FAIR, limit=0.01))).money["pension"].expenditure()
    assert counted == pytest.approx(plain, rel=100 * UNFELT)


def test_a_scheme_that_pays_nothing_yet_or_has_nobody_left_is_read_without_a_division_by_zero() -> None:
    """Nothing paid: assets without end. Nobody contributes: no contribution asset."""
    stocks = outcome(FAIR).pensions["pension"]
    new = replace(stocks, paid=replace(stocks.paid, pensions={}, lump_sums={}))
    assert np.isinf(measured_turnover(new)).all()
    closed = replace(stocks, contributors=np.zeros_like(stocks.contributors))
    assert measured_turnover(closed)[-1] == 0.0


# nothing to balance, and something -----------------------------------------------------------------


def test_a_scheme_above_its_limit_is_left_alone() -> None:
    plain, watched = (simulate(valid(data)) for data in (without(with_divisor(FAIR)), with_divisor(FAIR)))
    assert (watched.balancing["pension"].index == 1.0).all()
    assert watched.accounts["pension"].closing == pytest.approx(plain.accounts["pension"].closing, rel=1e-9)


def test_a_generous_divisor_is_lowered_until_the_scheme_holds() -> None:
    """A divisor of 18 where 22.5 years are lived costs a quarter more than is paid in: the reserve would fall without end."""
    found, plain = outcome(18.0), simulate(valid(without(with_divisor(18.0))))
    ratio, index = found.balancing["pension"].ratio, found.balancing["pension"].index
    fell = np.flatnonzero(index < 1)
    assert fell.size and (ratio[: fell[0] - 2] >= 1).all() and ratio[fell[0] - 2] < 1
    assert (np.diff(index) < 0).any() and index[-1] < 0.85
    assert found.accounts["pension"].closing[-1] > plain.accounts["pension"].closing[-1]
    assert ratio[-30:] == pytest.approx(1.0, abs=0.03)
    assert found.identities["pension: balancing index = what its ratio asks for"] <= 1e-9


def test_a_reserve_recovers_and_what_was_lost_comes_back() -> None:
    """A pay-as-you-go shock: the opening reserve is short of its limit, contributions are above cost; the index returns to 1."""
    data = with_divisor(24.0, ratio=RESERVE, limit=1.0, response={"kind": "by_ratio", "strength": 0.05})
    data["schemes"]["pension"]["contributions"]["employer"]["rate"] = 0.094
    data["funds"]["pension"]["opening_reserve"] = 0
    data["schemes"]["pension"]["members"]["initial"][0] |= {"past_service": 40}
    found = simulate(valid(data))
    index, ratio = found.balancing["pension"].index, found.balancing["pension"].ratio
    assert ratio == pytest.approx(
        np.where(
            np.isfinite(ratio),
            found.accounts["pension"].closing / found.money["pension"].expenditure().clip(1e-9),
            np.inf,
        ),
        rel=1e-6,
    )
    assert (index <= 1.0).all()
    for t in range(2, len(index)):
        if ratio[t - 2] > 1 and index[t - 1] < 1:
            assert index[t] > index[t - 1]


# twins in plain Python -----------------------------------------------------------------------------


def twin(ratio: list[float], limit: float, strength: float, most_cut: float) -> list[float]:
    """Sweden's index over its income index, year by year, as the law tells it."""
    index = [1.0, 1.0]
    for year in range(2, len(ratio)):
        before, relative = index[-1], ratio[year - 2] / limit
        if before == 1.0 and relative >= 1.0:
            index.append(1.0)
            continue
        factor = 1.0 + strength * (relative - 1.0)
        index.append(min(before * max(factor, 1.0 - most_cut), 1.0))
    return index


@given(
    ratio=st.lists(st.floats(-1.0, 4.0), min_size=3, max_size=30),
    limit=st.floats(0.1, 3.0),
    strength=st.floats(0.01, 1.0),
    most_cut=st.floats(0.01, 0.9),
)
@settings(max_examples=60, deadline=None)
def test_the_index_is_its_twin(ratio: list[float], limit: float, strength: float, most_cut: float) -> None:
    response = {"kind": "by_ratio", "strength": strength, "most_cut": most_cut}
    rule = AutomaticBalance.model_validate(
        {"acts_on": ["accounts"], "ratio": RESERVE, "limit": limit, "response": response}
    )
    grid = Grid(2001, 2000 + len(ratio))
    assert rule.index(np.array(ratio), grid) == pytest.approx(twin(ratio, limit, strength, most_cut))


def test_a_cut_by_an_amount_stays_off() -> None:
    """0.9 % a year while below, nothing above: worked by hand."""
    rule = AutomaticBalance.model_validate(
        {"acts_on": ["indexation"], "ratio": RESERVE, "response": {"kind": "by_amount", "cut": 0.009}}
    )
    index = rule.index(np.array([0.5, 0.9, 1.0, 1.2, 0.99, 3.0, 3.0]), Grid(2001, 2007))
    assert index == pytest.approx([1, 1, 0.991, 0.991**2, 0.991**2, 0.991**2, 0.991**3])


def test_sweden_2008_and_2009() -> None:
    """Balance ratios of the pension accounts of 2008 and 2009, 0.9826 and 0.9549, act on 2010 and 2011: their product is 0.9383.

    The rule, balance index = balance ratio × income index until both meet, is read (National Institute of Economic Research, glossary);
    1.0026 of 2007 is read (Orange Report 2007 in the press), the other ratios are recalled. The law of then, strength 1.
    """
    rule = AutomaticBalance.model_validate(
        {"acts_on": ["accounts", "indexation"], "ratio": ASSETS, "response": BY_RATIO}
    )
    index = rule.index(np.array([1.0026, 0.9826, 0.9549, 1.0024, 1.0198]), Grid(2007, 2011))
    assert index == pytest.approx([1, 1, 1, 0.9826, 0.9826 * 0.9549])


def test_increases_are_not_taken_below_the_least_and_the_rest_is_taken_later() -> None:
    """Growth 3, 3, 3, 1 %, an index of 1, 0.95, 0.95, 0.95: at first all of the 3 %, then what is left of 5 %."""
    rates = np.array([0.0, 0.03, 0.03, 0.03])
    factor = np.ones(48)
    factor[::12] = 1.0 + rates
    given_ = Increases(12 * 2001, factor, np.zeros(48))
    moved = given_.moved(np.array([1.0, 0.95, 0.95, 0.95]), np.zeros(4)).factor[::12]
    second = 1.03 * (0.95 / (1 / 1.03))
    assert moved == pytest.approx([1.0, 1.0, max(second, 1.0), 1.03**3 * 0.95 / max(second, 1.0)])
    assert given_.moved(np.array([1.0, 0.95, 0.95, 1.0])).factor[::12].prod() == pytest.approx(1.03**3)


# the passes ----------------------------------------------------------------------------------------


def test_passes_find_what_a_forward_loop_finds() -> None:
    """A scheme in one line: what is owed and paid falls with the index, of which a fifth each year is new and knows nothing of it."""
    found = outcome(18.0)
    rule = found.scenario.schemes["pension"].automatic_balance  # type: ignore[union-attr]
    assert rule is not None and found.paths is not None
    index = found.balancing["pension"].index
    again = place_of(found)
    assert again.index(rule, index, found.grid) == pytest.approx(index, rel=1e-9)
    assert found.balancing["pension"].ratio == pytest.approx(again.ratio)


def test_passes_that_do_not_settle_stop_the_run() -> None:
    """Books that answer the wrong way for ever."""
    found = simulate(valid(without(with_divisor(18.0))))
    scenario, paths = valid(with_divisor(18.0)), found.paths
    assert paths is not None
    watched = outcome(18.0)
    turns = iter(range(1000))

    def again(_: Any) -> Books:
        owed = watched.pensions["pension"].owed
        assert owed is not None
        wild = replace(owed, balances=owed.balances * (1.0 + next(turns) % 2))
        return replace(books(watched), pensions={"pension": replace(watched.pensions["pension"], owed=wild)})

    with pytest.raises(IdentityError, match="balancing index"):
        balanced(scenario, books(watched), again, paths, found.grid)


def test_the_tables_show_both() -> None:
    from spsim.tables import indicators_of

    found = {one.name: one for one in indicators_of(outcome(18.0), "pension")}
    seen = Balanced(np.asarray(found["balancing_ratio"].value), np.asarray(found["balancing_index"].value))
    assert seen.index.min() < 1 and np.isnan(seen.ratio[0]) and seen.ratio[10] > 1


# bad input -----------------------------------------------------------------------------------------


def changed(path: str, value: Any) -> dict[str, Any]:
    data = document()
    *parents, last = path.split(".")
    block = data["schemes"]["pension"]
    for name in parents:
        block = block[name]
    if value is None:
        del block[last]
    else:
        block[last] = value
    return data


BALANCE = {"acts_on": ["accounts"], "ratio": RESERVE, "response": BY_RATIO}
TWO = {"notional": {"allocation": 0.1, "crediting": {}}, "other": {"allocation": 0.02, "crediting": {}}}
FLAT = {"tier": {"pays": "pension", "amount": {"kind": "flat", "amount": 5}}}
ONCE = {"pension": {"pays": "lump_sum", "amount": {"kind": "account", "account": "notional"}}}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed("accounts", TWO), "counted for one account, and the scheme has 2"),
        (changed("benefits.old_age.tiers", FLAT), "liabilities do not count flat"),
        (changed("benefits.old_age.tiers", ONCE), "no pension that could be indexed"),
    ],
)
def test_what_cannot_be_balanced_is_refused(data: dict[str, Any], says: str) -> None:
    errors = [problem.message for problem in cross_check(valid(data)) if problem.severity == "error"]
    assert any(says in error for error in errors), errors


def test_accounts_that_are_not_there_are_refused() -> None:
    data = changed("benefits.old_age.tiers", FLAT)
    del data["schemes"]["pension"]["accounts"]
    data["schemes"]["pension"]["automatic_balance"] = BALANCE
    errors = [problem.message for problem in cross_check(valid(data)) if problem.severity == "error"]
    assert "the scheme has no accounts" in errors


@pytest.mark.parametrize(
    ("balance", "says"),
    [
        (BALANCE | {"response": {"kind": "by_amount", "cut": 0}}, "changes nothing"),
        (BALANCE | {"response": {"kind": "by_amount", "cut": 1}}, "next to nothing"),
        (BALANCE | {"acts_on": ["accounts", "accounts"]}, "named twice"),
        (BALANCE | {"least_increase": 0}, "does not act"),
        (BALANCE | {"acts_on": []}, "at least 1"),
        (BALANCE | {"limit": 0}, "greater than 0"),
        (BALANCE | {"response": BY_RATIO | {"most_cut": 1}}, "less than or equal to 0.9"),
        (BALANCE | {"ratio": ASSETS | {"turnover_duration": 0.5}}, "0.5"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(balance: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        AutomaticBalance.model_validate(balance)


# elsewhere -----------------------------------------------------------------------------------------


def test_generations_of_a_valuation_add_up_to_the_balanced_run() -> None:
    """`generations` raises where closed group and new entrants are not the run."""
    from spsim.valuation import valued

    (fund,) = valued(outcome(18.0))
    assert fund.generations is not None
    together, run = fund.generations.everyone.expenditure, outcome(18.0).money["pension"].expenditure()
    assert together == pytest.approx(run, rel=1e-7)


def test_one_person_is_told_that_balancing_is_left_out() -> None:
    from spsim.person import Question, answer

    found = answer(outcome(18.0).scenario, Question("pension", "male", "1970-01", "2000-01..2029-12 at 1000"))
    assert any("before automatic balancing" in note for note in found.notes)


def test_draws_of_the_economy_balance_by_products_as_by_the_kernel() -> None:
    """Pensions linear in wages, whose indexation answers to the reserve: the first draw probes, the second is a product."""
    from spsim.drawn import Drawn
    from spsim.economy import EconomicShocks
    from spsim.reuse import NO_REUSE
    from spsim.stocks.linear import LinearReuse

    data = with_divisor(
        18.0, acts_on=["indexation"], ratio=RESERVE, limit=20, response={"kind": "by_amount", "cut": 0.01}
    )
    scheme = data["schemes"]["pension"]
    del scheme["accounts"]
    scheme["benefits"]["old_age"]["tiers"]["pension"]["amount"] = {
        "kind": "per_year_of_service",
        "rate": 0.014,
    }
    scenario, years = valid(data), 100
    drift = np.concatenate([[0.0], np.sin(np.arange(years - 1)) / 50])
    products = LinearReuse()

    def drawn(scale: float, reuse: Any) -> Outcome:
        shocks = EconomicShocks(scale * drift, 0 * drift, scale * drift, np.ones(years))
        return simulate(scenario, drawn=Drawn(shocks=shocks, reuse=reuse))

    drawn(0.5, products)
    fast, slow = drawn(1.0, products), drawn(1.0, NO_REUSE)
    assert products.products > 0 and slow.balancing["pension"].index[-1] < 0.99
    assert fast.balancing["pension"].index == pytest.approx(slow.balancing["pension"].index)
    assert fast.money["pension"].expenditure() == pytest.approx(slow.money["pension"].expenditure(), rel=1e-8)


def test_a_variant_from_memory_balances_anew() -> None:
    """Contributions are no part of the stocks that a memory keeps, but the index answers to them."""
    from spsim.memory import Memory

    memory, found = Memory(), []
    for rate in (0.1, 0.12):
        data = with_divisor(18.0)
        data["schemes"]["pension"]["contributions"]["employer"]["rate"] = rate
        found.append(simulate(valid(data), memory=memory).balancing["pension"].index)
    assert found[1][-1] > found[0][-1] + 0.05
    assert found[0] == pytest.approx(outcome(18.0).balancing["pension"].index)


ASSETS_LINE = "ratio: {kind: assets_to_liabilities}"
BY_AGE = "ratio: {kind: assets_to_liabilities, turnover_duration: {by: age, points: {0: 30}}}"
NOT_COUNTED = "kind: flat, amount: 5"


@pytest.mark.parametrize(
    ("old", "new", "mark", "says"),
    [
        ("kind: by_ratio", "kind: by_rato", "by_rato", "by_ratio"),
        ("acts_on: [accounts, indexation]", "acts_on: [account]", "[account]", "accounts"),
        ("{kind: by_ratio}", "{kind: by_ratio, strength: 2}", "strength: 2", "outside 0 to 1"),
        (ASSETS_LINE, BY_AGE, "turnover_duration", "cannot be keyed by age"),
        ("kind: annuity, account: notional, divisor: 18", NOT_COUNTED, ASSETS_LINE, "do not count flat"),
    ],
)
def test_a_mistake_is_one_line_at_its_place(old: str, new: str, mark: str, says: str, tmp_path: Path) -> None:
    from spsim.checking import check

    text = CASE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "bad.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    problems = check(file).errors
    line = next(
        number for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if mark in line
    )
    assert any(problem.line == line and says in str(problem) for problem in problems), [
        str(one) for one in problems
    ]


@pytest.mark.slow
def test_the_reform_of_viet_nam_answers_to_its_reserve() -> None:
    from spsim.checking import check
    from spsim.run import computed

    checked = check(Path(__file__).parents[1] / "scenarios/reforms/viet_nam_notional.yaml")
    assert checked.scenario is not None and checked.document is not None
    found = computed(checked.scenario, checked.document)
    one, other = (found.balancing[name] for name in ("pension", "pension_public"))
    assert one.index == pytest.approx(other.index) and one.index[-1] < 1
    assert (one.index[: 2050 - 2025] == 1).all()
