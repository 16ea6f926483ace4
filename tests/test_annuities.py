"""Annuities against the Standard Ultimate Life Table (i = 5 %), whose mortality is Makeham's law."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from spsim.annuities import annuity_due, insurance, pure_endowment
from spsim.arrays import Array

CASE = Path(__file__).parent / "cases" / "annuities" / "standard_ultimate_life_table.csv"
A, B, C, INTEREST = 0.00022, 2.7e-6, 1.124, 0.05
AGES = np.arange(20, 140)


@pytest.fixture(scope="module")
def published() -> list[dict[str, float]]:
    lines = CASE.read_text(encoding="utf-8").splitlines()[1:]
    return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]


def makeham() -> Array:
    """q_x = 1 − exp(−A − B·c^x·(c − 1) / ln c)."""
    return 1.0 - np.exp(-A - B * C ** AGES.astype(float) * (C - 1) / math.log(C))


def test_probabilities_are_makehams(published: list[dict[str, float]]) -> None:
    q = makeham()
    assert [row["qx"] for row in published] == pytest.approx(
        [q[int(row["x"]) - 20] for row in published], abs=1e-6
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("annuity_due", annuity_due(makeham(), INTEREST)),
        ("Ax", insurance(makeham(), INTEREST)),
        ("annuity_due_10", annuity_due(makeham(), INTEREST, years=10)),
        ("E10", pure_endowment(makeham(), INTEREST, 10)),
    ],
)
def test_values_are_the_published_ones(published: list[dict[str, float]], column: str, values: Array) -> None:
    for row in published:
        assert values[int(row["x"]) - 20] == pytest.approx(row[column], abs=5e-5 + 1e-9), row["x"]


def test_insurance_and_annuity_make_one() -> None:
    d = INTEREST / (1 + INTEREST)
    assert insurance(makeham(), INTEREST) + d * annuity_due(makeham(), INTEREST) == pytest.approx(
        1.0, abs=1e-12
    )


def test_a_whole_life_is_ten_years_and_the_rest() -> None:
    whole = annuity_due(makeham(), INTEREST)
    ten, endowment = annuity_due(makeham(), INTEREST, years=10), pure_endowment(makeham(), INTEREST, 10)
    assert whole[:90] == pytest.approx(ten[:90] + endowment[:90] * whole[10:100], rel=1e-12)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        annuity_due(np.array([0.1, 1.2]), 0.05)
    with pytest.raises(ValueError, match="above -1"):
        insurance(np.array([0.1, 1.0]), -1.0)
