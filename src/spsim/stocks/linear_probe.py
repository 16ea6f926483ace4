"""The coefficients of `stocks.linear`: runs of the member kernel in which earnings classes are sources of earnings.

Source u < T stands for the wages of July u as far as they are earned in step u; T + u for the same wages in step u + 1; 2T for rights
earned before the projection, and for money that does not hang on wages. Everybody is in every source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.dated import on
from spsim.economy import EconomicPaths
from spsim.grid import OPEN_AGE
from spsim.kernels.pension import ADD, SUBTRACT
from spsim.records import record
from spsim.rules.amounts import Linear
from spsim.rules.benefits import Death, Survivors
from spsim.rules.reference_earnings import CareerAverage, FinalAverage
from spsim.stocks.base import Base
from spsim.stocks.kernel_forms import kernel_tables
from spsim.stocks.pension import PensionStocks, Projected, law_of, member_flows, projected, tables_of
from spsim.stocks.pension_tables import BOTH, PensionTables
from spsim.stocks.rights import MONEY, SERVICE, Rights, averages, earned_in_step, earnings_name, rights_of
from spsim.stocks.setting import Setting

CLASSES_AT_ONCE = 24  # sources of one run of the kernel, which bounds its memory
SAME = 1e-10  # relative; earnings classes that stray further from one another are not alike


@dataclass(frozen=True)
class Form:
    """A part of what a valuation pays: the average that it refers to ("" the scheme's own; None: money), and its sign."""

    valuation: int
    form: int
    average: str | None
    sign: float


@record(frozen=True)
class Probed:
    """What one scheme pays per unit of each source, Q = 2T + 1 of them.

    `awarded` (F, T, S, Q) by form; `in_payment` by form of a pension (R, S, Q), R pairs of a year and a year of award, `pairs` (2, R)
    in the order of the first; `from_base` by label (T, S) of the pensions at the start; `last_wages` by label (2, T) of those awarded,
    from this July's and the last July's wages; `grants` by label (T, S): death grants of pensioners at the amounts of the setting.
    """

    setting: Setting
    base: Base
    tables: PensionTables
    stocks: PensionStocks
    forms: list[Form]
    awarded: Array
    in_payment: dict[int, Array]
    pairs: Array
    from_base: dict[str, Array]
    last_wages: dict[str, Array]
    grants: dict[str, Array]


def probed(setting: Setting, base: Base) -> Probed | None:
    """Probe the kernel with a source of earnings for each July; None for a scheme whose money is not linear in wages."""
    forms = _forms(setting)
    if forms is None or not _alike(setting, base):
        return None
    whole = projected(setting, base)
    central = whole.stocks(base)
    if not _all_are_valued(whole, central):
        return None
    awarded, in_payment = _probed(whole, base, forms)
    return Probed(
        setting,
        base,
        whole.tables,
        central,
        forms,
        awarded,
        in_payment,
        _pairs(setting.grid.shape[0]),
        _from_base(whole, base),
        _last_wages(whole),
        _grants(whole, central),
    )


def _all_are_valued(whole: Projected, central: PensionStocks) -> bool:
    """Whether everything paid is a valuation of the kernel or so much a head; nothing drawn out or left to heirs."""
    valued = {
        pays: {v.label for v in whole.tables.valuations if v.pays == pays} for pays in ("pension", "lump_sum")
    }
    benefits = whole.setting.scheme.benefits
    survivors = {name for name, benefit in benefits.items() if isinstance(benefit, Survivors)}
    return (
        set(central.pensions) == valued["pension"] | survivors
        and set(central.lump_sums) == valued["lump_sum"]
    )


def _forms(setting: Setting) -> list[Form] | None:
    """Every form of every valuation with its sign, None where an amount is limited, chosen or held."""
    scheme, tables, rights = setting.scheme, tables_of(setting), rights_of(setting)
    by_survivors = [benefit for benefit in scheme.benefits.values() if isinstance(benefit, Survivors)]
    years = setting.grid.calendar_years(setting.paths.references, scheme.start)
    if scheme.accounts or on(scheme.pension_floor, years).any() or scheme.indexation.flat:
        return None
    if any(one.shares is not None or one.spouse_years is not None for one in by_survivors):
        return None
    for valuation in tables.valuations:
        if valuation.pays == "beside" or valuation.status != BOTH:
            return None
        if np.isfinite(valuation.floor).any() or np.isfinite(valuation.cap).any():
            return None
        if not all(isinstance(term, Linear) for one in valuation.formulas for term in one.terms):
            return None
    laid = _laid(setting, tables)
    references = {place: name for name, place in rights.reference.items()}
    of_average = {earnings_name(name): name for name in averages(scheme)}
    kinds = averages(scheme)
    found: list[Form] = []
    for v, program in enumerate(laid["programs"]):
        signs = _signs(program)
        if signs is None:
            return None
        for f, sign in signs.items():
            average = of_average.get(references[int(laid["reference_of"][f])])
            if average is not None and not isinstance(kinds[average], CareerAverage | FinalAverage):
                return None
            if average is not None and kinds[average].valorisation not in ("prices", "wages", "none"):
                return None
            found.append(Form(v, f, average, sign))
    # a valuation with two flat forms, one of which moves, would move as a whole
    return found


def _laid(setting: Setting, tables: PensionTables) -> dict[str, Any]:
    return kernel_tables(tables, law_of(setting), rights_of(setting))


def _signs(program: Sequence[int]) -> dict[int, float] | None:
    """Forms of a program that only adds and subtracts, with their signs."""
    stack: list[dict[int, float]] = []
    for code in program:
        if code >= 0:
            stack.append({code: 1.0})
            continue
        if code not in (ADD, SUBTRACT):
            return None
        above = stack.pop()
        sign = 1.0 if code == ADD else -1.0
        for form, one in above.items():
            stack[-1][form] = stack[-1].get(form, 0.0) + sign * one
    return stack[0]


def _alike(setting: Setting, base: Base) -> bool:
    """Whether all earnings classes hold the same persons but for their number, so that one can stand for all."""
    shares = setting.members.class_shares
    for stock in (base.contributors, base.dormant):
        persons = stock[..., 0, :]
        each = persons / shares[:, None]
        if np.ptp(each, axis=3).max(initial=0.0) > SAME * max(float(each.max(initial=0.0)), 1e-300):
            return False
    return True


def _probed(whole: Projected, base: Base, forms: list[Form]) -> tuple[Array, dict[int, Array]]:
    """Coefficients of awards, and of pensions in payment, from runs of the kernel in which earnings classes are sources of earnings."""
    setting = whole.setting
    years, sexes = setting.grid.shape[:2]
    sources = 2 * years + 1
    awarded = np.zeros((len(forms), years, sexes, sources))
    pensions = [
        k for k, form in enumerate(forms) if whole.tables.valuations[form.valuation].pays == "pension"
    ]
    pairs = _pairs(years)
    in_payment = {k: np.zeros((pairs.shape[1], sexes, sources)) for k in pensions}
    for first in range(0, sources, CLASSES_AT_ONCE):
        some = slice(first, min(first + CLASSES_AT_ONCE, sources))
        amounts = _run(whole, base, forms, some)
        awarded[..., some] = amounts.sum(axis=3)
        for k in pensions:
            in_payment[k][..., some] = _survived(amounts[k], setting)[pairs[0], pairs[1]]
    return awarded, in_payment


def _pairs(years: int) -> Array:
    """Years (index) and years of award up to each, (2, R)."""
    return np.array([(year, award) for year in range(1, years) for award in range(1, year + 1)]).T


def _run(whole: Projected, base: Base, forms: list[Form], some: slice) -> Array:
    """Amounts (F, T, S, X, q) of each form from some of the sources, at wages of the central path and indices of 1."""
    setting, rights = whole.setting, whole.rights
    laid = _laid(setting, whole.tables)
    increments, references = _impulses(setting, rights, some)
    own = {
        "valuation_exit": np.array([laid["valuation_exit"][form.valuation] for form in forms]),
        "heads_weight": [laid["heads_weight"][form.valuation] for form in forms],
        "programs": [[k] for k in range(len(forms))],
        "flat": [laid["flat"][form.form] for form in forms],
        "per_right": [laid["per_right"][form.form] for form in forms],
        "right_of": np.array([laid["right_of"][form.form] for form in forms]),
        "reference_of": np.array([laid["reference_of"][form.form] for form in forms]),
        "reference": references[None],
        "floor": np.full((len(forms), setting.grid.shape[0]), -np.inf),
        "cap": np.full((len(forms), setting.grid.shape[0]), np.inf),
        "laid": None,
    }
    stock = replace(base, contributors=_of_sources(base.contributors, rights.right, setting, some),
                    dormant=_of_sources(base.dormant, rights.right, setting, some))  # fmt: skip
    flows = member_flows(
        setting, stock, increments, np.ones(increments.shape[3]), laid | own, whole.density, rights
    )
    return np.asarray(flows.value_amount[0].sum(axis=2))


def _of_sources(stock: Array, right: dict[str, int], setting: Setting, some: slice) -> Array:
    """A base stock (G, S, X, K, 1+M, J) with sources in place of classes: everybody in each, past earnings only in the last source."""
    last = 2 * setting.grid.shape[0]
    total = stock.sum(axis=3, keepdims=True)
    found = np.repeat(total, some.stop - some.start, axis=3)
    for name, m in right.items():
        if name != SERVICE:
            for place, source in enumerate(range(some.start, some.stop)):
                if source != last:
                    found[:, :, :, place, 1 + m] = 0.0
    return found


def _impulses(setting: Setting, rights: Rights, some: slice) -> tuple[Array, Array]:
    """Increments (T, S, X, q, M) and references (B, T, S, X, q) of some sources: one July's wages, at indices of 1.

    Source u < T: wages of July u as far as they are earned in step u; T + u: as far as they are earned in step u + 1; 2T: none.
    """
    years, sexes, ages = setting.grid.shape[:3]
    count = some.stop - some.start
    annual = 12.0 * (setting.members.contributory * setting.members.class_shares).sum(axis=-1)
    now, before = annual / 2, np.zeros_like(annual)
    now[:, :, 0] += annual[:, :, 0] / 2  # the youngest age looks back at its own wage
    before[1:, :, 1:] = annual[:-1, :, :-1] / 2
    increments = np.zeros((years, sexes, ages, count, len(rights.right)))
    references = np.zeros((len(rights.reference), years, sexes, ages, count))
    finals = _final_impulses(setting, annual, some)
    for place, source in enumerate(range(some.start, some.stop)):
        step = source if source < years else source - years + 1
        earned = now if source < years else before
        for name, m in rights.right.items():
            if name == SERVICE:
                increments[..., place, m] = 1.0
            elif step < years and source < 2 * years:
                increments[step, :, :, place, m] = earned[step]
        for name, b in rights.reference.items():
            if name == MONEY:
                references[b, ..., place] = float(source == 2 * years)
            elif name in finals:
                references[b, ..., place] = finals[name][..., place]
            else:
                references[b, ..., place] = 1.0
    return increments, references


def _final_impulses(setting: Setting, annual: Array, some: slice) -> dict[str, Array]:
    """Final averages (T, S, X, q) of one July's wages each, at indices of 1 from the first year on; nothing for other sources."""
    years = setting.grid.shape[0]
    kinds = averages(setting.scheme)
    finals = {name: rule for name, rule in kinds.items() if isinstance(rule, FinalAverage)}
    if not finals:
        return {}
    wages = np.zeros((*annual.shape, some.stop - some.start))
    for place, source in enumerate(range(some.start, some.stop)):
        if source < years:
            wages[source, :, :, place] = annual[source] / 12.0
    members = replace(setting.members, contributory=wages)
    probe = replace(
        setting,
        members=members,
        paths=_still(setting.paths),
        history=_still(setting.history, setting.grid.first),
    )
    found = rights_of(probe)
    names = [earnings_name(name) for name in finals]
    return {name: found.references[found.reference[name]] for name in names}


def _still(paths: EconomicPaths, first: int | None = None) -> EconomicPaths:
    """The same paths with indices of 1 after the first year; the past is what it was."""
    begin = int(paths.years[0]) if first is None else first
    later = paths.years > begin
    return replace(paths, prices=np.where(later, 1.0, paths.prices), wages=np.where(later, 1.0, paths.wages))


def _survived(amount: Array, setting: Setting) -> Array:
    """What is in payment (T, T, S, q) in each year of the awards (T, S, X, q) of each year, not indexed: those who have not died."""
    years, sexes, _, count = amount.shape
    death, youngest = setting.members.pensioner_death, setting.grid.youngest
    found = np.zeros((years, years, sexes, count))
    for t in range(1, years):
        alive = np.zeros((sexes, OPEN_AGE + 1, count))
        alive[:, youngest : youngest + amount.shape[2]] = amount[t]
        found[t, t] = alive.sum(axis=1)
        for u in range(t + 1, years):
            alive = _a_year_older(alive, death[u])
            found[u, t] = alive.sum(axis=1)
    return found


def _a_year_older(alive: Array, death: Array) -> Array:
    """(S, 101, q) a year on; the last age keeps its own survivors."""
    older = np.zeros_like(alive)
    older[:, 1:] = alive[:, :-1]
    older[:, -1] += alive[:, -1]
    return np.asarray(older * (1.0 - death)[..., None])


def _from_base(whole: Projected, base: Base) -> dict[str, Array]:
    """Pensions in payment at the start, by label: what of them is left in each year (T, S), not indexed."""
    setting, years = whole.setting, whole.setting.grid.shape[0]
    found = {}
    for valuation in whole.tables.valuations:
        if valuation.pays == "pension":
            stock = base.pensions.get(valuation.label)
            alive = np.zeros((2, OPEN_AGE + 1, 1)) if stock is None else stock[1].sum(axis=-1, keepdims=True)
            left = [alive.sum(axis=(1, 2))]
            for u in range(1, years):
                alive = _a_year_older(alive, setting.members.pensioner_death[u])
                left.append(alive.sum(axis=(1, 2)))
            found[valuation.label] = np.array(left)
    return found


def _last_wages(whole: Projected) -> dict[str, Array]:
    """Last wages of those awarded, by label (2, T): from the wages of this July, and of the July before."""
    setting = whole.setting
    annual = 12.0 * setting.members.contributory
    now, before = annual / 2, np.zeros_like(annual)
    now[:, :, 0] += annual[:, :, 0] / 2
    before[1:, :, 1:] = annual[:-1, :, :-1] / 2
    now[0] = earned_in_step(setting)[0]
    found = {}
    for v, valuation in enumerate(whole.tables.valuations):
        if valuation.pays == "pension":
            heads = whole.flows.value_heads[0, v].sum(axis=1)
            found[valuation.label] = np.stack([(heads * wage).sum(axis=(1, 2, 3)) for wage in (now, before)])
    return found


def _grants(whole: Projected, central: PensionStocks) -> dict[str, Array]:
    """Grants on the death of pensioners, by label (T, S), at the central amounts."""
    death = whole.setting.members.pensioner_death
    deaths = np.zeros_like(death)
    for valuation in whole.tables.valuations:
        if valuation.pays == "pension":
            persons = central.pensions[valuation.label].persons
            deaths[1:, :, 1:] += death[1:, :, 1:] * persons[:-1, :, :-1]
            deaths[1:, :, -1] += death[1:, :, -1] * persons[:-1, :, -1]
    found = {}
    for valuation in whole.tables.valuations:
        benefit = whole.setting.scheme.benefits[valuation.benefit]
        if valuation.pays == "lump_sum" and isinstance(benefit, Death) and benefit.of_pensioners:
            (grant,) = valuation.formulas[0].terms
            assert isinstance(grant, Linear)
            found[valuation.label] = (deaths * grant.flat[:, :, :, 0, 0]).sum(axis=-1)
    return found
