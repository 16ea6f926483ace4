"""Crises and disasters month by month: separations, job finding, contributions in arrears, insured work, longer benefit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.calendar import month_label, month_number
from spsim.dated import Date, Sourced, Strict
from spsim.errors import ScenarioProblem
from spsim.records import record

Factors = Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1, max_length=600)]
Shares = Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1, max_length=600)]
Months = Annotated[list[Annotated[int, Field(ge=0, le=60)]], Field(min_length=1, max_length=600)]
LISTS = ("separations", "job_finding", "contributions", "insured", "to_insured_work", "extension")


class Recovery(Strict):
    """Contributions in arrears that are paid later: a share of them, in equal parts over so many months, so long after the shock."""

    share: Annotated[float, Field(ge=0, le=1)]
    after_months: Annotated[int, Field(ge=0, le=120)] = Field(
        0, description="months between the last one of the shock and the first one of recovery"
    )
    over_months: Annotated[int, Field(ge=1, le=240)] = 12


class Shock(Sourced):
    """A crisis from `start` on: one number for each month in every list, factors on what would be without it."""

    start: Date
    separations: Factors | None = Field(None, description="factor on the chance of separation, by month")
    job_finding: Factors | None = Field(None, description="factor on the chance of finding work, by month")
    contributions: Shares | None = Field(
        None, description="share of the contributions due that is paid, by month; the rest is in arrears"
    )
    insured: Factors | None = Field(
        None,
        description="insured as a share of what they would be, by month: firms that close, work without insurance",
    )
    to_insured_work: Factors | None = Field(
        None, description="factor on the share of the jobs found that are insured, by month"
    )
    extension: Months | None = Field(
        None, description="months of benefit added, by month, to claims that begin or run then"
    )
    recovered: Recovery | None = Field(
        None, description="arrears that are paid later; none of them if absent"
    )

    @property
    def lists(self) -> dict[str, list[float]]:
        """The lists that are given, by name."""
        found = {name: getattr(self, name) for name in LISTS}
        return {name: values for name, values in found.items() if values is not None}

    @property
    def first(self) -> int:
        """Month number of the first month."""
        return month_number(self.start)

    @property
    def length(self) -> int:
        """Months of the shock."""
        return len(next(iter(self.lists.values())))

    @model_validator(mode="after")
    def _every_month(self) -> Shock:
        lists = self.lists
        if not lists:
            raise ScenarioProblem(
                (), "a shock that changes nothing", f"write a list of months under one of {', '.join(LISTS)}"
            )
        longest = max(lists, key=lambda name: len(lists[name]))
        for name, values in lists.items():
            if len(values) < len(lists[longest]):
                text = f"{len(values)} months, but {longest} has {len(lists[longest])}"
                missing = month_label(self.first + len(values))
                remedy = f"give a number for every month, the first one missing is {missing}; 1 where nothing changes"
                raise ScenarioProblem(
                    (name,), text, remedy if name != "extension" else remedy.replace("1 w", "0 w")
                )
        return self

    @model_validator(mode="after")
    def _recovers_what_is_lost(self) -> Shock:
        if self.recovered is not None and self.contributions is None:
            raise ScenarioProblem(
                ("recovered",),
                "no contributions are in arrears",
                "write a list under `contributions`, or delete it",
            )
        return self


@record(frozen=True)
class ShockPath:
    """The shocks of a scheme by month (..., M): factors of 1 where nothing happens. `arrears`: for each shock the share of contributions
    that is not paid in its months (..., M), and how a unit of them comes back."""

    separations: Array
    job_finding: Array
    insured: Array
    to_insured_work: Array
    extension: Array
    arrears: tuple[tuple[Array, Recovery | None], ...] = ()

    def collected(self, due: Array) -> Array:
        """Contributions (..., M) that come in of those due (..., M): less arrears, and later what is recovered of them.

        What would come in after the last month is not counted.
        """
        left, back = np.asarray(due), np.zeros(np.broadcast_shapes(np.shape(due), np.shape(self.separations)))
        for share, recovery in self.arrears:
            unpaid = left * share
            left = left - unpaid
            if recovery is not None:
                back = back + recovered(unpaid, share, recovery)
        return np.asarray(left + back)

    def unpaid(self, due: Array) -> Array:
        """Contributions (..., M) in arrears in the month in which they are due."""
        left = np.asarray(due)
        for share, _ in self.arrears:
            left = left * (1.0 - share)
        return np.asarray(due - left)


def recovered(unpaid: Array, share: Array, recovery: Recovery) -> Array:
    """What comes back (..., M) of the arrears (..., M) of one shock, in equal parts after its last month with arrears."""
    months = unpaid.shape[-1]
    place = np.arange(months)
    last = np.where(share > 0, place, -1).max(axis=-1, keepdims=True)
    begin = last + 1 + recovery.after_months
    part = recovery.share * unpaid.sum(axis=-1, keepdims=True) / recovery.over_months
    inside = (last >= 0) & (place >= begin) & (place < begin + recovery.over_months)
    return np.where(inside, part, 0.0)


def no_shock(months: int) -> ShockPath:
    """Nothing happens."""
    one = np.ones(months)
    return ShockPath(one, one, one, one, np.zeros(months, dtype=np.int64))


def shock_path(shocks: Mapping[str, Shock], months: Array) -> ShockPath:
    """All shocks of a scheme on the months (M,) of a projection: factors are multiplied, months of benefit added."""
    return combined(
        no_shock(len(months)), ((shock, shock.first - int(months[0])) for shock in shocks.values())
    )


def combined(path: ShockPath, shocks: Iterable[tuple[Shock, int]]) -> ShockPath:
    """A path with more shocks, each from a month of the path on; what lies before or after the path is left out."""
    months = path.separations.shape[-1]
    for shock, begin in shocks:
        placed = {name: _placed(values, begin, months, name) for name, values in shock.lists.items()}
        share = 1.0 - placed.pop("contributions") if "contributions" in placed else None
        more = placed.pop("extension", np.zeros(months, dtype=np.int64))
        factors = {name: getattr(path, name) * values for name, values in placed.items()}
        arrears = path.arrears if share is None else (*path.arrears, (share, shock.recovered))
        path = replace(path, **factors, extension=path.extension + more, arrears=arrears)
    return path


def _placed(values: list[float], begin: int, months: int, name: str) -> Array:
    """A list laid on the months of the projection, with what changes nothing around it."""
    whole = np.zeros(months, dtype=np.int64) if name == "extension" else np.ones(months)
    first, last = max(begin, 0), min(begin + len(values), months)
    if last > first:
        whole[first:last] = values[first - begin : last - begin]
    return whole
