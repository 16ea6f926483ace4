"""Pensions beside work: what the law stops of a pension while the pensioner earns more than a limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import OfReference, Schedule, Sourced, Value, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import DATE, AwardLimit, Share, parts, place
from spsim.rules.brackets import edges

Taper = Annotated[Value, place(*DATE, "wage", high=1)]


class WorkTest(Sourced):
    """A monthly pension is lowered by `taper` of what pay and pension together exceed the `limit`, by `most` of it at most.

    With a taper keyed by `wage` each band of the excess has its own share, as bands of an income tax.
    """

    limit: AwardLimit = Field(description="monthly, by date")
    counted_pension: Share = Field(
        1.0,
        description="share of the pension that counts beside the pay: 1 for pay and pension, 0 for pay alone",
    )
    taper: Taper = Field(
        description="share of the excess that is stopped; keyed by wage for bands of the excess"
    )
    most: Share = Field(1.0, description="share of the pension that can be stopped")
    years: Annotated[int, Field(ge=1, le=40)] | None = Field(
        None, description="years after the pension age in which the test holds; for life if absent"
    )
    part: str | None = Field(
        None, description="the part of the amount, a sum_of, that is tested; the whole pension if absent"
    )

    @model_validator(mode="after")
    def _excess_is_money(self) -> WorkTest:
        for path, part in parts(self.taper):
            if isinstance(part, Schedule) and (part.in_units_of is not None or part.mode != "step"):
                name = "mode" if part.mode != "step" else "in_units_of"
                text = "bands of the excess begin at amounts of money, each with one share"
                raise ScenarioProblem(("taper", *path, name), text, "delete it")
            assert not isinstance(part, OfReference)
        return self

    def stopped(self, pay: Array, pension: Array, moments: Moments) -> Array:
        """Monthly amount stopped, over (T, sex, age, class): Σ share of a band · excess in it, at most `most` of the pension."""
        limit, counted, most = (
            on(value, moments)[..., 0] for value in (self.limit, self.counted_pension, self.most)
        )
        excess = np.maximum(pay + counted * pension - limit, 0.0)
        begins = sorted({0.0, *edges(self.taper, "wage", 1.0)})
        found = np.zeros(np.broadcast_shapes(excess.shape, most.shape))
        for low, high in zip(begins, [*begins[1:], np.inf], strict=True):
            inside = np.full((1, 1, 1, 1, 1, 1), low)
            share = on(self.taper, replace(moments, wage=inside))[..., 0]
            found = found + share * np.clip(excess - low, 0.0, high - low)
        return np.asarray(np.minimum(found, most * pension))
