"""Who is insured, out of work and claiming unemployment benefit, month by month: from the law to persons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spsim.kernels import unemployment as kernel
from spsim.rules.unemployment import paid_until

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LANES = 8  # strata are padded to a multiple of this many float64, a cache line
TOLERANCE = 1e-9  # of all persons


@dataclass(frozen=True)
class ClaimRule:
    """Who may claim, for how long, and what a claim leaves of the record.

    required, window    contribution months asked, and the months before separation in which they must lie
    entitlement         (C+1,) months of benefit by contribution months at separation; the last cell is open;
                        0 where nothing is due
    record_after_claim  (C+1,) contribution months left after a claim, by record before it; or (C+1, E+1), by
                        the months of benefit that were used too (0..E, E the longest entitlement)
    waiting_months      between separation and the first day paid; they do not use up the entitlement

    Claims of equal entitlement and equal record left form a group k. Month m of a claim is the m-th month
    since separation; paid is its overlap [m-1, m] with [waiting, waiting + entitlement].
    """

    required: int
    window: int
    entitlement: Integers
    record_after_claim: Integers
    waiting_months: float = 0.0

    def __post_init__(self) -> None:
        entitlement, after = np.asarray(self.entitlement), np.asarray(self.record_after_claim)
        if not 0 <= self.required <= self.window:
            raise ValueError(f"required is {self.required}; expected 0..window = {self.window}")
        if entitlement.ndim != 1 or entitlement.min() < 0:
            raise ValueError("entitlement must be one row of months, none below 0")
        if entitlement[: self.required].any():
            raise ValueError(f"entitlement must be 0 below the {self.required} months required")
        shapes = (entitlement.shape, (entitlement.size, int(entitlement.max()) + 1))
        if after.shape not in shapes:
            raise ValueError(
                f"record_after_claim has shape {after.shape}; expected {shapes[0]} or {shapes[1]}"
            )
        most = after.reshape(entitlement.size, -1).max(axis=1)
        if after.min() < 0 or (most > np.arange(entitlement.size)).any():
            raise ValueError("record_after_claim must lie between 0 and the record before the claim")
        if not self.waiting_months >= 0.0:
            raise ValueError(f"waiting_months is {self.waiting_months}; expected 0 or more")

    @property
    def lapse(self) -> int:
        """Longest gap in months after which the earlier record still counts for the window."""
        return self.window - self.required

    def groups(self) -> ClaimGroups:
        """Claims that run alike."""
        entitlement = np.asarray(self.entitlement, dtype=np.int64)
        longest = int(entitlement.max())
        after = np.asarray(self.record_after_claim, dtype=np.int64).reshape(entitlement.size, -1)
        after = np.broadcast_to(after, (entitlement.size, longest + 1))
        entitled = np.flatnonzero(entitlement)
        each = np.column_stack([entitlement, after])[entitled]
        kinds, member = np.unique(each, axis=0, return_inverse=True)
        group = np.full(entitlement.size, -1, dtype=np.int64)
        group[entitled] = member.reshape(-1)
        months = max(1, int(np.ceil(longest + self.waiting_months)))
        length = kinds[:, :1].astype(np.float64)
        paid = paid_until(months, self.waiting_months, length)
        used = np.minimum(np.ceil(paid[:, 1:]), length).astype(np.int64)
        spell = np.ceil(kinds[:, 0] + self.waiting_months).astype(np.int64)
        left = np.take_along_axis(kinds[:, 1:], used, axis=1)
        return ClaimGroups(group, kinds[:, 0], spell, left, np.diff(paid, axis=1))


@dataclass(frozen=True)
class ClaimGroups:
    """K kinds of claim over M months.

    of_record (C+1,) group or -1; entitlement (K,) months; spell (K,) months with waiting; record_after (K, M)
    record left to one whose claim ended in month m + 1; paid (K, M) the part of month m + 1 that is paid.
    """

    of_record: Integers
    entitlement: Integers
    spell: Integers
    record_after: Integers
    paid: Floats


@dataclass(frozen=True)
class SpellRates:
    """Monthly chances and shares by stratum; each broadcasts to (N, T, H).

    separation         insured persons who lose or leave their job at the end of the month
    covered            share of separations for a cause that the law covers
    take_up            share of the entitled who claim
    exits              death, retirement, withdrawal from the labour force
    finding_claimants  (D, H) chance of finding work in month d = 1..D since separation, the last row open
    finding_outside    (D, H) the same for those without benefit; the last row, or that of month
                       window - required + 1, holds from then on
    finding_multiplier on both: crisis paths; the product is held at 1
    insured_share      share of jobs found that are insured
    reentry_share      share of places still open that go to persons from outside; the rest to new entrants
    reentry_limit      largest share of those outside who can be drawn so in a month
    ageing             share that moves to the next age band
    next_stratum       (H,) index of the next age band, -1: ageing leads out of the model. All steps must be
                       equal, as they are in the order (sex, age band, class) or (age band, sex, class)
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

    def first_month(self) -> SpellRates:
        """The rates of the first month, for every month."""
        changes = {name: _first_month(getattr(self, name)) for name in _MONTHLY}
        return SpellRates(
            finding_claimants=self.finding_claimants, finding_outside=self.finding_outside,
            next_stratum=self.next_stratum, **changes,
        )  # fmt: skip

    def between(self, start: int, end: int) -> SpellRates:
        """The rates of months start .. end - 1."""
        changes = {name: _months_of(getattr(self, name), start, end) for name in _MONTHLY}
        return replace(self, **changes)


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

    insured (N, C+1, Q, H), outside (N, C+1, G+U, H), claims (N, K, M, H) as in
    `spsim.kernels.unemployment.project`; G + U depends on the rates.
    """

    insured: Floats
    outside: Floats
    claims: Floats

    def persons(self) -> Floats:
        """All persons, (N,)."""
        parts = (self.insured, self.outside, self.claims)
        return cast(Floats, sum(a.sum(axis=(1, 2, 3)) for a in parts))

    def scaled(self, insured: ArrayLike) -> SpellState:
        """The same records and proportions for `insured` (N or 1, H) persons."""
        now = self.insured.sum(axis=(1, 2))
        wanted = np.atleast_2d(np.asarray(insured, dtype=np.float64))
        if ((now <= 0.0) & (wanted > 0.0)).any():
            raise ValueError("a stratum without insured persons cannot be scaled up")
        zeros = np.zeros(np.broadcast_shapes(wanted.shape, now.shape))
        factor = np.divide(wanted, now, out=zeros, where=now > 0.0)[:, None, None, :]
        return SpellState(self.insured * factor, self.outside * factor, self.claims * factor)


@dataclass(frozen=True)
class Spells:
    """Persons by month and stratum, (N, T, H): stocks during the month, flows at its end.

    contributors, outside (neither insured nor claiming); exits; separations; qualified_separations (covered
    cause and entitled, before take-up); reemployed and exhaustions of claimants; entrants; reentrants;
    leavers (insured who lose their place because the insured number falls, and do not claim).
    claimants (N, T, M, H) during the month by month of claim; new_claims (N, T, K, H) those in their first
    month by group; claims (N, T, K, M, H) by group and month of claim, None unless kept.
    Those in month m + 1 (index m) of a claim in month t separated at the end of month t - m - 1: their paid
    person-months are claims[:, t, k, m]·groups.paid[k, m], at the benefit of claims begun in month t - m.
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
    claimants: Floats
    new_claims: Floats
    claims: Floats | None
    end: SpellState

    def beneficiaries(self) -> Floats:
        """Paid person-months, (N, T, H)."""
        if self.claims is None:
            raise ValueError("beneficiaries need the claims by group: project_spells(..., keep_claims=True)")
        return cast(Floats, np.einsum("ntkmh,km->nth", self.claims, self.groups.paid))


def empty_state(rule: ClaimRule, insured: ArrayLike) -> SpellState:
    """A scheme on its first day: `insured` (N or 1, H) persons without record, nobody outside or claiming."""
    persons = np.atleast_2d(np.asarray(insured, dtype=np.float64))
    groups = rule.groups()
    draws, strata = persons.shape
    records = groups.of_record.size
    stock = np.zeros((draws, records, max(rule.required, 1), strata))
    stock[:, 0, -1] = persons
    outside = np.zeros((draws, records, rule.lapse + 1, strata))
    return SpellState(stock, outside, np.zeros((draws, *groups.record_after.shape, strata)))


def run_in(rule: ClaimRule, rates: SpellRates, insured: ArrayLike, months: int = 240) -> SpellState:
    """The state of a scheme after its first `months` months.

    All that time with `insured` (N or 1, H) persons, who began without record, and the first month's rates.
    """
    persons = np.atleast_2d(np.asarray(insured, dtype=np.float64))
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
    finding, pages = _finding_outside(rule, rates.finding_outside, state.outside.shape[2], strata)
    outside = np.pad(state.outside, [(0, 0), (0, 0), (0, pages - state.outside.shape[2]), (0, 0)])
    result = kernel.project(
        _padded(packed), _padded(_by_duration(rates.finding_claimants, groups.record_after.shape[1], strata)),
        _padded(finding), groups.of_record, groups.spell, groups.record_after, rule.lapse, step,
        _padded(state.insured), _padded(outside), _padded(state.claims),
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
    shape = np.broadcast_shapes((path.shape[0], months, strata), *(a.shape for a in given.values()))
    if shape[1:] != (months, strata):
        raise ValueError(f"rates broadcast to {shape}; expected (draws, {months}, {strata})")
    packed = np.empty((shape[0], months, kernel.RATES, strata))
    for name, array in given.items():
        high = np.inf if name == "finding_multiplier" else 1.0
        if not ((array >= 0.0) & (array <= high)).all():
            span = f"{array.min():.6g}..{array.max():.6g}"
            raise ValueError(f"{name} must lie between 0 and {high:g}; it spans {span}")
        packed[:, :, _ROWS[name]] = array
    if not (np.isfinite(path) & (path >= 0.0)).all():
        raise ValueError("insured must be finite and not below 0")
    packed[:, :, kernel.TARGET] = path[:, 1:]
    step, out = _age_step(rates.next_stratum, strata)
    ageing, exits = packed[:, :, kernel.AGEING], packed[:, :, kernel.EXIT]
    exits[..., out] = 1.0 - (1.0 - exits[..., out]) * (1.0 - ageing[..., out])
    ageing[..., out] = 0.0
    return packed, step


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


def _finding_outside(rule: ClaimRule, chance: ArrayLike, pages: int, strata: int) -> tuple[Floats, int]:
    """Chances by page of those outside, and the number of pages.

    Who must requalify has pages of their own only for the months in which the chance still changes: from then
    on they and those whose gap is too long live alike.
    """
    gaps = rule.lapse + 1
    rows = _by_duration(chance, gaps, strata)
    changing = int(np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)).max(initial=-1)) + 1
    pages = max(pages, gaps + (changing if rule.required > 1 else 0))
    return np.concatenate([rows, rows[: pages - gaps]]), pages


def _padded(array: Floats) -> Floats:
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
        claimants=result.claimants[..., :strata],
        new_claims=result.new_claims[..., :strata],
        claims=claims[:, :months] if keep_claims else None,
        end=SpellState(result.insured[..., :strata], result.outside[..., :strata], last),
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
