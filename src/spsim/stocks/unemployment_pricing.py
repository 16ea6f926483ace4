"""Money of unemployment insurance: wages and contributory wages by month, the benefit of claims by month of claim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spsim.arrays import Array
from spsim.dated import keys_of, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.labour import Wages, average_wage, banded_mean, class_means, contributory_multiples, wage_by_age
from spsim.records import record
from spsim.rules.contributions import ContributionBase
from spsim.rules.unemployment import UnemploymentBenefit
from spsim.stocks.unemployment_chances import earlier
from spsim.stocks.unemployment_strata import Strata, claim_moments, monthly

NODES = 24  # wages at which each earnings class is read where the benefit is no plain share of the wage


@record(frozen=True)
class Pricing:
    """What prices a claim: wages of the claimants' strata (M, 2, bands) before caps, by month of the begin of the claim."""

    base: ContributionBase
    wages: Wages
    strata: Strata
    wage: Array
    months: Array
    paths: EconomicPaths
    share: Array

    def before(
        self, benefit: UnemploymentBenefit, scale: Array | float = 1.0, record: float | None = None
    ) -> Array:
        """Average wage over the months that count, ending with the separation (M, 2, bands); of a `record` where its whole average may count."""
        average = earlier(self.wage, (benefit.earnings_months + 1) / 2)
        if benefit.career_if_higher and record is not None:
            average = np.maximum(average, earlier(self.wage, (record + 1) / 2))
        return average * self.share * scale

    def contributory(self, wage: Array) -> Array:
        """Wages (M, 2, bands, n) on which contributions were due: in bands, between floor and ceiling."""
        least, most = (limit[..., None] for limit in self.limits())
        if self.base.bands is not None:
            edges, standard = self.base.band_steps()
            wage = standard[np.searchsorted(edges, wage, side="right")]
        return np.minimum(np.maximum(wage, least), most)

    def moments(
        self, benefit: UnemploymentBenefit, claim_months: int, record: float, number: int = 1
    ) -> Moments:
        """The law in each month for claims of a record, the first, second .. of a life; months of claim on the last axis."""
        last = claim_moments(self.months, np.arange(1.0, claim_months + 1), "claim_month", self.paths)
        by_age = any("age" in keys_of(value) for value in benefit.values_of_amount.values())
        ages = self.strata.middles - 0.5 if by_age else last.ages
        counted = float(benefit.record.counted(record, number))
        return replace(last, ages=ages, known={"record_months": counted}).of_claim(number)

    def limits(self) -> tuple[Array, Array]:
        """Floor and ceiling of contributory wages (M, 1, 1)."""
        found = self.base.limits(claim_moments(self.months, np.zeros(1), "service", self.paths))
        return found[0][:, None, None], found[1][:, None, None]


def monthly_wages(
    base: ContributionBase, wages: Wages, strata: Strata, insured: Array, months: Array, paths: EconomicPaths, grid: Grid
) -> tuple[Array, Array]:  # fmt: skip
    """Monthly mean wage (M, 2, bands) and contributory wage (M, H)."""
    mean = wage_by_age(
        wages,
        average_wage(wages, paths.between(grid.first, grid.last), grid),
        insured,
        _at_ages(grid, strata),
    )
    weight = strata.gather(insured)
    by_band = np.divide(strata.gather(mean * insured), weight, out=np.zeros_like(weight), where=weight > 0)
    wage = monthly(by_band, grid, months)
    floor, ceiling = (
        limit[:, None, None] for limit in base.limits(claim_moments(months, np.zeros(1), "service", paths))
    )
    if base.bands is None:
        return wage, strata.flat(wage[..., None] * _multiples(wages, floor, ceiling, wage))
    edges, standard = base.band_steps()
    limited = np.broadcast_to(
        np.clip(standard, floor[..., None], ceiling[..., None]), (*wage.shape, len(standard))
    )
    return wage, strata.flat(banded_mean(wages, np.where(wage > 0, wage, 1.0), edges, limited))


def _multiples(wages: Wages, floor: Array, ceiling: Array, wage: Array) -> Array:
    safe = np.where(wage > 0, wage, 1.0)
    return contributory_multiples(
        wages, np.broadcast_to(floor, wage.shape) / safe, np.broadcast_to(ceiling, wage.shape) / safe
    )


def _at_ages(grid: Grid, strata: Strata) -> Grid:
    return Grid(grid.first, grid.last, int(strata.ages[0]), int(strata.ages[-1]), len(strata.class_shares), 0)


def claim_benefit(
    benefit: UnemploymentBenefit, pricing: Pricing, claim_months: int, record: float,
    *, number: int = 1, scale: Array | float = 1.0, most: Array | None = None,
) -> Array:  # fmt: skip
    """Average monthly benefit of claims begun in each month, by month of claim: (M, m, H).

    `record` months at separation, `number` of the claim in a life; `scale` on the wage; `most` (M, 1 or bands) a further limit on
    the benefit. Where the benefit is a share of the wage between limits it is averaged over the lognormal class exactly, otherwise
    over NODES parts of it.
    """
    if benefit.is_plain and most is None and pricing.base.bands is None:
        return _plain(benefit, pricing, claim_months, (record, number), scale)
    return _by_nodes(benefit, pricing, claim_months, (record, number), scale, most)


def _plain(
    benefit: UnemploymentBenefit,
    pricing: Pricing,
    claim_months: int,
    of: tuple[float, int],
    scale: Array | float,
) -> Array:
    """rate · w between floor and cap, averaged over the wages of the class: rate · E[min(max(w, floor / rate), cap / rate)]."""
    terms = benefit.terms(pricing.moments(benefit, claim_months, *of))
    months, bands = len(pricing.months), terms.rate.shape[2:3] + terms.cap.shape[2:3] + terms.floor.shape[2:3]
    shape = (months, max(bands), claim_months)
    rate, floor, cap = (
        np.broadcast_to(value[:, 0, :, 0], shape) for value in (terms.rate, terms.floor, terms.cap)
    )
    before = pricing.before(benefit, scale, of[0])
    least, most = pricing.limits()
    columns: list[Array] = []
    for m in range(claim_months):
        if m > 0 and all((value[..., m] == value[..., m - 1]).all() for value in (rate, floor, cap)):
            columns.append(columns[-1])
            continue
        of_wage = rate[:, None, :, m]
        safe = np.maximum(of_wage, 1e-12)
        low, high = (np.clip(limit[:, None, :, m] / safe, least, most) for limit in (floor, cap))
        low = np.minimum(low, high)  # the cap holds where the floor is above it
        columns.append(
            pricing.strata.flat((of_wage * before)[..., None] * _multiples(pricing.wages, low, high, before))
        )
    return np.stack(columns, axis=1)


def _nodes(wages: Wages) -> tuple[Array, Array]:
    """Mean wages of NODES equal parts of each class (K, NODES), in multiples of the mean wage, and the share of each."""
    parts = tuple(share / NODES for share in wages.class_shares for _ in range(NODES))
    finer = wages.model_copy(update={"class_shares": parts})
    return class_means(finer).reshape(-1, NODES), np.full((len(wages.class_shares), NODES), 1.0 / NODES)


def _by_nodes(
    benefit: UnemploymentBenefit, pricing: Pricing, claim_months: int, of: tuple[float, int], scale: Array | float,
    most: Array | None,
) -> Array:  # fmt: skip
    """The benefit at the wages of the parts of each class, averaged; of those alone whose wage does not rule them out."""
    multiples, weight = _nodes(pricing.wages)
    before = pricing.before(benefit, scale, of[0])[..., None] * multiples.reshape(-1)
    wage = pricing.contributory(before)[..., None]  # (M, 2, bands, K · NODES, 1)
    entitled = _entitled(benefit, pricing, wage[..., 0]).reshape(*before.shape[:3], *weight.shape)
    share = np.maximum((entitled * weight).sum(axis=-1), 1e-300)
    moments = pricing.moments(benefit, claim_months, *of)
    columns = []
    for m in range(claim_months):
        due = benefit.of_wage(wage, replace(moments, last=moments.last[m : m + 1]))[..., 0]
        if most is not None:
            due = np.minimum(due, most[:, None, :, None])
        of_class = (due.reshape(*before.shape[:3], *weight.shape) * entitled * weight).sum(axis=-1) / share
        columns.append(pricing.strata.flat(of_class))
        if not changes_by_month(benefit):
            columns += columns * (claim_months - 1)
            break
    return np.stack(columns, axis=1)


def changes_by_month(benefit: UnemploymentBenefit) -> bool:
    """Whether the months of a claim may differ in amount."""
    return any("claim_month" in keys_of(value) for value in benefit.values_of_amount.values())


def _entitled(benefit: UnemploymentBenefit, pricing: Pricing, wage: Array) -> Array:
    """Whether wages (M, 2, bands, nodes) are not above the most that is entitled."""
    if benefit.most_wage is None:
        return np.ones(wage.shape)
    at = claim_moments(pricing.months, np.zeros(1), "service", pricing.paths)
    return (wage <= on(benefit.most_wage, at)[:, :, :, :, 0] * (1 + 1e-12)).astype(float)


def entitled_share(benefit: UnemploymentBenefit, pricing: Pricing) -> Array:
    """Share of each stratum whose last wages are not above the most that is entitled, (M, H)."""
    multiples, weight = _nodes(pricing.wages)
    before = pricing.before(benefit)[..., None] * multiples.reshape(-1)
    entitled = _entitled(benefit, pricing, pricing.contributory(before))
    return pricing.strata.flat((entitled.reshape(*before.shape[:3], *weight.shape) * weight).sum(axis=-1))


def of_claim(benefit: Array, wait: int = 0) -> Array:
    """Benefit paid in month t to those in month m of a claim: that of claims begun m months before (t − m, not before the start).

    `benefit` (M, m, H) is by month of benefit, which begins so many months after the claim.
    """
    paid = np.empty_like(benefit)
    for m in range(benefit.shape[1]):
        paid[:, m] = benefit[np.maximum(np.arange(len(benefit)) - m, 0), max(m - wait, 0)]
    return paid
