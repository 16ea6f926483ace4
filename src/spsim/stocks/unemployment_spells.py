"""Who is insured, out of work and claiming unemployment benefit, month by month: from the law to persons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spsim.kernels import unemployment as kernel
from spsim.stocks.unemployment_groups import ClaimGroups, ClaimRule, Floats

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

Number = TypeVar("Number", np.float64, np.int64)

LANES = 8  # strata are padded to a multiple of this many float64, a cache line
TOLERANCE = 1e-9  # of all persons


@dataclass(frozen=True)
class SpellRates:
    """Monthly chances and shares by stratum; each broadcasts to (N, T, H).

    separation         insured persons who lose or leave their job at the end of the month
    covered            share of separations for a cause that the law covers
    take_up            share of the entitled who claim
    exits              death, retirement, withdrawal from the labour force
    finding_claimants  (D, H) chance of finding work in month d = 1..D since separation, the last row open; or
                       (K, D, H) by group of claims too
    finding_outside    (D, H) the same for those without benefit; the last row, or that of month
                       window - required + 1, holds from then on
    finding_multiplier on both: crisis paths; the product is held at 1
    insured_share      share of jobs found that are insured
    reentry_share      share of places still open that go to persons from outside; the rest to new entrants
    reentry_limit      largest share of those outside who can be drawn so in a month
    ageing             share that moves to the next age band
    next_stratum       (H,) index of the next age band, -1: ageing leads out of the model. All steps must be
                       equal, as they are in the order (sex, age band, class) or (age band, sex, class)
    other_causes       (covered, take_up) of each further cause of separation
    ending             (D,) share of claims ended in month d for another reason, the last one open
    """

    separation: ArrayLike
    covered: ArrayLike
    take_up: ArrayLike
    exits: ArrayLike
    finding_claimants: ArrayLike
    finding_outside: ArrayLike
    insured_share: ArrayLike
    finding_multiplier: ArrayLike = 1.0
    reentry_share: ArrayLike = 0.0
    reentry_limit: ArrayLike = 1.0
    ageing: ArrayLike = 0.0
    next_stratum: ArrayLike | None = None
    other_causes: tuple[tuple[ArrayLike, ArrayLike], ...] = ()
    ending: ArrayLike = field(default_factory=lambda: np.zeros(1))

    def first_month(self) -> SpellRates:
        """The rates of the first month, for every month."""
        return self._cut(_first_month)

    def arrays(self) -> list[Floats]:
        """All of them, in order."""
        values = [getattr(self, name) for name in _MONTHLY]
        values += [self.finding_claimants, self.finding_outside, self.ending]
        values += [value for pair in self.other_causes for value in pair]
        values += [] if self.next_stratum is None else [self.next_stratum]
        return [np.asarray(value, dtype=np.float64) for value in values]

    def between(self, start: int, end: int) -> SpellRates:
        """The rates of months start .. end - 1."""
        return self._cut(lambda value: _months_of(value, start, end))

    def of_draw(self, draw: int) -> SpellRates:
        """The rates of one of several draws."""

        def one(value: ArrayLike) -> ArrayLike:
            array = np.asarray(value, dtype=np.float64)
            return array[draw : draw + 1] if array.ndim == 3 and len(array) > 1 else array

        return self._cut(one)

    def _cut(self, part: Callable[[ArrayLike], ArrayLike]) -> SpellRates:
        changes: dict[str, Any] = {name: part(getattr(self, name)) for name in _MONTHLY}
        others = tuple((part(covered), part(take_up)) for covered, take_up in self.other_causes)
        return replace(self, **changes, other_causes=others)


_ROWS = {
    "separation": kernel.SEPARATION, "covered": kernel.COVERED, "take_up": kernel.TAKE_UP,
    "exits": kernel.EXIT, "ageing": kernel.AGEING, "insured_share": kernel.INSURED,
    "finding_multiplier": kernel.FINDING, "reentry_share": kernel.REENTRY,
    "reentry_limit": kernel.REENTRY_LIMIT,
}  # fmt: skip
_MONTHLY = tuple(_ROWS)


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
        packed, step = _packed(rates, np.zeros((1, claims.shape[1] + 1, strata)))
        ageing, exits, multiplier = (
            packed[:, :, None, row] for row in (kernel.AGEING, kernel.EXIT, kernel.FINDING)
        )
        moved = claims * ageing
        aged = claims - moved
        aged[..., step:] += moved[..., : strata - step] if step else moved
        by_group = _by_group(rates.finding_claimants, self.claims.shape[2], months, strata)
        chance = np.minimum(1.0, by_group[group] * multiplier)
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
    packed, step = _packed(rates, path)
    finding, gaps = _finding_outside(rule, rates.finding_outside, state.outside.shape[2], strata)
    outside = _fitted(state.outside, rule.lapse + 1, gaps, finding.shape[0])
    kinds, months = groups.record_after.shape
    former = np.zeros((1, kinds, rule.barred, strata)) if state.former is None else state.former
    result = kernel.project(
        _padded(packed), _padded(_by_group(rates.finding_claimants, kinds, months, strata)),
        _padded(finding), groups.of_record, _padded(_by_stratum(groups.spell, strata)), groups.record_after,
        rule.lapse, step, _padded(state.insured), _padded(outside), _padded(state.claims), former=_padded(former),
        finding_former=_padded(_by_duration(rates.finding_outside, rule.barred, strata)),
        allowed=_padded(_by_stratum(groups.allowed, strata)), ending=_ending(rates.ending, months),
        again=rule.pages - rule.asked, short=rule.pages - rule.short, gaps=gaps, between=rule.between_claims, restart=rule.per_employer,
        long_record=-1 if rule.long_record is None else rule.long_record,
        keep_claims=keep_claims, threads=threads, chunks=chunks,
    )  # fmt: skip
    spells = _unpacked(result, groups, strata, keep_claims)
    _balance(spells, path)
    return spells


def _first_month(value: ArrayLike) -> ArrayLike:
    """A (N, T, H) array at its first month; what has no months stays as it is."""
    array = np.asarray(value, dtype=np.float64)
    return array[..., :1, :] if array.ndim >= 2 else array


def _months_of(value: ArrayLike, start: int, end: int) -> ArrayLike:
    """A (N, T, H) or (T, H) array cut to some months; what has one month or none stays as it is."""
    array = np.asarray(value, dtype=np.float64)
    return array[..., start:end, :] if array.ndim >= 2 and array.shape[-2] > 1 else array


def _same_start(first: Floats, state: SpellState) -> None:
    held = state.insured.sum(axis=(1, 2))
    if held.shape[-1] != first.shape[-1]:
        raise ValueError(f"insured has {first.shape[-1]} strata, the state {held.shape[-1]}")
    gap = np.abs(held - first)
    if (gap > TOLERANCE * max(1.0, float(first.max()))).any():
        most = float(gap.max())
        raise ValueError(f"insured of month 0 differs from the state by up to {most:.6g}; use state.scaled")


def _packed(rates: SpellRates, path: Floats) -> tuple[Floats, int]:
    """All monthly rates in one array (N or 1, T, 10, H), and the step from one age band to the next."""
    given = {name: np.asarray(getattr(rates, name), dtype=np.float64) for name in _MONTHLY}
    months, strata = path.shape[1] - 1, path.shape[2]
    others = [np.asarray(share, dtype=np.float64) for cause in rates.other_causes for share in cause]
    every = [*(array.shape for array in given.values()), *(array.shape for array in others)]
    shape = np.broadcast_shapes((path.shape[0], months, strata), *every)
    if shape[1:] != (months, strata):
        raise ValueError(f"rates broadcast to {shape}; expected (draws, {months}, {strata})")
    packed = np.empty((shape[0], months, kernel.RATES + len(others), strata))
    for name, array in given.items():
        _require_chances(name, array, np.inf if name == "finding_multiplier" else 1.0)
        packed[:, :, _ROWS[name]] = array
    for number, array in enumerate(others):
        _require_chances("other_causes", array, 1.0)
        packed[:, :, kernel.RATES + number] = array
    if (sum([given["covered"], *others[::2]], np.zeros(1)) > 1.0 + 1e-12).any():
        raise ValueError("the shares of all causes of separation add to more than 1")
    if not (np.isfinite(path) & (path >= 0.0)).all():
        raise ValueError("insured must be finite and not below 0")
    packed[:, :, kernel.TARGET] = path[:, 1:]
    step, out = _age_step(rates.next_stratum, strata)
    ageing, exits = packed[:, :, kernel.AGEING], packed[:, :, kernel.EXIT]
    exits[..., out] = 1.0 - (1.0 - exits[..., out]) * (1.0 - ageing[..., out])
    ageing[..., out] = 0.0
    return packed, step


def _require_chances(name: str, array: Floats, high: float) -> None:
    if not ((array >= 0.0) & (array <= high)).all():
        span = f"{array.min():.6g}..{array.max():.6g}"
        raise ValueError(f"{name} must lie between 0 and {high:g}; it spans {span}")


def _age_step(next_stratum: ArrayLike | None, strata: int) -> tuple[int, NDArray[np.bool_]]:
    """The step from a stratum to its next age band, and the strata that age out of the model."""
    if next_stratum is None:
        return 0, np.ones(strata, dtype=np.bool_)
    following = np.asarray(next_stratum, dtype=np.int64)
    if following.shape != (strata,):
        raise ValueError(f"next_stratum has shape {following.shape}; expected ({strata},)")
    out = following < 0
    steps = np.unique((following - np.arange(strata))[~out])
    if steps.size > 1 or (steps.size and not 0 < steps[0] < strata) or (following >= strata).any():
        raise ValueError(
            f"next_stratum must lead equally far ahead from every stratum, or be -1; steps are {steps}"
        )
    return (int(steps[0]) if steps.size else 0), out


def _by_duration(chance: ArrayLike, months: int, strata: int) -> Floats:
    """(D, H) by month since separation, the last row open, to (months, H)."""
    rows = np.asarray(chance, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] not in {1, strata} or not ((rows >= 0.0) & (rows <= 1.0)).all():
        raise ValueError(
            f"chances of finding work must be ({strata} strata) between 0 and 1; shape {rows.shape}"
        )
    kept = rows[np.minimum(np.arange(months), rows.shape[0] - 1)]
    return np.array(np.broadcast_to(kept, (months, strata)))


def _by_group(chance: ArrayLike, groups: int, months: int, strata: int) -> Floats:
    """(D, H) or (K, D, H) by month since separation, the last row open, to (K, months, H)."""
    rows = np.asarray(chance, dtype=np.float64)
    if rows.ndim == 2:
        return np.repeat(_by_duration(rows, months, strata)[None], groups, axis=0)
    if rows.ndim != 3 or len(rows) != groups:
        raise ValueError(
            f"chances of finding work have shape {rows.shape}; expected ({groups}, months, strata)"
        )
    found = [_by_duration(one, months, strata) for one in rows]
    return np.array(found).reshape(groups, months, strata)


def _ending(chance: ArrayLike, months: int) -> Floats:
    """Share of claims ended by month of claim (M,), the last row given open."""
    rows = np.atleast_1d(np.asarray(chance, dtype=np.float64))
    _require_chances("ending", rows, 1.0)
    return rows[np.minimum(np.arange(months), rows.size - 1)]


def _by_stratum(array: NDArray[Any], strata: int) -> NDArray[Any]:
    """(K, H or 1) for every stratum."""
    return np.array(np.broadcast_to(array, (len(array), strata)))


def _finding_outside(rule: ClaimRule, chance: ArrayLike, pages: int, strata: int) -> tuple[Floats, int]:
    """Chances by page of those outside (G+U, H), and the number G of pages by gap.

    There is a page for each month up to the longest gap that keeps the record, and for each in which the chance still
    changes. Who must requalify has pages of their own only for the latter: from then on they and those whose gap is too
    long live alike; where any gap is too long there is no difference at all.
    """
    given = np.asarray(chance, dtype=np.float64)
    rows = _by_duration(chance, max(rule.lapse + 1, len(given)), strata)
    changing = int(np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)).max(initial=-1)) + 1
    gaps = max(rule.lapse, changing) + 1
    apart = min(changing, gaps) if rule.pages > 1 and rule.lapse > 0 else 0
    apart = max(apart, pages - gaps if pages > gaps else 0)
    rows = rows[np.minimum(np.arange(gaps + apart), len(rows) - 1)]
    return np.concatenate([rows[:gaps], rows[:apart]]), gaps


def _fitted(outside: Floats, by_gap: int, gaps: int, pages: int) -> Floats:
    """Those outside on `pages` pages, of which `gaps` are by gap; a state of a first day has `by_gap` pages, all by gap."""
    held = outside.shape[2]
    if held == by_gap < gaps:
        outside = np.pad(outside, [(0, 0), (0, 0), (0, gaps - by_gap), (0, 0)])
    return np.pad(outside, [(0, 0), (0, 0), (0, pages - outside.shape[2]), (0, 0)])


def _padded(array: NDArray[Number]) -> NDArray[Number]:
    """Empty strata up to a whole number of cache lines."""
    extra = -array.shape[-1] % LANES
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, extra)]) if extra else array


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
