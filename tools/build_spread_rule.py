"""Fit the rule by which countries without published bounds are given theirs: python tools/build_spread_rule.py

Reads the bundled countries' tables (UN prediction bounds), writes `src/spsim/experiments/spread_rule.json` with where it comes from.
"""

from __future__ import annotations

import json

import numpy as np

from spsim.data.bundle import bundled_countries, bundled_folder
from spsim.experiments.spread import RULE, fitted, read_bounds

LAST_ESTIMATE = 2023
TRANSITION = {
    "level": 1.9,
    "from": 2.0,
    "slope": 0.18,
    "ahead": [2.5, 25.0],
    "form": "fertility: level counted at most as `level`; all deviations times 1 + slope x (total fertility in the first year - from), "
    "coming in over the years ahead named",
    "source": "80 % bounds of Kenya, Ethiopia, Rwanda, Uganda and Somalia, World Population Prospects 2024; see tests/test_spread.py",
}
AHEAD = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 70, 77)


def main() -> None:
    """Deviations of every bundled country by years ahead, and the least-squares rule through them."""
    countries = {}
    for iso3 in bundled_countries():
        folder = bundled_folder(iso3)
        found = {}
        for name, (years, bounds) in read_bounds(folder, iso3).items():
            centre, outer = bounds[:, 2:3], bounds[:, [0, 1, 3, 4]]
            if name == "fertility":
                deviations = np.log(outer / centre)
            elif name == "migration":
                deviations = (outer - centre) / population(folder, years)[:, None]
            else:
                deviations = outer - centre
            level = np.ones(len(years)) if name == "migration" else centre[:, 0]
            found[name] = (years - LAST_ESTIMATE, level, deviations)
        countries[iso3] = found
    rule = {
        "source": "fitted by tools/build_spread_rule.py to the 80 % and 95 % prediction bounds of World Population Prospects 2024 "
        "(United Nations, DESA, Population Division; CC BY 3.0 IGO) of " + ", ".join(countries),
        "form": "deviation = base + slope x (level - mean level), level within the fitted range; fertility: log of the ratio to the "
        "median, level the median total fertility; men, women: years of life expectancy, level the median; migration: share of the "
        "population, the median of the countries; columns: lower 95, lower 80, upper 80, upper 95 per cent",
        **fitted(countries, AHEAD),
        "transition": TRANSITION,
    }
    RULE.write_text(json.dumps(rule, indent=1) + "\n", encoding="utf-8", newline="\n")


def population(folder, years):  # type: ignore[no-untyped-def]
    """Thousand persons at the end of each year."""
    import csv

    with (folder / "indicators.csv").open(encoding="utf-8") as file:
        rows = {int(row["year"]): row for row in csv.DictReader(file)}
    return np.array(
        [float(rows[int(y)]["pop_male_dec31"]) + float(rows[int(y)]["pop_female_dec31"]) for y in years]
    )


if __name__ == "__main__":
    main()
