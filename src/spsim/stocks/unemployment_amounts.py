"""What claims of unemployment benefit cost: months paid, benefits by cause, re-employment bonuses, lump sums for one of several jobs.

Comes in: claims by group, month of claim and stratum. Goes out: paid person-months and money by month and stratum, by item.
Called by `stocks.unemployment`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import UnemploymentBehaviour
from spsim.dated import on
from spsim.records import record
from spsim.rules.unemployment import ReemploymentBonus, UnemploymentBenefit
from spsim.schemes import COVERED, UnemploymentScheme
from spsim.stocks.unemployment_cells import Priced
from spsim.stocks.unemployment_claims import Claims
from spsim.stocks.unemployment_pricing import Pricing, changes_by_month, claim_benefit, of_claim
from spsim.stocks.unemployment_spells import SpellRates, Spells
from spsim.stocks.unemployment_strata import claim_moments

BONUS, PER_JOB = "reemployment_bonus", "per_job"


@record(frozen=True)
class Amounts:
    """Money by item and month (M,); paid person-months and benefits (M, H); claims by cause (M,)."""

    items: dict[str, Array]
    paid: Array
    benefits: Array
    claims: dict[str, Array]


@dataclass(frozen=True)
class Payer:
    """The claims of one scheme and what prices them."""

    scheme: UnemploymentScheme
    behaviour: UnemploymentBehaviour
    claims: Claims
    pricing: Pricing
    rates: SpellRates

    @property
    def months(self) -> int:
        """Months of claim of the longest one."""
        return max(spells.claimants.shape[2] for _, spells in self.claims.periods)

    def path(self, name: str) -> Array:
        """A share of the behaviour by month (M,)."""
        at = claim_moments(self.pricing.months, np.zeros(1), "service", self.pricing.paths)
        return np.broadcast_to(on(getattr(self.behaviour, name), at)[:, 0, 0, 0, 0], len(self.pricing.months))


def amounts_of(payer: Payer) -> Amounts:
    """Every item of the account of benefits."""
    items: dict[str, Array] = {}
    by_cause: dict[str, Array] = {}
    shape = (len(payer.pricing.months), payer.claims.periods[0][1].claimants.shape[-1])
    paid, benefits = np.zeros(shape), np.zeros(shape)
    for number, (cause, benefit) in enumerate(payer.scheme.causes.items()):
        money, begun, bonus, lump = (np.zeros(shape) for _ in range(4))
        for bracket, at in _priced(payer, number):
            of = Bracket(payer, benefit, number, bracket, at)
            months, amount, new = _paid(of)
            paid, money, begun = paid + months, money + amount, begun + new
            if benefit.reemployment_bonus is not None:
                bonus += _bonus(of, benefit.reemployment_bonus)
            if benefit.per_job is not None:
                lump += _lump_sums(of) * benefit.per_job.share
        items["benefit" if cause == COVERED else cause] = money.sum(axis=1)
        by_cause[cause] = begun.sum(axis=1)
        benefits = benefits + money
        for name, extra, rule in (
            (BONUS, bonus, benefit.reemployment_bonus),
            (PER_JOB, lump, benefit.per_job),
        ):
            if rule is not None:
                items[name] = items.get(name, np.zeros(shape[0])) + extra.sum(axis=1)
    return Amounts(items, paid, benefits, by_cause)


def _priced(payer: Payer, cause: int) -> Iterator[tuple[int, Priced]]:
    """Brackets in which there are claims for this cause, and what each is priced at."""
    used: set[int] = set()
    for _, spells in payer.claims.periods:
        groups = spells.groups
        used |= {int(payer.claims.bracket[low]) for low in groups.lowest[groups.cause == cause]}
    for bracket in sorted(used):
        yield bracket, payer.claims.records[bracket]


@dataclass(frozen=True)
class Bracket:
    """Claims for one cause, of one number in a life, whose records are priced alike."""

    payer: Payer
    benefit: UnemploymentBenefit
    cause: int
    number: int
    at: Priced

    def kinds(self, spells: Spells) -> Array:
        """Their groups under one law."""
        groups, bracket = spells.groups, self.payer.claims.bracket
        return np.flatnonzero((groups.cause == self.cause) & (bracket[groups.lowest] == self.number))

    def kept(self, name: tuple[Hashable, ...], make: Callable[[], Array]) -> Array:
        """Persons, which the same claims have whatever they are paid."""
        known = self.payer.claims.kept
        if known is None:
            return make()
        key = (self.cause, self.number, *name)
        if key not in known:
            known[key] = make()
        return known[key]

    def price(self, **more: Array) -> Array:
        """Average benefit of claims begun in each month, by month of benefit (M, m, H)."""
        payer, at = self.payer, self.at
        return claim_benefit(self.benefit, payer.pricing, payer.months, at.record, number=at.number, **more)

    def parts(self, spells: Spells, kinds: Array) -> list[tuple[Array, int]]:
        """Parts of the months since separation that are paid (k, m, H), each with the months by which the month of benefit is behind.

        With a wait of s + φ months the month m since separation pays 1 − φ of the month of benefit m − s, and φ of the one before.
        """
        paid = spells.paid()[kinds]
        if not changes_by_month(self.benefit) or not len(kinds):
            return [(paid, 0)]
        wait = float(spells.groups.wait[kinds[0]])
        whole = int(wait + 1e-9)
        begins = np.arange(paid.shape[1])[None, :, None]
        ends = wait + spells.groups.entitlement[kinds][:, None, :]
        before = np.clip(np.minimum(begins + wait - whole, ends) - begins, 0.0, None) * (begins > whole)
        before = np.minimum(np.broadcast_to(before, paid.shape), paid)
        return [(paid - before, whole), (before, whole + 1)]


def _paid(of: Bracket) -> tuple[Array, Array, Array]:
    """Paid person-months, their benefits and claims begun, by month and stratum (M, H)."""
    payer, price = of.payer, of.price()
    months, amounts, begun = [], [], []
    prices: dict[int, Array] = {}
    for start, spells in payer.claims.periods:
        kinds = of.kinds(spells)
        end = start + spells.contributors.shape[1]
        person_months, amount = np.zeros(spells.contributors[0].shape), np.zeros(spells.contributors[0].shape)
        for part, behind in of.parts(spells, kinds):
            found = of.kept((start, behind), partial(_person_months, of, start, spells, kinds, part))
            if behind not in prices:
                prices[behind] = of_claim(price, behind)
            person_months += of.kept((start, behind, "in all"), lambda found=found: found.sum(axis=1))  # type: ignore[misc]
            amount += np.einsum("tmh,tmh->th", found, prices[behind][start:end, : found.shape[1]])
        months.append(person_months)
        amounts.append(amount)
        begun.append(of.kept((start,), partial(_begun, spells, kinds)))
    paid = 1.0 - payer.path("suspended_share")[:, None]
    return np.concatenate(months) * paid, np.concatenate(amounts) * paid, np.concatenate(begun)


def _begun(spells: Spells, kinds: Array) -> Array:
    return np.asarray(spells.new_claims[0][:, kinds].sum(axis=1))


def _person_months(of: Bracket, start: int, spells: Spells, kinds: Array, part: Array) -> Array:
    """Person-months of a part of the months since separation, by month, month since separation and stratum (t, m, H)."""
    assert spells.claims is not None
    claims, most = spells.claims[0][:, kinds], of.benefit.most_months_per_year
    if most is None:
        return np.einsum("tkmh,kmh->tmh", claims, part)
    return _limited(of.payer, claims, part, spells.paid()[kinds], start, most)


def _limited(payer: Payer, claims: Array, part: Array, whole: Array, start: int, most: float) -> Array:
    """Person-months of `part`, of all `whole` no more than so many months in a calendar year: (t, m, H).

    Exact for the only claim of a year. Of those who begin a claim y months after the begin of the year some have had a claim in it
    already: at the first month's chances P = min(1, claims per insured and month · (y − 1 − months to earn again)); they have used
    up the mean months paid of a claim.
    """
    first, record = payer.claims.first, payer.scheme.benefit.record
    assert first is not None and first.claims is not None
    claimed = first.new_claims[0, 0].sum(axis=0)
    chance = claimed / np.maximum(first.contributors[0, 0], 1e-300)
    used = (first.claims[0, 0] * first.paid()).sum(axis=(0, 1)) / np.maximum(claimed, 1e-300)
    begins = (payer.pricing.months[start] + np.arange(len(claims))[:, None] - np.arange(claims.shape[2])) % 12
    again = 0 if record.kept else record.asked().required
    of_whole = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    tables = []
    for month in range(12):
        before = np.minimum(1.0, chance * max(month - 1 - again, 0))
        alone = _in_calendar_years(whole, month, most, most)
        second = _in_calendar_years(whole, month, np.maximum(most - used, 0.0), most)
        tables.append((alone * (1.0 - before) + second * before) * of_whole)
    table = np.stack(tables)  # (12, k, m, H)
    found = np.empty((len(claims), *claims.shape[2:]))
    for m in range(claims.shape[2]):
        found[:, m] = np.einsum("tkh,tkh->th", claims[:, :, m], table[begins[:, m], :, m])
    return found


def _in_calendar_years(part: Array, begin: int, first: Array | float, most: float) -> Array:
    """Parts of months (k, M, H) of claims begun in a calendar month 0..11, so many in the first year and the later ones; the rest is lost."""
    found = part.copy()
    years = (begin + np.arange(part.shape[1])) // 12
    for year in np.unique(years):
        until = np.minimum(np.cumsum(part[:, years == year], axis=1), first if year == 0 else most)
        found[:, years == year] = np.diff(until, axis=1, prepend=0.0)
    return found


def _bonus(of: Bracket, bonus: ReemploymentBonus) -> Array:
    """Bonuses of those who find work in each month (M, H)."""
    payer, pricing = of.payer, of.payer.pricing
    limit: dict[str, Array] = {}
    if bonus.cap is not None:
        limit["most"] = on(bonus.cap, pricing.moments(of.benefit, 1, of.at.record, of.at.number))[
            :, 0, :, 0, 0
        ]
    price = of.price(**limit)
    found = np.zeros(price[:, 0].shape)
    for start, spells in payer.claims.periods:
        end = start + spells.contributors.shape[1]
        kinds = of.kinds(spells)
        parts = [(part, _by_begin(price, behind)[start:end]) for part, behind in of.parts(spells, kinds)]
        for number, kind in enumerate(kinds):
            whole = spells.paid()[kind]  # (m, H)
            share = _bonus_share(payer, bonus, whole, start, end)
            finders = spells.finders(int(kind), payer.claims.rates[start].between(start, end))[0]
            for m in range(len(whole) - 1):
                rest = bonus.counted(whole, m)
                of_whole = np.divide(rest, whole, out=np.zeros_like(rest), where=whole > 0)
                worth = sum(
                    np.einsum(
                        "mh,tmh->th", of_whole * part[number], _begun_before(by_begin, m)[:, : len(whole)]
                    )
                    for part, by_begin in parts
                )
                found[start:end] += finders[:, m] * share[:, m] * worth
    return found * payer.path("bonus_take_up")[:, None]


def _by_begin(price: Array, behind: int) -> Array:
    """Benefit by month since separation of claims begun in each month."""
    return price[:, np.maximum(np.arange(price.shape[1]) - behind, 0)]


def _begun_before(by_begin: Array, months: int) -> Array:
    """The same of claims begun so many months before, not before the start."""
    return by_begin[np.maximum(np.arange(len(by_begin)) - months, 0)]


def _bonus_share(payer: Payer, bonus: ReemploymentBonus, part: Array, start: int, end: int) -> Array:
    """Share of the rest by month of claim after which work is found (t, m, H)."""
    granted = part.sum(axis=0)
    rest = granted - np.cumsum(part, axis=0)
    remaining = np.divide(rest, granted, out=np.zeros_like(rest), where=granted > 0)
    months = payer.pricing.months[start:end]
    at = claim_moments(months, np.ravel(remaining), "remaining", payer.pricing.paths)
    return np.broadcast_to(bonus.shares(remaining, at), (len(months), *remaining.shape))


def _lump_sums(of: Bracket) -> Array:
    """Whole benefits of claims at the wage of a job that was one of several, for those who lose it (M, H)."""
    payer = of.payer
    price = of.price(scale=payer.path("lost_job_wage")[:, None, None])
    found = np.zeros(price[:, 0].shape)
    for start, spells in payer.claims.periods:
        end = start + spells.contributors.shape[1]
        kinds = of.kinds(spells)
        for part, behind in of.parts(spells, kinds):
            by_begin = _by_begin(price, behind)[start:end, : part.shape[1]]
            whole = np.einsum("kmh,tmh->tkh", part, by_begin)
            found[start:end] += (spells.new_claims[0][:, kinds] * whole).sum(axis=1)
    return found * payer.path("several_jobs")[:, None]
