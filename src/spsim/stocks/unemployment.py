"""Unemployment insurance month by month: the law and the labour market on strata of sex, age band and earnings class.

Comes in: insured by year, sex and age; wages; the benefit rules; flows of the labour market. Goes out: contributors, claims,
beneficiaries, exhaustions and money by month and stratum. Called by `run`; read by `money`, `indicators` and `tables`.
"""

from __future__ import annotations

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import UnemploymentBehaviour
from spsim.economy import EconomicPaths
from spsim.grid import Grid
from spsim.labour import Wages
from spsim.records import record
from spsim.reuse import NO_REUSE, Reuse
from spsim.rules.contributions import ExperienceRating
from spsim.rules.shocks import ShockPath
from spsim.schemes import UnemploymentScheme
from spsim.stocks.programmes import ProgrammePath
from spsim.stocks.unemployment_case import Case, Found, prepared
from spsim.stocks.unemployment_strata import Strata


@record(frozen=True)
class UnemploymentStocks:
    """One scheme: months (M,) numbers; persons and money by month; `insured` (T, 2, A) by year; paid person-months by (T, 2, A).

    `contributory_wages` (M,) of all insured, `long_wages` of those with a record long enough for a lower contribution;
    `beneficiaries` are paid person-months; `amount` is that of benefits by the month, `items` all that is paid, by name;
    `claims` those that begin, by cause. `shock` what happened by month; `programmes` employment services by id.
    """

    grid: Grid
    ages: Array
    months: Array
    insured: Array
    contributors: Array
    contributory_wages: Array
    long_wages: Array
    new_claims: Array
    beneficiaries: Array
    exhaustions: Array
    terminations: Array
    separations: Array
    amount: Array
    items: dict[str, Array]
    claims: dict[str, Array]
    beneficiaries_by_age: Array
    amount_by_age: Array
    shock: ShockPath
    programmes: dict[str, ProgrammePath]

    def wages_due(self, rating: ExperienceRating | None) -> Array:
        """Contributory wages by month (M,) on which a rate is due in full, after what experience rating takes off."""
        if rating is None:
            return self.contributory_wages
        if rating.enterprises is None:
            return self.contributory_wages - rating.by * self.long_wages
        return self.contributory_wages * (
            1.0 - rating.by * rating.without_claims(self.new_claims, self.contributors)
        )

    def yearly(self, name: str) -> Array:
        """Sum over the months of each year (T,) of one of the monthly paths."""
        return np.asarray(getattr(self, name).reshape(-1, 12).sum(axis=1))


def project_unemployment(
    scheme: UnemploymentScheme,
    behaviour: UnemploymentBehaviour,
    insured: Array,
    ages: Array,
    wages: Wages,
    paths: EconomicPaths,
    grid: Grid,
    reuse: Reuse = NO_REUSE,
) -> UnemploymentStocks:
    """Project the scheme from January of the first year; records and claims at the start come from a run-in at the first month's rates."""
    case = prepared(scheme, behaviour, insured, ages, wages, paths, grid, reuse)
    shock = case.stated_shock()
    found = case.project(shock)
    saved = {name: case.without(name).project(shock, costs=False).paid_out() for name in scheme.programmes}
    programmes = {
        name: ProgrammePath(persons, cost, saved[name] - found.paid_out())
        for name, (persons, cost) in found.programmes.items()
    }
    return stocks_of(case, shock, found, programmes)


def stocks_of(
    case: Case, shock: ShockPath, found: Found, programmes: dict[str, ProgrammePath]
) -> UnemploymentStocks:
    """What a projection found, under the names that money, indicators and tables read."""
    claims, amounts, grid = found.claims, found.amounts, case.grid
    insured = case.insured * shock.insured[6::12, None, None]
    by_age = [
        _years_by_age(values, case.strata, case.insured, grid)
        for values in (amounts.paid / 12.0, amounts.benefits)
    ]
    contributors = claims.joined("contributors")
    return UnemploymentStocks(
        grid, case.strata.ages, case.months, insured,
        contributors=contributors.sum(axis=1),
        contributory_wages=(contributors * case.contributory).sum(axis=1),
        long_wages=(claims.joined("long_records") * case.contributory).sum(axis=1),
        new_claims=claims.joined("new_claims").sum(axis=1),
        beneficiaries=amounts.paid.sum(axis=1),
        exhaustions=claims.joined("exhaustions").sum(axis=1),
        terminations=claims.joined("terminations").sum(axis=1),
        separations=claims.joined("separations").sum(axis=1),
        amount=amounts.benefits.sum(axis=1),
        items=amounts.items,
        claims=amounts.claims,
        beneficiaries_by_age=by_age[0],
        amount_by_age=by_age[1],
        shock=shock,
        programmes=programmes,
    )  # fmt: skip


def _years_by_age(by_month: Array, strata: Strata, insured: Array, grid: Grid) -> Array:
    """Yearly sums (T, 2, A) of (M, H), each band spread over its ages like the insured."""
    yearly = strata.unflat(by_month).sum(axis=-1).reshape(len(grid.years), 12, 2, strata.bands).sum(axis=1)
    band = np.searchsorted(strata.edges, strata.ages, side="right") - 1
    total = strata.gather(insured)[:, :, band]
    return np.divide(yearly[:, :, band] * insured, total, out=np.zeros_like(insured), where=total > 0)
