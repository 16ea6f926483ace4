"""Find how migration persists in each bundled country: python tools/calibrate_persistence.py [draws]

Fertility, life expectancy and migration are drawn with the United Nations' own quantiles of each year; how one year hangs together with
the next they do not publish, but it decides how wide the population becomes. So for each country the persistence of migration is
chosen, among `GRID`, whose 80 % and 95 % intervals of the total population in 2050, 2075 and 2099 are nearest to theirs (least mean
square of the logarithm of the ratio of widths). Prints the misfits and writes `src/spsim/experiments/migration_persistence.json`.
Half an hour on one processor at 150 draws.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np

from spsim.arrays import Array
from spsim.data.bundle import bundled_countries, bundled_folder
from spsim.data.tables import read_folder
from spsim.experiments.paths import FERTILITY, MORTALITY, Persistence, people
from spsim.experiments.spread import LAST_KNOWN, spreads
from spsim.population import project

OUT = Path("src/spsim/experiments/migration_persistence.json")
GRID = (
    (0.0, 0.0), (0.3, 0.0), (0.5, 0.0), (0.65, 0.0), (0.75, 0.0), (0.85, 0.0), (0.85, 0.2), (0.9, 0.2), (0.9, 0.4),
)  # fmt: skip
START, END, SHOWN = 2025, 2100, (2050, 2075, 2099)
LEVELS = (0.025, 0.1, 0.9, 0.975)


def published(iso3: str) -> dict[int, Array]:
    """Bounds of the population at the end of the year: lower 95, lower 80, upper 80, upper 95 per cent, thousand."""
    with (bundled_folder(iso3) / "indicators.csv").open(encoding="utf-8") as file:
        rows = {int(row["year"]): row for row in csv.DictReader(file)}
    return {
        year: np.array([float(rows[year][f"pop_{k}"]) for k in ("95l", "80l", "80u", "95u")])
        for year in SHOWN
    }


def misfit(iso3: str, yearly: float, permanent: float, draws: int) -> tuple[float, list[float]]:
    """Root mean square of the logarithm of the ratios of widths, and the ratios (80 %, 95 % of each year)."""
    demography = read_folder(bundled_folder(iso3), iso3, START, END)
    total = project(demography).total()
    years = demography.years.astype(float)
    found = spreads(
        bundled_folder(iso3),
        iso3,
        years,
        demography.fertility_by_year().sum(axis=1),
        demography.life_expectancy(),
        total,
    )
    kinds = {"fertility": FERTILITY, "mortality": MORTALITY, "migration": Persistence(yearly, permanent)}
    shared = people(demography, found, kinds, {}, float(LAST_KNOWN))
    totals = np.array([project(shared.drawn(1, draw)).total() for draw in range(draws)])
    ratios = []
    for year, bounds in published(iso3).items():
        end_of_year = totals[:, year - START : year - START + 2].mean(axis=1) / 1000
        ours = np.quantile(end_of_year, LEVELS)
        ratios += [
            float((np.log(ours[3 - k]) - np.log(ours[k])) / (np.log(bounds[3 - k]) - np.log(bounds[k])))
            for k in (1, 0)
        ]
    return float(np.sqrt(np.mean(np.log(ratios) ** 2))), ratios


def main() -> None:
    """All countries, all of the grid."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    best = {}
    for iso3 in bundled_countries():
        tried = {point: misfit(iso3, *point, draws) for point in GRID}
        point = min(tried, key=lambda one: tried[one][0])
        best[iso3] = {"yearly": point[0], "permanent": point[1], "misfit": round(tried[point][0], 3)}
        print(iso3, best[iso3], " ".join(f"{ratio:.2f}" for ratio in tried[point][1]), flush=True)
    written = json.loads(OUT.read_text(encoding="utf-8")) | {"countries": best}
    OUT.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
