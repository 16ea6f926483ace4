"""The rise of pensions in payment: when in the year, by what, and how much is added to each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from spsim.dated import Date
from spsim.rules.reference_earnings import Indexation


class PensionIndexation(Indexation):
    """Increases of pensions in payment: once a year by the rates of `indexation`, or with a reference amount whenever it moves, or both.

    In a month P' = P · (1 + rate, in the `month` of the year) · (amount now / amount of the month before) + flat of this date.
    """

    month: Annotated[int, Field(ge=1, le=12)] = Field(
        1, description="month of the year from which pensions in payment are raised"
    )
    follows: str | None = Field(
        None, description="a reference amount with which pensions in payment move, whenever it does"
    )
    flat: dict[Date, Annotated[float, Field(ge=0)]] = Field(
        {}, description="amounts added to the monthly pension of every member, by date, after the rates"
    )
