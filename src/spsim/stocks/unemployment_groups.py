"""Claims of unemployment benefit that run alike: the law by cause, record and stratum, gathered into groups."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spsim.records import record
from spsim.rules.unemployment import paid_until

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@record(frozen=True)
class ClaimRule:
    """Who may claim, for how long, and what a claim leaves of the record.

    required, window    contribution months asked, and the months before separation in which they must lie; one
                        number, or one for each number of claim
    entitlement         (C+1,) months of benefit by contribution months at separation, or (X, C+1, H or 1) by
                        cause and stratum too; the last cell is open; 0 where nothing is due
    record_after_claim  (C+1,) contribution months left after a claim, by record before it; or (C+1, E+1), by
                        the months of benefit that were used too (0..E, E the longest entitlement, rounded up)
    waiting_months      between separation and the first day paid, one, (X,) or (X, number of claims); they do not
                        use up the entitlement
    bracket             (C+1,) numbers; records of different numbers never share a group: benefits differ
    allowed             (X, C+1, H or 1) share of those with an entitlement who may claim; all if None
    consecutive         months without a gap just before the separation, one number or one for each number of claim
    between_claims      months that must pass from the begin of a claim to that of the next
    per_employer        the record begins anew with each separation
    extension           months of the entitlement that were added for a time; a running claim keeps what it has used
    long_record         months of record from which the insured are counted apart; not counted if None
    ends                where the law goes by the number of the claim: the cells c = 0..C hold the record before the
                        first claim, then that before the second ...; `ends` are the open last cells of all but the
                        last of them, and the cell after each is empty

    Claims of one cause and number with equal entitlement and equal record left form a group k. Month m of a claim is the m-th
    month since separation; paid is its overlap [m-1, m] with [waiting, waiting + entitlement].
    """

    required: int | tuple[int, ...]
    window: int | tuple[int, ...]
    entitlement: NDArray[Any]
    record_after_claim: Integers
    waiting_months: float | Floats = 0.0
    bracket: Integers | None = None
    allowed: Floats | None = None
    consecutive: int | tuple[int, ...] = 0
    between_claims: int = 0
    per_employer: bool = False
    extension: float = 0.0
    long_record: int | None = None
    ends: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        entitlement, after = np.asarray(self.entitlement), np.asarray(self.record_after_claim)
        required, window = self._each(self.required), self._each(self.window)
        if (required < 0).any() or (required > window).any():
            raise ValueError(f"required is {self.required}; expected 0..window = {self.window}")
        if entitlement.ndim not in {1, 3} or entitlement.min() < 0:
            raise ValueError(
                "entitlement must be one row of months, or (causes, records, strata), none below 0"
            )
        records = self.by_cause.shape[1]
        short = self.months_since < required[self.number]
        if self.by_cause[:, short].any():
            raise ValueError(f"entitlement must be 0 below the {self.required} months required")
        shapes = ((records,), (records, int(np.ceil(entitlement.max())) + 1))
        if after.shape not in shapes:
            raise ValueError(
                f"record_after_claim has shape {after.shape}; expected {shapes[0]} or {shapes[1]}"
            )
        if after.min() < 0 or after.max() >= records:
            raise ValueError(f"record_after_claim must lie between 0 and the longest record, {records - 1}")
        if not (np.asarray(self.waiting_months) >= 0.0).all():
            raise ValueError(f"waiting_months is {self.waiting_months}; expected 0 or more")

    @property
    def by_cause(self) -> Floats:
        """Entitlement (X, C+1, H or 1)."""
        entitlement = np.asarray(self.entitlement, dtype=np.float64)
        return entitlement[None, :, None] if entitlement.ndim == 1 else entitlement

    @property
    def records(self) -> int:
        """Number of cells of the record, C + 1."""
        return int(self.by_cause.shape[1])

    def _each(self, given: int | tuple[int, ...]) -> Integers:
        """A number of months for each number of claim (N,)."""
        return np.broadcast_to(np.asarray(given, dtype=np.int64), (len(self.ends) + 1,))

    @property
    def number(self) -> Integers:
        """Number of the next claim less one by cell of the record (C+1,)."""
        starts = np.array([0, *(end + 2 for end in self.ends)])
        return np.searchsorted(starts, np.arange(self.records), side="right") - 1

    @property
    def months_since(self) -> Integers:
        """Months of record in each cell (C+1,)."""
        starts = np.array([0, *(end + 2 for end in self.ends)])
        return np.arange(self.records) - starts[self.number]

    @property
    def asked(self) -> Integers:
        """Months to earn again after too long a gap (N,); where the record begins anew with each job it says it all."""
        least = (
            1 if self.per_employer else np.maximum(self._each(self.required), self._each(self.consecutive))
        )
        return np.maximum(self._each(1), least)

    @property
    def lapses(self) -> Integers:
        """Longest gap in months after which the earlier record still counts for the window (N,)."""
        return self._each(self.window) - self._each(self.required)

    @property
    def lapse(self) -> int:
        """The longest of them."""
        return int(self.lapses.max())

    @property
    def short(self) -> Integers:
        """Months to earn again after a short gap (N,)."""
        return np.maximum(self._each(1), 1 if self.per_employer else self._each(self.consecutive))

    @property
    def pages(self) -> int:
        """Pages Q of the insured: months to earn after too long a gap, or to wait between two claims."""
        return max(int(self.asked.max()), self.between_claims - 1)

    @property
    def barred(self) -> int:
        """Months D in which former claimants are kept apart."""
        return max(self.between_claims - 2, 0)

    def groups(self) -> ClaimGroups:
        """Claims that run alike."""
        return self._grouped

    @cached_property
    def _grouped(self) -> ClaimGroups:
        by_cause = self.by_cause
        causes, records, strata = by_cause.shape
        months = int(np.ceil(by_cause.max()))
        after = np.asarray(self.record_after_claim, dtype=np.int64).reshape(records, -1)
        after = np.broadcast_to(after, (records, months + 1))
        allowed = np.ones((1, 1, 1)) if self.allowed is None else self.allowed
        allowed = np.broadcast_to(allowed, (causes, records, allowed.shape[2]))
        bracket = np.zeros(records) if self.bracket is None else self.bracket
        cause, record = np.nonzero(by_cause.any(axis=2))
        laid = [cause, self.number[record], bracket[record]]
        each = np.column_stack([*laid, by_cause[cause, record], after[record], allowed[cause, record]])
        found, member = np.unique(each, axis=0, return_inverse=True)
        kinds = found.astype(np.float64)
        of_record = np.full((causes, records), -1, dtype=np.int64)
        of_record[cause, record] = member.reshape(-1)
        granted, rest = kinds[:, 3 : 3 + strata], kinds[:, 3 + strata :]
        left, may_claim = rest[:, : months + 1].astype(np.int64), rest[:, months + 1 :]
        return self._laid_out(kinds, of_record, granted, left, may_claim)

    def _laid_out(
        self, kinds: Floats, of_record: Integers, granted: Floats, left: Integers, allowed: Floats
    ) -> ClaimGroups:
        """Months paid, months of the spell and record left by month of claim."""
        cause, of_claim = kinds[:, 0].astype(np.int64), kinds[:, 1].astype(np.int64)
        waits = np.asarray(self.waiting_months, dtype=np.float64)
        waits = waits[:, None] if waits.ndim == 1 else waits
        waits = np.broadcast_to(waits, (len(of_record), len(self.ends) + 1))[cause, of_claim]
        spell = np.where(granted > 0, np.ceil(granted + waits[:, None] - 1e-9), 0).astype(np.int64)
        longest = max(1, int(np.ceil(self.by_cause.max() + np.max(self.waiting_months) - 1e-9)))
        paid = np.array([_paid(longest, wait, of_kind) for wait, of_kind in zip(waits, granted, strict=True)])
        paid = paid.reshape(len(kinds), longest, granted.shape[1])
        used = np.minimum(np.ceil(paid.cumsum(axis=1).max(axis=2) - 1e-9), left.shape[1] - 1).astype(np.int64)
        number = [int(np.flatnonzero((of_record == k).any(axis=0))[0]) for k in range(len(kinds))]
        return ClaimGroups(
            of_record, cause, of_claim + 1, np.array(number, dtype=np.int64), waits, granted, spell,
            np.take_along_axis(left, used, axis=1), paid, allowed * (granted > 0),
        )  # fmt: skip


def _paid(months: int, wait: float, granted: Floats) -> Floats:
    """Part of each month that is paid, (months, H)."""
    return np.diff(np.stack([paid_until(months, wait, float(most)) for most in granted], axis=1), axis=0)


@record(frozen=True)
class ClaimGroups:
    """K kinds of claim over M months; the last axis is H, or 1 where strata do not differ.

    of_record (X, C+1) group or -1; cause (K,); claim (K,) number of the claim, from 1; lowest (K,) lowest record; wait
    (K,) months; entitlement (K, H or 1) months; spell (K, H or 1) months with waiting; record_after (K, M) record left
    to one whose claim ended in month m + 1; paid (K, M, H or 1) the part of month m + 1 that is paid; allowed (K, H or
    1) share of those with an entitlement who may claim.
    """

    of_record: Integers
    cause: Integers
    claim: Integers
    lowest: Integers
    wait: Floats
    entitlement: Floats
    spell: Integers
    record_after: Integers
    paid: Floats
    allowed: Floats
