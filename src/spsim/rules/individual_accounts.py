"""Individual accounts: what is credited to a member, how the balance grows, when a member may draw on it, what moves between accounts.

Provident and notional alike. Layers of interest and transfers look at the balances of one person; a projection, whose cells hold sums of
balances, has what members gain by them on average (`balance_gains` of the behaviour).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import AllocationRate, ContributionAmount, DrawingAge, LayerRate, Share, SumKept
from spsim.rules.reference_earnings import Crediting
from spsim.rules.service import ServiceCondition


class Drawing(Sourced):
    """A right to draw on an account while a member: from an age, after so many years, a share of the balance at most.

    What the law lets one person do (`spsim person --event drawing:ACCOUNT.NAME`); what all members do says the behaviour
    (`account_withdrawals`), which may not draw before the first of these ages.
    """

    title: str = ""
    from_age: DrawingAge = 0.0
    service: ServiceCondition = ServiceCondition.model_construct()
    most_share: Share = 1.0
    at_least: SumKept | None = Field(None, description="so much may be drawn in any case, if it is there")
    also_from: list[str] = Field([], description="accounts from which `at_least` is made up, in this order")

    @model_validator(mode="after")
    def _others_make_up_something(self) -> Drawing:
        if self.also_from and self.at_least is None:
            text = "other accounts make up a sum that is not stated"
            raise ScenarioProblem(("also_from",), text, "write at_least, or delete it")
        return self

    def drawn(
        self, share: float, least: float, balance: float, others: Mapping[str, float]
    ) -> dict[str, float]:
        """What may be drawn from this account ("") and from each of the others, at a share and with a least sum that are known."""
        own = max(share * balance, min(least, balance))
        found, lacking = {"": own}, max(least - own, 0.0)
        for name in self.also_from:
            found[name] = min(lacking, others[name])
            lacking -= found[name]
        return found


class Account(Sourced):
    """A balance of each member: a share of every contributory wage is credited, and the balance grows by a rule.

    Real money or notional: what the scheme collects stands under `contributions`, what is credited to the member here.
    """

    title: str = ""
    allocation: AllocationRate
    maximum: ContributionAmount | None = Field(
        None, description="most that the allocation credits in a month"
    )
    amount: ContributionAmount = Field(
        0.0, description="so much credited a month to every contributor, beside it"
    )
    crediting: Crediting
    drawings: dict[str, Drawing] = {}

    def credited(self, wage: Array, moments: Moments) -> Array:
        """Credit of a month (T, sex, age, class) of those with this contributory wage (T, sex, age, class)."""
        by_wage = replace(moments, wage=wage[None, ..., None])
        share = np.asarray(on(self.allocation, by_wage)[..., 0] * wage)
        if self.maximum is not None:
            share = np.minimum(share, on(self.maximum, by_wage)[..., 0])
        return np.asarray(share + on(self.amount, by_wage)[..., 0])


class InterestLayer(Sourced):
    """More interest on the first part of a member's balances: rate × min(up_to, Σ min(balance, what of it counts)), once a year."""

    rate: LayerRate
    up_to: SumKept = Field(description="balances together, as far as they bear it")
    counts: dict[str, SumKept | None] = Field(
        min_length=1, description="accounts whose balances count, and how much of each at most (null: all)"
    )
    into: str = Field(description="account that gets it")

    def bearing(self, up_to: float, most: Mapping[str, float], balances: Mapping[str, float]) -> float:
        """The part of the balances that bears it, at limits that are known."""
        return min(up_to, sum(min(max(balances[name], 0.0), most[name]) for name in self.counts))


class Transfer(Sourced):
    """In the month in which an age is reached, an account is filled up to a sum from others, in their order; what it holds above the sum
    goes to `rest_to`."""

    at_age: Annotated[DrawingAge, Field(description="age at which it happens, once")]
    to: str
    up_to: SumKept = Field(description="sum that is kept in the account")
    from_: list[str] = Field(alias="from", min_length=1, description="accounts that fill it, in this order")
    rest_to: str | None = Field(
        None, description="account that gets what is above the sum; it stays if absent"
    )

    @model_validator(mode="after")
    def _moves_between_accounts(self) -> Transfer:
        if self.to in self.from_:
            raise ScenarioProblem(("from",), f"{self.to} would be filled from itself", "delete it there")
        if self.rest_to == self.to:
            text = f"what {self.to} holds above the sum would go to itself"
            raise ScenarioProblem(("rest_to",), text, "delete it: the rest then stays")
        return self

    def moved(self, up_to: float, balances: Mapping[str, float]) -> dict[str, float]:
        """The balances after it, at a sum that is known. Nothing is lost."""
        after, room = dict(balances), up_to - balances[self.to]
        if room < 0 and self.rest_to is not None:
            after[self.to] += room
            after[self.rest_to] -= room
        for name in self.from_:
            taken = min(max(room, 0.0), max(after[name], 0.0))
            after[name] -= taken
            after[self.to] += taken
            room -= taken
        return after
