"""How uncertain births, lives and migration are: quantiles around the scenario's own path, year by year.

From the country's tables where they give the United Nations' prediction bounds (columns `tfr_80l` .. of fertility.csv; `e0M_80l` ..,
`e0F_80l` .., `mig_80l` .. of indicators.csv); else by a rule from the country's own level, fitted to the countries that come with the
package and kept with its provenance in `spread_rule.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from spsim.arrays import Array
from spsim.data.csv_table import Row, TableError, TableProblem, open_table
from spsim.records import record

BOUNDS = ("95l", "80l", "80u", "95u")
PLACES = np.array([-1.959963984540054, -1.2815515655446004, 1.2815515655446004, 1.959963984540054])
"""Standard normal quantiles of 2.5, 10, 90 and 97.5 per cent."""
FARTHEST = 3.2905267314919255
"""Standard normal quantile of 99.95 per cent: nothing farther out is drawn, because nobody published it."""
LAST_KNOWN = 2  # years from the last estimates to the population that a projection begins with
RULE = Path(__file__).parent / "spread_rule.json"
PERSISTENCE_OF_MIGRATION = Path(__file__).parent / "migration_persistence.json"
QUANTITIES = ("fertility", "men", "women", "migration")


@record(frozen=True)
class Spread:
    """Deviations from the central path at four quantiles: `years` (Y,) in order, `deviations` (Y, 4) as `BOUNDS`.

    Units: fertility the logarithm of the ratio, life expectancy years, migration a share of the population of the year.
    """

    years: Array
    deviations: Array
    source: str

    def at(self, years: Array) -> Array:
        """(T, 4): straight lines between the years, nothing in the year before the first one and earlier, the last ones held."""
        known = np.concatenate([[self.years[0] - 1], self.years])
        values = np.concatenate([np.zeros((1, 4)), self.deviations])
        return np.stack([np.interp(years, known, values[:, k]) for k in range(4)], axis=1)


def quantile(deviations: Array, z: Array) -> Array:
    """Deviation (..., T) of a draw that stands at the standard normal quantile z (..., T), from `deviations` (T, 4).

    Straight lines in z through the four bounds and the centre; beyond the outer bounds the line goes on, to `FARTHEST`.
    """
    z = np.clip(z, -FARTHEST, FARTHEST)
    points = np.concatenate([PLACES[:2], [0.0], PLACES[2:]])
    values = np.insert(deviations, 2, 0.0, axis=1)
    place = np.clip(np.searchsorted(points, z, side="right") - 1, 0, 3)
    low = np.take_along_axis(np.broadcast_to(values, (*z.shape, 5)), place[..., None], -1)[..., 0]
    high = np.take_along_axis(np.broadcast_to(values, (*z.shape, 5)), place[..., None] + 1, -1)[..., 0]
    share = (z - points[place]) / (points[place + 1] - points[place])
    return np.asarray(low + share * (high - low))


def spreads(
    folder: Path,
    country: str | None,
    years: Array,
    total_fertility: Array,
    expectation: Array,
    population: Array,
) -> dict[str, Spread]:
    """Spread of each quantity (`QUANTITIES`) of a country: its own bounds where its tables give them, else the rule.

    `years` (T,) of the projection with the central `total_fertility` (T,), `expectation` of life at birth (T, 2) and `population` (T,).
    Raises TableError for bounds that cross.
    """
    given = read_bounds(folder, country)
    levels = {
        "fertility": total_fertility,
        "men": expectation[:, 0],
        "women": expectation[:, 1],
        "migration": np.ones(len(years)),
    }
    found = {name: by_rule(name, years, level) for name, level in levels.items()}
    for name, (at, bounds) in given.items():
        found[name] = Spread(at, _deviations(name, at, bounds, years, population), str(folder.name))
    return found


def persistence_of_migration(
    country: str | None, migration: Spread, first_year: float
) -> tuple[float, float]:
    """Share of a deviation left after a year, and permanent share of the variance: of the country as calibrated, else by the width.

    See `tools/calibrate_persistence.py` and `migration_persistence.json`.
    """
    data = json.loads(PERSISTENCE_OF_MIGRATION.read_text(encoding="utf-8"))
    known = data["countries"].get(country)
    if known is None:
        bounds = migration.at(np.array([first_year + 25.0]))[0]
        width = float(bounds[2] - bounds[1]) / 2
        known = next(one for one in data["other"] if width < one["width_below"])
    return float(known["yearly"]), float(known["permanent"])


def by_rule(name: str, years: Array, level: Array) -> Spread:
    """The spread of a quantity so many years after the last estimates, at the country's own level of it."""
    rule = json.loads(RULE.read_text(encoding="utf-8"))
    ahead = np.array(rule["years_ahead"], dtype=float)
    part = rule[name]
    low, high = part["levels"]
    since = years - (years[0] - LAST_KNOWN)
    wider = np.ones(len(years))
    if name == "fertility":  # a country in transition: how far fertility still falls is the greater doubt
        falling = rule["transition"]
        high = falling["level"]
        share = np.interp(since, falling["ahead"], [0.0, 1.0])
        wider += falling["slope"] * max(float(level[0]) - falling["from"], 0.0) * share
    away = np.clip(level, low, high) - part["level"]
    base, slope = (
        np.stack([np.interp(since, ahead, column) for column in np.array(part[key]).T], axis=1)
        for key in ("base", "slope")
    )
    deviations = (base + slope * away[:, None]) * wider[:, None]
    least = np.array([-1.0, -1.0, 1.0, 1.0]) * 1e-6
    deviations = np.where(least < 0, np.minimum(deviations, least), np.maximum(deviations, least))
    return Spread(years, deviations, "rule")


def _deviations(name: str, at: Array, bounds: Array, years: Array, population: Array) -> Array:
    """Bounds (Y, 5), the centre in the middle, as deviations in the quantity's own measure (Y, 4)."""
    centre, outer = bounds[:, 2:3], bounds[:, [0, 1, 3, 4]]
    if name == "fertility":
        return np.log(outer / centre)
    if name == "migration":
        return (outer - centre) * 1000.0 / np.interp(at, years, population)[:, None]
    return outer - centre


def read_bounds(folder: Path, country: str | None) -> dict[str, tuple[Array, Array]]:
    """Years (Y,) and bounds (Y, 5: lower 95 %, lower 80 %, median, upper 80 %, upper 95 %) of each quantity that the tables bound."""
    problems: list[TableProblem] = []
    columns = {
        "fertility": ("fertility.csv", "tfr"),
        "men": ("indicators.csv", "e0M"),
        "women": ("indicators.csv", "e0F"),
        "migration": ("indicators.csv", "mig"),
    }
    found = {
        name: bounds
        for name, (file, column) in columns.items()
        if (bounds := _bounds_of(folder / file, column, country, problems)) is not None
    }
    if problems:
        raise TableError(problems)
    return found


def _bounds_of(
    path: Path, column: str, country: str | None, problems: list[TableProblem]
) -> tuple[Array, Array] | None:
    names = [f"{column}_95l", f"{column}_80l", column, f"{column}_80u", f"{column}_95u"]
    if not path.is_file():
        return None
    table = open_table(path, ["year"], problems)
    if table is None or not all(table.has(name) for name in names):
        return None
    found: dict[int, Sequence[float]] = {}
    for row in table.rows:
        if table.has("iso3") and country and table.text(row, "iso3") != country:
            continue
        if not all(table.text(row, name) for name in names):
            continue
        year = table.whole(row, "year", 1950, 2250)
        values = [table.number(row, name) for name in names]
        if year is None or any(value is None for value in values):
            continue
        numbers = [value for value in values if value is not None]
        _check_order(table, row, names, numbers)
        found[year] = numbers
    if not found:
        return None
    years = sorted(found)
    return np.array(years, dtype=float), np.array([found[year] for year in years])


def _check_order(table: object, row: Row, names: Sequence[str], values: Sequence[float]) -> None:
    from spsim.data.csv_table import CsvTable

    assert isinstance(table, CsvTable)
    for low, high, name, other in zip(values[:-1], values[1:], names[:-1], names[1:], strict=True):
        if low > high:
            message = f"the bounds cross: {name} is {low:g}, above {other}, {high:g}."
            table.blame(row, name, message, "Write lower 95, lower 80, median, upper 80, upper 95 in order.")
            return


def fitted(
    countries: Mapping[str, Mapping[str, tuple[Array, Array, Array]]], ahead: Sequence[int]
) -> dict[str, object]:
    """The rule: by least squares over countries, deviation = base + slope · (level − mean level), for each number of years ahead.

    `countries[iso3][quantity]`: years ahead (Y,), level (Y,), deviations (Y, 4). Migration has no slope: its spread is the median.
    """
    rule: dict[str, object] = {"years_ahead": list(ahead)}
    for name in QUANTITIES:
        of_all = [one[name] for one in countries.values()]
        rows = [
            [
                (level[i], deviations[i])
                for at, level, deviations in of_all
                for i in np.flatnonzero(at == years)
            ]
            for years in ahead
        ]
        levels = np.array([[level for level, _ in row] for row in rows])
        values = np.array([[deviation for _, deviation in row] for row in rows])
        middle = float(levels.mean())
        away = levels - middle
        if name == "migration":
            base, slope = np.median(values, axis=1), np.zeros((len(ahead), 4))
        else:
            centred = away - away.mean(1, keepdims=True)
            slope = np.einsum("hc,hck->hk", centred, values) / (centred**2).sum(1)[:, None]
            base = values.mean(1) - slope * away.mean(1)[:, None]
        rule[name] = {
            "level": round(middle, 6),
            "levels": [round(float(levels.min()), 4), round(float(levels.max()), 4)],
            "base": np.round(base, 6).tolist(),
            "slope": np.round(slope, 6).tolist(),
        }
    return rule
