"""What the law gives the standard beneficiaries of the conventions, asked of `spsim person`.

A man whose wage was always 125 % of the average of the persons protected (Art. 65(6)(d) of C102). Previous earnings are reckoned by
the law's own rule (Art. 65(2)), but on the whole wage, so that a ceiling of contributions lowers the result (Art. 65(3)). A flat benefit
is measured against the wage of an ordinary labourer (Art. 66).

The law is read in July of each year. The contributions lie immediately before the event; where the scheme is younger than they are
long, they are taken as paid all the same: the test is one of the law, not of the years since it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from spsim.adequacy.law import Law
from spsim.arrays import Array, np
from spsim.dated import on
from spsim.grid import MALE
from spsim.labour import class_means
from spsim.person_claim import benefits_of
from spsim.person_facts import Answer, Facts, Person, refusal, wages_of
from spsim.person_pension import pension_answer
from spsim.person_unemployment import unemployment_answer
from spsim.rules.pension_age import first_pension_month
from spsim.schemes import PensionScheme, UnemploymentScheme
from spsim.standards.conventions import SKILLED

JULY = 6
AGE_AT_EVENT = 40
CLAIM_RECORD = 60
CHILDREN = 2
FLAT_KINDS = ("flat", "flat_per_year")
OLDEST_PENSION_AGE, YOUNGEST_PENSION_AGE = 90, 35


@dataclass(frozen=True)
class Given:
    """A monthly benefit of a standard beneficiary, the earnings it is measured against, and how it is paid."""

    amount: float
    previous: float
    last_wage: float
    flat: bool = False
    pays: str = "pension"

    @property
    def share(self) -> float:
        """Benefit over previous earnings."""
        return self.amount / self.previous

    @property
    def of_last_wage(self) -> float:
        """Benefit over the wage of the last year."""
        return self.amount / self.last_wage


@dataclass(frozen=True)
class Claimed:
    """Unemployment benefit: lowest month of the first ones over previous earnings, months granted, days of wait."""

    months: tuple[float, ...]
    granted: float
    waiting_days: float
    previous: float

    def lowest(self, first: int) -> float:
        """Lowest monthly benefit of the first months over previous earnings; 0 where nothing is paid."""
        paid = self.months[:first]
        return min(paid) / self.previous if paid else 0.0


@dataclass(frozen=True)
class Beneficiaries:
    """The standard beneficiaries of one scheme."""

    law: Law

    @cached_property
    def births(self) -> Array:
        """Birth months of everyone who may reach the pension age within the horizon, one after another."""
        horizon = self.law.scenario.horizon
        return np.arange(
            12.0 * (horizon.start - OLDEST_PENSION_AGE), 12.0 * (horizon.end - YOUNGEST_PENSION_AGE)
        )

    @cached_property
    def first_months(self) -> Array:
        """First months of pension (births, sex)."""
        return first_pension_month(
            self.law.pension.pension_age,
            self.births,
            int(self.births[-1]) + 12 * OLDEST_PENSION_AGE,
            self.law.pension.payable_from,
        )

    def retiring(self, year: int, sex: int = MALE) -> tuple[int, int]:
        """Birth month and first month of pension of those who are the first to get one from July of the year on. Raises InputError."""
        first = self.first_months[:, sex]
        place = int(np.searchsorted(first, 12 * year + JULY))
        if place >= len(first) or not np.isfinite(first[place]):
            raise refusal("scheme", f"nobody reaches the pension age in {year}", "mend the pension age")
        return int(self.births[place]), int(first[place])

    def has(self, branch: str) -> bool:
        """Whether the scheme has the branch at all."""
        scheme = self.law.scheme
        if isinstance(scheme, UnemploymentScheme):
            return branch == "unemployment"
        if branch == "old_age":
            return self.law.pays_old_age
        return bool(benefits_of(scheme, {"survivors": "death"}.get(branch, branch))) and self._pays(branch)

    def _pays(self, branch: str) -> bool:
        """A grant on death alone is no benefit of survivors."""
        kinds = {benefit.kind for benefit in self.law.pension.benefits.values()}
        return branch in kinds

    def given(self, branch: str, year: int, years: float) -> Given:
        """The benefit of a branch in one year, after so many years of contribution."""
        return {"old_age": self._old_age, "invalidity": self._invalidity, "survivors": self._survivors}[
            branch
        ](year, years)

    def _old_age(self, year: int, years: float) -> Given:
        born, event = self.retiring(year)
        facts = self._facts(born, event, years)
        return self._of(facts, pension_answer(facts, "old_age"))

    def _invalidity(self, year: int, years: float) -> Given:
        facts = self._at_forty(year, years)
        return self._of(facts, pension_answer(facts, "invalidity"))

    def _survivors(self, year: int, years: float) -> Given:
        """A widow of the age of the deceased with two children; all of them together."""
        family = {"spouse": 1, "child": CHILDREN}
        facts = replace(
            self._at_forty(year, years), dependants=family, spouse_age=AGE_AT_EVENT, family_known=True
        )
        answer = pension_answer(facts, "death")
        steps = [dict(answer.step(name).values) for name in benefits_of(self.law.pension, "survivors")]
        in_all = sum(float(values["family_total"]) for values in steps)
        amount = in_all * self.law.pension.payments_per_year / 12.0
        flat = all("per_head" in values for values in steps)
        return Given(amount, self._previous(facts), _last(facts), flat)

    def _at_forty(self, year: int, years: float) -> Facts:
        event = 12 * year + JULY
        return self._facts(event - 12 * AGE_AT_EVENT, event, years)

    def _facts(self, born: int, event: int, years: float) -> Facts:
        """Contributions at 125 % of the average wage in the months before the event."""
        months = np.arange(event - round(12 * years), event)
        wages = SKILLED * self.law.at(self.law.average, months)
        return self.law.with_wages(Person(MALE, born), months, wages, event)

    def _of(self, facts: Facts, answer: Answer) -> Given:
        """A pension as it was answered; what is paid once is no periodical payment."""
        pension = answer.result["monthly_pension"] or 0.0
        accrual = next((step.values for step in answer.steps if step.name == "accrual"), None)
        parts = accrual["parts"] if accrual else []
        of_earnings = any(part["rate"] or part["per_year"] for part in parts)
        flat = accrual is not None and not of_earnings and accrual["kind"] in FLAT_KINDS
        return Given(
            pension * self.law.pension.payments_per_year / 12.0,
            self._previous(facts) if of_earnings else _last(facts),
            _last(facts),
            flat and pension > 0,
            str(answer.result["pays"] or "nothing"),
        )

    def _previous(self, facts: Facts) -> float:
        """The law's own average of past earnings, on the whole wage."""
        rule = self.law.pension.reference_earnings
        count = rule.months_averaged(len(facts.months), facts.moment(facts.event))
        months, wages = facts.months[-count:], facts.wages[-count:]
        path = facts.paths.valorisation(rule.valorisation)
        now = float(facts.by_month(path, np.array([facts.event]))[0])
        return rule.average(wages, facts.by_month(path, months), now)

    def unemployed(self, year: int, record: int = CLAIM_RECORD) -> Claimed:
        """A claim in July of the year after so many months of contribution without a break, by a man of 40."""
        event = 12 * year + JULY
        facts = self._facts(event - 12 * AGE_AT_EVENT, event, record / 12)
        scheme = self.law.scheme
        assert isinstance(scheme, UnemploymentScheme)
        result = unemployment_answer(facts, ()).result
        last = scheme.benefit.earnings_months
        return Claimed(
            tuple(result["monthly_benefit"]),
            float(result["months_granted"]),
            float(result["waiting_days"]),
            float(facts.wages[-last:].mean()),
        )

    def pension_ages(self, year: int) -> tuple[float, float]:
        """Pension ages in years of the men and women who first get a pension from July of the year on."""
        men, women = (self.retiring(year, sex) for sex in (0, 1))
        return (men[1] - 1 - men[0]) / 12.0, (women[1] - 1 - women[0]) / 12.0


def labourer_wage(law: Law, year: int, given: str | None) -> float:
    """Monthly wage of an ordinary labourer (Art. 66): a reference amount, a share of the average wage, or the lowest class's mean.

    `law` is a scheme of the group whose wages are looked at.
    """
    average = float(law.at(law.average, 12 * year))
    if given is None:
        return average * float(class_means(wages_of(law.scenario, law.scheme_id))[0])
    if given in law.paths.references:
        return float(law.paths.references[given].at(np.array([12 * year + JULY]))[0])
    return average * float(given)


def largest_group(laws: Sequence[Law]) -> Law:
    """A scheme of the group with most of the employed in the first year, whose lowest class stands for ordinary labourers."""

    def share(law: Law) -> float:
        labour, group = law.scenario.labour, getattr(law.scheme.members, "group", None)
        if labour is None or group is None:
            return 0.0
        first = replace(law.grid, first=law.scenario.horizon.start, last=law.scenario.horizon.start)
        return float(on(labour.groups[group].share, first.calendar_years({})).max())

    return max(laws, key=share)


def check_labourer(law: Law, given: str | None) -> None:
    """Refuse what is neither a share nor a reference amount of the scenario."""
    if given is None or given in law.paths.references:
        return
    try:
        share = float(given)
    except ValueError:
        share = np.nan
    if not 0 < share <= 5:
        known = ", ".join(law.paths.references) or "none"
        what = f"{given!r} is neither a share of the average wage nor a reference amount"
        raise refusal("labourer", what, f"write a share such as 0.6, or one of: {known}")


def social_amount(scenario_law: Law, scheme_id: str, year: int) -> float:
    """Monthly social pension in July of the year of one who has just reached its age and meets its tests in full."""
    scenario = scenario_law.scenario
    scheme = scenario.schemes[scheme_id]
    assert not isinstance(scheme, PensionScheme | UnemploymentScheme)
    grid_month = 12 * year + JULY
    births = np.arange(12.0 * (year - OLDEST_PENSION_AGE), 12.0 * (year - YOUNGEST_PENSION_AGE))
    first = first_pension_month(scheme.age, births, grid_month + 12, scheme.payable_from)[:, MALE]
    reached = births[first <= grid_month]
    if len(reached) == 0:
        return 0.0
    facts = Facts(
        scenario, scheme_id, Person(MALE, int(reached[-1])), grid_month, np.zeros(0), np.zeros(0),
        scenario_law.paths,
    )  # fmt: skip
    if scheme.class_of(scheme.usual().facts) is None:
        return 0.0
    *_, (_, amount) = scheme.amounts(scheme.usual(), facts.moment(grid_month))
    return float(facts.of_person(amount))


def _last(facts: Facts) -> float:
    """Mean wage of the last twelve months."""
    return float(facts.wages[-12:].mean())
