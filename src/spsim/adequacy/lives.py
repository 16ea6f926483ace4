"""One life under one scheme: what is paid in month by month, what is claimed, what is paid out while the person lives.

Comes in: a career plan, a person, the law. Goes out: a `Life`, with its measures. The award is the answer of `spsim person`; afterwards
the pension rises every 1 January by the scheme's indexation and is never below the minimum of pensions in payment, as in the
projection. A programmed withdrawal pays what is left of the balance, by the divisor of each year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from spsim.adequacy.careers import CareerPlan, NamedPlan, career_of
from spsim.adequacy.law import LIFETIME, Law, contributions
from spsim.adequacy.measures import break_even, discount, internal_rate, present_value
from spsim.adequacy.survival import Survival
from spsim.arrays import Array, np
from spsim.calendar import month_label, month_number
from spsim.errors import InputError
from spsim.members import Covered
from spsim.person_claim import benefits_of
from spsim.person_facts import Answer, Facts, Person, refusal
from spsim.person_pension import pension_answer
from spsim.person_withdrawal import monthly_path
from spsim.records import record
from spsim.schemes import PensionScheme, SocialPensionScheme

LATER = (10, 20)
LAST_MONTHS = 12


@dataclass(frozen=True)
class Terms:
    """How money is valued: `rate` real yearly discount rate; average taxes and other deductions as shares of wage and of pension."""

    rate: float = 0.02
    wage_deduction: float = 0.0
    pension_deduction: float = 0.0


@record(frozen=True)
class Life:
    """A person who has claimed: `months` from the award on, `pension` (months,) of each month if alive, `once` paid at the award."""

    plan: NamedPlan
    law: Law
    facts: Facts
    event: str
    answer: Answer
    months: Array
    pension: Array
    once: float
    alive: Array
    terms: Terms

    @property
    def award(self) -> int:
        """Month of the award."""
        return self.facts.event

    @property
    def pays(self) -> str:
        """pension, lump_sum or nothing."""
        return str(self.answer.result["pays"] or "nothing")

    @cached_property
    def paid_in(self) -> dict[str, Array]:
        """Contributions by party in each month of contribution."""
        return contributions(self.facts)

    @cached_property
    def total_in(self) -> Array:
        """Contributions of all parties."""
        return np.asarray(sum(self.paid_in.values(), np.zeros(len(self.facts.months))))

    @cached_property
    def benefits(self) -> Array:
        """Everything paid in each month from the award on, if alive."""
        paid = self.pension.copy()
        paid[0] += self.once
        return paid

    def prices(self, months: Array) -> Array:
        """Price level of the calendar year."""
        return self.law.at(self.law.paths.prices, months)

    def worth(self, months: Array) -> Array:
        """Value at the award of one unit of money in each month."""
        price = float(self.prices(np.array([self.award]))[0])
        return discount(months, self.prices(months), self.terms.rate, self.award, price)

    @cached_property
    def wage(self) -> float:
        """Mean monthly wage of the last twelve months of contribution, brought to the year of the award by average wages."""
        return float(_brought_up(self, self.facts.months, self.facts.wages)[-LAST_MONTHS:].mean())

    @cached_property
    def career_wage(self) -> float:
        """Mean monthly wage of the whole career, each month brought to the year of the award by average wages."""
        return float(_brought_up(self, self.facts.months, self.facts.wages).mean())

    @cached_property
    def net_wage(self) -> float:
        """The last wage less the employee's contributions to every scheme of the scenario that covers the group, and deductions."""
        last = slice(-LAST_MONTHS, None)
        months, wages = self.facts.months[last], self.facts.wages[last]
        own = sum((_own_share(self, law, months, wages) for law in _beside(self.law)), np.zeros(len(months)))
        net = wages * (1.0 - self.terms.wage_deduction) - own
        return float(_brought_up(self, months, net).mean())

    def wage_growth(self, years: int) -> float:
        """Growth of average wages in so many years after the award."""
        now, then = self.law.at(self.law.average, np.array([self.award, self.award + 12 * years]))
        return float(then / now)


def _brought_up(life: Life, months: Array, amounts: Array) -> Array:
    then = life.law.at(life.law.average, months)
    return np.asarray(amounts * life.law.at(life.law.average, life.award) / then)


def _own_share(life: Life, law: Law, months: Array, wages: Array) -> Array:
    """The employee's contributions to one scheme in these months."""
    facts = law.with_wages(life.facts.person, months, wages, life.award)
    return contributions(facts).get("employee", np.zeros(len(months)))


def _beside(law: Law) -> Iterator[Law]:
    """The scheme itself and every other one that covers the same group."""
    members = law.scheme.members
    group = getattr(members, "group", None)
    for name, other in law.scenario.schemes.items():
        if name == law.scheme_id:
            yield law
        elif (
            not isinstance(other, SocialPensionScheme)
            and group is not None
            and getattr(other.members, "group", None) == group
        ):
            yield Law(law.scenario, name)


def live(plan: NamedPlan, law: Law, person: Person, survival: Survival, terms: Terms) -> Life | None:
    """The whole life; None for one who never contributes. Raises InputError for one who never reaches the pension age."""
    claimed = _claimed(plan.plan, law, person)
    if claimed is None:
        return None
    facts, event, answer = claimed
    months = np.arange(facts.event, person.born + 12 * LIFETIME)
    result = answer.result
    first = (result["monthly_pension"] or 0.0) * law.pension.payments_per_year / 12.0
    withdrawn = monthly_path(answer, len(months))
    pension = withdrawn if withdrawn is not None else np.zeros(len(months))
    if withdrawn is None and result["pays"] == "pension":
        pension = in_payment(law, months, first)
    once = (result["lump_sum"] or 0.0) + result["paid_once"]
    alive = survival.alive(person, months)
    return Life(plan, law, facts, event, answer, months, pension, once, alive, terms)


def _claimed(plan: CareerPlan, law: Law, person: Person) -> tuple[Facts, str, Answer] | None:
    """What is claimed when, and what the law answers: the lump sum of one who leaves where there is a right to it, else old age."""
    scheme, start = law.pension, pension_start(law, person)
    career = career_of(plan, person, month_number(scheme.start), start)
    if career is None:
        return None
    if plan.claims == "withdrawal" and benefits_of(scheme, "withdrawal"):
        facts = law.facts(person, career, career.last + 1)
        answer = pension_answer(facts, "withdrawal")
        if answer.result["entitled"]:
            return facts, "withdrawal", answer
    facts = law.facts(person, career, start)
    return facts, "old_age", pension_answer(facts, "old_age")


def pension_start(law: Law, person: Person) -> int:
    """First month of pension. Raises InputError where the age is never reached."""
    first = law.first_months(np.array([float(person.born)]))[0, person.sex]
    if not np.isfinite(first):
        raise refusal(
            "born", f"one born in {month_label(person.born)} never reaches the pension age", "mend the age"
        )
    return int(first)


def in_payment(law: Law, months: Array, first: float) -> Array:
    """Monthly pension from the award on, raised and lifted to the floor in payment as in a projection."""
    times = law.pension.payments_per_year / 12.0
    award, last = int(months[0]), int(months[-1])
    every = np.arange(award, last + 1)
    floors = np.where(every // 12 > award // 12, law.at(law.floor, every), 0.0)
    return times * law.increases.path(first / times, award, last, floors)


def measured(life: Life) -> dict[str, tuple[float, str]]:
    """Every measure of a life that it has, with its unit."""
    return dict(_award(life)) | dict(_rates(life)) | dict(_value(life))


Named = Iterator[tuple[str, tuple[float, str]]]


def _award(life: Life) -> Named:
    yield "age_at_award", ((life.award - life.facts.person.born) / 12.0, "years")
    yield "years_of_contribution", (len(life.facts.months) / 12.0, "years")
    yield "last_wage", (life.wage, "currency")
    yield "net_last_wage", (life.net_wage, "currency")
    if life.pays == "pension":
        yield "monthly_pension", (float(life.pension[0]), "currency")
    if life.once:
        yield "paid_once", (life.once, "currency")
        yield "paid_once_in_annual_wages", (life.once / (12.0 * life.wage), "years")


def _rates(life: Life) -> Named:
    """Pension over wage, gross and net, at the award and later against a wage that has grown with all wages."""
    if life.pays != "pension":
        return
    net = 1.0 - life.terms.pension_deduction
    for years in (0, *LATER):
        pension, wage = float(life.pension[12 * years]), life.wage_growth(years)
        after = f"_after_{years}_years" if years else ""
        yield f"gross_replacement_rate{after}", (pension / (life.wage * wage), "share")
        yield f"net_replacement_rate{after}", (net * pension / (life.net_wage * wage), "share")
    yield "gross_replacement_rate_of_career", (float(life.pension[0]) / life.career_wage, "share")


def _value(life: Life) -> Named:
    """Wealth at the award, and what it is beside the contributions."""
    now = life.worth(life.months)
    wealth = present_value(life.benefits, life.alive * now)
    paid = present_value(life.total_in, life.worth(life.facts.months))
    yield "pension_wealth", (wealth, "currency")
    yield "pension_wealth_in_annual_wages", (wealth / (12.0 * life.wage), "years")
    if paid > 0:
        yield "contributions_at_award", (paid, "currency")
        yield "benefit_cost_ratio", (wealth / paid, "ratio")
        yield from _returns(life)
        yield from _ages(life, life.benefits * now, paid)


def _returns(life: Life) -> Named:
    """Internal rates of return, of prices' worth and in money."""
    months = np.concatenate([life.facts.months, life.months])
    flows = np.concatenate([-life.total_in, life.benefits * life.alive])
    real = internal_rate(months, flows / life.prices(months))
    nominal = internal_rate(months, flows)
    if real is not None and nominal is not None:
        yield "real_internal_rate_of_return", (real, "share")
        yield "internal_rate_of_return", (nominal, "share")


def _ages(life: Life, worth: Array, paid: float) -> Named:
    """Age up to which one must live to have back all contributions, and the own ones."""
    own = life.paid_in.get("employee")
    sums = {"break_even_age": paid}
    if own is not None:
        sums["break_even_age_own_contributions"] = present_value(own, life.worth(life.facts.months))
    for name, amount in sums.items():
        month = break_even(life.months, worth, amount)
        if month is not None:
            yield name, ((month - life.facts.person.born) / 12.0, "years")


def insured_group(scheme: PensionScheme) -> str:
    """The group that a scheme covers, or nothing for members given outright."""
    return scheme.members.group if isinstance(scheme.members, Covered) else ""


def checked_terms(rate: float, wage_deduction: float, pension_deduction: float) -> Terms:
    """The terms of valuation, if they make sense. Raises InputError."""
    bounds = (
        ("discount-rate", rate, -0.05, 0.2),
        ("wage-deduction", wage_deduction, 0.0, 0.9),
        ("pension-deduction", pension_deduction, 0.0, 0.9),
    )
    problems = [
        refusal(name, f"{value:g} is outside {low:g} to {high:g}", "write 2 % as 0.02").problems[0]
        for name, value, low, high in bounds
        if not low <= value <= high
    ]
    if problems:
        raise InputError(problems)
    return Terms(rate, wage_deduction, pension_deduction)
