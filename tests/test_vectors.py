"""The pension vectors of the analysis that the scenario language was designed from: each is a golden case that is checked, not skipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

GOLDEN = Path(__file__).parent / "golden"
LEFT_OUT = yaml.safe_load((GOLDEN / "not_modelled.yaml").read_text(encoding="utf-8"))
# What each vector asks, and the cases that hold it. Viet Nam's (accrual, ages, early points, cap) are in tests/golden/viet_nam.yaml.
VECTORS = {
    "Thailand, 20 years on 15,000: 27.5 %": ("thailand", ["th-old-age-20y"]),
    "Thailand, points at the average wage": ("thailand", ["th-care-average-wage", "th-care-blend-80"]),
    "Philippines, credit of 20,000 and 25 years: 11,300": ("philippines", ["ph-old-age-25y"]),
    "Brunei, employer brackets": (
        "brunei",
        [f"bn-spk-contribution-{wage}" for wage in ("500", "1500", "1500.01", "2800", "2800.01")],
    ),
    "Korea, 40 years at the average: 43 %": ("korea", ["kr-old-age-40y-average"]),
    "Timor-Leste, 700 USD: 42 + 28": ("timor_leste", ["tl-contribution-700"]),
    "Mongolia, months asked in 2024 and 2037": (
        "mongolia",
        ["mn-full-2024-exact", "mn-full-2024-one-month-short", "mn-full-2037"],
    ),
}


def cases(country: str) -> dict[str, dict[str, Any]]:
    found = yaml.safe_load((GOLDEN / f"{country}.yaml").read_text(encoding="utf-8"))
    return {case["id"]: case for case in found}


@pytest.mark.parametrize("vector", VECTORS)
def test_a_vector_is_checked(vector: str) -> None:
    country, names = VECTORS[vector]
    every, out = cases(country), set(LEFT_OUT.get(country) or {})
    assert names
    for name in names:
        assert name in every and name not in out
        assert any(f"{name}: {figure}" not in out for figure in every[name]["expect"])
