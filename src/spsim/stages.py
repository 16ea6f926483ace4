"""The stages of a run before money: people, labour force, economy, the stocks of each scheme, national income.

Comes in: a validated scenario, the user's folder of tables, what a draw puts in their place. Goes out: arrays of each stage. Called by `run`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour, UnemploymentBehaviour
from spsim.data.adjustment import adjusted
from spsim.data.bundle import bundled_folder, participation_file
from spsim.data.demography import Demography
from spsim.data.tables import read_folder, read_participation
from spsim.dated import on
from spsim.drawn import Drawn
from spsim.economy import PAST_YEARS, EconomicPaths, economic_paths
from spsim.errors import RefusedError, problem_at
from spsim.grid import Grid
from spsim.labour import LabourForce, Wages, work
from spsim.members import Covered
from spsim.population import Population, project
from spsim.reuse import Reuse
from spsim.rules.pension_age import age_reached
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, UnemploymentScheme
from spsim.stocks.base import NoPensionersError
from spsim.stocks.member_paths import covered, entrants, published_scale
from spsim.stocks.pension import PensionStocks, project_pension
from spsim.stocks.unemployment import UnemploymentStocks, project_unemployment

Block = TypeVar("Block")


def present(block: Block | None) -> Block:
    """A block that `checks.cross_check` has shown to be there."""
    if block is None:
        raise ValueError("a block that the schemes need is missing; run `spsim check` on the scenario")
    return block


def people_of(scenario: Scenario, folder: Path | None) -> tuple[Demography | None, Population | None]:
    """The tables of the population, and its projection."""
    demography = _demography(scenario, folder)
    return demography, None if demography is None else project(demography)


def _demography(scenario: Scenario, tables_folder: Path | None) -> Demography | None:
    spec, horizon = scenario.population, scenario.horizon
    if spec is None:
        return None
    demography = read_folder(
        folder_of(scenario, tables_folder), spec.country, horizon.start, horizon.end, spec.variant
    )
    if spec.adjust is None:
        return demography
    try:
        return adjusted(demography, spec.adjust.on(demography.years))
    except ValueError as error:
        where = ("population", "adjust", "life_expectancy")
        raise RefusedError(problem_at(where, str(error), "write fewer years")) from None


def labour_force(
    scenario: Scenario,
    demography: Demography | None,
    people: Population | None,
    grid: Grid,
    tables_folder: Path | None,
    drawn: Drawn,
) -> LabourForce | None:
    if scenario.labour is None or demography is None or people is None:
        return None
    given = scenario.labour.participation is not None
    rates = (
        np.zeros((2, 101))
        if given
        else read_participation(folder_of(scenario, tables_folder), demography.country)
    )
    unemployment = None if drawn.shocks is None else drawn.shocks.unemployment
    return work(scenario.labour, rates, people.persons, grid, unemployment)


def folder_of(scenario: Scenario, tables_folder: Path | None) -> Path:
    """The user's folder of tables, or the bundled one of the country."""
    country = "" if scenario.population is None else scenario.population.country or ""
    return bundled_folder(country) if tables_folder is None else tables_folder


def participation_of(
    scenario: Scenario, demography: Demography | None, tables_folder: Path | None
) -> Path | None:
    """The file of participation rates that the run read, if any."""
    if scenario.labour is None or scenario.labour.participation is not None or demography is None:
        return None
    return participation_file(folder_of(scenario, tables_folder), demography.country)


def economic_paths_of(scenario: Scenario, grid: Grid, drawn: Drawn) -> EconomicPaths | None:
    """Economic paths from well before the start, so that run-ins find their past."""
    if scenario.economy is None:
        return None
    wide = replace(grid, first=grid.first - PAST_YEARS)
    return economic_paths(scenario.economy, wide, grid.first, drawn.shocks)


def pension_stocks(
    scenario: Scenario,
    name: str,
    scheme: PensionScheme,
    demography: Demography | None,
    force: LabourForce | None,
    paths: EconomicPaths,
    reuse: Reuse,
    balance: Array | None = None,
) -> PensionStocks:
    behaviour = scenario.behaviour[name]
    assert isinstance(behaviour, PensionBehaviour)
    grid, years = member_grid(scenario, scheme), len(paths.years) - PAST_YEARS
    now = paths.between(grid.first, grid.last)
    if isinstance(scheme.members, Covered):
        people, group = present(demography), present(force).groups[scheme.members.group]
        wages = present(scenario.labour).groups[scheme.members.group].wages
        grid = replace(grid, classes=len(wages.class_shares))
        members = covered(
            scheme.members, group, people.mortality_q, wages, scheme.contribution_base, behaviour,
            age_reached(scheme.pension_age, grid, scheme.payable_from), now, grid, scheme.start,
        )  # fmt: skip
        fertility = people.fertility_by_year()
    else:
        grid = replace(grid, classes=len(scheme.members.wages.class_shares))
        members = entrants(scheme.members, scheme.contribution_base, behaviour, now, grid)
        fertility = np.zeros((years, 101))
    try:
        return project_pension(scheme, behaviour, members, paths, fertility, grid, reuse, balance)
    except NoPensionersError as error:
        remedy = "lengthen run_in_years, or leave out in_payment"
        path = ("schemes", name, "members", "in_payment")
        raise RefusedError(problem_at(path, str(error), remedy)) from None


def unemployment_stocks(
    scenario: Scenario,
    name: str,
    scheme: UnemploymentScheme,
    force: LabourForce,
    paths: EconomicPaths,
    grid: Grid,
    reuse: Reuse,
) -> UnemploymentStocks:
    return project_unemployment(*unemployment_parts(scenario, name, scheme, force, paths, grid), reuse)


def unemployment_parts(
    scenario: Scenario,
    name: str,
    scheme: UnemploymentScheme,
    force: LabourForce,
    paths: EconomicPaths,
    grid: Grid,
) -> tuple[UnemploymentScheme, UnemploymentBehaviour, Array, Array, Wages, EconomicPaths, Grid]:
    """What a scheme of unemployment insurance is projected from: law, behaviour, insured (T, 2, A), ages, wages, economy."""
    behaviour, cover = scenario.behaviour[name], scheme.members
    assert isinstance(behaviour, UnemploymentBehaviour)
    ages = np.arange(cover.youngest, cover.oldest + 1)
    moments = grid.calendar_years(paths.references, scheme.start)
    share = (on(cover.coverage, moments) * on(cover.compliance, moments))[..., 0, 0]
    insured = force.groups[cover.group][:, :, ages] * share
    insured = insured * published_scale(cover.insured, insured[0].sum(), grid.first)
    wages = present(scenario.labour).groups[cover.group].wages
    return scheme, behaviour, insured, ages, wages, paths, grid


def member_grid(scenario: Scenario, scheme: PensionScheme) -> Grid:
    """Ages and service of the members of a scheme."""
    horizon, members = scenario.horizon, scheme.members
    youngest, oldest = (15, 75) if isinstance(members, Covered) else (members.entry_age, members.exit_age)
    return Grid(horizon.start, horizon.end, youngest, oldest, 5, scheme.longest_service)


def gdp_of(
    scenario: Scenario, paths: EconomicPaths | None, force: LabourForce | None, grid: Grid
) -> Array | None:
    """Gross domestic product grows with employment and with wages (productivity = real wages)."""
    if scenario.economy is None or scenario.economy.gdp is None or paths is None:
        return None
    spec, wages = scenario.economy.gdp, paths.between(grid.first, grid.last).wages
    employed = np.ones(len(grid.years)) if force is None else force.employed.sum(axis=(1, 2))
    base = int(np.clip(spec.year - grid.first, 0, len(wages) - 1))
    return np.asarray(spec.value * wages / wages[base] * employed / employed[base])
