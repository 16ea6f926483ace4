"""One scenario from validated YAML to result tables: the order of calculation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from spsim.arrays import Array
from spsim.automatic_balance import Balanced, Books, balanced, balancing_schemes
from spsim.behaviour import PensionBehaviour, SocialPensionBehaviour, UnemploymentBehaviour
from spsim.bookkeeping import settled
from spsim.data.adjustment import adjusted
from spsim.data.bundle import bundled_folder, participation_file
from spsim.data.demography import Demography
from spsim.data.tables import read_folder, read_participation
from spsim.dated import on
from spsim.document import Document
from spsim.drawn import NOTHING_DRAWN, Drawn
from spsim.economy import PAST_YEARS, EconomicPaths, economic_paths
from spsim.errors import InputError, RefusedError, problem_at
from spsim.grid import Grid
from spsim.labour import LabourForce, Wages, work
from spsim.members import Covered
from spsim.memory import Forgetful, Memory, fingerprint
from spsim.money import SchemeMoney, pension_money, social_pension_money, unemployment_money
from spsim.outcome import Outcome, identities
from spsim.population import Population, project
from spsim.results import Result
from spsim.reuse import Reuse
from spsim.rules.pension_age import age_reached
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, SocialPensionScheme, UnemploymentScheme
from spsim.stocks.base import NoPensionersError
from spsim.stocks.member_paths import covered, entrants, published_scale
from spsim.stocks.pension import PensionStocks, project_pension
from spsim.stocks.social_pension import (
    SocialPensionStocks,
    death_rates,
    excluded,
    other_pensions,
    project_social_pension,
)
from spsim.stocks.unemployment import UnemploymentStocks, project_unemployment
from spsim.tables import assumptions, inputs, notes, tables

Block = TypeVar("Block")
Progress = Callable[[str, int, int], None]


def run(
    scenario: Scenario, document: Document, progress: Progress = lambda stage, done, total: None
) -> Result:
    """Run a checked scenario: arrays, then tables with what was assumed."""
    outcome = computed(scenario, document, progress)
    meta = scenario.meta
    return Result(
        scenario_id=meta.id,
        title=meta.title,
        country=meta.country,
        currency=meta.currency,
        first_year=scenario.horizon.start,
        last_year=scenario.horizon.end,
        tables=tables(outcome),
        assumptions=assumptions(scenario, document),
        warnings=notes(outcome),
        inputs=inputs(document, outcome),
        resolved=document.data,
        identities=list(outcome.identities.items()),
    )


def computed(
    scenario: Scenario,
    document: Document,
    progress: Progress = lambda stage, done, total: None,
    memory: Memory | None = None,
    drawn: Drawn = NOTHING_DRAWN,
) -> Outcome:
    """The arrays of a checked scenario. Raises InputError for what only the run itself can find wrong."""
    try:
        return simulate(scenario, tables_folder(scenario, document), progress, memory, drawn)
    except RefusedError as error:
        raise InputError([document.locate(error.problem)]) from None


def tables_folder(scenario: Scenario, document: Document) -> Path | None:
    """The user's folder of population tables, if the scenario names one."""
    spec = scenario.population
    return (
        None
        if spec is None or spec.tables is None
        else document.resolve(("population", "tables"), spec.tables)
    )


def simulate(
    scenario: Scenario,
    folder: Path | None = None,
    progress: Progress = lambda stage, done, total: None,
    memory: Memory | None = None,
    drawn: Drawn = NOTHING_DRAWN,
) -> Outcome:
    """The order of calculation: population, labour, economy, stocks of each scheme, accounts of each fund.

    With a `memory`, stages whose parts of the scenario have not changed since an earlier run are taken from it. What is `drawn` takes the
    place of the scenario's own people and economy; stages that it reaches are not kept.
    """
    steps = 3 + len(scenario.schemes)
    memory = Forgetful() if memory is None else memory
    grid = Grid(scenario.horizon.start, scenario.horizon.end)
    progress("population", 0, steps)
    demography, people = drawn.people or memory.recall(
        lambda: people_named(scenario, folder), lambda: _people(scenario, folder)
    )
    progress("labour force", 1, steps)
    force = (Forgetful() if drawn.changes_labour else memory).recall(
        lambda: fingerprint("labour", people_named(scenario, folder), scenario.labour),
        lambda: _labour_force(scenario, demography, people, grid, folder, drawn),
    )
    paths = (Forgetful() if drawn.anything else memory).recall(
        lambda: fingerprint("paths", scenario.economy, scenario.horizon),
        lambda: _paths(scenario, grid, drawn),
    )
    recall = partial(_recalled, Forgetful() if drawn.anything else memory, scenario, folder)
    pensions, unemployment = _schemes(scenario, demography, force, paths, grid, progress, recall, drawn)
    progress("accounts", steps - 1, steps)
    booked = partial(_booked, scenario, people, unemployment, paths, grid, drawn.reuse)
    books, balancing = booked(pensions), dict[str, Balanced]()
    if balancing_schemes(scenario):
        economy = _present(paths)

        def again(index: Mapping[str, Array]) -> Books:
            anew = _rebalanced(scenario, index, demography, force, economy, drawn.reuse)
            return booked(pensions | anew)

        books, balancing = balanced(scenario, books, again, economy, grid)
    gdp = _gdp(scenario, paths, force, grid)
    rates = _participation_file(scenario, demography, folder)
    outcome = Outcome(
        scenario,
        grid,
        paths,
        demography,
        people,
        force,
        rates,
        books.pensions,
        unemployment,
        books.social,
        books.money,
        books.accounts,
        gdp,
        {},
        balancing,
    )
    outcome.identities.update(identities(outcome))
    progress("done", steps, steps)
    return outcome


def _schemes(
    scenario: Scenario,
    demography: Demography | None,
    force: LabourForce | None,
    paths: EconomicPaths | None,
    grid: Grid,
    progress: Progress,
    recall: Callable[[str, Callable[[], Any]], Any],
    drawn: Drawn,
) -> tuple[dict[str, PensionStocks], dict[str, UnemploymentStocks]]:
    """Stocks of every scheme with members. None needs another's, so they run side by side; the kernels release the interpreter.

    Draws run side by side themselves: the schemes of one draw follow one another.
    """
    pensions: dict[str, PensionStocks] = {}
    unemployment: dict[str, UnemploymentStocks] = {}

    def project_one(name: str, scheme: PensionScheme | UnemploymentScheme) -> None:
        if isinstance(scheme, PensionScheme):
            pensions[name] = recall(
                name,
                lambda: _pension(scenario, name, scheme, demography, force, _present(paths), drawn.reuse),
            )
        else:
            unemployment[name] = recall(
                name,
                lambda: _unemployment(
                    scenario, name, scheme, _present(force), _present(paths), grid, drawn.reuse
                ),
            )

    # unemployment first: its kernel runs long without the interpreter, which pensions need to lay out their law
    insured = [
        (name, scheme)
        for name, scheme in scenario.schemes.items()
        if not isinstance(scheme, SocialPensionScheme)
    ]
    first = sorted(insured, key=lambda item: isinstance(item[1], PensionScheme))
    with ThreadPoolExecutor(max_workers=1 if drawn.anything else 3) as pool:
        started = {name: pool.submit(project_one, name, scheme) for name, scheme in first}
        for number, (name, future) in enumerate(started.items()):
            progress(scenario.schemes[name].title or name, 2 + number, 3 + len(scenario.schemes))
            future.result()
    in_order = list(scenario.schemes)
    return (
        {name: pensions[name] for name in in_order if name in pensions},
        {name: unemployment[name] for name in in_order if name in unemployment},
    )


def _booked(
    scenario: Scenario,
    people: Population | None,
    unemployment: dict[str, UnemploymentStocks],
    paths: EconomicPaths | None,
    grid: Grid,
    reuse: Reuse,
    pensions: dict[str, PensionStocks],
) -> Books:
    """Social pensions beside these pensions, the money of all schemes, the accounts of all funds."""
    social = _social(scenario, people, pensions, paths, grid, reuse)
    money = _money(scenario, pensions, unemployment, social, paths)
    accounts, money = settled(scenario, money, paths, grid)
    return Books(pensions, social, money, accounts)


def _rebalanced(
    scenario: Scenario,
    index: Mapping[str, Array],
    demography: Demography | None,
    force: LabourForce | None,
    paths: EconomicPaths,
    reuse: Reuse,
) -> dict[str, PensionStocks]:
    """The schemes of `index` projected with it."""
    found = {}
    for name, balance in index.items():
        scheme = scenario.schemes[name]
        assert isinstance(scheme, PensionScheme)
        found[name] = _pension(scenario, name, scheme, demography, force, paths, reuse, balance)
    return found


NOT_IN_STOCKS = frozenset({"contributions", "fund", "state_while_reserve_below"})
"""What a scheme collects and where it goes: money, which stocks do not know (but for records that lower a contribution)."""


def _recalled(
    memory: Memory, scenario: Scenario, folder: Path | None, name: str, make: Callable[[], Block]
) -> Block:
    """The stocks of a scheme, from a memory where nothing that they depend on has changed."""
    return memory.recall(lambda: stocks_named(scenario, name, folder), make)


def people_named(scenario: Scenario, folder: Path | None) -> str:
    """Under which name a memory keeps a population."""
    return fingerprint("population", scenario.population, scenario.horizon, str(folder or ""))


def stocks_named(scenario: Scenario, name: str, folder: Path | None) -> str:
    """Under which name a memory keeps the stocks of a scheme: its law but for contributions, behaviour, people, labour, economy."""
    scheme = scenario.schemes[name]
    credited = isinstance(scheme, PensionScheme) and bool(scheme.accounts)
    counted = [rule.reduced_after.months for rule in scheme.contributions.values() if rule.reduced_after]
    unread = {"gdp", "government_spending"} | (set() if credited else {"interest_rate"})
    return fingerprint(
        f"stocks {name}",
        people_named(scenario, folder),
        fingerprint("law", scheme, str(counted), without=NOT_IN_STOCKS),
        fingerprint("economy", scenario.economy, without=unread),
        fingerprint("labour", scenario.labour),
        fingerprint("behaviour", scenario.behaviour.get(name)),
    )


def _social(
    scenario: Scenario,
    people: Population | None,
    pensions: dict[str, PensionStocks],
    paths: EconomicPaths | None,
    grid: Grid,
    reuse: Reuse,
) -> dict[str, SocialPensionStocks]:
    """Social pensions, once the pensioners of the schemes that exclude are known."""
    found = {}
    for name, scheme in scenario.schemes.items():
        if isinstance(scheme, SocialPensionScheme):
            persons = _present(people).persons
            behaviour = scenario.behaviour.get(name, SocialPensionBehaviour(kind="social_pension"))
            assert isinstance(behaviour, SocialPensionBehaviour)
            others = [
                (other, pensions[one])
                for one, other in scenario.schemes.items()
                if one in scheme.not_with_pensions_of and isinstance(other, PensionScheme)
            ]
            without = excluded(others, persons)
            every = [
                (one, other, pensions[one])
                for one, other in scenario.schemes.items()
                if isinstance(other, PensionScheme)
            ]
            beside = other_pensions(scheme, every, persons)
            rates = death_rates(persons, _present(people).deaths) if scheme.funeral_grant else None
            found[name] = project_social_pension(
                scheme, behaviour, persons, without, _present(paths), grid, reuse, beside, rates
            )
    return found


def _money(
    scenario: Scenario,
    pensions: dict[str, PensionStocks],
    unemployment: dict[str, UnemploymentStocks],
    social: dict[str, SocialPensionStocks],
    paths: EconomicPaths | None,
) -> dict[str, SchemeMoney]:
    """What each scheme collects and pays."""
    found = {}
    for name, scheme in scenario.schemes.items():
        if isinstance(scheme, PensionScheme):
            found[name] = pension_money(scheme, pensions[name], _present(paths))
        elif isinstance(scheme, SocialPensionScheme):
            found[name] = social_pension_money(social[name])
        else:
            found[name] = unemployment_money(scheme, unemployment[name], _present(paths))
    return found


def _present(block: Block | None) -> Block:
    """A block that `checks.cross_check` has shown to be there."""
    if block is None:
        raise ValueError("a block that the schemes need is missing; run `spsim check` on the scenario")
    return block


def _people(scenario: Scenario, folder: Path | None) -> tuple[Demography | None, Population | None]:
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


def _labour_force(
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


def _participation_file(
    scenario: Scenario, demography: Demography | None, tables_folder: Path | None
) -> Path | None:
    """The file of participation rates that the run read, if any."""
    if scenario.labour is None or scenario.labour.participation is not None or demography is None:
        return None
    return participation_file(folder_of(scenario, tables_folder), demography.country)


def _paths(scenario: Scenario, grid: Grid, drawn: Drawn) -> EconomicPaths | None:
    """Economic paths from well before the start, so that run-ins find their past."""
    if scenario.economy is None:
        return None
    wide = replace(grid, first=grid.first - PAST_YEARS)
    return economic_paths(scenario.economy, wide, grid.first, drawn.shocks)


def _pension(
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
        people, group = _present(demography), _present(force).groups[scheme.members.group]
        wages = _present(scenario.labour).groups[scheme.members.group].wages
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


def _unemployment(
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
    wages = _present(scenario.labour).groups[cover.group].wages
    return scheme, behaviour, insured, ages, wages, paths, grid


def member_grid(scenario: Scenario, scheme: PensionScheme) -> Grid:
    """Ages and service of the members of a scheme."""
    horizon, members = scenario.horizon, scheme.members
    youngest, oldest = (15, 75) if isinstance(members, Covered) else (members.entry_age, members.exit_age)
    return Grid(horizon.start, horizon.end, youngest, oldest, 5, scheme.longest_service)


def _gdp(
    scenario: Scenario, paths: EconomicPaths | None, force: LabourForce | None, grid: Grid
) -> Array | None:
    """Gross domestic product grows with employment and with wages (productivity = real wages)."""
    if scenario.economy is None or scenario.economy.gdp is None or paths is None:
        return None
    spec, wages = scenario.economy.gdp, paths.between(grid.first, grid.last).wages
    employed = np.ones(len(grid.years)) if force is None else force.employed.sum(axis=(1, 2))
    base = int(np.clip(spec.year - grid.first, 0, len(wages) - 1))
    return np.asarray(spec.value * wages / wages[base] * employed / employed[base])
