"""The best years, in a row or wherever they lie: one person by months, a projection by years, by hand and by brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.rules.reference_earnings import BestAverage

YEARLY = np.array([100.0, 300.0, 200.0, 50.0, 280.0, 150.0])


def rule(in_a_row: bool, years: int = 2, within: int = 6) -> BestAverage:
    return BestAverage(kind="best", years=years, within=within, in_a_row=in_a_row)


@pytest.mark.parametrize(
    ("in_a_row", "within", "mean"),
    [
        (True, 6, 250.0),  # 300 and 200
        (False, 6, 290.0),  # 300 and 280
        (True, 4, 215.0),  # of 200, 50, 280, 150: 280 and 150
        (False, 4, 240.0),  # 280 and 200
        (False, 2, 215.0),
    ],
)
def test_by_hand(in_a_row: bool, within: int, mean: float) -> None:
    one = rule(in_a_row, within=within)
    months = np.repeat(YEARLY, 12)
    assert one.average(months, np.ones(72), 1.0) == pytest.approx(mean, rel=1e-12)
    assert one.of_years(YEARLY[-within:, None])[0] == pytest.approx(mean, rel=1e-12)


def test_valorisation_chooses_other_years() -> None:
    """Of 100 and 300 long ago and 280 now, an index that has trebled since makes the first ones the best."""
    index = np.array([1.0, 1.0, 3.0, 3.0, 3.0, 3.0]).repeat(12)
    assert rule(False).average(np.repeat(YEARLY, 12), index, 3.0) == pytest.approx((300 + 900) / 2)


@given(
    st.lists(st.floats(1, 1000), min_size=1, max_size=7),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_anywhere_is_the_best_choice_of_all(wages: list[float], years: int, more: int) -> None:
    one = rule(False, years, years + more)
    yearly = np.array(wages)
    looked_at = yearly[-one.within :]
    width = min(years, len(looked_at))
    best = max(np.mean(choice) for choice in combinations(looked_at, width))
    assert one.average(np.repeat(yearly, 12), np.ones(12 * len(yearly)), 1.0) == pytest.approx(best)
    assert rule(True, years, one.within).average(
        np.repeat(yearly, 12), np.ones(12 * len(yearly)), 1.0
    ) <= best * (1 + 1e-12)
