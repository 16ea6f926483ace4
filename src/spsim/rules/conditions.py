"""What the law asks before it pays: contributions shortly before the event, density of the record, date of first insurance, first match wins.

Of one person every condition is met or not. Of a cell of a projection a share meets it: of contributors by the share of their months that
they pay; of those who have stopped contributing (`Moments.former`) by the share that the behaviour says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Protocol

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.calendar import month_number
from spsim.dated import Date, Strict
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.records import record
from spsim.rules.service import ServiceCondition

Density = Annotated[float, Field(gt=0, le=1)]
CELL_POINTS = 24  # half months of a year: limits of the law are full months


class RecentCondition(Strict):
    """Contributions shortly before the event: `{months: 24, within: 40}`."""

    months: int = Field(ge=1, le=600)
    within: int = Field(ge=1, le=600, description="months before the event that are looked at")

    @model_validator(mode="after")
    def _fits(self) -> RecentCondition:
        if self.months > self.within:
            text = f"{self.months} months of contribution cannot lie within {self.within}"
            raise ScenarioProblem(("within",), text, f"write {self.months} or more")
        return self

    def on(self, moments: Moments) -> Array:
        """Whether one person has them; of contributors who pay a share u of their months, min(u · within / months, 1) are taken to."""
        if moments.record is not None:
            event = moments.months.mean() - moments.record_lag
            paid = ((moments.record >= event - self.within) & (moments.record < event)).sum()
            return np.full((1, 1, 1, 1, 1), float(paid >= self.months))
        return _share_paying(moments, self.months / self.within)


def _share_paying(moments: Moments, asked: float) -> Array:
    """Share of a cell taken to have paid so large a share of their months, over (T, sex, age, 1, 1)."""
    if moments.former is not None:
        return np.asarray(moments.former[..., None, None])
    density = np.ones((1, 1, 1)) if moments.density is None else moments.density
    return np.asarray(np.minimum(density / asked, 1.0)[..., None, None])


def lately(moments: Moments, recent: RecentCondition | None, density: float | None) -> Array:
    """Share that meets `recent` and `density`, where they are asked."""
    share = np.ones((1, 1, 1, 1, 1)) if recent is None else recent.on(moments)
    if density is None:
        return share
    if moments.record is not None:
        if not len(moments.record):
            return share * 0.0
        since = moments.months.mean() - moments.record_lag - moments.record[0]
        return share * float(len(moments.record) >= density * since - 1e-9)
    return share * _share_paying(moments, density)


class EntryCondition(Strict):
    """Date of first insurance: `{before: 2025-07-01}` or `{from: 2025-07-01}`."""

    before: Date | None = None
    from_: Date | None = Field(None, alias="from")

    def met(self, entry_month: float) -> bool:
        """Whether members first insured in this month meet it."""
        late = self.before is not None and entry_month >= month_number(self.before)
        early = self.from_ is not None and entry_month < month_number(self.from_)
        return not (late or early)


class ServiceLike(Protocol):
    """A condition that divides cells of service: their shares, whether points of exact service meet it, and the limits that it looks at."""

    def on(self, moments: Moments) -> Array:
        """Share of each cell over (T, sex, age, class, service)."""

    def exactly(self, moments: Moments, service: Array) -> Array:
        """Share at points of exact service, over (T, sex, age, class, P)."""

    @property
    def limits(self) -> Sequence[ServiceCondition]:
        """The conditions of service in it."""


@record(frozen=True)
class Unless:
    """A condition of service, for deaths that give no pension: to the share `families` who leave nobody for it, and to those without a right.

    `rights` the ways to that pension, each with the share that meets what it asks besides service; `families` over (T, sex, age, 1, 1).
    """

    service: ServiceCondition
    rights: Mapping[str, ServiceCondition]
    besides: Mapping[str, Array]
    families: Array

    @property
    def limits(self) -> Sequence[ServiceCondition]:
        """Its own and those of the pension."""
        return [self.service, *self.rights.values()]

    def on(self, moments: Moments) -> Array:
        """Those with the service who leave no pension."""
        paid = sum(first_match(moments, self.rights, self.besides).values())
        return np.asarray(self.service.on(moments) * (1.0 - self.families * paid))

    def exactly(self, moments: Moments, service: Array) -> Array:
        """The same at points of exact service."""
        without = np.ones((1, 1, 1, 1, 1))
        for name, condition in self.rights.items():
            without = without * (1.0 - self.besides[name] * condition.exactly(moments, service))
        return np.asarray(self.service.exactly(moments, service) * (1.0 - self.families * (1.0 - without)))


def first_match(
    moments: Moments, services: Mapping[str, ServiceLike], besides: Mapping[str, Array]
) -> dict[str, Array]:
    """Share of each cell that each rule takes, in the order written: its service, and the share that meets every other condition."""
    left, taken = np.ones((1, 1, 1, 1, 1)), {}
    for name, condition in services.items():
        share = besides[name] * condition.on(moments)
        taken[name] = left * share
        left = left * (1.0 - share)
    limits = [limit.on(moments) for condition in services.values() for limit in condition.limits]
    for j in _torn(limits):
        for name, share in _within_cell(moments, services, besides, float(moments.last[j])).items():
            shape = np.broadcast_shapes(taken[name].shape, (*share.shape, len(moments.last)))
            taken[name] = np.array(np.broadcast_to(taken[name], shape))
            taken[name][..., j] = share
    return taken


def of_all(moments: Moments, taken: Callable[[Moments], dict[str, Array]]) -> dict[str, Array]:
    """Shares taken by each rule; of former members those who meet conditions on recent contributions meet all of them, the others none."""
    if moments.former is None:
        return taken(moments)
    share = moments.former[..., None, None]
    yes, no = (taken(replace(moments, former=np.full_like(moments.former, value))) for value in (1.0, 0.0))
    return {name: share * yes[name] + (1.0 - share) * no[name] for name in yes}


def _within_cell(
    moments: Moments, services: Mapping[str, ServiceLike], besides: Mapping[str, Array], middle: float
) -> dict[str, Array]:
    """The same (T, sex, age, class) for one cell of service that several rules divide, point by point within it."""
    points = np.linspace(max(middle - 0.5, 0.0), middle + 0.5, 2 * CELL_POINTS + 1)[1::2]
    left, taken = np.ones((1, 1, 1, 1, 1)), {}
    for name, condition in services.items():
        met = besides[name] * condition.exactly(moments, points)
        taken[name] = (left * met).mean(axis=-1)
        left = left * (1.0 - met)
    return taken


def _torn(shares: list[Array]) -> list[int]:
    """Cells of service in which the limits of two rules or more lie, so that their shares are not independent."""
    inside = [np.asarray((share > 0) & (share < 1)).max(axis=(0, 1, 2, 3)) for share in shares]
    if not inside or inside[0].size == 1:
        return []
    return [int(j) for j in np.flatnonzero(np.sum(inside, axis=0) >= 2)]
