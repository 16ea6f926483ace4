"""The pension that one person drew when they died: awarded at the pension age, or since the month that is said, and increased since.

Comes in: a claim at the month of death. Goes out: `Drawn`. Called by `person_survivors` and `person_pension`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from spsim.arrays import Array, np
from spsim.calendar import month_label
from spsim.dated import on
from spsim.increases import increases
from spsim.person_amounts import Holdings, worth
from spsim.person_claim import Claim, benefits_of, claim_of
from spsim.person_facts import Step, in_months, money, refusal
from spsim.person_holdings import holdings
from spsim.person_tiers import SUPPLEMENT, is_met, tier_amount, without_supplements
from spsim.rules.amounts import Amount, ProgrammedWithdrawal
from spsim.rules.benefits import OldAge, Tier, labels


@dataclass(frozen=True)
class Drawn:
    """A pensioner at death: `claim` and `held` at the award, the tier, monthly amounts `awarded` and `amount` at death, their steps."""

    claim: Claim
    held: Holdings
    benefit_id: str
    tier_id: str
    tier: Tier
    awarded: float
    amount: float
    death: int
    steps: tuple[Step, ...]

    @property
    def months_paid(self) -> int:
        """Months for which the pension was paid."""
        return self.death - self.claim.facts.event

    @property
    def label(self) -> str:
        """Name of the pension in the tables."""
        benefit = self.claim.scheme.benefits[self.benefit_id]
        assert isinstance(benefit, OldAge)
        return labels(self.benefit_id, benefit)[self.tier_id]

    @property
    def withdraws(self) -> bool:
        """Whether it is a balance paid out, of which survivors have no share."""
        return isinstance(self.tier.amount, ProgrammedWithdrawal)

    @property
    def path(self) -> tuple[str, ...]:
        """Where the tier stands in the scheme."""
        return ("benefits", self.benefit_id, "tiers", self.tier_id)

    def reckoned(self, amount: Amount) -> float:
        """What another amount of the law gives by the record at the award, increased by the same rates since."""
        claim = self.claim
        owed = worth(claim.facts, claim.scheme.service_rounding, amount, amount.on, claim.counted, "pension")
        return float(_increased(claim, owed.of(self.held), self.death, flat=False)[-1])


def pensioner(claim: Claim) -> Drawn | None:
    """The pensioner that a person was who died after the pension age, or after the month since which a pension is said to be paid."""
    facts = claim.facts
    since = facts.pension_since
    if since is None:
        if not claim.at_age:
            return None
        worked = int(facts.months[-1]) + 1 if len(facts.months) else 0
        since = min(max(claim.start, worked), facts.event)
    at_award = _at(claim, since)
    taken = _tier(at_award)
    if taken is None:
        if facts.pension_since is not None:
            what = f"no pension of old age can be claimed in {month_label(since)}"
            raise refusal("pension-since", what, "name a month in which a tier is met, or leave it out")
        return None
    held, _ = holdings(at_award)
    benefit_id, tier_id, tier = taken
    path = ("benefits", benefit_id, "tiers", tier_id)
    awarded, steps = tier_amount(at_award, tier, held, path)
    awarded = without_supplements(awarded, steps)
    steps = [step for step in steps if step.name != "paid_once" and not step.name.startswith(SUPPLEMENT)]
    drawn = Drawn(at_award, held, benefit_id, tier_id, tier, awarded, awarded, facts.event, tuple(steps))
    return drawn if drawn.withdraws else _at_death(drawn)


def _at(claim: Claim, month: int) -> Claim:
    """The same person claiming in an earlier month."""
    facts = claim.whole
    before = facts.months < month
    if not before.any():
        what = f"no contribution was paid before {month_label(month)}"
        raise refusal("pension-since", what, "name a later month")
    then = replace(
        facts, event=month, months=facts.months[before], wages=facts.wages[before], pension_since=None
    )
    return claim_of(then, claim.scheme)


def _tier(claim: Claim) -> tuple[str, str, Tier] | None:
    """Old age and the first tier that is met in the month of the award."""
    for benefit_id, benefit in benefits_of(claim.scheme, "old_age").items():
        if isinstance(benefit, OldAge):
            late = benefit.offered_late() if claim.facts.event > claim.start else []
            for name in [*late, *benefit.offered(at_age=claim.at_age)]:
                if is_met(claim, benefit.tiers[name]):
                    return benefit_id, name, benefit.tiers[name]
    return None


def _at_death(drawn: Drawn) -> Drawn:
    """The pension increased from the award to the death, with a step that says so where it has moved or time has passed."""
    if not drawn.months_paid:
        return drawn
    amount = float(_increased(drawn.claim, drawn.awarded, drawn.death)[-1])
    facts = drawn.claim.facts
    line = (
        f"paid for {in_months(drawn.months_paid)} since {month_label(facts.event)}: "
        f"{money(drawn.awarded)} a month then, {money(amount)} at death"
    )
    values = {"since": month_label(facts.event), "months": drawn.months_paid, "amount": amount}
    step = facts.step("in_payment", "Pension in payment at death", [line], values, "indexation")
    return replace(drawn, amount=amount, steps=(*drawn.steps, step))


def _increased(claim: Claim, amount: float, last: int, flat: bool = True) -> Array:
    """A monthly pension in each month from its award to `last`, by the scheme's indexation and floor in payment; or by its rates alone."""
    facts, first = claim.facts, claim.facts.event
    rule = increases(claim.scheme.indexation, facts.paths)
    if not flat:
        without = replace(rule, added=np.zeros_like(rule.added))
        return without.path(amount, first, last, np.full(last - first + 1, -np.inf))
    months = np.arange(first, last + 1)
    at = replace(facts.calendar(), months=months[None, :].astype(float))
    floor = np.broadcast_to(on(claim.scheme.pension_floor, at)[0].ravel(), len(months))
    return rule.path(amount, first, last, floor)
