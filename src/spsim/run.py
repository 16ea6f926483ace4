"""One scenario from validated YAML to result tables: the order of calculation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from spsim.arrays import Array
from spsim.automatic_balance import Balanced, Books, balanced, balancing_schemes
from spsim.balancing import AccountsError
from spsim.behaviour import SocialPensionBehaviour
from spsim.bookkeeping import settled
from spsim.data.demography import Demography
from spsim.document import Document
from spsim.drawn import NOTHING_DRAWN, Drawn
from spsim.economy import EconomicPaths
from spsim.errors import InputError, RefusedError, problem_at
from spsim.grid import Grid
from spsim.labour import LabourForce
from spsim.memory import Forgetful, Memory, fingerprint
from spsim.money import SchemeMoney, pension_money, social_pension_money, unemployment_money
from spsim.outcome import Outcome, identities
from spsim.population import Population
from spsim.results import Result
from spsim.reuse import Reuse
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, SocialPensionScheme, UnemploymentScheme
from spsim.stages import (
    economic_paths_of,
    gdp_of,
    labour_force,
    participation_of,
    pension_stocks,
    people_of,
    present,
    unemployment_stocks,
)
from spsim.stocks.pension import PensionStocks
from spsim.stocks.social_pension import (
    SocialPensionStocks,
    death_rates,
    excluded,
    other_pensions,
    project_social_pension,
)
from spsim.stocks.unemployment import UnemploymentStocks
from spsim.tables import assumptions, inputs, tables
from spsim.tables_notes import alarms, notes

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
        alarms=alarms(outcome),
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
    except AccountsError as error:
        what, _, remedy = str(error).partition(": ")
        raise InputError([document.locate(problem_at(("meta", "currency"), what, remedy))]) from None


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
        lambda: people_named(scenario, folder), lambda: people_of(scenario, folder)
    )
    progress("labour force", 1, steps)
    force = (Forgetful() if drawn.changes_labour else memory).recall(
        lambda: fingerprint("labour", people_named(scenario, folder), scenario.labour),
        lambda: labour_force(scenario, demography, people, grid, folder, drawn),
    )
    paths = (Forgetful() if drawn.anything else memory).recall(
        lambda: fingerprint("paths", scenario.economy, scenario.horizon),
        lambda: economic_paths_of(scenario, grid, drawn),
    )
    recall = partial(_recalled, Forgetful() if drawn.anything else memory, scenario, folder)
    pensions, unemployment = _schemes(scenario, demography, force, paths, grid, progress, recall, drawn)
    progress("accounts", steps - 1, steps)
    booked = partial(_booked, scenario, people, unemployment, paths, grid, drawn.reuse)
    anew = partial(_rebalanced, scenario, demography, force, paths, drawn.reuse)
    books, balancing = _in_balance(scenario, booked, anew, pensions, paths, grid)
    gdp = gdp_of(scenario, paths, force, grid)
    rates = participation_of(scenario, demography, folder)
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
                lambda: pension_stocks(
                    scenario, name, scheme, demography, force, present(paths), drawn.reuse
                ),
            )
        else:
            unemployment[name] = recall(
                name,
                lambda: unemployment_stocks(
                    scenario, name, scheme, present(force), present(paths), grid, drawn.reuse
                ),
            )

    # unemployment beside the rest: its kernel runs long without the interpreter, which pensions need to lay out their law
    insured = [
        (name, scheme)
        for name, scheme in scenario.schemes.items()
        if not isinstance(scheme, SocialPensionScheme)
    ]

    def apart(scheme: object) -> bool:
        return isinstance(scheme, UnemploymentScheme) and not drawn.anything

    beside = [(name, one) for name, one in insured if apart(one)]
    here = [(name, one) for name, one in insured if not apart(one)]
    with ThreadPoolExecutor(max_workers=1) as pool:
        started = [pool.submit(project_one, name, scheme) for name, scheme in beside]
        for number, (name, scheme) in enumerate(here):
            progress(scheme.title or name, 2 + number, 3 + len(scenario.schemes))
            project_one(name, scheme)
        for number, ((name, scheme), future) in enumerate(zip(beside, started)):
            progress(scheme.title or name, 2 + len(here) + number, 3 + len(scenario.schemes))
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


def _in_balance(
    scenario: Scenario,
    booked: Callable[[dict[str, PensionStocks]], Books],
    anew: Callable[[Mapping[str, Array]], dict[str, PensionStocks]],
    pensions: dict[str, PensionStocks],
    paths: EconomicPaths | None,
    grid: Grid,
) -> tuple[Books, dict[str, Balanced]]:
    """The books of these pensions; where schemes balance, those of the pensions whose own ratios ask for the index they were made with."""
    books = booked(pensions)
    if not balancing_schemes(scenario):
        return books, {}
    return balanced(scenario, books, lambda index: booked(pensions | anew(index)), present(paths), grid)


def _rebalanced(
    scenario: Scenario,
    demography: Demography | None,
    force: LabourForce | None,
    paths: EconomicPaths | None,
    reuse: Reuse,
    index: Mapping[str, Array],
) -> dict[str, PensionStocks]:
    """The schemes of `index` projected with it."""
    found = {}
    for name, balance in index.items():
        scheme = scenario.schemes[name]
        assert isinstance(scheme, PensionScheme)
        found[name] = pension_stocks(
            scenario, name, scheme, demography, force, present(paths), reuse, balance
        )
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
            persons = present(people).persons
            behaviour = scenario.behaviour.get(name) or SocialPensionBehaviour(kind="social_pension")
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
            rates = death_rates(persons, present(people).deaths) if scheme.funeral_grant else None
            found[name] = project_social_pension(
                scheme, behaviour, persons, without, present(paths), grid, reuse, beside, rates
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
            found[name] = pension_money(scheme, pensions[name], present(paths))
        elif isinstance(scheme, SocialPensionScheme):
            found[name] = social_pension_money(social[name])
        else:
            found[name] = unemployment_money(scheme, unemployment[name], present(paths))
    return found
