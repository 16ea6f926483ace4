"""Pensions of survivors: so much a head, or shares of the pension of the deceased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, Strict, Value, keys_within, on
from spsim.errors import KeyPath, ScenarioProblem
from spsim.grid import Moments
from spsim.places import FamilyMinimum, PerHead, Share, SpouseAge
from spsim.records import record
from spsim.rules.amounts import Amount
from spsim.rules.conditions import Density, RecentCondition, first_match, lately, of_all
from spsim.rules.indexation import PensionIndexation
from spsim.rules.service import ServiceCondition

CLASSES = ("spouse", "child", "parent")
CHILD = CLASSES.index("child")


class SurvivorShares(Sourced):
    """Shares of the pension of the deceased: of a spouse, of each child or all children together, of each parent; in all at most `most`.

    With `by_number` the family has in all what stands for its number of heads; the shares by class then say who counts and how it is divided.
    """

    spouse: Share = 0.0
    child: Share = 0.0
    children: Share = Field(0.0, description="of all children together, in place of `child`")
    parent: Share = 0.0
    by_number: list[Share] = Field(
        [], max_length=20, description="of all together, for one survivor, two, three and more"
    )
    most: Share = Field(1.0, description="of all survivors of one deceased together; all are cut alike")

    def on(self, moments: Moments) -> LaidShares:
        """The shares at each moment, over (T, 1, 1)."""
        classes = (self.spouse, self.child, self.parent)
        each, by_number = (
            [_yearly(value, moments) for value in values] for values in (classes, self.by_number)
        )
        return LaidShares(
            np.stack(each),
            _yearly(self.children, moments),
            np.stack(by_number) if by_number else None,
            _yearly(self.most, moments),
        )

    @model_validator(mode="after")
    def _children_once(self) -> SurvivorShares:
        if self.child != 0 and self.children != 0:
            text = "children have a share each, or one share together, not both"
            raise ScenarioProblem(("children",), text, "delete child or children")
        if self.by_number and self.most != 1:
            raise ScenarioProblem(("most",), "by_number says what all have together", "delete most")
        return self


def _yearly(value: Value, moments: Moments) -> Array:
    """A value by year alone (T, 1, 1)."""
    years = moments.months.shape[1]
    return np.broadcast_to(on(value, moments)[:, 0, 0, 0, 0], years)[:, None, None]


@record(frozen=True)
class LaidShares:
    """Shares by year, over (T, 1, 1): `each` (3, ..) of a spouse, a child, a parent; the rest as in `SurvivorShares`.

    Families are given by heads (3, ..): numbers of one family, or means e over all deceased, of whom f = min(1, Σ e) leave a family.
    """

    each: Array
    children: Array
    by_number: Array | None
    most: Array

    @property
    def entitled(self) -> Array:
        """Which classes have a pension (3, T, 1, 1)."""
        together = np.zeros_like(self.each)
        together[CHILD] = self.children
        return np.asarray(self.each + together > 0)

    def parts(self, heads: Array) -> Array:
        """Σ share · e by class, the share of all children being had by those who leave a child; in these proportions all is divided."""
        found = np.broadcast_to(self.each, np.broadcast_shapes(self.each.shape, heads.shape)) * heads
        found[CHILD] += self.children * np.minimum(heads[CHILD], 1.0)
        return found

    def together(self, heads: Array) -> Array:
        """Share of the pension of the deceased that the family has: what its number of heads, or its classes, give, at most `most` of it.

        By number, between two whole numbers the mean family has what lies between them.
        """
        families = np.minimum(heads.sum(axis=0), 1.0)
        in_all = self.parts(heads).sum(axis=0)
        if self.by_number is not None:
            number = np.divide(heads.sum(axis=0), families, out=np.ones_like(families), where=families > 0)
            in_all = families * self._of_number(number)
        return np.asarray(np.minimum(in_all, self.most * families))

    def _of_number(self, number: Array) -> Array:
        """What stands for a number of heads, from one on; for more than are named, what the last one says."""
        assert self.by_number is not None
        place = np.clip(number - 1.0, 0.0, len(self.by_number) - 1.0)
        named = np.arange(len(self.by_number)).reshape(-1, *([1] * number.ndim))
        weight = np.maximum(1.0 - np.abs(place - named), 0.0)
        return np.asarray((weight * self.by_number).sum(axis=0))


class SpouseAddition(Sourced):
    """A flat monthly addition to a spouse's pension between two ages of the spouse, by the sex of the spouse, where no child has a pension."""

    amount: PerHead
    from_age: int = Field(ge=15, le=100)
    to_age: int = Field(ge=16, le=120, description="age at which it ends")

    @model_validator(mode="after")
    def _has_ages(self) -> SpouseAddition:
        if self.to_age <= self.from_age:
            text = f"the addition ends at {self.to_age}, not after its beginning at {self.from_age}"
            raise ScenarioProblem(("to_age",), text, "write a later age")
        return self


class Choice(Strict):
    """What a spouse may take beside, or in place of, a pension of their own: so much of each of the two."""

    survivors: Share = Field(description="of the survivors pension")
    own: Share = Field(0.0, description="of the own pension")


class BesideOwnPension(Sourced):
    """Spouses with a pension of their own, from an age on: the choice that pays most; survivors have what it pays above the own pension."""

    from_age: int = Field(0, ge=0, le=100)
    choices: list[Choice] = Field(min_length=1, max_length=6)

    def share(self, own: Array, moments: Moments) -> Array:
        """max(s + o · ρ) − ρ, never below 0, where ρ is the own pension per unit of the survivors pension, broadcastable with (T, ..)."""
        paid = [_yearly(one.survivors, moments) + _yearly(one.own, moments) * own for one in self.choices]
        return np.asarray(np.maximum(np.maximum.reduce(paid) - own, 0.0))


class OtherRight(Sourced):
    """A further way to the right, for members who do not meet what stands before it; what it does not say is as in the first one."""

    service: ServiceCondition = ServiceCondition.model_construct()
    recent: RecentCondition | None = None
    density: Density | None = None
    pension_of_members: Amount | None = None
    minimum: FamilyMinimum | None = None


@dataclass(frozen=True)
class Right:
    """One way to the right: its conditions, and what the family's pension is reckoned from."""

    service: ServiceCondition
    recent: RecentCondition | None
    density: float | None
    pension: Amount | None
    minimum: FamilyMinimum | None
    path: KeyPath

    @property
    def looks_back(self) -> bool:
        """Whether contributors and those who have stopped contributing meet it differently."""
        return self.recent is not None or self.density is not None


class Survivors(Sourced):
    """Monthly pensions to the family of members with enough service and of pensioners: so much a head, or shares of their pension.

    `per_head` is the monthly amount of one survivor, `shares` what each has of the pension of the deceased; `spouse_age` the age from
    which a widow or widower is entitled; children up to `child_age`; `most` survivors per deceased.
    """

    kind: Literal["survivors"]
    service: ServiceCondition
    recent: RecentCondition | None = Field(None, description="contributions shortly before the death")
    density: Density | None = Field(
        None, description="share of the months since the first contribution that must be paid"
    )
    otherwise: dict[str, OtherRight] = Field(
        {},
        description="further ways to the right, in this order, for members who do not meet the conditions above",
    )
    per_head: PerHead | None = None
    shares: SurvivorShares | None = Field(None, description="of the pension of the deceased")
    pension_of_members: Amount | None = Field(
        None, description="pension that a member who dies is reckoned to have had; needed with shares"
    )
    pension_of_pensioners: Amount | None = Field(
        None,
        description="pension that a pensioner who dies is reckoned to have had, by the record at the award, indexed as pensions are; survivors "
        "never have more than the pension drawn. The pension drawn itself, if absent",
    )
    minimum: FamilyMinimum | None = Field(
        None, description="monthly minimum at the award, for all survivors of one deceased together"
    )
    indexation: PensionIndexation | None = Field(
        None, description="of pensions by shares in payment, in place of the scheme's"
    )
    spouse_addition: SpouseAddition | None = Field(
        None, description="flat addition to the pension of a spouse without children; with shares"
    )
    beside_own_pension: BesideOwnPension | None = Field(
        None, description="what a spouse with a pension of their own gets; with shares"
    )
    spouse_age: SpouseAge
    spouse_years: int | None = Field(
        None, ge=1, le=60, description="years after which the pension of a spouse ends; for life if absent"
    )
    until_age_of_deceased: int | None = Field(
        None,
        ge=30,
        le=120,
        description="a spouse's pension ends when the deceased would have reached this age, within `spouse_years`; later deaths give no right",
    )
    child_age: int = Field(18, ge=1, le=30)
    most: int = Field(4, ge=1, le=20)

    @model_validator(mode="after")
    def _index_has_effect(self) -> Survivors:
        if self.indexation is not None and self.shares is None:
            text = "pensions by the head follow per_head, so this indexation has no effect"
            raise ScenarioProblem(("indexation",), text, "delete it")
        if self.indexation is not None and self.indexation.flat:
            text = "a flat increase is for pensions of members"
            raise ScenarioProblem(("indexation", "flat"), text, "delete it, or write fixed")
        return self

    @model_validator(mode="after")
    def _ends(self) -> Survivors:
        if self.until_age_of_deceased is not None and self.spouse_years is None:
            text = "the pension of a spouse ends at an age of the deceased, and nothing says how long it is paid at most"
            raise ScenarioProblem(("until_age_of_deceased",), text, "add spouse_years")
        return self

    def years_left(self, age: Array) -> Array:
        """Years over which a spouse's pension is paid, by the age of the deceased at death; none where there is no right."""
        assert self.spouse_years is not None
        if self.until_age_of_deceased is None:
            return np.full(np.shape(age), float(self.spouse_years))
        return np.clip(self.until_age_of_deceased - age, 0.0, float(self.spouse_years))

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
        for path, value in self._of_shares():
            if self.shares is None and value is not None:
                raise ScenarioProblem(path, f"{path[-1]} has no effect without shares", "delete it")
            if (kind := getattr(value, "kind", "")) in ("months_of_earnings", "months_of_pension"):
                text = f"{kind.replace('_', ' ')} are a lump sum, not a pension"
                raise ScenarioProblem((*path, "kind"), text, "write the pension of old age")
        return self

    def _of_shares(self) -> list[tuple[KeyPath, object]]:
        """What only shares of a pension have, with where it stands."""
        names = (
            "pension_of_members",
            "pension_of_pensioners",
            "minimum",
            "spouse_addition",
            "beside_own_pension",
        )
        found: list[tuple[KeyPath, object]] = [((name,), getattr(self, name)) for name in names]
        for way, other in self.otherwise.items():
            found += [
                (("otherwise", way, name), getattr(other, name)) for name in ("pension_of_members", "minimum")
            ]
        return found

    @property
    def rights(self) -> dict[str, Right]:
        """Ways to the right in their order; the first one has the empty name."""
        first = Right(self.service, self.recent, self.density, self.pension_of_members, self.minimum, ())
        found = {"": first}
        for name, other in self.otherwise.items():
            pension = other.pension_of_members or first.pension
            minimum = first.minimum if other.minimum is None else other.minimum
            path = ("otherwise", name)
            found[name] = Right(other.service, other.recent, other.density, pension, minimum, path)
        return found

    @property
    def looks_back(self) -> bool:
        """Whether any way to the right asks for recent contributions."""
        return any(right.looks_back for right in self.rights.values())

    @property
    def looks_at_entry(self) -> bool:
        """Whether anything here depends on the date of first insurance."""
        return "first_insured_date" in keys_within(self)

    def entitles(self, moments: Moments) -> dict[str, Array]:
        """Share of each cell whose death gives rights to the family, by the way to them; the first one met counts."""
        return of_all(moments, self._first_met)

    def _first_met(self, moments: Moments) -> dict[str, Array]:
        return first_match(moments, *self.asked(moments))

    def asked(self, moments: Moments) -> tuple[dict[str, ServiceCondition], dict[str, Array]]:
        """By the way to the right: the service asked, and the share that meets what it asks besides."""
        rights = self.rights
        besides = {name: lately(moments, right.recent, right.density) for name, right in rights.items()}
        return {name: right.service for name, right in rights.items()}, besides
