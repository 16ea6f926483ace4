"""The tests of the conventions for every branch of a scenario, year by year over its horizon.

Comes in: a checked scenario and, for coverage and financing, the arrays of its run. Goes out: `Line`s. Branches that the scenario does
not have are reported as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from spsim.adequacy.law import Law
from spsim.arrays import Array, np
from spsim.calendar import month_number
from spsim.errors import near
from spsim.person_facts import refusal
from spsim.records import record
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, SocialPensionScheme, UnemploymentScheme
from spsim.standards.beneficiaries import (
    JULY,
    Beneficiaries,
    Claimed,
    Given,
    check_labourer,
    labourer_wage,
    largest_group,
    social_amount,
)
from spsim.standards.changes import change_months
from spsim.standards.conventions import (
    AGES,
    DURATIONS,
    LEVELS,
    MEANS,
    RIGHTS,
    TITLES,
    Cited,
    Duration,
    Level,
    PensionableAge,
    Right,
)
from spsim.standards.lines import Line

if TYPE_CHECKING:
    from spsim.outcome import Outcome

WEEKS_PER_MONTH = 365 / 12 / 7
RECORDS = (12, 24, 36, 60, 84, 120, 144)
LUMP_SUM = "paid once, which is no periodical payment"


@dataclass(frozen=True)
class Options:
    """What the scenario cannot know: employees as a share of the employed, a labourer's wage, a national minimum; and what to test."""

    employees: float | None = None
    labourer: str | None = None
    poverty_line: str | None = None
    conventions: Sequence[str] = ()
    every: int = 1
    last_wage: bool = False

    def asks(self, convention: str) -> bool:
        """Whether a convention is to be tested."""
        return not self.conventions or convention in self.conventions


@record(frozen=True)
class Tested:
    """One scheme with what it gives in each year, computed once for all conventions."""

    law: Law
    years: Array
    options: Options
    labourer: Array
    """Wage of an ordinary labourer in each year."""
    _given: dict[tuple[str, float], list[Given]] = field(default_factory=dict)

    @cached_property
    def beneficiaries(self) -> Beneficiaries:
        """The standard beneficiaries."""
        return Beneficiaries(self.law)

    def given(self, branch: str, years: float) -> list[Given]:
        """The benefit in each year."""
        key = (branch, years)
        if key not in self._given:
            self._given[key] = [self.beneficiaries.given(branch, int(year), years) for year in self.years]
        return self._given[key]

    @cached_property
    def claims(self) -> list[Claimed]:
        """Unemployment benefit in each year after five years of contribution."""
        return [self.beneficiaries.unemployed(int(year)) for year in self.years]

    @cached_property
    def weeks(self) -> Array:
        """Weeks of unemployment benefit: of every record if they are the same, else their mean over the records in RECORDS that qualify.

        Asked again only in years before whose July the law has changed.
        """
        scheme = self.law.scheme
        assert isinstance(scheme, UnemploymentScheme)
        changes = change_months(scheme.benefit, 12 * int(self.years[-1]) + JULY)
        found: list[float] = []
        for place, year in enumerate(self.years):
            before, now = 12 * int(self.years[place - 1]) + JULY, 12 * int(year) + JULY
            same = changes is not None and not any(before < month <= now for month in changes)
            found.append(found[-1] if found and same else _mean_weeks(self.beneficiaries, int(year)))
        return np.array(found)


def evaluate(scenario: Scenario, options: Options, outcome: Outcome | None = None) -> list[Line]:
    """All tests. Without `outcome` those of coverage, financing and the floor are left out. Raises InputError for bad options."""
    check_options(scenario, options)
    horizon = scenario.horizon
    years = np.arange(horizon.start, horizon.end + 1, options.every)
    laws = insured_laws(scenario)
    wage = largest_group(laws) if laws else None
    labourer = (
        np.array([labourer_wage(wage, int(year), options.labourer) for year in years]) if wage else years
    )
    tested = [Tested(law, years, options, labourer) for law in laws]
    lines = list(_of_the_law(scenario, tested, options))
    if outcome is not None:
        from spsim.standards.coverage import run_lines

        lines += run_lines(outcome, laws, options.employees, _minimum(options, tested))
    return sorted((line for line in lines if options.asks(line.convention)), key=_order)


def _of_the_law(scenario: Scenario, tested: Sequence[Tested], options: Options) -> Iterator[Line]:
    """The tests that need no projection, of the conventions that are asked for."""
    yield from _levels(tested, [rule for rule in LEVELS if options.asks(rule.convention)])
    yield from _rights(tested, [rule for rule in RIGHTS if options.asks(rule.convention)])
    yield from _durations(tested, [rule for rule in DURATIONS if options.asks(rule.convention)])
    yield from _ages(tested, [rule for rule in AGES if options.asks(rule.convention)])
    if options.asks("C102"):
        yield from _social(scenario, tested)


def check_options(scenario: Scenario, options: Options) -> None:
    """Refuse options that make no sense for this scenario. Raises InputError."""
    for name in options.conventions:
        if name not in TITLES:
            meant = near(name, TITLES)
            there = f"did you mean '{meant[0]}'?" if meant else f"there are: {', '.join(TITLES)}"
            raise refusal("convention", f"unknown convention {name!r}", there)
    if options.employees is not None and not 0 < options.employees <= 1:
        what = f"the share {options.employees:g} of employees is outside 0 to 1"
        raise refusal("employees", what, "write 55 % as 0.55")
    if not 1 <= options.every <= 100:
        raise refusal("every", f"every {options.every} years", "write 1 to 100")
    for law in insured_laws(scenario):
        check_labourer(law, options.labourer)
        _check_minimum(law, options.poverty_line)


def insured_laws(scenario: Scenario) -> list[Law]:
    """Schemes that have members."""
    return [
        Law(scenario, name)
        for name, scheme in scenario.schemes.items()
        if isinstance(scheme, PensionScheme | UnemploymentScheme)
    ]


def _order(line: Line) -> tuple[int, str, str]:
    return list(TITLES).index(line.convention), line.branch, line.scheme


def _levels(tested: Sequence[Tested], rules: Sequence[Level]) -> Iterator[Line]:
    """Least percentages of each branch."""
    for rule in rules:
        having = [one for one in tested if one.beneficiaries.has(rule.branch)]
        for one in having:
            line = _claim_level(one, rule) if rule.branch == "unemployment" else _pension_level(one, rule)
            if line is not None:
                yield line
        if not having and not rule.instead:
            yield Line(
                rule.convention,
                rule.branch,
                "level",
                rule.cited,
                beneficiary=rule.beneficiary,
                required=rule.percent,
            )


def _pension_level(one: Tested, rule: Level) -> Line | None:
    """A pension of a standard beneficiary over previous earnings (Art. 65), or over a labourer's wage where it is flat (Art. 66)."""
    given = one.given(rule.branch, rule.years)
    if all(gift.pays == "lump_sum" for gift in given) and rule.instead:
        return None
    flat = all(gift.flat or gift.amount == 0 for gift in given) and any(gift.flat for gift in given)
    shares = np.array([gift.share for gift in given])
    last = np.array([gift.of_last_wage for gift in given])
    if flat:
        actual = np.array([gift.amount for gift in given]) / one.labourer
    else:
        actual = last if one.options.last_wage else shares
    return Line(
        rule.convention, rule.branch, f"level after {rule.years:g} years", rule.cited, one.law.scheme_id,
        rule.beneficiary, _method(one, flat), "share", rule.percent, actual, last, one.years,
        instead=rule.instead, note="; ".join(note for note in (_pays_note(given), _young(one, rule.years)) if note),
    )  # fmt: skip


def _method(one: Tested, flat: bool) -> str:
    if flat:
        given = one.options.labourer
        wage = "mean wage of the lowest earnings class" if given is None else given
        return f"Art. 66: wage of a labourer ({wage})"
    return "last wage" if one.options.last_wage else "Art. 65: previous earnings by the law's own rule"


def _young(one: Tested, years: float) -> str:
    """Where the scheme is younger than the record that is asked for."""
    start = month_number(one.law.scheme.start)
    old = f"contributions before the scheme's start in {one.law.scheme.start} are taken as paid"
    return old if 12 * int(one.years[0]) + JULY - 12 * years < start else ""


def _pays_note(given: Sequence[Given]) -> str:
    """What must be known of the way it is paid."""
    kinds = {gift.pays for gift in given}
    if kinds == {"lump_sum"}:
        return LUMP_SUM
    if "lump_sum" in kinds:
        return f"in some years {LUMP_SUM}"
    return "no right to it after so short a record" if kinds == {"nothing"} else ""


def _claim_level(one: Tested, rule: Level) -> Line:
    """The lowest month of benefit within the least duration, over previous earnings."""
    months = int(np.ceil(rule.weeks / WEEKS_PER_MONTH))
    actual = np.array([claim.lowest(months) for claim in one.claims])
    return Line(
        rule.convention, rule.branch, f"level, lowest month of the first {rule.weeks} weeks", rule.cited,
        one.law.scheme_id, rule.beneficiary, "Art. 65: previous earnings by the law's own rule", "share",
        rule.percent, actual, None, one.years,
    )  # fmt: skip


def _rights(tested: Sequence[Tested], rules: Sequence[Right]) -> Iterator[Line]:
    """A pension, reduced as it may be, after the shorter qualifying period."""
    for rule in rules:
        for one in tested:
            if one.beneficiaries.has(rule.branch):
                yield _right(one, rule)


def _right(one: Tested, rule: Right) -> Line:
    given = one.given(rule.branch, rule.years)
    there = np.array([float(gift.amount > 0) for gift in given])
    shares = np.array([gift.share for gift in given])
    first = f"{100 * shares[0]:.1f} % of previous earnings in {int(one.years[0])}"
    return Line(
        rule.convention, rule.branch, f"a pension after {rule.years:g} years", rule.cited, one.law.scheme_id,
        unit="yes", required=1.0, actual=there, years=one.years, note=first if there[0] else _pays_note(given),
    )  # fmt: skip


def _durations(tested: Sequence[Tested], rules: Sequence[Duration]) -> Iterator[Line]:
    """Weeks of unemployment benefit and days of wait."""
    for rule in rules:
        for one in tested:
            if one.beneficiaries.has(rule.branch):
                yield from _duration(one, rule)


def _duration(one: Tested, rule: Duration) -> Iterator[Line]:
    def line(test: str, cited: Cited, unit: str, required: float, actual: Array, at_most: bool) -> Line:
        return Line(
            rule.convention, rule.branch, test, cited, one.law.scheme_id, unit=unit, required=required,
            actual=actual, years=one.years, at_most=at_most,
        )  # fmt: skip

    yield line("duration", rule.cited, "weeks", rule.weeks, one.weeks, False)
    waits = np.array([claim.waiting_days for claim in one.claims])
    yield line("waiting period", rule.waiting, "days", rule.waiting_days, waits, True)


def _mean_weeks(beneficiaries: Beneficiaries, year: int) -> float:
    """Weeks granted, a simple mean over the records of RECORDS that qualify."""
    granted = [beneficiaries.unemployed(year, record).granted for record in RECORDS]
    qualifying = [months for months in granted if months > 0]
    return WEEKS_PER_MONTH * sum(qualifying) / len(qualifying) if qualifying else 0.0


def _ages(tested: Sequence[Tested], rules: Sequence[PensionableAge]) -> Iterator[Line]:
    """The pensionable age of men and women."""
    for one in tested:
        if rules and isinstance(one.law.scheme, PensionScheme) and one.beneficiaries.has("old_age"):
            ages = np.array([max(one.beneficiaries.pension_ages(int(year))) for year in one.years])
            for rule in rules:
                yield Line(
                    rule.convention, "old_age", "pensionable age, the higher of men and women", rule.cited,
                    one.law.scheme_id, unit="years", required=rule.age, actual=ages, years=one.years, at_most=True,
                    note="a higher age is allowed with regard to the working ability of the elderly",
                )  # fmt: skip


def _social(scenario: Scenario, tested: Sequence[Tested]) -> Iterator[Line]:
    """Old-age benefit to residents of small means: the social pension over a labourer's wage (Art. 67 with 66)."""
    pensions = [one for one in tested if isinstance(one.law.scheme, PensionScheme)]
    if not pensions:
        return
    one = pensions[0]
    for name, scheme in scenario.schemes.items():
        if isinstance(scheme, SocialPensionScheme):
            amounts = np.array([social_amount(one.law, name, int(year)) for year in one.years])
            yield Line(
                "C102", "old_age", "level of the social pension", Cited("28(b), 67", MEANS.source, MEANS.status), name,
                "resident of small means", _method(one, flat=True).replace("Art. 66", "Art. 67 with 66"), "share",
                0.40, amounts / one.labourer, None, one.years,
                note="an alternative to insurance",
            )  # fmt: skip


def _check_minimum(law: Law, given: str | None) -> None:
    if given is None or given in law.paths.references:
        return
    try:
        amount = float(given)
    except ValueError:
        amount = np.nan
    if not amount > 0:
        known = ", ".join(law.paths.references) or "none"
        what = f"{given!r} is neither a monthly amount nor a reference amount"
        raise refusal("poverty-line", what, f"write an amount of the first year, or one of: {known}")


def _minimum(options: Options, tested: Sequence[Tested]) -> Callable[[int], float] | None:
    """The national minimum by year: a reference amount in July, or a monthly amount of the first year that follows prices."""
    given = options.poverty_line
    if given is None or not tested:
        return None
    law = tested[0].law
    if given in law.paths.references:
        series = law.paths.references[given]
        return lambda year: float(series.at(np.array([12 * year + JULY]))[0])
    return lambda year: float(given) * float(law.at(law.paths.prices, 12 * year))
