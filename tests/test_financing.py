"""Systems of finance, balances, liabilities and cost methods against hand arithmetic, identities and slow twins; bad input by its name."""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spsim import financing as f
from spsim.arrays import Array

DOCS = Path(__file__).parents[1] / "docs" / "financing.md"
money = arrays(np.float64, 12, elements=st.floats(1.0, 1e3))
rates = arrays(np.float64, 12, elements=st.floats(-0.05, 0.2))
FEW = settings(max_examples=40, deadline=None)


# --- worked by hand -----------------------------------------------------------------------------------------


def test_two_years_by_hand() -> None:
    """S 100, 110; B 5, 11; i 21 %, payments in the middle: v^½ = 1/1.1, so S is worth 100/1.1 + 110/1.331 = 173.554, B 12.810."""
    wages, spent = [100.0, 110.0], [5.0, 11.0]
    assert f.payg_rate(wages, spent) == pytest.approx([0.05, 0.10])
    assert f.present_value(wages, 0.21) == pytest.approx(100 / 1.1 + 110 / 1.331)
    assert f.level_rate(wages, spent, 0.21) == pytest.approx(
        (5 / 1.1 + 11 / 1.331) / (100 / 1.1 + 110 / 1.331)
    )
    # with 2 in hand and 3 to be left: 3/1.21² = 2.049
    expected = (5 / 1.1 + 11 / 1.331 + 3 / 1.4641 - 2) / (100 / 1.1 + 110 / 1.331)
    assert f.level_rate(wages, spent, 0.21, 2.0, 3.0) == pytest.approx(expected)
    path = f.charged(0.1, wages, spent, 0.21, 2.0)
    assert path.reserve == pytest.approx([2 * 1.21 + 5 * 1.1, (2 * 1.21 + 5 * 1.1) * 1.21])


def test_a_perpetuity_by_hand() -> None:
    """S 100 growing at 3 % for ever, B a tenth of it, i 5 %: the premium is 10 %; in arrear S is worth 100/(0.05 − 0.03) = 5,000."""
    wages = 100 * 1.03 ** np.arange(4)
    assert f.perpetual_value(wages, 0.05, 0.03, timing=1.0) == pytest.approx(5000.0)
    assert f.general_average_premium(wages, wages / 10, 0.05) == pytest.approx(0.1)
    assert f.general_average_premium(wages, wages / 10, 0.05, 50.0, timing=1.0) == pytest.approx(0.1 - 0.01)


def test_balance_ratio_by_hand() -> None:
    """Interest of 10 on a reserve, cost 7 above contributions: 70 % of it is used."""
    assert f.balance_ratio([93.0], [100.0], [10 / np.log(1.05)], 0.05) == pytest.approx([0.7])


def test_sweden_by_hand() -> None:
    """Contributions 100 a year, money stays 30 years, fund 500, liability 3,400: 3,500/3,400 = 1.0294."""
    turnover = f.turnover_duration([60.0, 40.0, 0.0], [0.0, 0.0, 90.0], [30.0, 55.0, 70.0])
    assert turnover == pytest.approx(30.0)
    assert f.swedish_balance_ratio(100.0, turnover, 500.0, 3400.0) == pytest.approx(1.02941, abs=1e-5)


def test_sweden_as_published() -> None:
    """Orange Report 2007, billion kronor: contribution asset 6,116, buffer funds 898, pension liability 6,996, balance ratio 1.0026."""
    turnover = 32.0  # only its product with the contributions counts
    assert f.swedish_balance_ratio(6116 / turnover, turnover, 898.0, 6996.0) == pytest.approx(
        1.0026, abs=5e-5
    )


def test_balance_sheet_by_hand() -> None:
    """Reserve 10 and contributions 20 against benefits of 40 and 5, without interest: a deficit of 15, two thirds funded."""
    sheet = f.actuarial_balance_sheet(
        10.0, {"members": [10.0, 10.0]}, {"members": [15.0, 25.0], "retired": [5.0, 0.0]}, 0.0
    )
    assert sheet.deficit == pytest.approx(15.0) and sheet.funded_ratio == pytest.approx(2 / 3)
    assert f.closed_group_liability([20.0, 25.0], [10.0, 10.0], 0.0, 10.0) == pytest.approx(15.0)
    assert f.accrued_liability([5.0, 0.0], [3.0, 2.0], 0.0) == pytest.approx(10.0)


def test_the_ageing_report_by_hand() -> None:
    """Old 20 of 80 adults, 15 pensioners with 2 each, 60 workers make 300: 25 % · 75 % · (2/5) · (80/60) = 10 % = 30/300."""
    parts = f.expenditure_parts([30.0], [300.0], [20.0], [80.0], [15.0], [60.0])
    assert [float(part[0]) for part in (parts.dependency, parts.coverage, parts.benefit)] == [0.25, 0.75, 0.4]
    assert parts.product() == pytest.approx([0.1])
    assert np.prod(f.labour_market_parts([80.0], [56.0], [60.0], [90.0])) == pytest.approx(80 / 90)


def test_cost_methods_by_hand() -> None:
    """One member of two years' career, salary 1 then 1, no interest or death, 10 % a year of service, annuity 10: a pension worth 2.

    At the middle: PVFB 2, past 1, one year's 1, salaries to come 1. Entry age: 2/2 = 100 % of salary, so 2 − 1 = 1 should be held.
    """
    career = f.career_values([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], 0.0, accrual=0.1, annuity=10.0)
    assert career.future_benefits.tolist() == [2.0, 2.0] and career.past_benefits.tolist() == [0.0, 1.0]
    assert career.future_salaries.tolist() == [2.0, 1.0]
    at_middle = f.body_of_members(career, [0.0, 1.0])
    entry = f.entry_age(2.0, 2.0, at_middle.future_benefits, at_middle.future_salaries, 0.25)
    assert (float(entry.normal_rate), float(entry.liability), float(entry.unfunded)) == (1.0, 1.0, 0.75)
    attained = f.attained_age(1.0, 1.0, at_middle.past_benefits)
    assert (float(attained.normal_rate), float(attained.unfunded)) == (1.0, 1.0)
    assert float(f.accrued_benefit(at_middle.benefit_of_the_year, 1.0, 1.0).normal_rate) == 1.0
    assert float(f.aggregate(2.0, 1.0, 0.5).normal_rate) == 1.5
    assert float(f.aggregate(2.0, 1.0, 0.5, 0.5).normal_rate) == 1.0


def test_entry_age_of_a_new_entrant_leaves_no_debt() -> None:
    """With real growth, deaths and interest: at entry the liability is 0, and it is the accumulation of what was paid."""
    alive, scale = np.linspace(1000, 800, 41), np.linspace(100, 300, 41)
    career = f.career_values(alive, scale, 0.05, 0.015, 12.0, salary_growth=0.03)
    rate = float(career.future_benefits[0] / career.future_salaries[0])
    held = f.entry_age(
        career.future_benefits[0], career.future_salaries[0], career.future_benefits, career.future_salaries
    )
    assert float(held.normal_rate) == pytest.approx(rate) and held.liability[0] == pytest.approx(
        0.0, abs=1e-12
    )
    reserve, salary, step = 0.0, scale * 1.03 ** np.arange(41), 1.05
    for age in range(40):
        paid = rate * (salary[age] / scale[age] * (scale[age] + scale[age + 1]) / 2) * 1.03**0.5
        reserve = (
            reserve * alive[age] * step + paid * (alive[age] + alive[age + 1]) / 2 * step**0.5
        ) / alive[age + 1]
        if age < 39:
            assert held.liability[age + 1] * salary[age + 1] == pytest.approx(reserve, rel=1e-9)


# --- identities and twins -----------------------------------------------------------------------------------


@FEW
@given(money, money, rates, st.floats(-100, 1e4), st.floats(0.0, 1.0))
def test_a_level_rate_leads_where_it_should(
    wages: Array, spent: Array, interest: Array, held: float, timing: float
) -> None:
    """Charged year by year, the rate of a target ends at the target; for any interest by year and timing of payments."""
    rate = f.rate_for_reserve_ratio(wages, spent, interest, 2.0, held, timing=timing)
    path = f.charged(rate, wages, spent, interest, held, timing)
    assert path.reserve[-1] == pytest.approx(2 * spent[-1], abs=1e-6 * (1 + abs(held) + spent.sum() * 10))


@FEW
@given(money, money, rates, st.floats(0, 500))
def test_throughout_is_never_below(wages: Array, spent: Array, interest: Array, held: float) -> None:
    rate = f.rate_for_reserve_ratio_throughout(wages, spent, interest, 1.0, held)
    reserve = f.charged(rate, wages, spent, interest, held).reserve
    slack = reserve - spent
    assert slack.min() >= -1e-6 * spent.sum() and slack.min() <= 1e-6 * spent.sum()


@FEW
@given(money, rates)
def test_present_values_as_a_loop(flows: Array, interest: Array) -> None:
    value, factor = 0.0, 1.0
    for flow, rate in zip(flows, interest, strict=True):
        value += flow / (factor * (1 + rate) ** 0.5)
        factor *= 1 + rate
    assert f.present_value(flows, interest) == pytest.approx(value)


@FEW
@given(money, money, st.floats(0.02, 0.1))
def test_the_scaled_reserve_stops_growing(wages: Array, spent: Array, interest: float) -> None:
    """With 1.32: the reserve at the end is (B(m) − π·S(m)) / δ, B(m) and S(m) being the geometric means of the years around."""
    rate = float(f.scaled_premium_1(wages, spent, interest, 8))
    reserve = float(f.charged(rate, wages[:8], spent[:8], interest).reserve[-1])
    at_end = [float(np.sqrt(flow[7] * flow[8])) for flow in (spent, wages)]
    assert reserve * np.log1p(interest) == pytest.approx(at_end[0] - rate * at_end[1], rel=1e-6, abs=1e-6)


def test_a_perpetuity_is_a_long_sum() -> None:
    wages, spent = 100 * 1.03 ** np.arange(40), np.minimum(np.arange(40), 30) * 1.03 ** np.arange(40)
    longer = np.arange(3000)
    every = 100 * 1.03**longer, np.minimum(longer, 30) * 1.03**longer
    level = f.level_rate(*every, 0.06, 500.0)
    assert f.general_average_premium(wages, spent, 0.06, 500.0) == pytest.approx(float(level), rel=1e-9)


def test_average_premiums_pay_for_their_own() -> None:
    """AP1 and AP2 weigh to the general average premium, and charging both leaves the reserve of none or all the same in the end."""
    t = np.arange(60)
    wages, spent = 100 * 1.02**t, 12 * 1.02**t
    wages1, spent1 = wages * np.clip(1 - t / 40, 0, 1), spent * np.clip(1 - t / 59, 0, 1)
    ap1 = f.initial_population_premium(wages1, spent1, 0.05)
    ap2 = f.new_entrants_premium(wages - wages1, spent - spent1, 0.05, 0.02)
    gap = f.general_average_premium(wages, spent, 0.05, 0.0, 0.02)
    value1, value = f.present_value(wages1, 0.05), f.perpetual_value(wages, 0.05, 0.02)
    assert gap == pytest.approx(float((ap1 * value1 + ap2 * (value - value1)) / value))
    both = f.charged(f.average_premium_rates(wages1, wages - wages1, ap1, ap2), wages, spent, 0.05).reserve
    paid_off = f.average_premium_with_amortisation(wages, wages1, ap1, ap2, 0.05, 25)
    assert paid_off[0] > paid_off[25] == pytest.approx(float(ap2))
    assert f.charged(paid_off, wages, spent, 0.05).reserve[-1] == pytest.approx(both[-1], rel=1e-9)


def test_steady_state_rate_makes_both_ratios_equal() -> None:
    t = np.arange(75)
    wages, spent = 100 * 1.04**t, 100 * 1.04**t * (0.05 + 0.0008 * t)
    rate = float(f.steady_state_rate(wages, spent, 0.06, 200.0, current_rate=0.09, review_years=3))
    path = np.where(t < 3, 0.09, rate)
    reserve = f.charged(path, wages, spent, 0.06, 200.0).reserve
    ratio = reserve[:-1] / spent[1:]
    assert ratio[3 + 10 - 1] == pytest.approx(ratio[3 + 60 - 1], rel=1e-9)


def test_changes_of_cost_add_up() -> None:
    rng = np.random.default_rng(1)
    series = [np.cumprod(1 + rng.uniform(-0.05, 0.06, 30)) * start for start in (30, 300, 20, 80, 15, 60)]
    parts = f.expenditure_parts(*series)
    changes = f.contributions_to_change(parts)
    whole = parts.product()
    np.testing.assert_allclose(sum(changes.values()), whole - whole[0], atol=1e-14)
    np.testing.assert_allclose(whole, f.expenditure_to_gdp(series[0], series[1]))
    np.testing.assert_allclose(f.expenditure_to_government_spending(series[0], series[1], 0.25), whole / 0.25)


def test_leading_axes_are_carried_through() -> None:
    """Many draws at once give what each gives alone."""
    rng = np.random.default_rng(2)
    wages, spent, interest = (
        rng.uniform(50, 100, (4, 30)),
        rng.uniform(5, 20, (4, 30)),
        rng.uniform(0.03, 0.06, (4, 30)),
    )
    held = rng.uniform(0, 50, 4)
    together: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (f.level_rate, (held,)),
        (f.general_average_premium, (held, 0.02)),
        (f.rate_for_reserve_ratio_throughout, (np.full(4, 1.5), held)),
        (f.scaled_premium_1, (10, held)),
        (lambda *args: f.charged(np.full((4, 1), 0.1) if args[0].ndim > 1 else 0.1, *args).reserve, (held,)),
        (lambda w, b, i, v: f.actuarial_balance(w * 0.1, b, w, v, 20, interest=i).balance, (held,)),
    ]  # fmt: skip
    for function, more in together:
        every = function(wages, spent, interest, *more)
        for n in range(4):
            alone = function(
                wages[n],
                spent[n],
                interest[n],
                *(one[n] if isinstance(one, np.ndarray) else one for one in more),
            )
            np.testing.assert_allclose(every[n], alone, rtol=1e-12)


# --- bad input ----------------------------------------------------------------------------------------------


W, B = [100.0, 103.0, 106.0], [10.0, 11.0, 12.0]
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "nan": (lambda: f.level_rate([100.0, float("nan")], [1.0, 2.0], 0.03), r"wages holds a number that is not finite \(at \(1,\)\)"),
    "infinite interest": (lambda: f.level_rate(W, B, [0.1, np.inf, 0.1]), "interest holds a number"),
    "lengths": (lambda: f.level_rate(W, [1.0, 2.0], 0.03), "differ in length: wages 3, expenditure 2"),
    "interest too short": (lambda: f.level_rate(W, B, [0.03, 0.03]), "interest is known for 2 periods, but 3"),
    "interest of -100 %": (lambda: f.level_rate(W, B, -1.0), "interest is -1; it must be above -1"),
    "growth above interest": (lambda: f.general_average_premium(W, B, 0.02), "not above growth"),
    "growth equal to interest": (lambda: f.perpetual_value(W, 0.03, 0.03), "not above growth"),
    "no growth to be read": (lambda: f.general_average_premium([100.0], [10.0], 0.05), "growth"),
    "past the horizon": (lambda: f.scaled_premium_1(W, B, 0.05, 3), "years is 3, past the horizon"),
    "scaled 2 past": (lambda: f.scaled_premium_2(W, B, 0.05, 5), "years is 5, past the horizon"),
    "scaled lengths past": (lambda: f.scaled_premiums(W, B, 0.05, [2, 2]), "the sum of lengths is 4, past the horizon"),
    "scaled without interest": (lambda: f.scaled_premium_1(W, B, 0.0, 2), "interest is not above growth"),
    "scaled kind": (lambda: f.scaled_premiums(W, B, 0.05, [2], kind=3), "kind is 3"),
    "amortisation past": (lambda: f.average_premium_with_amortisation(W, W, 0.1, 0.05, 0.03, 9), "years is 9, past the horizon"),
    "half a year": (lambda: f.scaled_premium_1(W, B, 0.05, 1.5), "whole number"),  # type: ignore[arg-type]
    "no wages": (lambda: f.payg_rate([0.0], [1.0]), "wages must be above 0"),
    "no reserve": (lambda: f.balance_ratio([1.0], [1.0], [0.0], 0.05), "interest on the reserve must be above 0"),
    "timing": (lambda: f.present_value(W, 0.03, timing=2.0), "timing is 2"),
    "balance without interest": (lambda: f.actuarial_balance(B, B, W, 0.0), "either interest"),
    "balance with both": (lambda: f.actuarial_balance(B, B, W, 0.0, interest=0.1, discount=[1, 1, 1]), "either interest"),
    "balance past": (lambda: f.actuarial_balance(B, B, W, 0.0, 4, interest=0.1), "years is 4, past the horizon"),
    "factors too short": (lambda: f.actuarial_balance(B, B, W, 0.0, discount=[1.0, 1.1]), "at least 3 years"),
    "factor of 0": (lambda: f.actuarial_balance(B, B, W, 0.0, discount=[1.0, 0.0, 1.0]), "discount is 0"),
    "Canada past": (lambda: f.steady_state_rate(W, B, 0.05, 0.0), "past the horizon"),
    "two paths": (lambda: f.depletion_year([[1.0], [2.0]], [2026]), "one path"),
    "since": (lambda: f.contributions_to_change(f.expenditure_parts(*[[1.0]] * 6), 1), "since is 1, past the horizon"),
    "liability 0": (lambda: f.funded_ratio(10.0, 0.0), "liability must be above 0"),
    "one July": (lambda: f.july_years([1.0]), "two Julys"),
    "empty": (lambda: f.present_value([], 0.05), "flows is empty"),
    "rate path": (lambda: f.charged([0.1, 0.2], W, B, 0.05), "rate has 2 periods"),
    "career": (lambda: f.career_values([1.0, 0.0], [1.0, 1.0], 0.05, 0.01, 10.0), "above 0 at two ages"),
    "body": (lambda: f.body_of_members(f.career_values([1.0, 1.0], [1.0, 1.0], 0.0, 0.1, 1.0), [1.0, 2.0]), "salaries has 2 ages"),
    "whose": (lambda: model().salary_bill(1.0, "old"), "of is 'old'"),
}  # fmt: skip


def model() -> f.ModelScheme:
    ages = [20.0, 40.0, 65.0]
    tables = (ages, [9.0, 8.0, 7.0]), (ages, [1.0, 2.0, 3.0]), ([65.0, 80.0, 100.0], [5.0, 3.0, 0.0])
    return f.ModelScheme(*tables, 100.0, 1.0, 0.01, 0.01, 0.03, 0.03, 0.06)


@pytest.mark.parametrize("case", BAD)
def test_bad_input_names_its_variable(case: str) -> None:
    call, text = BAD[case]
    with pytest.raises(ValueError, match=text):
        call()


# --- the list of functions ----------------------------------------------------------------------------------


def public() -> list[str]:
    return [name for name in f.__all__ if inspect.isfunction(getattr(f, name))]


@pytest.mark.parametrize("name", public())
def test_every_function_says_unit_and_source(name: str) -> None:
    """Each measure has a formula, a unit and a source in its docstring and a row in docs/financing.md."""
    text = inspect.getdoc(getattr(f, name)) or ""
    plain = {"last_growth", "july_years", "charged", "scaled_premiums"}
    assert "Source:" in text or name in plain | {"first_deficit_year", "depletion_year"}, "no source"
    assert "Unit:" in text or name in plain, "no unit"
    assert f"| `{name}` |" in DOCS.read_text(encoding="utf-8"), "no row in docs/financing.md"


def test_the_page_is_up_to_date() -> None:
    """The table of docs/financing.md is the one that tools/describe_financing.py writes."""
    tool = runpy.run_path(str(DOCS.parents[1] / "tools" / "describe_financing.py"))
    assert tool["page"]() == DOCS.read_text(encoding="utf-8"), "run tools/describe_financing.py"


def test_the_page_prints_what_it_says() -> None:
    """Each line of the example gives the figures of its comment."""
    block = DOCS.read_text(encoding="utf-8").split("```python")[1].split("```")[0]
    names: dict[str, Any] = {}
    checked = 0
    for line in block.strip().splitlines():
        code, _, told = line.partition("  #")
        if told.strip():
            figures = [float(figure) for figure in told.strip(" []").split(",")]
            digits = len(told.strip(" []").split(",")[0].partition(".")[2])
            np.testing.assert_allclose(np.atleast_1d(eval(code, names)), figures, atol=0.51 * 10**-digits)
            checked += 1
        else:
            exec(code, names)
    assert checked == 6
