"""Pensions of survivors: so much a head, or shares of the pension of the deceased."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array
from spsim.dated import Sourced, keys_within
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import AwardLimit, PerHead, Share, SpouseAge
from spsim.rules.amounts import Amount
from spsim.rules.service import ServiceCondition


class SurvivorShares(Sourced):
    """Shares of the pension of the deceased: of a spouse, of each child, of each parent; together no more than `most`."""

    spouse: Share = 0.0
    child: Share = 0.0
    parent: Share = 0.0
    most: Share = Field(1.0, description="of all survivors of one deceased together; all are cut alike")


class Survivors(Sourced):
    """Monthly pensions to the family of members with enough service and of pensioners: so much a head, or shares of their pension.

    `per_head` is the monthly amount of one survivor, `shares` what each has of the pension of the deceased; `spouse_age` the age from
    which a widow or widower is entitled; children up to `child_age`; `most` survivors per deceased.
    """

    kind: Literal["survivors"]
    service: ServiceCondition
    per_head: PerHead | None = None
    shares: SurvivorShares | None = Field(None, description="of the pension of the deceased")
    pension_of_members: Amount | None = Field(
        None, description="pension that a member who dies is reckoned to have had; needed with shares"
    )
    minimum: AwardLimit | None = Field(
        None, description="monthly minimum at the award, for all survivors of one deceased together"
    )
    spouse_age: SpouseAge
    spouse_years: int | None = Field(
        None, ge=1, le=60, description="years after which the pension of a spouse ends; for life if absent"
    )
    child_age: int = Field(18, ge=1, le=30)
    most: int = Field(4, ge=1, le=20)

    @model_validator(mode="after")
    def _one_way_to_pay(self) -> Survivors:
        if self.per_head is None and self.shares is None:
            raise ValueError("nothing says how much survivors get; write per_head, or shares")
        if self.per_head is not None and self.shares is not None:
            text = "survivors get so much a head, or shares of the pension of the deceased, not both"
            raise ScenarioProblem(("per_head",), text, "delete per_head or shares")
        if self.shares is not None and self.pension_of_members is None:
            text = "shares of a pension, and nothing says what pension a member who dies would have had"
            raise ScenarioProblem(("shares",), text, "add pension_of_members, such as the amount of old age")
        for name in ("pension_of_members", "minimum"):
            if self.shares is None and getattr(self, name) is not None:
                raise ScenarioProblem((name,), f"{name} has no effect without shares", "delete it")
        if self.pension_of_members is not None and self.pension_of_members.kind == "months_of_earnings":
            text = "months of earnings are a lump sum, not a pension"
            raise ScenarioProblem(("pension_of_members", "kind"), text, "write the pension of old age")
        return self

    @property
    def looks_at_entry(self) -> bool:
        """Whether anything here depends on the date of first insurance."""
        return "first_insured_date" in keys_within(self)

    def entitles(self, moments: Moments) -> Array:
        """1 where the death of a member with this service gives rights to the family."""
        return self.service.on(moments)
