"""Who is insured, out of work and claiming unemployment benefit, month by month: from the law to persons."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from spsim.kernels import unemployment as kernel
from spsim.records import record
from spsim.stocks.unemployment_groups import ClaimGroups, ClaimRule, Floats
from spsim.stocks.unemployment_rates import (
    SpellRates,
    by_duration,
    by_group,
    by_stratum,
    ending_by_month,
    finding_by_gap,
    fitted_pages,
    packed,
    padded,
)

__all__ = [
    "ClaimGroups",
    "ClaimRule",
    "SpellRates",
    "SpellState",
    "Spells",
    "empty_state",
    "project_spells",
    "run_in",
]

TOLERANCE = 1e-9  # of all persons


@record(frozen=True)
class SpellState:
    """Persons at the start of a month; the first axis N may be 1.

    insured (N, C+1, Q, H), outside (N, C+1, G+U, H), claims (N, K, M, H), former (N, K, D, H) as in
    `spsim.kernels.unemployment.project`; G + U depends on the rates. `former` is None where nobody is kept apart.
    """

    insured: Floats
    outside: Floats
    claims: Floats
    former: Floats | None = None

    def arrays(self) -> list[Floats]:
        """All of them, in order."""
        return [a for a in (self.insured, self.outside, self.claims, self.former) if a is not None]

    def persons(self) -> Floats:
        """All persons, (N,)."""
        parts = (self.insured, self.outside, self.claims, self.former)
        return cast(Floats, sum(a.sum(axis=(1, 2, 3)) for a in parts if a is not None))

    def scaled(self, insured: ArrayLike) -> SpellState:
        """The same records and proportions for `insured` (N or 1, H) persons."""
        now = self.insured.sum(axis=(1, 2))
        wanted = np.atleast_2d(np.asarray(insured, dtype=np.float64))
        if ((now <= 0.0) & (wanted > 0.0)).any():
            raise ValueError("a stratum without insured persons cannot be scaled up")
        zeros = np.zeros(np.broadcast_shapes(wanted.shape, now.shape))
        factor = np.divide(wanted, now, out=zeros, where=now > 0.0)[:, None, None, :]
        former = None if self.former is None else self.former * factor
        return SpellState(self.insured * factor, self.outside * factor, self.claims * factor, former)


@record(frozen=True)
class Spells:
    """Persons by month and stratum, (N, T, H): stocks during the month, flows at its end.

    contributors, outside (neither insured nor claiming); exits; separations; qualified_separations (covered
    cause and entitled, before take-up); reemployed and exhaustions of claimants; entrants; reentrants;
    leavers (insured who lose their place because the insured number falls, and do not claim); terminations of
    claims for another reason; long_records (insured with at least `long_record` months).
    claimants (N, T, M, H) during the month by month of claim; new_claims (N, T, K, H) those in their first
    month by group; claims (N, T, K, M, H) by group and month of claim, None unless kept.
    Those in month m + 1 (index m) of a claim in month t separated at the end of month t - m - 1: their paid
    person-months are claims[:, t, k, m, :]·groups.paid[k, m, :], at the benefit of claims begun in month t - m.
    """

    groups: ClaimGroups
    contributors: Floats
    outside: Floats
    exits: Floats
    separations: Floats
    qualified_separations: Floats
    reemployed: Floats
    exhaustions: Floats
    entrants: Floats
    reentrants: Floats
    leavers: Floats
    terminations: Floats
    long_records: Floats
    claimants: Floats
    new_claims: Floats
    claims: Floats | None
    end: SpellState

    def of_draw(self, draw: int) -> Spells:
        """One of several draws, as though it had been computed alone (the groups are the same)."""
        names = [one.name for one in fields(self) if one.name not in ("groups", "end")]
        flows = {name: getattr(self, name) for name in names}
        cut: dict[str, Any] = {
            name: None if array is None else array[draw : draw + 1] for name, array in flows.items()
        }
        return replace(self, **cut)

    def beneficiaries(self) -> Floats:
        """Paid person-months, (N, T, H)."""
        if self.claims is None:
            raise ValueError("beneficiaries need the claims by group: project_spells(..., keep_claims=True)")
        return cast(Floats, np.einsum("ntkmh,kmh->nth", self.claims, self.paid()))

    def finders(self, group: int, rates: SpellRates) -> Floats:
        """Claimants of a group who find work at the end of each month, by month of claim, (N, T, M, H)."""
        if self.claims is None:
            raise ValueError("finders need the claims by group: project_spells(..., keep_claims=True)")
        claims = self.claims[:, :, group]
        months, strata = claims.shape[2:]
        rows, step = packed(rates, np.zeros((1, claims.shape[1] + 1, strata)))
        ageing, exits, multiplier = (
            rows[:, :, None, row] for row in (kernel.AGEING, kernel.EXIT, kernel.FINDING)
        )
        moved = claims * ageing
        aged = claims - moved
        aged[..., step:] += moved[..., : strata - step] if step else moved
        chances = by_group(rates.finding_claimants, self.claims.shape[2], months, strata)
        chance = np.minimum(1.0, chances[group] * multiplier)
        return aged * (1.0 - exits) * chance

    def paid(self) -> Floats:
        """The part of month m + 1 of a claim of group k that is paid, (K, M, H)."""
        shape = (*self.groups.paid.shape[:2], self.claimants.shape[-1])
        return np.broadcast_to(self.groups.paid, shape)


def empty_state(rule: ClaimRule, insured: ArrayLike) -> SpellState:
    """A scheme on its first day: `insured` (N or 1, H) persons without record, nobody outside or claiming."""
    persons = np.atleast_2d(np.asarray(insured, dtype=np.float64))
    groups = rule.groups()
    draws, strata = persons.shape
    stock = np.zeros((draws, rule.records, rule.pages, strata))
    stock[:, 0, -1] = persons
    outside = np.zeros((draws, rule.records, rule.lapse + 1, strata))
    former = np.zeros((draws, len(groups.cause), rule.barred, strata))
    return SpellState(stock, outside, np.zeros((draws, *groups.record_after.shape, strata)), former)


def run_in(rule: ClaimRule, rates: SpellRates, insured: ArrayLike, months: int = 240) -> SpellState:
    """The state of a scheme after its first `months` months.

    All that time with `insured` (N or 1, H) persons, who began without record, and the first month's rates.
    """
    persons = np.atleast_2d(np.asarray(insured, dtype=np.float64))
    if months == 0:
        return empty_state(rule, persons)
    path = np.broadcast_to(persons[:, None, :], (persons.shape[0], months + 1, persons.shape[1]))
    return project_spells(rule, rates.first_month(), path, empty_state(rule, persons), keep_claims=False).end


def project_spells(
    rule: ClaimRule, rates: SpellRates, insured: ArrayLike, state: SpellState, *, keep_claims: bool = True,
    threads: int = 1, chunks: int = 0,
) -> Spells:  # fmt: skip
    """Project T months from `state`, given the insured persons of T + 1 months.

    insured (N or 1, T+1, H); month 0 must be the insured of `state`. `threads` and `chunks` divide the draws
    and do not change a bit of the result. Raises ValueError where arrays do not fit or rates leave 0..1,
    ArithmeticError where the persons of a month do not add up to 1e-9 of all.
    """
    path = np.asarray(insured, dtype=np.float64)
    if path.ndim != 3 or path.shape[1] < 2:
        raise ValueError(f"insured has shape {path.shape}; expected (draws or 1, months + 1, strata)")
    strata = path.shape[2]
    _same_start(path[:, 0], state)
    groups = rule.groups()
    rows, step = packed(rates, path)
    finding, gaps = finding_by_gap(rule, rates.finding_outside, state.outside.shape[2], strata)
    outside = fitted_pages(state.outside, rule.lapse + 1, gaps, finding.shape[0])
    kinds, months = groups.record_after.shape
    former = np.zeros((1, kinds, rule.barred, strata)) if state.former is None else state.former
    result = kernel.project(
        padded(rows), padded(by_group(rates.finding_claimants, kinds, months, strata)),
        padded(finding), groups.of_record, padded(by_stratum(groups.spell, strata)), groups.record_after,
        rule.lapses[rule.number], step, padded(state.insured), padded(outside), padded(state.claims), former=padded(former),
        finding_former=padded(by_duration(rates.finding_outside, rule.barred, strata)),
        allowed=padded(by_stratum(groups.allowed, strata)), ending=ending_by_month(rates.ending, months),
        again=(rule.pages - rule.asked)[rule.number], short=(rule.pages - rule.short)[rule.number], gaps=gaps,
        between=rule.between_claims, restart=rule.per_employer, ends=rule.ends,
        long_record=-1 if rule.long_record is None else rule.long_record,
        keep_claims=keep_claims, threads=threads, chunks=chunks,
    )  # fmt: skip
    spells = _unpacked(result, groups, strata, keep_claims)
    _balance(spells, path)
    return spells


def _same_start(first: Floats, state: SpellState) -> None:
    held = state.insured.sum(axis=(1, 2))
    if held.shape[-1] != first.shape[-1]:
        raise ValueError(f"insured has {first.shape[-1]} strata, the state {held.shape[-1]}")
    gap = np.abs(held - first)
    if (gap > TOLERANCE * max(1.0, float(first.max()))).any():
        most = float(gap.max())
        raise ValueError(f"insured of month 0 differs from the state by up to {most:.6g}; use state.scaled")


def _unpacked(result: kernel.Projection, groups: ClaimGroups, strata: int, keep_claims: bool) -> Spells:
    """The kernel's arrays under their names, without the padding."""
    months = result.flows.shape[1]
    flows, claims = result.flows[..., :strata], result.claims[..., :strata]
    last = claims[:, months % claims.shape[1]]
    return Spells(
        groups=groups,
        contributors=flows[:, :, kernel.CONTRIBUTORS],
        outside=flows[:, :, kernel.OUTSIDE],
        exits=flows[:, :, kernel.EXITS],
        separations=flows[:, :, kernel.SEPARATIONS],
        qualified_separations=flows[:, :, kernel.QUALIFIED],
        reemployed=flows[:, :, kernel.REEMPLOYED],
        exhaustions=flows[:, :, kernel.EXHAUSTIONS],
        entrants=flows[:, :, kernel.ENTRANTS],
        reentrants=flows[:, :, kernel.REENTRANTS],
        leavers=flows[:, :, kernel.LEAVERS],
        terminations=flows[:, :, kernel.TERMINATIONS],
        long_records=flows[:, :, kernel.LONG_RECORDS],
        claimants=result.claimants[..., :strata],
        new_claims=result.new_claims[..., :strata],
        claims=claims[:, :months] if keep_claims else None,
        end=SpellState(
            result.insured[..., :strata], result.outside[..., :strata], last, result.former[..., :strata]
        ),
    )


def _balance(spells: Spells, path: Floats) -> None:
    """Persons at the start + entrants - exits = persons at the end; the insured are those given."""
    start = (spells.contributors + spells.outside + spells.claimants.sum(axis=2)).sum(axis=2)
    end = np.concatenate([start[:, 1:], spells.end.persons()[:, None]], axis=1)
    residual = start + (spells.entrants - spells.exits).sum(axis=2) - end
    _within("persons do not add up", residual, start)
    held = np.concatenate([spells.contributors[:, 1:], spells.end.insured.sum(axis=(1, 2))[:, None]], axis=1)
    _within("insured differ from those given", (held - path[:, 1:]).sum(axis=2), start)


def _within(what: str, residual: Floats, persons: Floats) -> None:
    wrong = ~(np.abs(residual) <= TOLERANCE * np.maximum(1.0, persons))
    if wrong.any():
        draw, month = (int(i) for i in np.argwhere(wrong)[0])
        raise ArithmeticError(
            f"{what} in month {month}, draw {draw}: residual {residual[draw, month]:.6g} persons"
        )
