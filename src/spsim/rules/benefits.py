"""Pension benefits: ordered tiers of conditions, each with its amount. First match wins.

A benefit class names its contingency and turns tiers into probabilities of leaving the stock of members; what is paid is read from the
tier's amount. A new kind of benefit is one class here and one name in `Benefit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, keys_within, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import AwardLimit, YearsBefore
from spsim.records import record
from spsim.rules.amounts import (
    Amount,
    Formula,
    Linear,
    ProgrammedWithdrawal,
    SumOf,
    formula,
)
from spsim.rules.conditions import (
    Density,
    RecentCondition,
    ServiceLike,
    Unless,
    first_match,
    lately,
    of_all,
)
from spsim.rules.conditions import EntryCondition as EntryCondition
from spsim.rules.early_and_late import Increase, Reduction
from spsim.rules.pension_age import AgeReached, ages_at_award, share_after, share_closing, share_in_window
from spsim.rules.rounding import RoundPension
from spsim.rules.service import Rounding
from spsim.rules.service import ServiceCondition as ServiceCondition
from spsim.rules.survivors import Survivors as Survivors
from spsim.rules.work_test import WorkTest

Event = Literal["invalidity", "retirement", "withdrawal", "death"]


class Tier(Sourced):
    """One rule of entitlement: who (`service`, `first_insured`, `years_before`), what (`pays`, `amount`, `reduction`, `floor`, `cap`)."""

    service: ServiceCondition = ServiceCondition.model_construct()
    first_insured: EntryCondition = EntryCondition.model_construct()
    recent: RecentCondition | None = Field(
        None, description="contributions shortly before the event (invalidity, death)"
    )
    density: Density | None = Field(
        None,
        description="share of the months since the first contribution that must be paid (invalidity, death)",
    )
    years_before: YearsBefore | None = Field(
        None, description="open to those within so many years of the normal age, who then retire early"
    )
    unless: str | None = Field(
        None,
        description="id of the survivors pensions beside which it is not paid: for deaths that give nobody one",
    )
    pays: Literal["pension", "lump_sum"]
    amount: Amount
    reduction: Reduction | None = None
    years_after: YearsBefore | None = Field(
        None, description="open to those up to so many years past the normal age, who then retire late"
    )
    increase: Increase | None = None
    with_lump_sum: Amount | None = Field(None, description="paid once with the first pension")
    service_rounding: Rounding | None = Field(
        None, description="what odd months count for in this tier; by default as in the scheme"
    )
    round_to: RoundPension | None = Field(
        None, description="the amount in whole units of money, before floor and cap"
    )
    guaranteed_months: int | None = Field(
        None,
        ge=1,
        le=240,
        description="months of pension paid at least: what is left of them at death goes to the heirs at once",
    )
    floor: AwardLimit | None = Field(None, description="monthly minimum at award")
    cap: AwardLimit | None = Field(None, description="monthly maximum at award")
    precedence: Literal["floor_wins", "cap_wins"] = Field(
        "floor_wins", description="which limit holds where the floor is above the cap"
    )

    @model_validator(mode="after")
    def _early_says_what_it_costs(self) -> Tier:
        if self.reduction is not None and self.years_before is None:
            raise ValueError(
                "a reduction needs years_before: say how many years before the normal age this tier opens"
            )
        if self.increase is not None and self.years_after is None:
            raise ValueError(
                "an increase needs years_after: say how long after the normal age this tier is open"
            )
        if self.years_before is not None and self.years_after is not None:
            text = "a tier is for those before the normal age or for those after it"
            raise ScenarioProblem(("years_after",), text, "write two tiers")
        return self

    @model_validator(mode="after")
    def _pays_in_one_way(self) -> Tier:
        if self.pays == "pension" and self.amount.kind in ("months_of_earnings", "months_of_pension"):
            raise ScenarioProblem(
                ("amount", "kind"),
                f"{self.amount.kind.replace('_', ' ')} are a lump sum, not a pension",
                "write pays: lump_sum",
            )
        for name in ("floor", "cap"):
            if self.pays == "lump_sum" and getattr(self, name) is not None:
                raise ScenarioProblem((name,), f"a {name} limits monthly pensions only", "delete it")
        for name in ("reduction", "increase", "floor", "cap", "round_to"):
            if isinstance(self.amount, ProgrammedWithdrawal) and getattr(self, name) is not None:
                article = "an" if name == "increase" else "a"
                text = (
                    f"with {article} {name}, a programmed withdrawal would pay more or less than its balance"
                )
                raise ScenarioProblem((name,), text, "delete it: the divisor says how much is paid")
        for name in ("reduction", "increase"):
            rule = getattr(self, name)
            points = rule is not None and rule.basis == "rate_points"
            if points and self.amount.kind != "percent_of_earnings":
                verb = "from which to take" if name == "reduction" else "to which to add"
                text = f"there is no rate {verb} points in an amount of kind {self.amount.kind}"
                raise ScenarioProblem((name, "basis"), text, "write basis: factor")
        return self

    def asked(self, moments: Moments) -> ServiceLike:
        """The service asked, and with `unless` that the death gives no such pension."""
        if self.unless is None:
            return self.service
        rule, families = moments.families[self.unless]
        rights, besides = rule.asked(moments)
        return Unless(self.service, rights, besides, families)

    def open_to(self, moments: Moments, reached: AgeReached, entry_month: float) -> Array:
        """Share of each cell that meets the conditions of service, first insurance and years before the normal age."""
        return self.asked(moments).on(moments) * self.open_besides(moments, reached, entry_month)

    def open_besides(self, moments: Moments, reached: AgeReached, entry_month: float) -> Array:
        """Share that meets every condition but the one of service."""
        share = float(self.first_insured.met(entry_month)) * self.lately(moments)
        if self.years_after is not None:
            years = on(self.years_after, moments)[..., 0, 0]
            return np.asarray(share * share_after(reached, years)[..., None, None])
        if self.years_before is None:
            return share
        years = on(self.years_before, moments)[..., 0, 0]
        return np.asarray(share * share_in_window(reached, years)[..., None, None])

    def last_chance(self, moments: Moments, reached: AgeReached) -> Array:
        """Share in the last year of a late tier, over (T, sex, age, 1, 1)."""
        assert self.years_after is not None
        years = on(self.years_after, moments)[..., 0, 0]
        return share_closing(reached, years)[..., None, None]

    def lately(self, moments: Moments) -> Array:
        """Share that meets `recent` and `density`."""
        return lately(moments, self.recent, self.density)

    def at_award(self, moments: Moments, reached: AgeReached, event: Event) -> Moments:
        """The same moments at the exact ages of the award: one person's own, or the mean of each cell."""
        if moments.person or "age" not in keys_within(self):
            return moments
        before, after = self.years_before is not None, self.years_after is not None
        who: Literal["at_age", "before", "after", "all"] = (
            "before" if before else "after" if after else "at_age" if event == "retirement" else "all"
        )
        return replace(moments, event_ages=ages_at_award(reached, moments.ages, who))

    def amount_on(self, moments: Moments, reached: AgeReached) -> Formula:
        """The amount of this tier; what early or late retirement changes is averaged over the twelve birth months of each cell."""
        amount = formula(self.amount.on(moments))
        short = reached.months_short[..., None, None]
        if self.reduction is not None:
            per_year = on(self.reduction.per_year, moments)
            mean = _mean_where(short > 0, self.reduction.lost(short, per_year[None]))
            return _changed(amount, self.reduction, mean)
        if self.increase is not None:
            mean = _mean_where(short < 0, self.increase.gained(-short, moments))
            return _changed(amount, self.increase, mean)
        return amount


def _mean_where(inside: Array, values: Array) -> Array:
    """Mean over the birth months for which it holds, 0 where there are none."""
    return np.asarray(np.where(inside, values, 0.0).sum(axis=0) / np.maximum(inside.sum(axis=0), 1))


def _changed(amount: Formula, rule: Reduction | Increase, by: Array) -> Formula:
    """An amount after an early or late retirement: all of it by a factor, or the rate of its one term by points."""
    if rule.basis == "factor":
        return amount.scaled(rule.apply(np.ones_like(by), by))
    (term,) = amount.terms
    assert isinstance(term, Linear)
    return formula(replace(term, rate=rule.apply(term.rate, by)))


@record(frozen=True)
class Chances:
    """Probability in a step of the event, in all and through each tier, over (T, sex, age, class=1, service)."""

    total: Array
    by_tier: dict[str, Array]


@record(frozen=True)
class Choices:
    """What members do where the law lets them choose: chance of using each tier, and invalidity rates, over (T, sex, age, 1, 1)."""

    use: dict[str, Array]
    invalidity: Array


class _Tiered(Sourced):
    """Fields common to the benefits made of tiers."""

    tiers: dict[str, Tier] = Field(min_length=1)

    @property
    def looks_at_entry(self) -> bool:
        """Whether anything here depends on the date of first insurance."""
        conditions = [tier.first_insured for tier in self.tiers.values()]
        dated = any(one.before is not None or one.from_ is not None for one in conditions)
        return dated or "first_insured_date" in keys_within(self)

    def offered(self, at_age: bool) -> list[str]:
        """Tiers in the order in which they are offered, at the normal pension age or before it."""
        return list(self.tiers)

    def _first_match(
        self, moments: Moments, reached: AgeReached, entry: float, names: list[str]
    ) -> dict[str, Array]:
        """Share of each cell that each tier takes, in the order written."""

        def taken(moments: Moments) -> dict[str, Array]:
            besides = {name: self.tiers[name].open_besides(moments, reached, entry) for name in names}
            return first_match(moments, {name: self.tiers[name].asked(moments) for name in names}, besides)

        return of_all(moments, taken)


class OldAge(_Tiered):
    """Paid at the normal pension age, or before it by a tier with `years_before`."""

    kind: Literal["old_age"]
    event: ClassVar[Event] = "retirement"
    work_test: WorkTest | None = Field(None, description="what is stopped of a pension beside work")

    def offered(self, at_age: bool) -> list[str]:
        """At the age the tiers without `years_before` and `years_after`, before it those with `years_before`."""
        return [
            name
            for name, tier in self.tiers.items()
            if (tier.years_before is None) == at_age and tier.years_after is None
        ]

    def tested_part(self, tier: Tier) -> Amount | None:
        """The part of a pension that the work test looks at; None where it looks at the whole pension, or there is none."""
        name = None if self.work_test is None or tier.pays != "pension" else self.work_test.part
        return tier.amount.parts[name] if name is not None and isinstance(tier.amount, SumOf) else None

    def offered_late(self) -> list[str]:
        """The tiers with `years_after`."""
        return [name for name, tier in self.tiers.items() if tier.years_after is not None]

    def chances(self, moments: Moments, reached: AgeReached, behaviour: Choices, entry: float) -> Chances:
        """At the age: all who pass it in the step. Before it and after it: a tier's chance of use × the share of the cell in its window.

        Where the law knows late retirement, those past the age who have not used a tier at it may still use the late ones; who is left in
        the last year of a late tier uses it then.
        """
        late_tiers = self.offered_late()
        passing = (reached.share - reached.past if late_tiers else reached.passing)[..., None, None]
        shares = self._first_match(moments, reached, entry, self.offered(at_age=True))
        by_tier = {name: passing * behaviour.use[name] * share for name, share in shares.items()}
        early = self._first_match(moments, reached, entry, self.offered(at_age=False))
        for name, share in early.items():
            by_tier[name] = (1.0 - passing) * behaviour.use[name] * share
        for name, share in self._first_match(moments, reached, entry, late_tiers).items():
            last = self.tiers[name].last_chance(moments, reached)
            by_tier[name] = share * (last + (1.0 - last) * behaviour.use[name])
        return Chances(_total(by_tier), by_tier)


class Invalidity(_Tiered):
    """Paid to contributors who become invalid before the normal pension age."""

    kind: Literal["invalidity"]
    event: ClassVar[Event] = "invalidity"

    def chances(self, moments: Moments, reached: AgeReached, behaviour: Choices, entry: float) -> Chances:
        """Invalidity rate × share not yet at the pension age; everyone who becomes invalid leaves, entitled or not."""
        incidence = behaviour.invalidity * (1.0 - reached.share[..., None, None])
        shares = self._first_match(moments, reached, entry, list(self.tiers))
        return Chances(incidence, {name: incidence * share for name, share in shares.items()})


class Withdrawal(_Tiered):
    """One-time payment, at their request, to members who have stopped contributing and have the right to it."""

    kind: Literal["withdrawal"]
    event: ClassVar[Event] = "withdrawal"

    @model_validator(mode="after")
    def _pays_once(self) -> Withdrawal:
        for name, tier in self.tiers.items():
            if tier.pays == "pension":
                raise ScenarioProblem(
                    ("tiers", name, "pays"),
                    "a withdrawal is paid once",
                    "write pays: lump_sum, or kind: old_age",
                )
        return self

    def chances(self, moments: Moments, reached: AgeReached, behaviour: Choices, entry: float) -> Chances:
        """Chance of use × share with the right, of dormant members below the pension age."""
        below = 1.0 - reached.share[..., None, None]
        shares = self._first_match(moments, reached, entry, list(self.tiers))
        by_tier = {name: below * behaviour.use[name] * share for name, share in shares.items()}
        return Chances(_total(by_tier), by_tier)


class Death(_Tiered):
    """Lump sums and grants on the death of a member: funeral, payment to survivors without a pension."""

    kind: Literal["death"]
    event: ClassVar[Event] = "death"
    of_pensioners: bool = Field(False, description="paid on the death of a pensioner too (flat amounts only)")

    @property
    def looks_back(self) -> bool:
        """Whether contributors and those who have stopped contributing meet its conditions differently."""
        return any(tier.recent is not None or tier.density is not None for tier in self.tiers.values())

    def looks_back_beside(self, benefits: Mapping[str, Benefit]) -> bool:
        """The same, where a tier is paid only if a survivors pension is not, whose conditions then count too."""
        others = (benefits[tier.unless] for tier in self.tiers.values() if tier.unless is not None)
        return self.looks_back or any(isinstance(one, Survivors) and one.looks_back for one in others)

    def chances(self, moments: Moments, reached: AgeReached, behaviour: Choices, entry: float) -> Chances:
        """Everyone who dies; the tier says who is entitled."""
        return Chances(np.ones((1, 1, 1, 1, 1)), self._first_match(moments, reached, entry, list(self.tiers)))

    @model_validator(mode="after")
    def _pays_once(self) -> Death:
        if any(tier.pays == "pension" for tier in self.tiers.values()):
            raise ValueError("a death benefit is paid once; write pensions of survivors as kind: survivors")
        if self.of_pensioners and len(self.tiers) > 1:
            raise ValueError(
                "of_pensioners with several tiers; write one tier, which every pensioner's death pays"
            )
        by = {"age", "birth_date", "service"} & set().union(
            *(keys_within(tier.amount) for tier in self.tiers.values())
        )
        if self.of_pensioners and by:
            raise ValueError(
                f"of_pensioners: true, but the amount is keyed by {min(by)}, which is not kept of pensioners; key it by event_date"
            )
        if self.of_pensioners and any(tier.amount.kind != "flat" for tier in self.tiers.values()):
            raise ValueError(
                "of_pensioners: true needs a flat amount; earnings of old pensioners are not kept"
            )
        return self


def _total(by_tier: dict[str, Array]) -> Array:
    first, *others = by_tier.values()
    return np.asarray(sum(others, first))


Benefit = Annotated[OldAge | Invalidity | Withdrawal | Death | Survivors, Field(discriminator="kind")]
TieredBenefit = OldAge | Invalidity | Withdrawal | Death


def labels(benefit_id: str, benefit: TieredBenefit) -> dict[str, str]:
    """Name in the tables for each tier: the benefit's id, with the tier's name when there are several."""
    return {name: benefit_id if len(benefit.tiers) == 1 else f"{benefit_id}_{name}" for name in benefit.tiers}


def heirs_name(label: str) -> str:
    """Name in the tables of what the heirs of a pensioner get of a pension."""
    return f"{label}_to_heirs"
