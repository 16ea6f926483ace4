"""Spreads of births, lives and migration: the United Nations' bounds where the tables hold them, the rule where they do not."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from spsim.data.bundle import bundled_folder
from spsim.data.csv_table import TableError
from spsim.data.demography import Demography
from spsim.data.tables import read_folder
from spsim.experiments import paths as drawing
from spsim.experiments.paths import FERTILITY, MORTALITY, Persistence, generator, people, with_movers
from spsim.experiments.spread import (
    FARTHEST,
    PLACES,
    Spread,
    by_rule,
    persistence_of_migration,
    quantile,
    read_bounds,
    spreads,
)
from spsim.population import project

DRAWS = 300


def test_a_draw_at_a_bound_stands_at_the_bound() -> None:
    """Viet Nam 2050 in World Population Prospects 2024: total fertility 1.74475, 80 % bounds 1.377 and 2.1, 95 % 1.121 and 2.295."""
    years, bounds = read_bounds(bundled_folder("VNM"), "VNM")["fertility"]
    row = bounds[years == 2050.0]
    assert row.tolist() == [[1.121, 1.377, 1.74475, 2.1, 2.295]]
    deviations = np.log(row[:, [0, 1, 3, 4]] / row[:, 2:3])
    for place, wanted in zip([*PLACES, 0.0], [1.121, 1.377, 2.1, 2.295, 1.74475], strict=True):
        assert 1.74475 * np.exp(quantile(deviations, np.array([place]))[0]) == pytest.approx(
            wanted, rel=1e-12
        )


def test_quantiles_rise_with_z_and_end_where_nobody_published() -> None:
    """The line through the bounds never falls, and holds beyond 99.95 per cent."""
    deviations = np.array([[-0.6, -0.3, 0.2, 0.35]])
    z = np.linspace(-6, 6, 241)[:, None]
    values = quantile(np.repeat(deviations, 1, axis=0), z)[:, 0]
    assert (np.diff(values) >= 0).all()
    assert values[0] == quantile(deviations, np.array([-FARTHEST]))[0]
    assert values[-1] == quantile(deviations, np.array([FARTHEST]))[0]


def test_a_spread_begins_with_nothing_and_is_held_at_the_end() -> None:
    """No deviation in the year before the first bound; the last bounds serve later years."""
    spread = Spread(
        np.array([2024.0, 2030.0]), np.array([[-2.0, -1.0, 1.0, 2.0], [-8.0, -4.0, 4.0, 8.0]]), "test"
    )
    found = spread.at(np.array([2020.0, 2023.0, 2024.0, 2027.0, 2040.0]))
    assert found[:, 3].tolist() == [0.0, 0.0, 2.0, 5.0, 8.0]


def test_bounds_that_cross_are_refused(tmp_path: Path) -> None:
    """The row and the column are named."""
    header = "year,tfr,tfr_80l,tfr_80u,tfr_95l,tfr_95u\n"
    (tmp_path / "fertility.csv").write_text(header + "2025,1.9,1.7,2.1,1.6,2.2\n2026,1.9,2.0,2.1,1.6,2.2\n")
    with pytest.raises(
        TableError, match=r"fertility.csv:3:3: the bounds cross: tfr_80l is 2, above tfr, 1.9"
    ):
        read_bounds(tmp_path, None)


# World Population Prospects 2024, five-year periods: median, lower and upper 80 % bound of total fertility in 2025-2030, 2045-2050,
# 2095-2100 (United Nations, DESA, Population Division; CC BY 3.0 IGO). None of these countries comes with the package.
ELSEWHERE = {
    "Mauritius": [(1.2146, 0.99989, 1.40814), (1.2982, 0.96227, 1.62013), (1.4517, 0.96644, 1.88029)],
    "Réunion": [(2.0839, 1.81347, 2.36621), (1.9243, 1.53775, 2.30556), (1.7871, 1.35795, 2.26211)],
    "Seychelles": [(2.0151, 1.66649, 2.39136), (1.8450, 1.43349, 2.24411), (1.7270, 1.29197, 2.16839)],
    "Kenya": [(3.0215, 2.57468, 3.45973), (2.4096, 1.78180, 3.07663), (1.8508, 1.36843, 2.38790)],
    "Ethiopia": [(3.6197, 2.97363, 4.25147), (2.6395, 1.90801, 3.40700), (1.8985, 1.39210, 2.45713)],
    "Rwanda": [(3.4597, 2.96290, 3.96642), (2.6837, 1.96375, 3.42810), (1.9045, 1.38369, 2.47251)],
}


@pytest.mark.parametrize("country", ELSEWHERE)
def test_the_rule_comes_near_the_bounds_of_countries_that_it_has_not_seen(country: str) -> None:
    """Total fertility, 80 %: within 7 per cent of the published bound."""
    periods = np.array([2025.0, 2027.5, 2047.5, 2097.5])
    level = np.array([ELSEWHERE[country][0][0], *(median for median, _, _ in ELSEWHERE[country])])
    found = by_rule("fertility", periods, level).deviations[1:, 1:3]
    wanted = [[np.log(low / median), np.log(high / median)] for median, low, high in ELSEWHERE[country]]
    assert np.abs(found - wanted).max() < 0.07


@pytest.mark.parametrize("country", ["BRN", "IDN", "KOR", "LAO", "PHL", "VNM"])
def test_the_rule_comes_near_the_bounds_of_the_life_expectancy(country: str) -> None:
    """80 % bounds of men and women in 2030, 2050 and 2100: within 1.6 years, or a quarter."""
    bounds = read_bounds(bundled_folder(country), country)
    for name in ("men", "women"):
        at, row = bounds[name]
        years = np.arange(2025.0, 2101.0)
        level = np.interp(years, at, row[:, 2])
        found = by_rule(name, years, level).deviations[:, 1:3]
        wanted = np.stack([np.interp(years, at, row[:, k] - row[:, 2]) for k in (1, 3)], axis=1)
        chosen = np.isin(years, (2030, 2050, 2100))
        assert (np.abs(found - wanted)[chosen] < np.maximum(1.6, 0.25 * np.abs(wanted[chosen]))).all()


def test_migration_persists_less_where_its_spread_is_wide() -> None:
    """Countries not calibrated: by the width of the 80 % interval 25 years ahead."""
    years = np.array([2025.0, 2100.0])
    for width, yearly in ((0.002, 0.85), (0.02, 0.7), (0.05, 0.2)):
        spread = Spread(years, np.array([[-2 * width, -width, width, 2 * width]] * 2), "test")
        assert persistence_of_migration("XXX", spread, 2025.0)[0] == yearly


@cache
def central(iso3: str) -> Demography:
    return read_folder(bundled_folder(iso3), iso3, 2025, 2100)


@cache
def drawn(iso3: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Total fertility, life expectancy and population of draws (N, T, ...)."""
    demography = central(iso3)
    years = demography.years.astype(float)
    found = spreads(
        bundled_folder(iso3),
        iso3,
        years,
        demography.fertility_by_year().sum(axis=1),
        demography.life_expectancy(),
        project(demography).total(),
    )
    migration = Persistence(*persistence_of_migration(iso3, found["migration"], years[0]))
    kinds = {"fertility": FERTILITY, "mortality": MORTALITY, "migration": migration}
    shared = people(demography, found, kinds, {}, 2.0)
    futures = [shared.drawn(5, draw) for draw in range(DRAWS)]
    return (
        np.array([future.fertility.sum(axis=1) for future in futures]),
        np.array([future.life_expectancy() for future in futures]),
        np.array([project(future).total() for future in futures]),
    )


def published(iso3: str, file: str, year: int, column: str) -> np.ndarray:
    """Lower 95, lower 80, upper 80, upper 95 per cent of a calendar year."""
    with (bundled_folder(iso3) / file).open(encoding="utf-8") as rows:
        row = next(row for row in csv.DictReader(rows) if row["year"] == str(year))
    return np.array([float(row[f"{column}_{k}"]) for k in ("95l", "80l", "80u", "95u")])


LEVELS = (0.025, 0.1, 0.9, 0.975)


@pytest.mark.parametrize("iso3", ["VNM", "THA"])
def test_quantiles_of_fertility_and_lives_are_the_united_nations(iso3: str) -> None:
    """2050 and 2099: within 3.5 standard errors of the quantiles of 300 draws, 0.14 of the width of the 95 % interval."""
    fertility, lives, _ = drawn(iso3)
    for year in (2050, 2099):
        step = year - 2025  # the steps that end and begin in the middle of the year
        of_year = (fertility[:, step - 1] + fertility[:, step]) / 2
        bounds = published(iso3, "fertility.csv", year, "tfr")
        width = bounds[3] - bounds[0]
        assert np.abs(np.quantile(of_year, LEVELS) - bounds).max() < 0.14 * width
        for sex, column in enumerate(("e0M", "e0F")):
            of_year = (lives[:, step, sex] + lives[:, step + 1, sex]) / 2
            bounds = published(iso3, "indicators.csv", year, column)
            assert np.abs(np.quantile(of_year, LEVELS) - bounds).max() < 0.14 * (bounds[3] - bounds[0])


@pytest.mark.parametrize("iso3", ["VNM", "THA"])
def test_the_population_is_as_uncertain_as_the_united_nations_say(iso3: str) -> None:
    """80 % interval of the total in 2050 and 2075: its width within a fifth, its bounds within 6 per cent."""
    _, _, total = drawn(iso3)
    for year in (2050, 2075):
        end_of_year = total[:, year - 2025 : year - 2023].mean(axis=1) / 1000
        bounds = published(iso3, "indicators.csv", year, "pop")[1:3]
        found = np.quantile(end_of_year, LEVELS[1:3])
        assert np.log(found[1] / found[0]) / np.log(bounds[1] / bounds[0]) == pytest.approx(1, abs=0.2)
        assert found == pytest.approx(bounds, rel=0.06)


def test_the_first_mid_year_is_known() -> None:
    """A draw changes nothing of what closes at the first mid-year."""
    demography = central("VNM")
    shared = people(
        demography,
        {name: by_rule(name, demography.years.astype(float), np.full(76, level)) for name, level in
         {"fertility": 1.9, "men": 70.0, "women": 80.0, "migration": 1.0}.items()},
        {"fertility": FERTILITY, "mortality": MORTALITY, "migration": Persistence(0.8)},
        {},
        2.0,
    )  # fmt: skip
    future = shared.drawn(1, 7)
    assert np.array_equal(future.base, demography.base)
    assert np.array_equal(future.mortality[0], demography.mortality[0])
    assert np.array_equal(future.fertility_by_year()[0], demography.fertility[0])
    assert not np.array_equal(future.mortality[1], demography.mortality[1])


@pytest.mark.parametrize(
    "persistence", [Persistence(0.9, 0.3), Persistence(0.5), Persistence(walk=True), Persistence(0.0, 1.0)]
)
def test_z_is_standard_normal_in_every_year(persistence: Persistence) -> None:
    """Mean 0 and variance 1 within four errors of 4,000 draws; neighbours hang together as stated."""
    z = np.array([persistence.path(generator(3, draw, "fertility"), 40, 2.0) for draw in range(4000)])
    assert np.abs(z.mean(axis=0)).max() < 4 / np.sqrt(4000)
    assert np.abs(z.var(axis=0) - 1).max() < 4 * np.sqrt(2 / 4000)
    together = (z[:, 19] * z[:, 20]).mean()
    wanted = (
        np.sqrt(21 / 22)
        if persistence.walk
        else persistence.permanent + (1 - persistence.permanent) * persistence.yearly
    )
    assert together == pytest.approx(wanted, abs=4 / np.sqrt(4000))


def test_streams_do_not_touch_one_another() -> None:
    """A draw of fertility is the same whether lives and migration are drawn or not; another seed or number gives another one."""
    first = [generator(1, 4, stream).standard_normal(3).tolist() for stream in drawing.STREAMS]
    assert len({tuple(numbers) for numbers in first}) == len(drawing.STREAMS)
    assert generator(1, 4, "fertility").standard_normal(3).tolist() == first[0]
    assert generator(1, 5, "fertility").standard_normal(3).tolist() != first[0]
    assert generator(2, 4, "fertility").standard_normal(3).tolist() != first[0]


def test_nobody_emigrates_who_is_not_there() -> None:
    """However many would leave, at most half of an age and sex do in a year, and nobody is lost or made."""
    demography = central("TLS")
    flight = with_movers(demography, np.full(75, -0.3), drawing.age_pattern_of_movers(demography.migration))
    assert project(flight).persons.min() >= 0.0


def test_a_pattern_of_no_decline_moves_all_ages_alike() -> None:
    """Tables that hold mortality still give no pattern: one factor for all ages."""
    still = np.repeat(central("VNM").mortality[:1], 5, axis=0)
    assert (drawing.pattern_of_decline(still) == 1.0).all()
