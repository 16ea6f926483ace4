"""The money of a pension scheme when only the economy is drawn: a product of coefficients and paths, without the member kernel.

Where neither persons nor chances depend on the draw and no pension has a floor, a cap or a choice between amounts, money is linear in
wages. With r(u) the draw's wages of July u over the central ones, V an index of valorisation at mid-step and J the index of pensions:

    awards(t)      = V(t) · Σ_u [ A(t,u)·r(u)/V(u) + B(t,u)·r(u)/V(u+1) ] + V(t)·C(t)        career averages
                   = V(t) · Σ_u A(t,u)·r(u)/v(u)                                             final averages, v at July
    in payment(T)  = Σ_{t≤T} S(T,t)·awards(t)·J(T)/J(t)·(1+β(t))^½ + base(T)·J(T)

The coefficients come from one run of the very kernel in which every earnings class stands for the wages of one July (A, B) or for rights
earned before (C). So they hold whatever the kernel does, and the results are those of the kernel but for the order of sums. Comes in:
settings and bases as for the kernel. Goes out: `PensionStocks` whose amounts are right in total by sex; they stand at age 0. Whatever is
not linear goes through the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.dated import on
from spsim.grid import OPEN_AGE
from spsim.reuse import Found, Reuse
from spsim.rules.amounts import Linear
from spsim.rules.benefits import Survivors
from spsim.rules.reference_earnings import CareerAverage
from spsim.stocks.base import Base
from spsim.stocks.linear_probe import Probed, probed
from spsim.stocks.payments import Award, Payments, Pension, calendar
from spsim.stocks.pension import PensionStocks, tables_of
from spsim.stocks.pension_tables import PensionTables, Valuation
from spsim.stocks.rights import averages
from spsim.stocks.setting import Setting

SAME = 1e-10  # relative; wages that stray further from a common factor are not linear


class LinearReuse(Reuse):
    """Reuse for draws of the economy alone: from the second draw of a scheme on, products in place of the kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[Hashable, Coefficients | None] = {}
        self.products = 0

    def stocks(self, setting: Any, base: Any, make: Callable[[], Found]) -> Found:
        """By the coefficients of the scheme where it has them and they fit, else by the kernel."""
        name = id(setting.scheme)
        if name not in self.known:
            found_now = probed(setting, base)
            self.known[name] = None if found_now is None else Coefficients(found_now)
        known = self.known[name]
        found: Any = None if known is None else known.stocks(setting, base)
        if found is None:
            return make()
        self.products += 1
        result: Found = found
        return result


@dataclass(frozen=True)
class Coefficients:
    """What one scheme pays per unit of each source of earnings, and how a draw makes money of it."""

    probed: Probed

    def stocks(self, setting: Setting, base: Base) -> PensionStocks | None:
        """The stocks of a draw, or None where it is not a matter of wages alone."""
        ratio = _wages_over(setting, self.probed.setting)
        if (
            ratio is None
            or not _same_people(setting, self.probed.setting)
            or not _same_base(base, self.probed.base)
        ):
            return None
        tables = tables_of(setting)
        flat = _flat_ratios(tables, self.probed.tables)
        if flat is None:
            return None
        sources = {
            name: self._sources(setting, name, ratio) for name in {form.average for form in self.probed.forms}
        }
        payments = self._payments(setting, tables, sources, flat, ratio)
        return replace(self.probed.stocks, members=setting.members, paid=payments)

    def _sources(self, setting: Setting, average: str | None, ratio: Array) -> tuple[Array, Array]:
        """Weight of each source of earnings (Q,), and the factor at the award (T,)."""
        years = len(ratio)
        weight = np.zeros(2 * years + 1)
        if average is None:
            weight[-1] = 1.0
            return weight, np.ones(years)
        rule = averages(setting.scheme)[average]
        now = setting.paths.valorisation(rule.valorisation)
        middle = _mid(now)
        if isinstance(rule, CareerAverage):
            weight[:years] = ratio / middle
            weight[years : 2 * years - 1] = ratio[:-1] / middle[1:]
            weight[-1] = 1.0
        else:
            weight[:years] = ratio / now
        return weight, middle

    def _payments(
        self,
        setting: Setting,
        tables: PensionTables,
        sources: dict[str | None, tuple[Array, Array]],
        flat: dict[int, Array],
        ratio: Array,
    ) -> Payments:
        scheme, central = setting.scheme, self.probed.stocks.paid
        raised = setting.increases()
        rise, first_rise = raised.rise, raised.first_rise
        index = np.cumprod(np.concatenate([[1.0], rise[1:]]))
        months = scheme.payments_per_year / 12.0
        pensions, lump_sums, awards = {}, {}, {}
        for v, valuation in enumerate(tables.valuations):
            mine = [k for k, form in enumerate(self.probed.forms) if form.valuation == v]
            # money of the law by year of award: flat amounts move with the amounts that they refer to
            factors = {k: self._factor(k, sources, flat) for k in mine}
            new = sum(
                (
                    self.probed.forms[k].sign
                    * factors[k][:, None]
                    * (self.probed.awarded[k] @ sources[self.probed.forms[k].average][0])
                    for k in mine
                ),
                np.zeros(self.probed.awarded.shape[1:3]),
            )
            label = valuation.label
            if valuation.pays == "pension":
                total = self.probed.from_base[label] * index[:, None]
                for k in mine:
                    at_award = self.probed.forms[k].sign * factors[k] * first_rise / index
                    of_award = self.probed.in_payment[k] @ sources[self.probed.forms[k].average][0]
                    year, award = self.probed.pairs
                    left = np.zeros_like(total)
                    begins = np.searchsorted(year, np.arange(1, len(index)))
                    left[1:] = np.add.reduceat(of_award * at_award[award, None], begins, axis=0)
                    total = total + left * index[:, None]
                pensions[label] = replace(
                    central.pensions[label], amount=_at_age_0(total * months), by_class=EMPTY
                )
                last = (self.probed.last_wages[label][0] * ratio) + self.probed.last_wages[label][
                    1
                ] * np.concatenate([ratio[:1], ratio[:-1]])
                awards[label] = Award(central.awards[label].persons, new.sum(axis=1), last, by_cell=NO_CELLS)
            elif valuation.pays == "lump_sum":
                if label in self.probed.grants:
                    new = new + self.probed.grants[label] * flat[v][:, None]
                amount = _at_age_0(calendar(new))
                lump_sums[label] = replace(central.lump_sums[label], amount=amount)
        for name, benefit in scheme.benefits.items():
            if isinstance(benefit, Survivors):
                pensions[name] = self._survivors(setting, name, benefit, months)
        ordered = {name: pensions[name] for name in central.pensions}
        return Payments(ordered, {name: lump_sums[name] for name in central.lump_sums}, awards)

    def _factor(
        self, number: int, sources: dict[str | None, tuple[Array, Array]], flat: dict[int, Array]
    ) -> Array:
        """What multiplies an award of each year (T,): the index at the award, or how far the amount of the law has moved."""
        form = self.probed.forms[number]
        return flat[form.valuation] if form.average is None else sources[form.average][1]

    def _survivors(self, setting: Setting, name: str, benefit: Survivors, months: float) -> Pension:
        """So much a head: the heads are known."""
        central = self.probed.stocks.paid.pensions[name]
        assert benefit.per_head is not None
        years = setting.grid.calendar_years(setting.paths.references, setting.scheme.start)
        rate = 12.0 * on(benefit.per_head, years)[:, :, :, 0, 0]
        return replace(central, amount=central.persons * rate * months, by_class=EMPTY)


EMPTY = (np.zeros((0, 2, OPEN_AGE + 1, 1)), np.zeros((0, 2, OPEN_AGE + 1, 1)))
"""In place of amounts by class, which a product does not know: who asks for them fails at once."""
NO_CELLS = (np.zeros((0, 2, 1, 1)), np.zeros((0, 2, 1, 1)), np.zeros((0, 2, 1, 1)))


def _mid(now: Array) -> Array:
    """Value on 1 January between two Julys (T,), index 0 as it is."""
    return np.asarray((now + np.concatenate([now[:1], now[:-1]])) / 2)


def _at_age_0(total: Array) -> Array:
    """(T, S) laid on ages 0-100."""
    full = np.zeros((*total.shape, OPEN_AGE + 1))
    full[..., 0] = total
    return full


def _wages_over(setting: Setting, central: Setting) -> Array | None:
    """Contributory wages of the draw over the central ones (T,), None where ages or classes have moved apart."""
    now, then = setting.members.contributory, central.members.contributory
    ratio = now.sum(axis=(1, 2, 3)) / then.sum(axis=(1, 2, 3))
    apart = np.abs(now - then * ratio[:, None, None, None]) > SAME * now
    return None if apart.any() else np.asarray(ratio)


def _same_people(setting: Setting, central: Setting) -> bool:
    one, other = setting.members, central.members
    pairs = (
        (one.target, other.target),
        (one.death, other.death),
        (one.pensioner_death, other.pensioner_death),
    )
    same = all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)
    return same and np.array_equal(setting.fertility, central.fertility)


def _same_base(one: Base, other: Base) -> bool:
    if one is other:
        return True
    return np.array_equal(one.contributors, other.contributors) and np.array_equal(one.dormant, other.dormant)


def _flat_ratios(tables: PensionTables, central: PensionTables) -> dict[int, Array] | None:
    """How far the flat amounts of each valuation have moved by year (T,); None where anything else of the law has moved."""
    years = len(central.valuations[0].floor)
    ones = {v: np.ones(years) for v in range(len(central.valuations))}
    if tables is central:
        return ones
    if not all(map(_equal, _exits(tables), _exits(central))):
        return None
    for v, (one, other) in enumerate(zip(tables.valuations, central.valuations, strict=True)):
        moved = _moved(one, other, years)
        if moved is None:
            return None
        ones[v] = moved
    return ones


def _exits(tables: PensionTables) -> list[Array]:
    return [*tables.exit_contributor, *tables.exit_dormant]


def _equal(one: Array, other: Array) -> bool:
    return one is other or bool(np.array_equal(one, other))


def _moved(one: Valuation, other: Valuation, years: int) -> Array | None:
    if not all(map(_equal, one.weights, other.weights)):
        return None
    found = np.ones(years)
    for mine, its in zip(one.formulas, other.formulas, strict=True):
        for term, known in zip(mine.terms, its.terms, strict=True):
            assert isinstance(term, Linear) and isinstance(known, Linear)
            if not (_equal(term.rate, known.rate) and _equal(term.per_year, known.per_year)):
                return None
            if not _equal(term.flat, known.flat):
                by_year = _common_factor(term.flat, known.flat, years)
                if by_year is None or len(its.terms) > 1:
                    return None
                found = by_year
    return found


def _common_factor(now: Array, then: Array, years: int) -> Array | None:
    """now / then by year, where it is the same in all cells of a year."""
    now, then = np.broadcast_arrays(now, then)
    if not (then > 0).all():
        return None
    ratio = (now / then).reshape(len(now), -1)
    if np.ptp(ratio, axis=1).max() > SAME * ratio.max():
        return None
    return np.array(np.broadcast_to(ratio[:, 0], years))
