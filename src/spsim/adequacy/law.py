"""One scheme of a scenario, ready to be asked about many persons: its economic paths are laid once, far past the horizon.

Comes in: a checked scenario. Goes out: `Facts` and answers of `spsim person`; nothing of the law is repeated here. Used by the careers
and by the tests of the conventions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from spsim.arrays import Array, np
from spsim.career import Career
from spsim.dated import keys_within, on
from spsim.economy import PAST_YEARS, EconomicPaths, economic_paths
from spsim.errors import KeyPath
from spsim.grid import Grid
from spsim.increases import Increases, increases
from spsim.person_claim import TO_THE_END
from spsim.person_facts import Facts, Person, average_wages, refusal, wages_of
from spsim.provenance import Origin, origins
from spsim.rules.amounts import Flat
from spsim.rules.benefits import OldAge
from spsim.rules.contributions import Contribution
from spsim.rules.pension_age import first_pension_month
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, UnemploymentScheme

LIFETIME = 115
"""Age in years at which every life ends here."""
BY_DATE = {"event_date", "contribution_date", "scheme_years", "wage"}


@dataclass(frozen=True)
class Law:
    """A scheme with members and the paths of the economy around it."""

    scenario: Scenario
    scheme_id: str

    @property
    def scheme(self) -> PensionScheme | UnemploymentScheme:
        """The scheme."""
        found = self.scenario.schemes[self.scheme_id]
        assert isinstance(found, PensionScheme | UnemploymentScheme)
        return found

    @property
    def pension(self) -> PensionScheme:
        """The scheme, where it is one of pensions."""
        assert isinstance(self.scheme, PensionScheme)
        return self.scheme

    @property
    def pays_old_age(self) -> bool:
        """Whether old age brings anything: some schemes of invalidity end at an age with nothing."""
        tiers = [
            tier
            for benefit in self.pension.benefits.values()
            if isinstance(benefit, OldAge)
            for tier in benefit.tiers.values()
        ]
        return any(not isinstance(tier.amount, Flat) or tier.amount.amount != 0 for tier in tiers)

    @cached_property
    def grid(self) -> Grid:
        """Years from long before the horizon to the last one in which a young member of its end may live."""
        horizon = self.scenario.horizon
        return Grid(horizon.start - PAST_YEARS, horizon.end + LIFETIME - 20)

    @cached_property
    def paths(self) -> EconomicPaths:
        """Prices, wages, interest and reference amounts; after the horizon the last rates hold. Raises InputError."""
        if self.scenario.economy is None:
            raise refusal("scheme", "the scenario has no economy", "add `economy:` to it")
        return economic_paths(self.scenario.economy, self.grid, self.scenario.horizon.start)

    @cached_property
    def average(self) -> Array:
        """Monthly average wage of the group (T,) by calendar year."""
        return average_wages(wages_of(self.scenario, self.scheme_id), self.paths, self.scenario.horizon.start)

    @cached_property
    def increases(self) -> Increases:
        """Increases of pensions in payment."""
        return increases(self.pension.indexation, self.paths)

    @cached_property
    def floor(self) -> Array:
        """Monthly minimum of pensions in payment (T,)."""
        moments = self.grid.calendar_years(self.paths.references, self.pension.start)
        return np.broadcast_to(on(self.pension.pension_floor, moments)[:, 0, 0, 0, 0], len(self.grid.years))

    @cached_property
    def _origins(self) -> dict[KeyPath, Origin]:
        return {origin.path: origin for origin in origins(self.scenario)}

    def at(self, yearly: Array, months: Array | int) -> Array:
        """A yearly path at month numbers."""
        return np.asarray(yearly[np.asarray(months) // 12 - self.grid.first])

    def facts(self, person: Person, career: Career, event: int) -> Facts:
        """The person before this scheme with the contributions of the career."""
        wages = career.wages(lambda months: self.at(self.average, months))
        return self.with_wages(person, career.months(), wages, event)

    def with_wages(self, person: Person, months: Array, wages: Array, event: int) -> Facts:
        """The person with these months of contribution and monthly wages."""
        return Facts(self.scenario, self.scheme_id, person, event, months, wages, self.paths, self._origins)

    def first_months(self, births: Array) -> Array:
        """First months of pension (births, sex) of consecutive birth months; infinity where the age is never reached."""
        return first_pension_month(
            self.pension.pension_age, births, int(births[-1]) + TO_THE_END, self.pension.payable_from
        )


def contributions(facts: Facts) -> dict[str, Array]:
    """What each party pays in each month of contribution, by party: (months,)."""
    paid: dict[str, Array] = {}
    for rule in facts.scheme.contributions.values():
        paid[rule.party] = paid.get(rule.party, np.zeros(len(facts.months))) + _by_month(facts, rule)
    return paid


def _by_month(facts: Facts, rule: Contribution) -> Array:
    """One contribution rule month by month: all at once where it looks at dates and wages alone, else at each age."""
    if keys_within(rule) <= BY_DATE:
        moments = replace(facts.calendar(), scheme_start=facts.moment(facts.event).scheme_start, person=True)
        paid = rule.monthly(moments, facts.base[:, None, None, None])
        of_sex = paid[:, min(facts.person.sex, paid.shape[1] - 1), 0, 0]
        return np.array(np.broadcast_to(of_sex, len(facts.months)))
    one = [
        facts.of_person(rule.monthly(facts.moment(int(month)), np.full((1, 1, 1, 1), wage))[..., None])
        for month, wage in zip(facts.months, facts.base, strict=True)
    ]
    return np.array(one)
