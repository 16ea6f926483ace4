"""Many futures of one scenario: each draw a whole run, its figures kept, independent of who computed it and when.

Comes in: a case, its uncertainty, a seed. Goes out: the figures of each draw as rows of numbers. Called by `simulate_report`.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, local
from typing import NamedTuple

import numpy as np

from spsim.arrays import Array
from spsim.data.demography import Demography
from spsim.drawn import Drawn
from spsim.economy import PAST_YEARS, EconomicShocks, economic_paths
from spsim.errors import InputError
from spsim.experiments.changes import Change
from spsim.experiments.defaults import with_default
from spsim.experiments.measures import every
from spsim.experiments.paths import People, Persistence, generator, people
from spsim.experiments.spread import LAST_KNOWN, persistence_of_migration, spreads
from spsim.experiments.stochastic import Still, Uncertainty, shocks
from spsim.experiments.uncertain_values import UncertainValue
from spsim.experiments.variants import Case
from spsim.grid import Grid
from spsim.indicators import Indicator
from spsim.memory import Memory
from spsim.outcome import Outcome
from spsim.population import Population, project
from spsim.records import record
from spsim.reuse import NO_REUSE, Reuse
from spsim.run import tables_folder
from spsim.stages import folder_of
from spsim.stocks.linear import LinearReuse


class Figure(NamedTuple):
    """One thing that is kept of each draw: of a scheme, a fund (`fund:id`), the population or the economy."""

    owner: str
    name: str
    unit: str
    yearly: bool

    @property
    def key(self) -> tuple[str, str]:
        """Owner and name."""
        return self.owner, self.name


@record(frozen=True)
class Job:
    """All that decides the figures of a draw, but for its number.

    `people`: what drawn populations share, None where the population is not drawn; `central` (C,) the figures of the scenario itself.
    """

    case: Case
    uncertainty: Uncertainty
    folder: Path
    seed: int
    people: People | None
    figures: tuple[Figure, ...]
    central: Array

    @property
    def years(self) -> Array:
        """The years of the projection."""
        horizon = self.case.scenario.horizon
        return np.arange(horizon.start, horizon.end + 1)

    def columns(self, number: int) -> slice:
        """Where figure `number` stands in the row of a draw: a column for each year, or one."""
        before = sum(len(self.years) if figure.yearly else 1 for figure in self.figures[:number])
        return slice(before, before + (len(self.years) if self.figures[number].yearly else 1))

    @property
    def persons_known(self) -> bool:
        """Whether the economy alone is drawn, without unemployment: then persons are those of the scenario in every draw."""
        process, scenario = self.uncertainty.economy, self.case.scenario
        if self.people is not None or self.uncertainty.values or scenario.economy is None:
            return False
        if process is None or isinstance(process, Still):
            return False
        some = [
            process.deviations(generator(self.seed, draw, process.stream), len(self.years), self.folder)
            for draw in range(8)
        ]
        return not any(one[:, -1].any() for one in some)

    def no_shocks(self) -> EconomicShocks:
        """A future without deviations."""
        nothing = np.zeros(len(self.years))
        return EconomicShocks(nothing, nothing, nothing, np.ones(len(self.years)))

    def packed(self) -> bytes:
        """The job as it is sent to other processes."""
        return zlib.compress(pickle.dumps(self), 1)


def prepared(
    case: Case, uncertainty: Uncertainty, folder: Path, seed: int, wanted: Sequence[str] = ()
) -> Job:
    """Run the scenario itself, and lay out what its draws share. `wanted`: figures kept, owner.name, by default all. Raises InputError."""
    for value in uncertainty.values:  # a path that leads nowhere is found now, not at the first draw
        case = with_default(case, value.path)
        case.changed(_middle(value))
    outcome = case.outcome()
    figures, central = chosen(figures_of(outcome), wanted)
    kinds = uncertainty.kinds() if outcome.demography is not None else {}
    return Job(
        case,
        uncertainty,
        folder,
        seed,
        _people(case, outcome, uncertainty) if kinds else None,
        figures,
        np.concatenate([np.atleast_1d(value) for value in central]),
    )


def _middle(value: UncertainValue) -> Change:
    return Change(value.path, value.distribution.middle(), value.change)


def _people(case: Case, outcome: Outcome, uncertainty: Uncertainty) -> People:
    """The central demography with the spreads of the country laid on its years."""
    demography, population = outcome.demography, outcome.population
    assert demography is not None and population is not None
    source = folder_of(case.scenario, tables_folder(case.scenario, case.document))
    years = demography.years.astype(float)
    total = demography.fertility_by_year().sum(axis=1)
    found = spreads(
        source, demography.country, years, total, demography.life_expectancy(), population.total()
    )
    of_migration = Persistence(*persistence_of_migration(demography.country, found["migration"], years[0]))
    kinds = uncertainty.kinds(of_migration)
    return people(demography, found, kinds, uncertainty.widths(), float(LAST_KNOWN))


def figures_of(outcome: Outcome) -> dict[Figure, Array]:
    """Everything that a run has by year, or once: indicators of schemes and funds, and the paths that were drawn."""
    found = {
        Figure(owner, one.name, one.unit, isinstance(one.value, np.ndarray)): _numbers(one)
        for (owner, _), one in every(outcome).items()
    }
    for owner, indicators in (("population", _of_people(outcome)), ("economy", _of_economy(outcome))):
        for one in indicators:
            found[Figure(owner, one.name, one.unit, True)] = _numbers(one)
    return found


def _numbers(indicator: Indicator) -> Array:
    """A path, or one number; NaN for what never happens."""
    return np.asarray(np.nan if indicator.value is None else indicator.value, dtype=float)


def _of_people(outcome: Outcome) -> list[Indicator]:
    if outcome.demography is None or outcome.population is None:
        return []
    demography, persons = outcome.demography, outcome.population.persons
    by_age = persons.sum(axis=1)
    lives = _of_calendar_years(demography.life_expectancy())
    return [
        Indicator("total", "persons", by_age.sum(axis=1)),
        Indicator("old_age_ratio", "share", by_age[:, 65:].sum(axis=1) / by_age[:, 15:65].sum(axis=1)),
        Indicator("total_fertility", "births", _total_fertility(demography)),
        Indicator("life_expectancy_men", "years", lives[:, 0]),
        Indicator("life_expectancy_women", "years", lives[:, 1]),
        Indicator("net_migration", "persons", _net_migration(outcome.population)),
    ]


def _of_calendar_years(step: Array) -> Array:
    """Values of the steps that close at each mid-year as values of calendar years: the mean of the two steps that meet in a year.

    In the last year the next step is carried on from the two before it.
    """
    following = np.concatenate([step[1:], step[-1:] + (step[-1:] - step[-2:-1])])
    return np.asarray((step + following) / 2)


def _total_fertility(demography: Demography) -> Array:
    """Births per woman of calendar years: the mean of the steps before and after 1 July, the first carried back."""
    return _of_calendar_years(demography.fertility_by_year().sum(axis=1))


def _net_migration(population: Population) -> Array:
    """Net migrants of calendar years: half of each step that meets in it; of the first and the last year, of the one step known."""
    step = population.migrants.sum(axis=(1, 2))
    return np.concatenate([step[:1], (step[:-1] + step[1:]) / 2, step[-1:]])


def _of_economy(outcome: Outcome) -> list[Indicator]:
    if outcome.paths is None:
        return []
    paths = outcome.paths.between(outcome.grid.first, outcome.grid.last)
    found = [
        Indicator("price_inflation", "share", paths.price_inflation),
        Indicator("wage_growth", "share", paths.wage_growth),
        Indicator("interest_rate", "share", paths.interest_rate),
    ]
    if outcome.labour is not None:
        force = outcome.labour
        rate = force.unemployed.sum(axis=(1, 2)) / force.labour_force.sum(axis=(1, 2))
        found.append(Indicator("unemployment_rate", "share", rate))
    return found


def chosen(found: dict[Figure, Array], wanted: Sequence[str]) -> tuple[tuple[Figure, ...], list[Array]]:
    """The figures named owner.name, or all. Raises InputError for a name that the run does not have."""
    from spsim.errors import near
    from spsim.experiments.changes import refused

    names = {f"{figure.owner}.{figure.name}": figure for figure in found}
    for name in wanted:
        if name not in names:
            meant = near(name, names)
            raise refused(
                name,
                f"the run has no figure '{name}'",
                f"did you mean '{meant[0]}'?" if meant else "see docs/indicators.md",
            )
    kept = tuple(names[name] for name in wanted) if wanted else tuple(found)
    return kept, [found[figure] for figure in kept]


@dataclass
class Draws:
    """The draws of a job in one process, with what they have in common kept between them."""

    job: Job
    memory: Memory = field(default_factory=lambda: Memory(4))
    reuse: Reuse | None = None

    def __post_init__(self) -> None:
        if self.reuse is None:
            self.reuse = LinearReuse() if self.job.persons_known else Reuse()
        if isinstance(
            self.reuse, LinearReuse
        ):  # coefficients come from the scenario itself, the same in every worker
            self.job.case.outcome(self.memory, Drawn(None, self.job.no_shocks(), self.reuse))

    def figures(self, draw: int) -> Array:
        """The row (C,) of one draw."""
        found = figures_of(self.outcome(draw))
        values = {figure.key: value for figure, value in found.items()}
        missing = np.full(len(self.job.years), np.nan)
        row = [
            np.atleast_1d(values.get(figure.key, missing if figure.yearly else np.asarray(np.nan)))
            for figure in self.job.figures
        ]
        return np.concatenate(row)

    def outcome(self, draw: int) -> Outcome:
        """The arrays of one draw."""
        job = self.job
        assert self.reuse is not None
        if not job.uncertainty.values:
            return job.case.outcome(self.memory, self._drawn(job.case, draw, self.reuse))
        random = generator(job.seed, draw, "parameters")
        case = job.case.changed(*(value.drawn(random) for value in job.uncertainty.values))
        return case.outcome(None, self._drawn(case, draw, NO_REUSE))

    def _drawn(self, case: Case, draw: int, reuse: Reuse) -> Drawn:
        job, people = self.job, None
        if job.people is not None:
            demography = job.people.drawn(job.seed, draw)
            people = (demography, project(demography))
        process = job.uncertainty.economy
        if process is None or isinstance(process, Still) or case.scenario.economy is None:
            return Drawn(people, None, reuse)
        central = central_rates(case)
        return Drawn(people, shocks(process, process.least, central, job.seed, draw, job.folder), reuse)


def central_rates(case: Case) -> dict[str, Array]:
    """The scenario's own yearly rates (T,) of the variables that are drawn as points."""
    horizon, economy = case.scenario.horizon, case.scenario.economy
    assert economy is not None
    grid = Grid(horizon.start - PAST_YEARS, horizon.end)
    paths = economic_paths(economy, grid, horizon.start).between(horizon.start, horizon.end)
    real = (1 + paths.wage_growth) / (1 + paths.price_inflation) - 1
    return {
        "price_inflation": paths.price_inflation,
        "real_wage_growth": real,
        "interest_rate": paths.interest_rate,
    }


class Part(NamedTuple):
    """Some draws of a job, as they are sent to a worker."""

    job: bytes
    draws: range


_here = local()
_loading = Lock()


def _opened(job: bytes) -> Draws:
    """The job of a worker, unpacked once in each of its threads."""
    if getattr(_here, "job", None) != job:
        from spsim.running import load_numba

        with _loading:
            load_numba()
        _here.draws = Draws(pickle.loads(zlib.decompress(job)))
        _here.job = job
    found: Draws = _here.draws
    return found


class DrawError(ArithmeticError):
    """A draw that could not be computed; only words, so that it can be sent between processes."""


def work(part: Part) -> Array:
    """The figures of some draws (draws, C). Raises DrawError."""
    draws = _opened(part.job)
    return np.stack([_figures(draws, draw) for draw in part.draws])


def _figures(draws: Draws, draw: int) -> Array:
    try:
        return draws.figures(draw)
    except (InputError, ArithmeticError) as error:
        raise DrawError(f"draw {draw}: {error}") from None
