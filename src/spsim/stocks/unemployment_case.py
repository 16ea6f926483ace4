"""One scheme of unemployment insurance, laid on strata and months once, to be projected under any shocks and programmes.

Comes in: scheme, behaviour, insured, wages, economy. Goes out: claims and money, for the scenario's own shocks or for many draws of them.
Called by `stocks.unemployment` and by the crisis draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import UnemploymentBehaviour
from spsim.calendar import month_number
from spsim.dated import Value, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid
from spsim.labour import Wages
from spsim.records import record
from spsim.reuse import NO_REUSE, References, Reuse
from spsim.rules.shocks import ShockPath, shock_path
from spsim.schemes import UnemploymentScheme
from spsim.stocks.services import Services
from spsim.stocks.unemployment_amounts import Amounts, Payer, amounts_of
from spsim.stocks.unemployment_cells import record_brackets
from spsim.stocks.unemployment_chances import shocked, spell_rates, wage_share
from spsim.stocks.unemployment_claims import (
    Claims,
    Law,
    Opening,
    age_edges,
    law_of,
    onwards,
    opening,
)
from spsim.stocks.unemployment_pricing import Pricing, entitled_share, monthly_wages
from spsim.stocks.unemployment_spells import SpellRates
from spsim.stocks.unemployment_strata import Strata, claim_moments, monthly

BAND_YEARS = 10
Kept = TypeVar("Kept")


@record(frozen=True)
class Found:
    """What one path of shocks leads to: claims, money, and participants and cost (M,) of each programme."""

    claims: Claims
    amounts: Amounts
    programmes: dict[str, tuple[Array, Array]]

    def paid_out(self) -> Array:
        """All benefits by calendar year (T,)."""
        by_month = np.sum(list(self.amounts.items.values()), axis=0)
        return np.asarray(by_month.reshape(-1, 12).sum(axis=1))


@record(frozen=True)
class Case:
    """A scheme without shocks: `path` (M+1, H) insured, `contributory` (M, H) wages, `rates` (M, H) of the labour market."""

    scheme: UnemploymentScheme
    behaviour: UnemploymentBehaviour
    grid: Grid
    strata: Strata
    months: Array
    insured: Array
    path: Array
    contributory: Array
    pricing: Pricing
    rates: SpellRates
    reuse: Reuse = NO_REUSE

    @cached_property
    def services(self) -> Services:
        """Programmes and the elasticity of finding work."""
        return Services(self.scheme, self.behaviour, self.pricing, *record_brackets(self.scheme))

    @cached_property
    def law(self) -> Law:
        """Rules of record, duration and wait by month."""
        finding = self.services if self.services.anything else None
        return law_of(self.scheme, self.months, self.pricing.paths, self.strata, finding)

    @cached_property
    def opening(self) -> Opening:
        """Persons on the first day, before any shock."""
        rates = shocked(self.rates, self.calm(), self.services.kept())
        later = self.path[int(self.path.any(axis=1).argmax())]
        return self._kept(
            "opening",
            [self.path[0], later, *rates.first_month().arrays()],
            lambda case: opening(case.law, rates, self.path[0], later),
        )

    def _kept(self, stage: str, inputs: list[Array], make: Callable[[Case], Kept]) -> Kept:
        """A stage of the persons, kept between draws; with programmes it depends on wages too, and is made every time."""
        if self.services.anything:
            return make(self)

        def made(references: References) -> Kept:
            paths = replace(self.pricing.paths, references=references)
            return make(replace(self, pricing=replace(self.pricing, paths=paths)))

        return self.reuse.law((id(self.scheme), stage), self.pricing.paths.references, made, inputs)

    def calm(self) -> ShockPath:
        """No shock in any month."""
        return shock_path({}, self.months)

    def _yearly_of(self, value: Value) -> Array:
        """A value by calendar month (M,)."""
        at = claim_moments(self.months, np.zeros(1), "service", self.pricing.paths)
        return np.broadcast_to(on(value, at)[:, 0, 0, 0, 0], len(self.months))

    def stated_shock(self) -> ShockPath:
        """The shocks of the scenario, with its arrears and its emergency extension by date."""
        found = shock_path(self.behaviour.shocks, self.months)
        return self.with_dated(found)

    def with_dated(self, shock: ShockPath) -> ShockPath:
        """A path of shocks with the arrears and the extension that the scenario gives by date."""
        never = self._yearly_of(self.behaviour.arrears)
        arrears = ((never, None), *shock.arrears) if never.any() else shock.arrears
        more = self._yearly_of(self.scheme.emergency_extension)
        return replace(shock, arrears=arrears, extension=shock.extension + more)

    def without(self, programme: str) -> Case:
        """The same scheme without one of its programmes."""
        others = {name: one for name, one in self.scheme.programmes.items() if name != programme}
        return replace(self, scheme=self.scheme.model_copy(update={"programmes": others}))

    def project(self, shock: ShockPath, costs: bool = True) -> Found:
        """Claims and money of one path of shocks; without the programmes' costs if they are not wanted."""
        return next(self.project_draws([shock], costs=costs))

    def project_draws(self, shocks: list[ShockPath], threads: int = 1, costs: bool = True) -> Iterator[Found]:
        """Claims and money of several paths of shocks with the same extension, through the kernel together, one after another."""
        together = _stacked(shocks)
        rates = shocked(self.rates, together, self.services.kept())
        insured = np.concatenate([together.insured, together.insured[:, -1:]], axis=1)[..., None]
        first = self.path[:1] * np.ones((len(shocks), 1, 1))
        path = np.concatenate([first, self.path[1:] * insured[:, 1:]], axis=1)
        extension = shocks[0].extension
        more = extension if extension.any() else None
        opened = self.opening
        claims = self._kept(
            "claims",
            [path, extension, *opened.state.arrays(), *rates.arrays()],
            lambda case: self._priced_again(onwards(case.law, opened, rates, path, more, threads)),
        )
        for draw in range(len(shocks)):
            yield self._priced(claims.of_draw(draw) if len(shocks) > 1 else claims, costs)

    def _priced_again(self, claims: Claims) -> Claims:
        """Claims that further draws will price too keep their person-months; those of one run do not."""
        return claims if self.reuse is NO_REUSE else replace(claims, kept={})

    def _priced(self, claims: Claims, costs: bool) -> Found:
        amounts = amounts_of(Payer(self.scheme, self.behaviour, claims, self.pricing, self.rates))
        base = np.asarray(self.rates.finding_claimants)
        wanted = costs and self.scheme.programmes
        programmes = self.services.costs(claims, base, self.contributory) if wanted else {}
        return Found(claims, amounts, programmes)


def _stacked(shocks: list[ShockPath]) -> ShockPath:
    """Factors (N, M) of several paths; extension and arrears are those of each alone and left out."""
    names = ("separations", "job_finding", "insured", "to_insured_work")
    factors: dict[str, Any] = {name: np.stack([getattr(shock, name) for shock in shocks]) for name in names}
    return replace(shocks[0], **factors)


def prepared(
    scheme: UnemploymentScheme,
    behaviour: UnemploymentBehaviour,
    insured: Array,
    ages: Array,
    wages: Wages,
    paths: EconomicPaths,
    grid: Grid,
    reuse: Reuse = NO_REUSE,
) -> Case:
    """Lay a scheme on its strata and months; `insured` (T, 2, A) by year, sex and age."""
    strata = Strata(ages, band_edges(scheme, ages), np.array(wages.class_shares))
    months = 12 * grid.first + np.arange(12 * len(grid.years))
    path = monthly(strata.flat(strata.gather(insured)), grid, np.append(months, months[-1] + 1))
    if scheme.members.run_in_months == 0:  # nobody is insured before the scheme, nor has a record then
        begins = month_number(scheme.start)
        path = np.where((12 * grid.first + np.arange(len(path)) >= begins)[:, None], path, 0.0)
        insured = insured * (grid.years >= begins // 12)[:, None, None]
    wage, contributory = monthly_wages(scheme.contribution_base, wages, strata, insured, months, paths, grid)
    share = wage_share(behaviour, claim_moments(months, np.zeros(1), "claim_month", paths))
    pricing = Pricing(scheme.contribution_base, wages, strata, wage, months, paths, share)
    rates = _of_entitled_wages(scheme, spell_rates(scheme, behaviour, strata, months, paths, grid), pricing)
    return Case(scheme, behaviour, grid, strata, months, insured, path, contributory, pricing, rates, reuse)


def band_edges(scheme: UnemploymentScheme, ages: Array) -> Array:
    """Ages at which bands begin, and the end of the last: every BAND_YEARS, and where the law looks at the age."""
    law = [edge for edge in age_edges(scheme) if ages[0] < edge <= ages[-1]]
    return np.unique([*range(int(ages[0]), int(ages[-1]) + 1, BAND_YEARS), *law, int(ages[-1]) + 1])


def _of_entitled_wages(scheme: UnemploymentScheme, rates: SpellRates, pricing: Pricing) -> SpellRates:
    """Shares of separations for each cause, of those alone whose wage does not rule them out."""
    shares = [
        1.0 if benefit.most_wage is None else entitled_share(benefit, pricing)
        for benefit in scheme.causes.values()
    ]
    others = zip(rates.other_causes, shares[1:], strict=True)
    return replace(
        rates,
        covered=np.asarray(rates.covered) * shares[0],
        other_causes=tuple((np.asarray(covered) * share, take_up) for (covered, take_up), share in others),
    )
