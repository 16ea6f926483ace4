"""One person before the law: record, wages in money, the economy around them, and where each rule comes from.

Comes in: scenario, scheme, person, career, date of the event. Goes out: `Facts`, which reads any rule at the person's own moment. Used
by the answers on pensions and on unemployment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from spsim.arrays import Array, np
from spsim.calendar import month_label, month_number
from spsim.career import Career
from spsim.dated import Value, on
from spsim.economy import PAST_YEARS, EconomicPaths, economic_paths
from spsim.errors import InputError, KeyPath, Problem, dotted
from spsim.grid import Grid, Moments, one_person
from spsim.labour import Wages, average_wage
from spsim.members import Entrants
from spsim.plain import references_in
from spsim.provenance import Origin, origins
from spsim.records import record
from spsim.rules.contributions import ContributionBase
from spsim.rules.credits import Credited
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, Scheme, UnemploymentScheme


@dataclass(frozen=True)
class Person:
    """Sex (0 male, 1 female) and month of birth."""

    sex: int
    born: int

    def age(self, month: int) -> str:
        """Exact age in a month, such as 57y4m."""
        return span(month - self.born)


@dataclass(frozen=True)
class GivenBalance:
    """What an account holds in a month, all earlier credits in it; None: in the month of the event."""

    account: str
    amount: float
    month: int | None = None


@dataclass(frozen=True)
class Step:
    """One step of the law: `lines` for a reader, `values` for a program, and where the rule stands."""

    name: str
    title: str
    lines: tuple[str, ...]
    values: Mapping[str, Any]
    path: str = ""
    source: str = ""
    status: str = ""


@dataclass(frozen=True)
class Answer:
    """Everything that the law says of one event of one person; `result` in one line is `told`."""

    heading: Mapping[str, Any]
    steps: tuple[Step, ...]
    result: Mapping[str, Any]
    told: tuple[str, ...]
    notes: tuple[str, ...] = ()
    contributions: tuple[Mapping[str, Any], ...] = field(default=())

    def step(self, name: str) -> Step:
        """One step by its name. Raises KeyError."""
        found = {step.name: step for step in self.steps}
        return found[name]


def span(months: float) -> str:
    """Months as the law says them: 15y, 60y3m, 8m."""
    years, rest = divmod(round(months), 12)
    return f"{years}y{rest}m" if years and rest else f"{years}y" if years else f"{rest}m"


def in_months(count: int) -> str:
    """1 month, 2 months."""
    return f"{count} month{'s' * (count != 1)}"


def money(amount: float) -> str:
    """An amount with separators of thousands, with cents below 10,000."""
    return f"{amount:,.2f}" if abs(amount) < 1e4 and amount != round(amount) else f"{amount:,.0f}"


def percent(share: float) -> str:
    """A share in per cent, as short as it can be."""
    return f"{100 * share:.4f}".rstrip("0").rstrip(".") + " %"


def refusal(option: str, what: str, how: str) -> InputError:
    """A mistake in an option of the command."""
    return InputError([Problem(f"--{option}", 1, 1, (option,), what, how)])


@record(frozen=True)
class Facts:
    """A person, their contributions before the event (month numbers and wages in money), and the paths of the economy."""

    scenario: Scenario
    scheme_id: str
    person: Person
    event: int
    months: Array
    wages: Array
    paths: EconomicPaths
    known_origins: Mapping[KeyPath, Origin] | None = None
    """Where the rules come from, if another person was asked about the same scenario before."""
    dependants: Mapping[str, int] = field(default_factory=dict)
    """Spouse, children and parents who depend on the person, by number; those not named are none."""
    credited: Mapping[str, int] = field(default_factory=dict)
    """Months credited without contributions, by id of the credit."""
    entered: int | None = None
    """Month of first insurance, where months of the record are left out; by default the first of them."""
    dependants_born: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Months of birth of dependants, by kind, where their ages were said; the others are taken to stay entitled."""
    works_for: float | None = None
    """Monthly pay beside the pension, where it was said."""
    spouse_age: float | None = None
    """Years, where it was said; a spouse of unknown age is taken to have the age that the law asks."""
    balances: Sequence[GivenBalance] = ()
    """Balances of accounts that were said, in the order of time."""
    pension_since: int | None = None
    """Month since which a pension of old age was paid to one who died, where it was said."""
    spouse_own_pension: float = 0.0
    """Monthly pension that the spouse of one who dies has already."""
    family_known: bool = False
    """Whether the family was said, be it that there is none."""

    @property
    def scheme(self) -> Scheme:
        """The scheme asked."""
        return self.scenario.schemes[self.scheme_id]

    @property
    def insured_by(self) -> PensionScheme | UnemploymentScheme:
        """The scheme asked, if it has members."""
        assert isinstance(self.scheme, PensionScheme | UnemploymentScheme)
        return self.scheme

    @property
    def entry(self) -> int:
        """Month of first insurance; that of the event for one who is not insured."""
        if self.entered is not None:
            return self.entered
        return int(self.months[0]) if len(self.months) else self.event

    def before(self, month: int) -> Facts:
        """The same person with the contributions before a month alone."""
        counts = self.months < month
        return replace(self, months=self.months[counts], wages=self.wages[counts], entered=self.entry)

    @property
    def credits(self) -> Credited:
        """The credits of the scheme with the months of this person."""
        rules = self.scheme.credits if isinstance(self.scheme, PensionScheme) else {}
        return Credited(rules, {name: months / 12.0 for name, months in self.credited.items()})

    def moment(self, month: int, last: float = 0.0, last_key: str = "service") -> Moments:
        """This person in one month, with exact years of service (or months of record, or of a claim) `last`."""
        found = one_person(
            month,
            self.paths.references,
            birth=self.person.born,
            last=last,
            last_key=last_key,
            entry=self.entry,
        )
        start = float(month_number(self.scheme.start))
        ages = {
            who: [(month - born) / 12.0 for born in births] for who, births in self.dependants_born.items()
        }
        return replace(found, scheme_start=start, dependants=self.dependants, dependant_ages=ages)

    def of_person(self, array: Array) -> float:
        """The figure of this person in an array over (.., sex, age, class, service), or over (sex, age)."""
        sexes = array if array.ndim < 5 else array[..., 0, 0]
        sexes = sexes.reshape(-1, *sexes.shape[-2:])
        return float(sexes[0, min(self.person.sex, sexes.shape[1] - 1), 0])

    def number(self, value: Value, moments: Moments) -> float:
        """A value of law for this person."""
        return self.of_person(on(value, moments))

    def calendar(self) -> Moments:
        """The months of contribution side by side: (1, months) of the record."""
        return Moments(
            self.months[None, :].astype(float), np.zeros(1), np.zeros(1), references=self.paths.references
        )

    @cached_property
    def base(self) -> Array:
        """Contributory wage of each month: between floor and ceiling of its own date."""
        base: ContributionBase = self.insured_by.contribution_base
        return base.of_wage(self.wages, self.calendar())

    def by_month(self, yearly: Array, months: Array) -> Array:
        """A yearly path at month numbers: every month of a year has the year's value."""
        return np.asarray(yearly[np.asarray(months) // 12 - int(self.paths.years[0])])

    @cached_property
    def _origins(self) -> Mapping[KeyPath, Origin]:
        if self.known_origins is not None:
            return self.known_origins
        return {origin.path: origin for origin in origins(self.scenario)}

    def step(
        self, name: str, title: str, lines: list[str], values: Mapping[str, Any], *path: str | int
    ) -> Step:
        """A step with the source of the rule at `path` of the scheme, or of the nearest block around it."""
        whole: KeyPath = ("schemes", self.scheme_id, *path)
        near = next((whole[:n] for n in range(len(whole), 0, -1) if whole[:n] in self._origins), ("schemes",))
        origin = self._origins.get(near)
        source, status = (origin.source, origin.status) if origin is not None else (None, None)
        return Step(name, title, tuple(lines), values, dotted(whole), source or "", status or "")


def facts_of(
    scenario: Scenario, scheme_id: str, person: Person, career: Career, event: int, last_month: int
) -> Facts:
    """Lay the career on the scenario's paths, which are carried on to `last_month` where the horizon ends before."""
    if scenario.economy is None:
        raise refusal("scheme", "the scenario has no economy", "add `economy:` to it")
    first = min(scenario.horizon.start - PAST_YEARS, career.first // 12)
    grid = Grid(first, max(scenario.horizon.end, last_month // 12))
    paths = economic_paths(scenario.economy, grid, scenario.horizon.start)
    average = average_wages(wages_of(scenario, scheme_id), paths, scenario.horizon.start)
    months = career.months()
    wages = career.wages(lambda at: np.asarray(average[at // 12 - first]))
    entered = None if len(months) else career.first
    return Facts(scenario, scheme_id, person, event, months, wages, paths, entered=entered)


def facts_without_career(scenario: Scenario, scheme_id: str, person: Person, event: int) -> Facts:
    """One who need not be insured: the paths of the economy alone, from long before the start, so that amounts known then have grown."""
    if scenario.economy is None:
        raise refusal("scheme", "the scenario has no economy", "add `economy:` to it")
    grid = Grid(scenario.horizon.start - PAST_YEARS, max(scenario.horizon.end, event // 12))
    paths = economic_paths(scenario.economy, grid, scenario.horizon.start)
    return Facts(scenario, scheme_id, person, event, np.zeros(0), np.zeros(0), paths)


def wages_of(scenario: Scenario, scheme_id: str) -> Wages:
    """Wages of the group that a scheme covers."""
    members = scenario.schemes[scheme_id].members
    assert members is not None
    if isinstance(members, Entrants):
        return members.wages
    if scenario.labour is None or members.group not in scenario.labour.groups:
        raise refusal("scheme", f"the scenario has no group {members.group!r}", "add it to labour.groups")
    return scenario.labour.groups[members.group].wages


def average_wages(wages: Wages, paths: EconomicPaths, start: int) -> Array:
    """Monthly average wage of the group (T,): the projection's own from `start` on, before it carried back by the index of wages."""
    last = int(paths.years[-1])
    later = average_wage(wages, paths.between(start, last), Grid(start, last))
    earlier = later[0] * paths.wages[: start - int(paths.years[0])]
    return np.concatenate([earlier, later])


def record_before(facts: Facts) -> tuple[int, str]:
    """Months of contribution, and the same in words."""
    count = len(facts.months)
    if not count:
        return 0, "no month of contribution"
    first, last = month_label(facts.entry), month_label(int(facts.months[-1]))
    return count, f"{in_months(count)} of contribution ({span(count)}), from {first} to {last}"


def notes_on_the_past(facts: Facts) -> list[str]:
    """What the scenario does not know of the past: amounts before their first value, prices and wages before its first year."""
    found, scheme, start = [], facts.insured_by, facts.scenario.horizon.start
    read = [name for _, name in references_in(scheme.contribution_base, ())]
    if isinstance(scheme, PensionScheme):
        averages = [scheme.reference_earnings, *scheme.other_earnings.values()]
        read += [rule.valorisation for rule in averages if rule.valorisation in facts.paths.references]
    for name in dict.fromkeys(read):
        known = facts.paths.references[name].first
        before = int((facts.months < known).sum())
        if before:
            found.append(
                f"{name} is known from {month_label(known)} on; in {in_months(before)} of the career before it the first "
                "known value stands in its place"
            )
    if facts.entry < 12 * start:
        found.append(
            f"prices and average wages before {start} follow the scenario's growth rates, held into the past"
        )
    found += [
        f"the rate of the contribution {name} answers to the state of the fund and is counted as 0 here"
        for name, rule in scheme.contributions.items()
        if rule.cyclical is not None
    ]
    return found


def contributions_by_year(facts: Facts) -> tuple[dict[str, Any], ...]:
    """Wages, contributory wages and contributions by party, year by year."""
    rules = facts.scheme.contributions.values()
    floor, ceiling = facts.insured_by.contribution_base.limits(facts.calendar())
    parties = list(dict.fromkeys(rule.party for rule in rules))
    paid = {party: np.zeros(len(facts.months)) for party in parties}
    for rule in rules:
        monthly = [
            facts.of_person(rule.monthly(facts.moment(int(month)), np.full((1, 1, 1, 1), wage))[..., None])
            for month, wage in zip(facts.months, facts.base, strict=True)
        ]
        paid[rule.party] = paid[rule.party] + np.array(monthly)
    columns = {"wages": facts.wages, "contributory_wages": facts.base} | paid
    found = []
    for year in np.unique(facts.months // 12):
        at = facts.months // 12 == year
        row: dict[str, Any] = {"year": int(year), "months": int(at.sum())}
        row |= {name: float(column[at].sum()) for name, column in columns.items()}
        row["months_at_floor"] = int((facts.wages < floor)[at].sum())
        row["months_at_ceiling"] = int((facts.wages > ceiling)[at].sum())
        found.append(row)
    return tuple(found)
