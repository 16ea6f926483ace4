"""How much: one class per primitive of the law, and one for each way to put primitives together.

Each `on(moments)` of a primitive returns a `Term` over (T, sex, age, class, service), linear in what a member holds: reference
earnings, points, the balance of an account. The others return a `Formula` of terms. Pensions are annual amounts; lump sums are paid once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, Value, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import (
    AwardAmount,
    AwardMonths,
    AwardRate,
    AwardShare,
    AwardWeight,
    AwardYears,
    Divisor,
)
from spsim.rules.formulas import Formula as Formula
from spsim.rules.formulas import Held as Held
from spsim.rules.formulas import Linear as Linear
from spsim.rules.formulas import Operation as Operation
from spsim.rules.formulas import Term as Term
from spsim.rules.formulas import combined as combined
from spsim.rules.formulas import formula as formula
from spsim.rules.formulas import laid as laid
from spsim.rules.formulas import linear as linear
from spsim.rules.reference_earnings import Crediting

Dependant = Literal["spouse", "child", "parent"]


class PercentOfEarnings(Sourced):
    """rate(s) × reference earnings; the rate is usually piecewise linear: `{by: service, mode: linear, points: {15: 0.45, 30: 0.75}}`."""

    kind: Literal["percent_of_earnings"]
    rate: AwardRate
    of: str | None = Field(
        None, description="which of `other_earnings`; by default the scheme's reference_earnings"
    )

    def on(self, moments: Moments) -> Linear:
        """r(s), read at the service counted at the award."""
        return linear(rate=on(self.rate, moments), name=self.of)


class PerYearOfService(Sourced):
    """rate × years of service × reference earnings; the rate may be keyed by the date on which the year was earned."""

    kind: Literal["per_year_of_service"]
    rate: AwardRate
    of: str | None = Field(
        None, description="which of `other_earnings`; by default the scheme's reference_earnings"
    )

    def on(self, moments: Moments) -> Linear:
        """a · s."""
        return linear(per_year=on(self.rate, moments), name=self.of)


class MonthsOfEarnings(Sourced):
    """A lump sum of so many months of average earnings for each year of service, or for each year beyond `beyond`."""

    kind: Literal["months_of_earnings"]
    per_year: AwardMonths
    beyond: AwardYears | None = None
    of: str | None = Field(
        None, description="which of `other_earnings`; by default the scheme's reference_earnings"
    )

    def on(self, moments: Moments) -> Linear:
        """m · s / 12 of annual earnings, or m · (s − beyond)+ / 12."""
        share = on(self.per_year, moments) / 12.0
        if self.beyond is None:
            return linear(per_year=share, name=self.of)
        return linear(rate=share * np.maximum(moments.service - on(self.beyond, moments), 0.0), name=self.of)


class Flat(Sourced):
    """A fixed amount: a month's pension, or a grant paid once; usually `{of: reference_amount, times: ...}`."""

    kind: Literal["flat"]
    amount: AwardAmount

    def on(self, moments: Moments) -> Linear:
        """The amount, whatever the earnings."""
        return linear(flat=on(self.amount, moments))


class FlatPerYear(Sourced):
    """A fixed amount for each year of service; `rate` weighs years by the date on which they were earned, or by service."""

    kind: Literal["flat_per_year"]
    amount: AwardAmount
    rate: AwardWeight = 1.0

    def on(self, moments: Moments) -> Linear:
        """amount · rate · s, whatever the earnings."""
        return linear(flat=on(self.amount, moments) * on(self.rate, moments) * moments.service)


class Points(Sourced):
    """Points × the value of a point (monthly). A year's points are its contributory wages over twelve times the index of the earnings `of`."""

    kind: Literal["points"]
    value: AwardAmount
    of: str | None = Field(None, description="which of `other_earnings`, of kind career")

    def on(self, moments: Moments) -> Held:
        """Σ wage / index × value."""
        return Held(laid(on(self.value, moments)), self.of or "", points=True)


class AccountBalance(Sourced):
    """A share of the balance of an individual account, paid once."""

    kind: Literal["account"]
    account: str
    share: AwardShare = 1.0

    def on(self, moments: Moments) -> Held:
        """share · balance."""
        return Held(laid(on(self.share, moments)), self.account)


class _Divided(Sourced):
    """A yearly pension of the balance of an account ÷ `divisor`."""

    account: str
    divisor: Divisor

    def divisors(self, moments: Moments) -> Array:
        """What a balance is divided by."""
        return on(self.divisor, moments)

    def _pension(self, share: Value, moments: Moments) -> Held:
        return Held(laid(on(share, moments) / self.divisors(moments)), self.account)


class Annuity(_Divided):
    """A yearly pension of the balance of an account ÷ `divisor`: the years of payment that the law or the tables expect at that age."""

    kind: Literal["annuity"]
    share: AwardShare = Field(1.0, description="share of the balance that buys the annuity")

    def on(self, moments: Moments) -> Held:
        """share · balance / divisor."""
        return self._pension(self.share, moments)


class ProgrammedWithdrawal(_Divided):
    """A balance paid out year by year: each year's payment is what is left ÷ `divisor` at the age reached. What is left stays the member's.

    It grows by `crediting`, and goes to the heirs on death. A divisor of 1 pays all that is left.
    """

    kind: Literal["programmed_withdrawal"]
    share: AwardShare = Field(1.0, description="share of the balance that is paid out in this way")
    crediting: Crediting | None = Field(
        None, description="growth of what is left; by default as the account's"
    )

    def divisors(self, moments: Moments) -> Array:
        """Never below 1: no payment is more than the balance. By cell as later payments are, so that they and the heirs share one balance."""
        return np.maximum(on(self.divisor, replace(moments, event_ages=None)), 1.0)

    def on(self, moments: Moments) -> Held:
        """share · balance / divisor: the first year's payment."""
        return self._pension(self.share, moments)

    @model_validator(mode="after")
    def _pays_what_there_is(self) -> ProgrammedWithdrawal:
        from spsim.places import numbers_at

        for path, number in numbers_at(self.divisor):
            if number < 1:
                text = f"a year's payment of balance ÷ {number:g} is more than the balance"
                raise ScenarioProblem(("divisor", *path), text, "write 1 or more; 1 pays all that is left")
        for path, number in numbers_at(self.share):
            if number > 1:
                text = f"{number:g} of a balance is more than there is"
                raise ScenarioProblem(("share", *path), text, "write a share from 0 to 1")
        return self


class _Parts(Sourced):
    """Amounts put together; the parts have names, so that a reform can change one of them."""

    parts: dict[str, Amount] = Field(min_length=2)

    def _formulas(self, moments: Moments) -> list[Formula]:
        return [formula(part.on(moments)) for part in self.parts.values()]


class SumOf(_Parts):
    """All parts together."""

    kind: Literal["sum_of"]

    def on(self, moments: Moments) -> Formula:
        """a + b + ..."""
        return combined("add", self._formulas(moments))


class LargerOf(_Parts):
    """The largest of the parts."""

    kind: Literal["larger_of"]

    def on(self, moments: Moments) -> Formula:
        """max(a, b, ...)."""
        return combined("larger", self._formulas(moments))


class SmallerOf(_Parts):
    """The smallest of the parts."""

    kind: Literal["smaller_of"]

    def on(self, moments: Moments) -> Formula:
        """min(a, b, ...)."""
        return combined("smaller", self._formulas(moments))


class ExcessOf(Sourced):
    """What an amount exceeds another by, never below zero: a balance above the sum that must be kept."""

    kind: Literal["excess_of"]
    amount: Amount
    over: Amount

    def on(self, moments: Moments) -> Formula:
        """max(a − b, 0)."""
        both = [formula(part.on(moments)) for part in (self.amount, self.over)]
        return combined("larger", [combined("subtract", both), formula(linear())])


class ShareOf(Sourced):
    """A share of another amount, such as half of a pension."""

    kind: Literal["share_of"]
    share: AwardShare
    amount: Amount

    def on(self, moments: Moments) -> Formula:
        """share · a."""
        return formula(self.amount.on(moments)).scaled(on(self.share, moments))


class MonthsOfPension(Sourced):
    """So many months of a pension, paid once: 36 times the monthly pension to heirs."""

    kind: Literal["months_of_pension"]
    months: AwardMonths
    amount: Amount = Field(description="the pension")

    def on(self, moments: Moments) -> Formula:
        """m · b, where b is the pension of a month."""
        return formula(self.amount.on(moments)).months(on(self.months, moments))


class ForEach(Sourced):
    """A supplement for dependants: so much for each of them, for `most` of them at most, such as a tenth of the pension for each child.

    One person says their dependants; a projection has their mean number (`dependants` of the behaviour): at the award for a supplement for
    life, at each age of the pensioner for one that ends (`until_age`).
    """

    kind: Literal["for_each"]
    dependant: Dependant
    most: int = Field(20, ge=1, le=20)
    until_age: int | None = Field(
        None, ge=1, le=100, description="age of the dependant at which it ends; paid for life if absent"
    )
    amount: Amount = Field(description="for one of them")

    def on(self, moments: Moments) -> Formula:
        """min(n, most) · a."""
        return formula(self.amount.on(moments)).scaled(self.number(moments))

    def number(self, moments: Moments) -> Array:
        """Dependants for whom it is paid, over (T, sex, age, class, service): min(n, most)."""
        ages = moments.dependant_ages.get(self.dependant)
        if ages is not None and self.until_age is not None:
            count = sum(age < self.until_age for age in ages)
            return np.full((1, 1, 1, 1, 1), float(min(count, self.most)))
        return np.minimum(on(moments.dependants.get(self.dependant, 0.0), moments), self.most)


class Blend(Sourced):
    """From old rules to new ones: share_of_old × old + (1 − share_of_old) × new."""

    kind: Literal["blend"]
    old: Amount
    new: Amount
    share_of_old: AwardShare

    @model_validator(mode="after")
    def _is_a_share(self) -> Blend:
        from spsim.places import numbers_at

        for path, number in numbers_at(self.share_of_old):
            if number > 1:
                text = f"a blend of {number:g} parts of the old rules"
                raise ScenarioProblem(("share_of_old", *path), text, "write a share from 0 to 1")
        return self

    def on(self, moments: Moments) -> Formula:
        """θ · old + (1 − θ) · new."""
        old = on(self.share_of_old, moments)
        parts = ((self.old, old), (self.new, 1.0 - old))
        return combined("add", [formula(part.on(moments)).scaled(share) for part, share in parts])


Amount = Annotated[
    PercentOfEarnings
    | PerYearOfService
    | MonthsOfEarnings
    | Flat
    | FlatPerYear
    | Points
    | AccountBalance
    | Annuity
    | ProgrammedWithdrawal
    | SumOf
    | LargerOf
    | SmallerOf
    | ExcessOf
    | ShareOf
    | MonthsOfPension
    | ForEach
    | Blend,
    Field(discriminator="kind"),
]


def primitives(amount: Amount, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every amount inside an amount that is not made of others, with its path."""
    if isinstance(amount, _Parts):
        for name, part in amount.parts.items():
            yield from primitives(part, (*path, "parts", name))
    elif isinstance(amount, ExcessOf):
        yield from primitives(amount.amount, (*path, "amount"))
        yield from primitives(amount.over, (*path, "over"))
    elif isinstance(amount, ShareOf | MonthsOfPension | ForEach):
        yield from primitives(amount.amount, (*path, "amount"))
    elif isinstance(amount, Blend):
        yield from primitives(amount.old, (*path, "old"))
        yield from primitives(amount.new, (*path, "new"))
    else:
        yield path, amount


def supplements(amount: Amount, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], ForEach]]:
    """Every supplement for dependants inside an amount, with its path."""
    if isinstance(amount, ForEach):
        yield path, amount
    inner: dict[tuple[str, ...], Amount] = {}
    if isinstance(amount, _Parts):
        inner = {("parts", name): part for name, part in amount.parts.items()}
    elif isinstance(amount, ExcessOf | ShareOf | MonthsOfPension | ForEach | Blend):
        names = {ExcessOf: ("amount", "over"), Blend: ("old", "new")}.get(type(amount), ("amount",))
        inner = {(name,): getattr(amount, name) for name in names}
    for step, part in inner.items():
        yield from supplements(part, (*path, *step))


def ending(amount: Amount) -> tuple[Amount, dict[str, ForEach]]:
    """An amount without the supplements that end (`until_age`), and these by the names of their parts: `children`, `pension.children` of a
    sum within a sum."""
    if not isinstance(amount, SumOf):
        return amount, {}
    kept: dict[str, Amount] = {}
    ends: dict[str, ForEach] = {}
    for name, part in amount.parts.items():
        if isinstance(part, ForEach) and part.until_age is not None:
            ends[name] = part
        else:
            kept[name], inner = ending(part)
            ends |= {f"{name}.{one}": supplement for one, supplement in inner.items()}
    return (amount.model_copy(update={"parts": kept}) if ends else amount), ends
