"""A whole country through the command line, and every identity worked out again from the CSV tables it wrote."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from spsim.cli import run_cli

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "viet_nam.yaml"
UN = ROOT / "tests" / "cases" / "population" / "un_population.csv"
FIRST, LAST = 2025, 2100
YEARS = range(FIRST, LAST + 1)
LAW: dict[str, Any] = yaml.safe_load(SCENARIO.read_text(encoding="utf-8"))
SCHEMES = list(LAW["schemes"])
FUNDS = list(LAW["funds"])
PENSION_SCHEMES = [name for name in SCHEMES if LAW["schemes"][name]["kind"] == "pension"]
INSURED = [name for name in SCHEMES if "contributions" in LAW["schemes"][name]]
Rows = list[dict[str, str]]

pytestmark = pytest.mark.slow


class Tables:
    """The CSV tables of a run, read once each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tables"
        self.read: dict[str, Rows] = {}

    def rows(self, name: str) -> Rows:
        if name not in self.read:
            with (self.folder / f"{name}.csv").open(encoding="utf-8") as file:
                self.read[name] = list(csv.DictReader(file))
        return self.read[name]

    def sums(self, name: str, value: str, *keys: str) -> dict[tuple[str, ...], float]:
        """Sum of a column by the given keys."""
        found: dict[tuple[str, ...], float] = defaultdict(float)
        for row in self.rows(name):
            found[tuple(row[key] for key in keys)] += float(row[value])
        return found

    def account(self, fund: str, year: int) -> dict[str, Decimal]:
        """Item by item, as exact decimals."""
        return self.accounts()[fund, str(year)]

    @cache  # noqa: B019
    def by_benefit(self, value: str) -> dict[tuple[str, ...], float]:
        return self.sums("beneficiaries", value, "scheme", "benefit", "year")

    @cache  # noqa: B019
    def unit(self, fund: str) -> float:
        """The unit in which a fund is kept: the largest power of ten that divides every amount."""
        amounts = [Decimal(row["amount"]) for row in self.rows("accounts") if row["fund"] == fund]
        return float(
            max(Decimal(10) ** k for k in range(-6, 12) if not any(a % Decimal(10) ** k for a in amounts))
        )

    @cache  # noqa: B019
    def accounts(self) -> dict[tuple[str, str], dict[str, Decimal]]:
        found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
        for row in self.rows("accounts"):
            items = found[row["fund"], row["year"]]
            assert row["item"] not in items, "an item stands twice"
            items[row["item"]] = Decimal(row["amount"])
        return found

    def indicator(self, scheme: str, name: str) -> dict[int, float]:
        """A yearly path."""
        return {
            int(row["year"]): float(row["value"])
            for row in self.rows("indicators")
            if row["scheme"] == scheme and row["indicator"] == name and row["year"]
        }

    def once(self, scheme: str, name: str) -> float | None:
        """One figure of the whole period; None: it never happens."""
        values = [
            row["value"]
            for row in self.rows("indicators")
            if (row["scheme"], row["indicator"], row["year"]) == (scheme, name, "")
        ]
        assert len(values) == 1
        return float(values[0]) if values[0] not in {"", "NaN", "nan"} else None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("viet_nam") / "run"
    assert run_cli(["run", str(SCENARIO), "--out", str(folder), "--quiet", "--format", "csv"]) == 0
    return Tables(folder)


def rate_in(value: Any, year: int) -> float:
    """A constant, or a schedule by year that holds its value until the next point."""
    if not isinstance(value, dict):
        return float(value)
    assert value["by"] == "event_date" and (
        value.get("mode", "step") == "step" or len(set(value["points"].values())) == 1
    )
    known = [point for point in value["points"] if int(point) <= year]
    return float(value["points"][max(known) if known else min(value["points"])])


def close(found: float, expected: float, relative: float = 1e-9, absolute: float = 0.0) -> bool:
    return abs(found - expected) <= absolute + relative * max(abs(found), abs(expected))


def flows(items: dict[str, Decimal], prefix: str) -> Decimal:
    return sum((amount for item, amount in items.items() if item.startswith(prefix)), Decimal(0))


# Accounts


@pytest.mark.parametrize("fund", FUNDS)
def test_accounts_add_exactly_and_carry_over(run: Tables, fund: str) -> None:
    """Opening reserve + all signed flows = closing reserve, to the last digit; it opens the next year."""
    closing = None
    for year in YEARS:
        items = dict(run.account(fund, year))
        opening, end = items.pop("opening_reserve"), items.pop("closing_reserve")
        assert opening + sum(items.values()) == end, year
        assert closing is None or opening == closing, year
        closing = end


@pytest.mark.parametrize("fund", FUNDS)
def test_opening_reserve_is_the_scenarios(run: Tables, fund: str) -> None:
    given = LAW["funds"][fund].get("opening_reserve", 0)
    assert run.account(fund, FIRST)["opening_reserve"] == Decimal(str(given))


@pytest.mark.parametrize("fund", FUNDS)
def test_signs(run: Tables, fund: str) -> None:
    """Contributions come in, benefits and administration go out; nothing else but investment income is booked."""
    for year in YEARS:
        for item, amount in run.account(fund, year).items():
            if item.startswith("contributions_"):
                assert amount >= 0, (item, year)
            elif item.startswith("benefit_") or item == "administration":
                assert amount <= 0, (item, year)
            else:
                assert item in {"opening_reserve", "closing_reserve", "investment_income"}


def of_fund(fund: str) -> list[str]:
    return [name for name in SCHEMES if LAW["schemes"][name]["fund"] == fund]


@pytest.mark.parametrize("fund", FUNDS)
@pytest.mark.parametrize("party", ["employee", "employer"])
def test_contributions_are_rate_times_wages(run: Tables, fund: str, party: str) -> None:
    """The contributory wages of every scheme of the fund at its own rate."""
    for year in YEARS:
        due = sum(
            LAW["schemes"][name]["contributions"][party]["rate"]
            * run.indicator(name, "contributory_wages")[year]
            for name in of_fund(fund)
            if name in INSURED
        )
        paid = float(run.account(fund, year).get(f"contributions_{party}", 0))
        assert close(paid, due, 1e-9, run.unit(fund)), year


def test_the_state_pays_only_while_the_reserve_is_low(run: Tables) -> None:
    """1 % of wages in the years that open with less than twice the benefits of the year; nothing in the others."""
    scheme, wages = LAW["schemes"]["unemployment"], run.indicator("unemployment", "contributory_wages")
    for year in YEARS:
        items = run.account("unemployment", year)
        low = items["opening_reserve"] < scheme["state_while_reserve_below"] * -flows(items, "benefit_")
        due = scheme["contributions"]["state"]["rate"] * wages[year] if low else 0.0
        assert close(float(items["contributions_state"]), due, 1e-9, run.unit("unemployment")), year


@pytest.mark.parametrize("fund", [fund for fund in FUNDS if LAW["funds"][fund].get("deficit_paid_by_state")])
def test_the_state_pays_the_deficit(run: Tables, fund: str) -> None:
    """What outgo leaves open after income and the reserve with half a year's interest; the reserve closes at 0 in such a year."""
    for year in YEARS:
        items = run.account(fund, year)
        interest = rate_in(LAW["economy"]["interest_rate"], year)
        income = flows(items, "contributions_") - items["contributions_state"]
        outgo = -flows(items, "benefit_") - items["administration"]
        needed = float(outgo - income) - float(items["opening_reserve"]) * (1 + interest) ** 0.5
        assert close(float(items["contributions_state"]), max(needed, 0.0), 1e-9, 20 * run.unit(fund)), year
        assert (
            items["closing_reserve"] == 0 if items["contributions_state"] else items["closing_reserve"] >= 0
        )


@pytest.mark.parametrize("fund", FUNDS)
def test_administration(run: Tables, fund: str) -> None:
    """So much of contributions (the State's left out, as the scenario's source counts it) and of benefits."""
    rule = {"of_contributions": 0, "of_benefits": 0} | LAW["funds"][fund].get("administration", {})
    for year in YEARS:
        items = run.account(fund, year)
        paid_in = flows(items, "contributions_") - items.get("contributions_state", Decimal(0))
        expected = rate_in(rule["of_contributions"], year) * float(paid_in)
        expected += rate_in(rule["of_benefits"], year) * float(-flows(items, "benefit_"))
        assert close(float(-items["administration"]), expected, 1e-9, run.unit(fund)), year


@pytest.mark.parametrize("fund", FUNDS)
def test_investment_income_and_reserve(run: Tables, fund: str) -> None:
    """i on the opening reserve and (1+i)^½ − 1 on what came in less what went out: V' = V(1+i) + net(1+i)^½ (Iyer 1999, 5.46)."""
    for year in YEARS:
        items = run.account(fund, year)
        interest = rate_in(LAW["economy"]["interest_rate"], year)
        opening, closing = float(items["opening_reserve"]), float(items["closing_reserve"])
        net = float(flows(items, "contributions_") + flows(items, "benefit_") + items["administration"])
        earned = opening * interest + net * ((1 + interest) ** 0.5 - 1)
        assert close(float(items["investment_income"]), earned, 1e-9, 20 * run.unit(fund)), year
        assert close(
            closing, opening * (1 + interest) + net * (1 + interest) ** 0.5, 1e-9, 20 * run.unit(fund)
        ), year


def test_benefits_are_those_of_the_beneficiaries(run: Tables) -> None:
    """Each benefit of the accounts is the sum of its rows by sex and age, and no benefit stands in one table only."""
    paid: dict[tuple[str, str, str], float] = defaultdict(float)
    for (scheme, benefit, year), amount in run.sums(
        "beneficiaries", "amount", "scheme", "benefit", "year"
    ).items():
        paid[LAW["schemes"][scheme]["fund"], f"benefit_{scheme}_{benefit}", year] += amount
    booked = {
        (fund, item, year): float(-amount)
        for (fund, year), items in run.accounts().items()
        for item, amount in items.items()
        if item.startswith("benefit_")
    }
    assert {cell for cell, amount in booked.items() if amount != 0} <= set(paid) <= set(booked)
    for cell, amount in booked.items():
        assert close(amount, paid.get(cell, 0.0), 1e-9, run.unit(cell[0])), cell


@pytest.mark.parametrize("scheme", SCHEMES)
def test_expenditure_counts_everything_once(run: Tables, scheme: str) -> None:
    """Benefits of the scheme, and the fund's administration by its share in the fund's benefits."""
    paid = run.sums("beneficiaries", "amount", "scheme", "year")
    fund = LAW["schemes"][scheme]["fund"]
    spent, cost, wages = (
        run.indicator(scheme, name) for name in ("expenditure", "payg_cost_rate", "contributory_wages")
    )
    for year in YEARS:
        share = paid[scheme, str(year)] / sum(paid[name, str(year)] for name in of_fund(fund))
        administration = share * float(-run.account(fund, year)["administration"])
        assert close(spent[year], paid[scheme, str(year)] + administration, 1e-8), year
        assert scheme not in INSURED or close(cost[year], spent[year] / wages[year], 1e-9), year


@pytest.mark.parametrize("fund", FUNDS)
def test_schemes_spend_what_their_fund_spends(run: Tables, fund: str) -> None:
    for year in YEARS:
        items = run.account(fund, year)
        booked = float(-flows(items, "benefit_") - items["administration"])
        assert close(sum(run.indicator(name, "expenditure")[year] for name in of_fund(fund)), booked, 1e-8), (
            year
        )


# Persons


def test_population_meets_the_united_nations(run: Tables) -> None:
    """Total within 0.5 % in 2050 and 1 % in 2100."""
    total = run.sums("population", "persons", "year")
    with UN.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["iso3"] == "VNM"]
    for year, tolerance in ((2050, 0.005), (2100, 0.01)):
        united = sum(
            1e3 * (float(row["male"]) + float(row["female"])) for row in rows if row["year"] == str(year)
        )
        assert united > 0 and close(total[str(year),], united, tolerance)


def test_labour_force_is_employed_and_unemployed(run: Tables) -> None:
    for row in run.rows("labour_force"):
        parts = float(row["employed"]) + float(row["unemployed"])
        assert close(float(row["labour_force"]), parts, 1e-9, 2e-3), row


def test_labour_force_is_part_of_the_population(run: Tables) -> None:
    people = run.sums("population", "persons", "year", "sex", "age")
    for cell, persons in run.sums("labour_force", "labour_force", "year", "sex", "age").items():
        assert persons <= people[cell] * (1 + 1e-9) + 1e-2, cell


@pytest.mark.parametrize("scheme", PENSION_SCHEMES)
def test_contributors_of_the_tables(run: Tables, scheme: str) -> None:
    """Members summed are the indicator; the published number in the first year."""
    members = run.sums("members", "contributors", "scheme", "year")
    indicator = run.indicator(scheme, "contributors")
    for year in YEARS:
        assert close(members[scheme, str(year)], indicator[year], 1e-8), year
    published = LAW["schemes"][scheme]["members"]["contributors"]["by_year"]
    assert close(indicator[FIRST], published[FIRST], 1e-9)


def test_contributors_are_part_of_the_employed(run: Tables) -> None:
    """Members of all pension schemes together, and those of unemployment insurance."""
    employed = run.sums("labour_force", "employed", "year", "sex", "age")
    covered: dict[tuple[bool, tuple[str, ...]], float] = defaultdict(float)
    for (scheme, *cell), persons in run.sums(
        "members", "contributors", "scheme", "year", "sex", "age"
    ).items():
        covered[scheme in PENSION_SCHEMES, tuple(cell)] += persons
    over = {
        cell: persons / employed[cell]
        for (_, cell), persons in covered.items()
        if persons > employed[cell] + 1
    }
    assert not over, (
        f"{len(over)} cells hold more contributors than employed, the worst {max(over.items(), key=lambda c: c[1])}"
    )


def is_pension(benefit: str) -> bool:
    """Paid year after year: not a grant, nor once."""
    return benefit not in {"withdrawal", "funeral"} and not benefit.endswith("lump_sum")


def pensions_of(run: Tables, scheme: str, value: str, year: int, prefix: str = "") -> float:
    """Persons on pensions of a scheme, or their amount; of those whose name begins with `prefix`."""
    cells = run.by_benefit(value)
    return sum(
        amount for (name, benefit, y), amount in cells.items()
        if (name, y) == (scheme, str(year)) and is_pension(benefit) and benefit.startswith(prefix)
    )  # fmt: skip


@pytest.mark.parametrize("scheme", PENSION_SCHEMES)
def test_pensioners_of_the_tables(run: Tables, scheme: str) -> None:
    """Persons on pensions of the scheme are the indicator; those of the first year are the published ones."""
    indicator = run.indicator(scheme, "pensioners")
    for year in YEARS[::5]:
        assert close(pensions_of(run, scheme, "persons", year), indicator[year], 1e-7), year
    for benefit, published in LAW["schemes"][scheme]["members"]["in_payment"].items():
        assert close(pensions_of(run, scheme, "persons", FIRST, benefit), published["persons"], 1e-7)
        if "average_monthly" in published:
            money = 12 * published["persons"] * published["average_monthly"]
            assert close(pensions_of(run, scheme, "amount", FIRST, benefit), money, 1e-7)


def members_and_pensioners(run: Tables) -> Iterator[tuple[tuple[str, ...], float]]:
    """Contributors, dormant members and pensioners of their own right, by year, sex and age."""
    total: dict[tuple[str, ...], float] = defaultdict(float)
    for row in run.rows("members"):
        if row["scheme"] in PENSION_SCHEMES:
            total[row["year"], row["sex"], row["age"]] += float(row["contributors"]) + float(row["dormant"])
    for row in run.rows("beneficiaries"):
        own = row["benefit"].startswith(("old_age", "invalidity")) and not row["benefit"].endswith("lump_sum")
        if row["scheme"] in PENSION_SCHEMES and own:
            total[row["year"], row["sex"], row["age"]] += float(row["persons"])
    yield from total.items()


def test_nobody_is_counted_twice(run: Tables) -> None:
    """Contributors, dormant members and pensioners of one age are different persons, all of that population."""
    people = run.sums("population", "persons", "year", "sex", "age")
    over = {
        cell: persons / people[cell]
        for cell, persons in members_and_pensioners(run)
        if persons > people[cell] + 1
    }
    assert not over, (
        f"{len(over)} cells hold more persons than live, the worst {max(over.items(), key=lambda c: c[1])}"
    )


# Unemployment


def test_unemployment_months_are_the_years(run: Tables) -> None:
    """Monthly amounts sum to the accounts; claims, paid months and contributors to the indicators."""
    totals: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in run.rows("unemployment"):
        for name in ("contributors", "new_claims", "beneficiaries", "exhaustions", "amount"):
            totals[name][int(row["month"][:4])] += float(row[name])
    indicators = {
        name: run.indicator("unemployment", name) for name in ("contributors", "claims", "beneficiaries")
    }
    for year in YEARS:
        booked = float(-flows(run.account("unemployment", year), "benefit_"))
        assert close(totals["amount"][year], booked, 1e-9, run.unit("unemployment")), year
        assert close(totals["contributors"][year] / 12, indicators["contributors"][year], 1e-8), year
        assert close(totals["new_claims"][year], indicators["claims"][year], 1e-8), year
        assert close(totals["beneficiaries"][year] / 12, indicators["beneficiaries"][year], 1e-8), year


def test_all_months_are_there(run: Tables) -> None:
    months = [row["month"] for row in run.rows("unemployment")]
    assert months == [f"{year}-{month:02d}" for year in YEARS for month in range(1, 13)]


def test_unemployment_benefit_by_age(run: Tables) -> None:
    """Mean beneficiaries of the year and their money, by sex and age, add to the months'."""
    persons = run.sums("beneficiaries", "persons", "scheme", "year")
    amount = run.sums("beneficiaries", "amount", "scheme", "year")
    months = run.indicator("unemployment", "beneficiaries")
    for year in YEARS:
        assert close(persons["unemployment", str(year)], months[year], 1e-7), year
        booked = float(-flows(run.account("unemployment", year), "benefit_"))
        assert close(amount["unemployment", str(year)], booked, 1e-9, run.unit("unemployment")), year


def test_exhaustions_follow_claims(run: Tables) -> None:
    """Nobody exhausts who has not claimed: over all months no more exhaustions than claims and those on benefit at the start."""
    rows = run.rows("unemployment")
    exhausted, claimed = (sum(float(row[name]) for row in rows) for name in ("exhaustions", "new_claims"))
    assert exhausted <= claimed + 2 * float(rows[0]["beneficiaries"])


# Indicators


@pytest.mark.parametrize("scheme", PENSION_SCHEMES)
def test_payg_rate_is_its_parts(run: Tables, scheme: str) -> None:
    """PAYG = dependency × relative pension + lump sums + administration; the pension cost rate is the first."""
    names = ("payg", "pension", "lump_sum", "administration")
    payg, pensions, lump_sums, administration = (run.indicator(scheme, f"{name}_cost_rate") for name in names)
    dependency, relative = (run.indicator(scheme, name) for name in ("dependency_ratio", "relative_pension"))
    for year in YEARS:
        assert close(dependency[year] * relative[year], pensions[year], 1e-9), year
        assert close(payg[year], pensions[year] + lump_sums[year] + administration[year], 1e-9), year


@pytest.mark.parametrize("scheme", PENSION_SCHEMES)
def test_dependency_ratio_and_averages(run: Tables, scheme: str) -> None:
    pensioners, contributors = (run.indicator(scheme, name) for name in ("pensioners", "contributors"))
    dependency, average = (run.indicator(scheme, name) for name in ("dependency_ratio", "average_pension"))
    for year in YEARS:
        assert close(dependency[year], pensioners[year] / contributors[year], 1e-9), year
    for year in YEARS[::5]:
        paid = pensions_of(run, scheme, "amount", year)
        assert close(average[year], paid / pensioners[year] / 12, 1e-8), year


@pytest.mark.parametrize("scheme", SCHEMES)
def test_reserve_indicators(run: Tables, scheme: str) -> None:
    """Reserve, its ratio to the year's outgo, first year in which outgo exceeds contributions, first year of debt."""
    reserve, ratio = run.indicator(scheme, "reserve"), run.indicator(scheme, "reserve_ratio")
    deficit, falling, debt = [], [], []
    for year in YEARS:
        items = run.account(LAW["schemes"][scheme]["fund"], year)
        outgo = -flows(items, "benefit_") - items["administration"]
        assert close(reserve[year], float(items["closing_reserve"]), 1e-11), year
        assert close(ratio[year], float(items["closing_reserve"] / outgo), 1e-9), year
        deficit += [year] if flows(items, "contributions_") < outgo else []
        falling += [year] if items["closing_reserve"] < items["opening_reserve"] else []
        debt += [year] if items["closing_reserve"] < 0 else []
    assert run.once(scheme, "first_deficit_year") == (deficit[0] if deficit else None)
    assert run.once(scheme, "first_total_deficit_year") == (falling[0] if falling else None)
    assert run.once(scheme, "depletion_year") == (debt[0] if debt else None)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_share_of_national_income(run: Tables, scheme: str) -> None:
    """In the year of the known GDP; and the same GDP stands under contributions and expenditure in all years."""
    spent, share = run.indicator(scheme, "expenditure"), run.indicator(scheme, "expenditure_to_gdp")
    paid, paid_share = run.indicator(scheme, "contributions"), run.indicator(scheme, "contributions_to_gdp")
    assert LAW["economy"]["gdp"]["year"] == FIRST
    national = float(LAW["economy"]["gdp"]["value"])
    assert close(share[FIRST], spent[FIRST] / national, 1e-9)
    for year in YEARS:
        if scheme in INSURED:
            assert close(spent[year] / share[year], paid[year] / paid_share[year], 1e-9), year


def test_average_wage_of_contributors(run: Tables) -> None:
    """Contributory wages = contributors × average × 12."""
    for scheme in INSURED:
        wages, average, persons = (
            run.indicator(scheme, name)
            for name in ("contributory_wages", "average_contributory_wage", "contributors")
        )
        for year in YEARS:
            assert close(wages[year], 12 * average[year] * persons[year], 1e-9), (scheme, year)
