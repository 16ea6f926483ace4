"""Identities: what goes in comes out. A breach stops the run and says what, when and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class IdentityError(ArithmeticError):
    """An identity of the model does not hold: a fault of the program or of an input that no table check could
    see."""

    def __init__(self, what: str, year: int, residual: float) -> None:
        super().__init__(f"{what}: residual {residual:.6g} in {year}")
        self.what, self.year, self.residual = what, year, residual


def require_zero(
    residual: Array,
    scale: Array | float,
    what: str,
    years: Sequence[int] | NDArray[Any],
    tolerance: float = 1e-9,
) -> None:
    """Raise IdentityError at the first year in which ``|residual| <= tolerance * |scale|`` fails.

    residual: (T, ...), first axis running over ``years`` (T,); scale: broadcast to residual, same unit.
    A residual that is not a number is a breach.
    """
    bad = ~(np.abs(residual) <= tolerance * np.abs(np.broadcast_to(scale, residual.shape)))
    _raise_first(bad, residual, what, years)


def require_not_negative(values: Array, what: str, years: Sequence[int] | NDArray[Any]) -> None:
    """Raise IdentityError at the first year with a cell below zero or not a number. values: (T, ...)."""
    _raise_first(~(values >= 0), values, what, years)


def _raise_first(
    bad: NDArray[np.bool_], values: Array, what: str, years: Sequence[int] | NDArray[Any]
) -> None:
    if bad.any():
        first = tuple(np.argwhere(bad)[0])
        raise IdentityError(what, int(years[first[0]]), float(values[first]))
