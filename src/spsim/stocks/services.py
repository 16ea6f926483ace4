"""Claimants' chance of finding work under programmes and under an elasticity, from one change to the next; and what programmes cost.

Comes in: the scheme, its behaviour, prices of claims, the claims that the kernel finds. Goes out: chances by group of claims for the kernel,
the months in which they change, participants and cost of each programme. Called by `stocks.unemployment_case`.
"""

from __future__ import annotations

from dataclasses import field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.behaviour import FindingElasticity, UnemploymentBehaviour
from spsim.labour import class_means
from spsim.records import record
from spsim.rules.programmes import JobRetention, Service, Terms, WageSubsidy
from spsim.schemes import UnemploymentScheme
from spsim.stocks.programmes import Participation, cost, jobs_supported, mixed_chance, taking_part
from spsim.stocks.unemployment_cells import Priced
from spsim.stocks.unemployment_claims import Claims
from spsim.stocks.unemployment_groups import ClaimGroups
from spsim.stocks.unemployment_pricing import Pricing, claim_benefit
from spsim.stocks.unemployment_spells import SpellRates, Spells
from spsim.stocks.unemployment_strata import claim_moments

Chances = tuple[Array, dict[str, Participation]]
MOST_KEPT = 160  # periods whose chances are kept: those of one projection, and of several draws at once
LEAST_RATE = 0.01  # replacement rate below which the elasticity sees no difference


@record(frozen=True)
class Services:
    """Programmes and elasticity of one scheme. `records` what brackets of claims are priced at, `bracket` (cells,) their number."""

    scheme: UnemploymentScheme
    behaviour: UnemploymentBehaviour
    pricing: Pricing
    bracket: Array
    records: list[Priced]
    _chances: dict[tuple[int, int], tuple[ClaimGroups, Chances]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _known: dict[tuple[int, int, int], Array] = field(default_factory=dict, repr=False, compare=False)

    @property
    def anything(self) -> bool:
        """Whether claimants' chances differ from those of other persons out of work."""
        return bool(self.for_claimants) or self.behaviour.finding_elasticity is not None

    @cached_property
    def for_claimants(self) -> dict[str, Service]:
        """Programmes for claimants by id."""
        return {
            name: programme
            for name, programme in self.scheme.programmes.items()
            if not isinstance(programme, JobRetention)
        }

    @property
    def _subsidies(self) -> bool:
        """Whether a programme pays for those who find work."""
        return any(isinstance(programme, WageSubsidy) for programme in self.for_claimants.values())

    @cached_property
    def _terms(self) -> dict[str, Terms]:
        at = claim_moments(self.pricing.months, np.zeros(1), "service", self.pricing.paths)
        return {name: programme.terms(at) for name, programme in self.for_claimants.items()}

    def breaks(self) -> set[int]:
        """Months, counted from 0, in which the chances change: programmes at their dates, the elasticity every January."""
        found = {int(n) + 1 for terms in self._terms.values() for n in np.flatnonzero(terms.changed())}
        if self.behaviour.finding_elasticity is not None:
            found |= set(range(12, len(self.pricing.months), 12))
        return found

    def of_groups(self, groups: ClaimGroups, base: ArrayLike, start: int) -> Array:
        """Chance of finding work (K, M, H) of all claimants from month `start` on."""
        return self.chances(groups, np.asarray(base), start)[0]

    def chances(self, groups: ClaimGroups, base: Array, start: int) -> Chances:
        """Chance of finding work (K, M, H) from month `start` on, and who takes part, by programme; `base` (D, H or 1) without all this."""
        key = (id(groups), start)
        kept = self._chances.get(key)
        if kept is None or kept[0] is not groups:
            if len(self._chances) >= MOST_KEPT:
                self._chances.clear()
            kept = self._chances[key] = (groups, self._found(groups, base, start))
        return kept[1]

    def _found(self, groups: ClaimGroups, base: Array, start: int) -> Chances:
        kinds, months = groups.record_after.shape
        strata = self.pricing.strata
        width = 2 * strata.bands * len(strata.class_shares)
        rows = base[np.minimum(np.arange(months), len(base) - 1)]
        chance = np.array(np.broadcast_to(rows, (kinds, months, width)))
        if self.behaviour.finding_elasticity is not None and kinds:
            chance = np.minimum(chance * self._answer(self.behaviour.finding_elasticity, groups, start), 1.0)
        courses = [
            programme.course(months, self._terms[name], start)
            for name, programme in self.for_claimants.items()
        ]
        if not courses:
            return chance, {}
        mixed, parts = mixed_chance(chance, courses)
        return mixed, dict(zip(self.for_claimants, parts, strict=True))

    def _answer(self, elasticity: FindingElasticity, groups: ClaimGroups, start: int) -> Array:
        """(replacement rate / reference)^−benefit · (months granted / reference)^−duration, (K, M, H)."""
        months = groups.record_after.shape[1]
        rate = np.stack([self._replacement(groups, kind, months, start) for kind in range(len(groups.cause))])
        granted = np.maximum(groups.entitlement, 1e-9)[:, None, :]
        by_rate = (np.maximum(rate, LEAST_RATE) / elasticity.reference_rate) ** -elasticity.benefit
        return np.asarray(by_rate * (granted / elasticity.reference_months) ** -elasticity.duration)

    def _replacement(self, groups: ClaimGroups, kind: int, months: int, start: int) -> Array:
        """Benefit by month of claim over the wage before (M, H), for claims of a group begun in month `start`."""
        key = (int(groups.cause[kind]), int(self.bracket[groups.lowest[kind]]), months)
        if key not in self._known:
            self._known[key] = self._replacements(*key)
        return self._known[key][start]

    def _replacements(self, cause: int, bracket: int, months: int) -> Array:
        """The same for claims begun in any month, (T, M, H)."""
        benefit = list(self.scheme.causes.values())[cause]
        at = self.records[bracket]
        priced = claim_benefit(benefit, self.pricing, months, at.record, number=at.number)
        before = self.pricing.before(benefit, record=at.record)[..., None] * class_means(self.pricing.wages)
        wage = self.pricing.strata.flat(before)[:, None, :]
        return np.asarray(priced / np.maximum(wage, 1e-300))

    def kept(self) -> Array:
        """Share of separations (M,) that programmes of short-time work prevent together."""
        at = claim_moments(self.pricing.months, np.zeros(1), "service", self.pricing.paths)
        found = np.zeros(len(self.pricing.months))
        for programme in self.scheme.programmes.values():
            if isinstance(programme, JobRetention):
                found = found + programme.kept(at)
        return np.asarray(np.minimum(found, 1.0))

    def costs(self, claims: Claims, base: Array, contributory: Array) -> dict[str, tuple[Array, Array]]:
        """Participants (jobs supported) and cost by calendar month (M,), by programme; `contributory` (M, H) wages."""
        begun, inside, hired = self._persons(claims, base)
        nobody = np.zeros(len(self.pricing.months))
        at = claim_moments(self.pricing.months, np.zeros(1), "service", self.pricing.paths)
        found = {}
        for name, programme in self.scheme.programmes.items():
            unit = programme.unit_costs(at)
            if isinstance(programme, JobRetention):
                jobs = jobs_supported(
                    claims.joined("separations"), self.kept(), programme.kept(at), programme.additional
                )
                paid = cost(unit, nobody, nobody, nobody, jobs, contributory)
                found[name] = (jobs.sum(axis=1), paid)
            else:
                jobs = np.zeros((len(nobody), 1))
                paid = cost(unit, begun[name], inside[name], hired[name], jobs, jobs)
                found[name] = (begun[name], paid)
        return found

    def _persons(self, claims: Claims, base: Array) -> tuple[dict[str, Array], ...]:
        """Those who begin, months inside, and participants who find work by month (M,), by programme."""
        found: tuple[dict[str, list[Array]], ...] = tuple(
            {name: [] for name in self.for_claimants} for _ in range(3)
        )
        for start, spells in claims.periods if self.for_claimants else ():
            _, parts = self.chances(spells.groups, base, start)
            end = start + spells.contributors.shape[1]
            assert spells.claims is not None
            finders = finders_of(spells, claims.rates[start].between(start, end)) if self._subsidies else None
            for name, part in parts.items():
                found[0][name].append(taking_part(spells.claims[0], part.begins))
                found[1][name].append(taking_part(spells.claims[0], part.inside))
                of_finders = np.zeros(end - start) if finders is None else taking_part(finders, part.finders)
                found[2][name].append(of_finders)
        begun, inside, hired = ({name: np.concatenate(paths) for name, paths in one.items()} for one in found)
        return begun, inside, hired


def finders_of(spells: Spells, rates: SpellRates) -> Array:
    """Claimants who find work at the end of each month (T, K, M, H)."""
    return np.stack([spells.finders(kind, rates)[0] for kind in range(len(spells.groups.cause))], axis=1)
