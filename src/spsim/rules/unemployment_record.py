"""Unemployment insurance: the record of contributions, what opens it, what a claim leaves of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Constant, Schedule, Sourced, Value
from spsim.errors import ScenarioProblem
from spsim.places import RecordMonths, RecordTotal
from spsim.rules.brackets import edges

BLOCK = (
    12  # months of record that are taken together where each month of record would form a group of its own
)


ASKED = ("required", "window", "consecutive", "total")


def last_number(value: Value | None) -> int:
    """Number of the claim from which on a value changes no more."""
    return max((ceil(edge) for edge in edges(value, "claim_number", 1.0)), default=1)


def _of_claim(value: Value | None, number: int) -> float:
    """Months asked for one claim, read without NumPy."""
    if isinstance(value, Schedule):
        begun = [months for start, months in zip(*value.sorted_points(), strict=True) if start <= number]
        return begun[-1] if begun else value.sorted_points()[1][0]
    if isinstance(value, Constant):
        return value.value
    return float(value) if isinstance(value, int | float) else 0.0


@dataclass(frozen=True)
class Asked:
    """Months that the law asks for one claim: within a window, without a gap before the separation, in all."""

    required: int
    window: int
    consecutive: int
    total: int

    @property
    def least(self) -> int:
        """Months of record without which nothing is due."""
        return max(self.required, self.total, self.consecutive)

    @property
    def lapse(self) -> int:
        """Longest gap after which the window still holds enough of the months before it."""
        return self.window - self.required


class Record(Sourced):
    """`required` months of contribution within the last `window` months, and `total` in all; it counts up to `longest` months.

    What is asked may differ from the first claim of a life to the second and later ones. Consecutive months are asked by `required`
    equal to `window`. A claim uses up the whole record, unless `used_per_month` or `kept` says otherwise. With `per_employer` the
    record begins anew with each separation.
    """

    required: RecordMonths
    window: RecordMonths
    consecutive: RecordMonths | None = Field(
        None,
        description="months without a gap just before the separation, beside those of the window",
    )
    total: RecordTotal = Field(0, description="least record in all, months, beside those of the window")
    longest: int = Field(144, ge=1, le=480)
    counts: Literal["all", "window"] = Field(
        "all",
        description="months by which duration and amounts go: all of the record, or those of the window",
    )
    used_per_month: int | None = Field(
        None,
        ge=1,
        le=480,
        description="months of record that a month of benefit uses up; if absent a claim uses up the whole record",
    )
    kept: bool = Field(False, description="a claim uses up nothing of the record")
    between_claims: int | None = Field(
        None, ge=2, le=120, description="months that must pass from the begin of a claim to that of the next"
    )
    claims_in_life: int | None = Field(None, ge=1, le=20, description="most claims in a life")
    density: float | None = Field(
        None, gt=0, le=1, description="least share of the months since the first insurance that are insured"
    )
    per_employer: bool = Field(False, description="the record begins anew with each separation")

    @model_validator(mode="after")
    def _in_steps(self) -> Record:
        for name in ASKED:
            value = getattr(self, name)
            steps = isinstance(value, Schedule) and value.mode == "step"
            if not (value is None or steps or isinstance(value, int | float | Constant)):
                text = "months of record are one number, or steps by the number of the claim"
                raise ScenarioProblem((name,), text, "write {by: claim_number, points: {1: 12, 2: 18}}")
        return self

    @model_validator(mode="after")
    def _can_be_met(self) -> Record:
        for number in range(1, self.numbers + 1):
            self._whole(number)
            asked = self.asked(number)
            if asked.window < asked.required:
                raise ValueError(
                    f"{asked.required} months are required within {asked.window}; no one can ever qualify: widen the window"
                )
            if self.longest < asked.least:
                raise ValueError(
                    f"the longest record {self.longest} is below the {asked.least} months required; raise `longest`"
                )
        return self

    def _whole(self, number: int) -> None:
        """Refuse parts of a month, and a single month without a gap, which everybody has."""
        for name in ASKED:
            months = _of_claim(getattr(self, name), number)
            if months % 1:
                text = f"{months:g} months are asked, but the record counts whole months"
                raise ScenarioProblem((name,), text, "write a whole number")
            if name == "consecutive" and self.consecutive is not None and months < 2:
                text = f"{months:g} months without a gap are no condition"
                raise ScenarioProblem((name,), text, "write 2 or more, or delete it")

    @model_validator(mode="after")
    def _left_in_one_way(self) -> Record:
        said = [name for name in ("used_per_month", "kept", "per_employer") if getattr(self, name)]
        if len(said) > 1:
            text = f"{said[0]} and {said[1]} contradict each other"
            raise ScenarioProblem((said[1],), text, "keep one of them: each says what is left of the record")
        return self

    @model_validator(mode="after")
    def _can_be_counted(self) -> Record:
        if self.between_claims is not None and self.used_per_month is not None:
            text = "months between claims cannot be told beside a record that is used up month by month"
            raise ScenarioProblem(("between_claims",), text, "delete one of the two")
        if self.density is not None and not self.kept:
            text = "the density counts all insured months, but a claim uses up the record"
            raise ScenarioProblem(("density",), text, "add kept: true, or delete the density")
        return self

    @property
    def numbers(self) -> int:
        """Number of the claim from which on the same is asked of all."""
        limited = 1 if self.claims_in_life is None else self.claims_in_life + 1
        return max(limited, *(last_number(getattr(self, name)) for name in ASKED))

    def asked(self, number: int = 1) -> Asked:
        """What the law asks for the first, second .. claim of a life."""
        return Asked(*(round(_of_claim(getattr(self, name), number)) for name in ASKED))

    def counted(self, months: Array | float, number: int = 1) -> Array | float:
        """Months of a record without gaps by which duration and amounts of a claim go."""
        return months if self.counts == "all" else np.minimum(months, self.asked(number).window)

    def left(self, record: Array | int, used: Array | int) -> Array:
        """Record left of `record` months after so many months of benefit; nothing where a claim uses up the whole record."""
        counted = np.where(np.asarray(record) > self.longest, self.longest, record)
        shape = np.broadcast_shapes(np.shape(record), np.shape(used))
        if self.kept:
            return np.array(np.broadcast_to(counted, shape), dtype=np.int64)
        if self.used_per_month is None:
            return np.zeros(shape, dtype=np.int64)
        return np.asarray(np.maximum(counted - np.asarray(used) * self.used_per_month, 0), dtype=np.int64)

    def after_claim(self, granted: Array, number: int = 1) -> Array:
        """Record left (C+1, E+1) after 0..E months of benefit of a claim, by record before it.

        Records with the same multiple of `used_per_month` are taken together (twelve months where the record is `kept`), so that claims
        form few groups: they leave what the middle one of them leaves (before the first month paid, the multiple itself).
        """
        most = int(np.ceil(granted.max()))
        record, used = np.arange(self.longest + 1)[:, None], np.arange(most + 1)[None, :]
        if self.kept:
            return np.asarray(
                np.broadcast_to(self._kept(self.asked(number).least)[:, None], (self.longest + 1, most + 1))
            )
        if self.used_per_month is None:
            return self.left(record, used)
        full = record // self.used_per_month * self.used_per_month
        middle = np.where((used > 0) & (record < self.longest), self.used_per_month // 2, 0)
        return np.where(full < used * self.used_per_month, 0, self.left(full + middle, used))

    def _kept(self, least: int) -> Array:
        """Record (C+1,) of a kept one: the middle of its twelve months above the least, itself where it is open."""
        record = np.arange(self.longest + 1)
        first = np.maximum((record - least) // BLOCK * BLOCK + least, 0)
        middle = np.minimum(first + (BLOCK - 1) // 2, self.longest)
        return np.where((record >= self.longest) | (record < least), record, np.minimum(middle, record.max()))
