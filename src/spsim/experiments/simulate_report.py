"""`spsim simulate`: check, draw, gather, write, tell. What is drawn is kept until the results are written, so that nothing is lost.

Parts of the draws lie in DIR.draws beside the results folder while the command runs, or after it was stopped; the same command takes
them up. Figures are read back one at a time, so that memory does not grow with the number of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np

from spsim import __version__
from spsim.arrays import Array
from spsim.data.csv_table import TableError
from spsim.errors import InputError, Problem
from spsim.experiments import quantiles
from spsim.experiments.changes import refused
from spsim.experiments.simulate import DrawError, Figure, Job, Part, prepared, work
from spsim.experiments.stochastic import Still, Uncertainty, opened
from spsim.experiments.variants import Case
from spsim.experiments.variants import opened as opened_case
from spsim.experiments.workers import ClusterError, Ledger, Workers, completed, parts
from spsim.experiments.written import Experiment, write_experiment
from spsim.manifest import hash_of
from spsim.results import FORMATS
from spsim.run_folder import check_target, default_folder, fresh_run_folder

STOPPED, FAILED = 130, 1
MOST_IN_A_PART = 50
Advance = Callable[[str, int, int], None]
Rows = dict[str, list[Any]]


@dataclass(frozen=True)
class Asked:
    """The command line. `executor`: who does the work, in place of processes of this machine or a cluster."""

    file: Path
    uncertainty: Path | None = None
    draws: int = 1000
    seed: int = 1
    workers: int = 1
    threads: bool = False
    cluster: str | None = None
    figures: tuple[str, ...] = ()
    out: Path | None = None
    overwrite: bool = False
    formats: tuple[str, ...] = FORMATS
    quiet: bool = False
    executor: Executor | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def where(self) -> Executor | Workers:
        """Who does the work."""
        return self.executor or Workers(self.workers, self.cluster, self.threads)


def chosen_formats(text: str) -> tuple[str, ...]:
    """The output formats named on the command line. Raises InputError."""
    named = {name.strip().lower() for name in text.split(",") if name.strip()}
    unknown = sorted(named - set(FORMATS))
    if unknown or not named:
        what = f"unknown format '{unknown[0]}'" if unknown else "no format named"
        raise refused("--format", what, f"choose among {', '.join(FORMATS)}")
    return tuple(name for name in FORMATS if name in named)


def simulated(asked: Asked) -> list[str]:
    """Draw, write, and return the lines to print. Raises InputError; stopped, exits with 130 and keeps what was drawn."""
    from spsim.running import load_numba, progress

    load_numba()
    case = opened_case(asked.file)
    target = asked.out or default_folder(Experiment("simulate", case, {}).identifier)
    check_target(target, Experiment("simulate", case, {}).identifier, asked.overwrite)
    uncertainty, settings, folder = opened(asked.uncertainty, case.scenario.meta.country)
    _require_something_drawn(uncertainty)
    job = _prepared(case, uncertainty, folder, asked)
    settings = {
        "uncertainty": settings,
        "draws": asked.draws,
        "seed": asked.seed,
        "figures": list(asked.figures),
    }
    decides = {"spsim": __version__, "scenario": hash_of(case.document.data), **settings}
    ledger = Ledger.open(_beside(target), decides | {"inputs": _inputs(case, folder, uncertainty)})
    with progress(asked.quiet) as advance:
        drawn(job, asked, ledger, advance)
        tables = Drawn(job, ledger, _parts(asked.draws)).tables()
    one = Experiment("simulate", case, tables, settings, notes(job, asked), asked.seed, asked.started)
    with fresh_run_folder(target, one.identifier, asked.overwrite) as made:
        write_experiment(one, made, asked.formats)
    ledger.remove()
    return [] if asked.quiet else [*summary(tables, asked.draws), f"Results: {target}"]


def _prepared(case: Case, uncertainty: Uncertainty, folder: Path, asked: Asked) -> Job:
    try:
        return prepared(case, uncertainty, folder, asked.seed, asked.figures)
    except TableError as error:
        one = error.problems[0]
        place = (str(one.file), one.line, one.column)
        problem = Problem(*place, ("population",), one.message.rstrip("."), one.remedy.rstrip("."))
        raise InputError([problem]) from None


def _require_something_drawn(uncertainty: Uncertainty) -> None:
    still = uncertainty.economy is None or isinstance(uncertainty.economy, Still)
    if still and not uncertainty.kinds() and not uncertainty.values:
        raise refused("uncertainty", "nothing is drawn", "leave one of the processes on, or name a value")


def _beside(target: Path) -> Path:
    return target.with_name(f"{target.name}.draws")


def _inputs(case: Case, folder: Path, uncertainty: Uncertainty) -> dict[str, str]:
    """Digests of the tables and histories that the draws read: a changed one makes another job."""
    import hashlib

    from spsim.experiments.stochastic import History
    from spsim.run import tables_folder
    from spsim.stages import folder_of

    files: list[Path] = []
    if case.scenario.population is not None:
        files += sorted(folder_of(case.scenario, tables_folder(case.scenario, case.document)).glob("*.csv"))
    if isinstance(uncertainty.economy, History):
        files.append(folder / uncertainty.economy.file)
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _parts(draws: int) -> list[range]:
    """Parts of one draw where there are few, of up to 50 where there are many: about 200 in all, whoever does them."""
    return parts(draws, max(1, min(MOST_IN_A_PART, draws // 200)))


def drawn(job: Job, asked: Asked, ledger: Ledger, advance: Advance) -> None:
    """Do every part that is not done yet, and keep each as it comes."""
    packed, every = job.packed(), _parts(asked.draws)
    todo = {number: Part(packed, one) for number, one in enumerate(every) if number not in ledger.done}
    ready = sum(len(every[number]) for number in ledger.done)
    if ready and not asked.quiet:
        click.echo(f"taken up: {ready} of {asked.draws} draws were kept in {ledger.folder}", err=True)
    try:
        advance("draws", ready, asked.draws)
        for number, figures in completed(work, todo, asked.where):
            ledger.put(number, np.ascontiguousarray(figures.T))  # a figure of all draws lies together
            ready += len(every[number])
            advance("draws", ready, asked.draws)
    except DrawError as error:
        what = "narrow what is uncertain, or correct the scenario there"
        raise InputError([Problem(str(asked.file), 1, 1, ("simulate",), str(error), what)]) from None
    except KeyboardInterrupt:
        _stop("stopped", ready, asked, ledger, STOPPED)
    except ClusterError as error:
        _stop(str(error), ready, asked, ledger, FAILED)
    except BrokenExecutor:
        _stop("the workers ended again and again, as when memory runs out", ready, asked, ledger, FAILED)


def _stop(why: str, ready: int, asked: Asked, ledger: Ledger, code: int) -> None:
    from multiprocessing import util

    util._run_finalizers(0)  # type: ignore[attr-defined]  # semaphores of workers that were ended, which would be complained of
    kept = f"{ready} of {asked.draws} draws are kept in {ledger.folder}; the same command goes on from there"
    click.echo(f"{why}; {kept}", err=True)
    raise click.exceptions.Exit(code)


@dataclass(frozen=True)
class Drawn:
    """All figures of all draws, left on the disk and read one figure at a time."""

    job: Job
    ledger: Ledger
    parts: list[range]

    def figure(self, columns: slice) -> Array:
        """One figure of all draws (N, T); each file is closed again, so that memory holds this figure alone."""
        return np.concatenate([np.array(self.ledger.get(k)[columns]).T for k in range(len(self.parts))])

    def tables(self) -> dict[str, Rows]:
        """`fans`, `events`, `event_years` and `convergence`; docs/simulate.md says what their columns are."""
        found: dict[str, Rows] = {"fans": {}, "events": {}, "event_years": {}, "convergence": {}}
        for number, figure in enumerate(self.job.figures):
            columns = self.job.columns(number)
            values = self.figure(columns)
            central = self.job.central[columns]
            if figure.yearly or figure.unit != "year":
                years = self.job.years if figure.yearly else [None]
                _extend(found["fans"], _fan_rows(figure, years, central, values))
                _extend(found["convergence"], _settling_rows(figure, years, values))
            else:
                one = quantiles.event(self.job.years, values[:, 0])
                _extend(found["events"], _event_row(figure, float(central[0]), one))
                _extend(found["event_years"], _event_year_rows(figure, self.job.years, one))
                _extend(found["convergence"], _event_settling_rows(figure, self.job.years, values[:, 0]))
        return found


def _extend(table: Rows, rows: Mapping[str, Any]) -> None:
    for name, cells in rows.items():
        table.setdefault(name, []).extend(cells)


def _named(figure: Figure, count: int) -> dict[str, list[Any]]:
    return {"scheme": [figure.owner] * count, "indicator": [figure.name] * count}


def _fan_rows(figure: Figure, years: Any, central: Array, values: Array) -> dict[str, Any]:
    """A row for each year in which any draw has the figure."""
    one = quantiles.fan(values)
    kept = np.flatnonzero(one.draws > 0)
    rows = {
        **_named(figure, len(kept)),
        "unit": [figure.unit] * len(kept),
        "year": [None if years[k] is None else int(years[k]) for k in kept],
        "central": central[kept].tolist(),
        "draws": [int(count) for count in one.draws[kept]],
        "mean": one.mean[kept].tolist(),
        "mean_error": one.mean_error[kept].tolist(),
    }
    rows |= {name: one.quantiles[k, kept].tolist() for k, name in enumerate(quantiles.NAMES)}
    return rows | {f"{name}_error": one.errors[k, kept].tolist() for k, name in enumerate(quantiles.NAMES)}


def _settling_rows(figure: Figure, years: Any, values: Array) -> dict[str, Any]:
    """The mean and three quantiles half-way and at the end, from more and more draws."""
    shown = sorted({values.shape[1] // 2, values.shape[1] - 1})
    shown = [t for t in shown if not np.isnan(values[:, t]).all()]
    rows: list[tuple[int | None, str, int, float, float]] = []
    for number, one in quantiles.convergence(values[:, shown]) if shown else []:
        for place, t in enumerate(shown):
            year = None if years[t] is None else int(years[t])
            rows.append((year, "mean", number, float(one.mean[place]), float(one.mean_error[place])))
            rows += [
                (
                    year,
                    quantiles.NAMES[k],
                    number,
                    float(one.quantiles[k, place]),
                    float(one.errors[k, place]),
                )
                for k in (1, 3, 5)
            ]
    return _settled(figure, rows)


def _event_settling_rows(figure: Figure, years: Array, first: Array) -> dict[str, Any]:
    rows: list[tuple[int | None, str, int, float, float]] = []
    for number in quantiles.settling(len(first)):
        one = quantiles.event(years, first[:number])
        rows.append((None, "probability", number, one.probability, one.error))
    return _settled(figure, rows)


def _settled(figure: Figure, rows: list[tuple[int | None, str, int, float, float]]) -> dict[str, Any]:
    names = ("year", "estimate", "draws", "value", "error")
    return _named(figure, len(rows)) | {name: [row[k] for row in rows] for k, name in enumerate(names)}


def _event_row(figure: Figure, central: float, one: quantiles.Event) -> dict[str, Any]:
    """The chance that it happens at all within the horizon, and the quantiles of its year; empty means never."""
    whole = {name: _year(one.quantiles[k]) for k, name in enumerate(quantiles.NAMES)}
    row = {"central": _year(central), "probability": one.probability, "error": one.error} | whole
    return _named(figure, 1) | {name: [cell] for name, cell in row.items()}


def _year(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _event_year_rows(figure: Figure, years: Array, one: quantiles.Event) -> dict[str, Any]:
    return _named(figure, len(years)) | {
        "year": [int(year) for year in years],
        "probability": one.by_year.tolist(),
        "until_then": one.until.tolist(),
        "error": one.errors.tolist(),
    }


def notes(job: Job, asked: Asked) -> list[str]:
    """What a reader must know of these numbers."""
    spread = (
        "births, lives and migration are drawn around the scenario's own path"
        if job.people
        else "the population is not drawn"
    )
    return [
        f"{asked.draws} draws, seed {asked.seed}; {spread}",
        "errors are standard errors of the simulation alone: more draws make them smaller, not the uncertainty of the model itself",
        "p10 to p90 holds 80 per cent of the draws, p2_5 to p97_5 holds 95 per cent; central is the scenario without draws",
    ]


def summary(tables: Mapping[str, Rows], draws: int) -> Iterator[str]:
    """For each scheme and fund the chance of deficit and of depletion, with its error, and when; what no draw shows in one line."""
    events = tables["events"]
    yield f"{draws} draws"
    never: list[str] = []
    for k in range(len(events.get("scheme", []))):
        name = f"{events['scheme'][k]}: {str(events['indicator'][k]).removesuffix('_year').replace('_', ' ')}"
        chance, error = events["probability"][k], events["error"][k]
        if chance == 0 and events["central"][k] is None:
            never.append(name)
            continue
        median = events["p50"][k]
        when = "in half of the draws never" if median is None else f"median year {median}"
        central = "never" if events["central"][k] is None else str(events["central"][k])
        yield f"  {name}: probability {chance:.3f} ± {error:.3f}, {when}; without draws {central}"
    if never:
        yield f"  in no draw: {', '.join(never)}"
