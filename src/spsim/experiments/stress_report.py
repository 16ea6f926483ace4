"""What `spsim stress` prints and writes.

Comes in: the words of the command line. Goes out: lines, and a folder if one was asked for. Called by the command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.errors import InputError
from spsim.experiments.changes import Change, refused
from spsim.experiments.crisis_draws import (
    CrisisDesign,
    Drawing,
    PastMonths,
    StatedCrisis,
    default_design,
    known_shock,
    read_past,
)
from spsim.experiments.quantiles import LEVELS, NAMES, event, fan, of_share
from spsim.experiments.stress import Advance, Bench, Required, Stressed, bench, of_scheme, required, stress
from spsim.experiments.sweep import progress
from spsim.experiments.variants import Case, opened
from spsim.experiments.written import Experiment, write_experiment
from spsim.loader import load, validate
from spsim.rules.shocks import Shock
from spsim.run_folder import check_target, fresh_run_folder

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Asked:
    """The command line."""

    file: Path
    draws: int
    seed: int
    years: int | None
    crisis: str | None
    design: Path | None
    scheme: str | None
    survive: tuple[float, ...]
    threads: int
    out: Path | None
    overwrite: bool
    form: str
    quiet: bool


@dataclass(frozen=True)
class Answer:
    """What was found, and what was drawn."""

    asked: Asked
    design: CrisisDesign
    found: Stressed
    required: list[Required]


def answered(asked: Asked) -> Iterator[str]:
    """Draw, write if asked, and tell. Raises InputError before anything is computed where the question is wrong."""
    case = shortened(opened(asked.file), asked.years)
    name = of_scheme(case, asked.scheme)
    design, past = drawn_from(asked, case, name)
    blank = Experiment("stress", case, {}, settings(asked, design, name), seed=asked.seed)
    if asked.out is not None:
        check_target(asked.out, blank.identifier, asked.overwrite)
    ready = bench(case, name)
    months = ready.scheme.months
    shocks = shocks_of(case, name)
    drawing = Drawing(design, asked.seed, int(months[0]), len(months), shocks, past)
    with progress("stress", asked.quiet) as advance:
        found = stress(ready, drawing, asked.draws, asked.threads, counted(advance, asked.draws))
    answer = Answer(asked, design, found, [required(found.needed, share) for share in asked.survive])
    lines = list(told(answer, case, ready))
    if asked.out is not None:
        done = Experiment(
            "stress", case, tables(answer), blank.settings, notes(answer), asked.seed, blank.started
        )
        with fresh_run_folder(asked.out, done.identifier, asked.overwrite) as folder:
            write_experiment(done, folder)
        lines = [*lines, "", f"Tables: {asked.out}"]
    yield from [as_json(answer)] if asked.form == "json" else lines


def counted(advance: Any, total: int) -> Advance:
    """Progress by draws."""
    return lambda done: advance(done, total)


def shortened(case: Case, years: int | None) -> Case:
    """The scenario over so many years from its start."""
    if years is None:
        return case
    end = case.scenario.horizon.start + years - 1
    return case if end == case.scenario.horizon.end else case.changed(Change("horizon.end", end))


def shocks_of(case: Case, name: str) -> dict[str, Shock]:
    """Shocks of the scheme's behaviour."""
    return dict(getattr(case.scenario.behaviour[name], "shocks", {}))


def drawn_from(asked: Asked, case: Case, name: str) -> tuple[CrisisDesign, dict[str, Array]]:
    """The design named, one stated crisis, or the default; and the months of the past that it reads. Raises InputError."""
    if asked.crisis is not None and asked.design is not None:
        raise refused("--crisis", "one crisis and a design", "name one of them")
    shocks = shocks_of(case, name)
    if asked.design is not None:
        document = load(asked.design)
        design, problems = validate(document, CrisisDesign)
        if design is None:
            raise InputError(problems)
        try:
            known_shock(design, shocks)
        except InputError as error:
            raise InputError(document.locate(problem) for problem in error.problems) from None
        crises = design.crises
        if isinstance(crises, PastMonths):
            return design, read_past(document.resolve(("crises", "file"), crises.file))
        return design, {}
    if asked.crisis is None:
        return default_design(), {}
    design = CrisisDesign(crises=StatedCrisis(kind="stated", shock=asked.crisis))
    try:
        known_shock(design, shocks)
    except InputError as error:
        found = error.problems[0]
        raise refused(f"--crisis {asked.crisis}", found.message, found.remedy) from None
    return design, {}


def settings(asked: Asked, design: CrisisDesign, name: str) -> dict[str, Any]:
    """What decides the tables."""
    drawn = design.model_dump(mode="json", exclude_none=True)
    return {"scheme": name, "draws": asked.draws, "seed": asked.seed, "crises": drawn["crises"]}


def notes(answer: Answer) -> list[str]:
    """What the reader of the tables should know."""
    found = [
        "Draws differ from the scenario in the shocks alone; the scenario's own shocks are left out.",
        "A fund whose deficits the State or employers pay is shown without them.",
    ]
    if answer.asked.design is None and answer.asked.crisis is None:
        found.append("Crises are the default ones of spsim, an assumption: give your own with --design.")
    return found


def tables(answer: Answer) -> dict[str, Columns]:
    """Draws one by one, the reserve by year with its quantiles, and what is required."""
    found = answer.found
    spread = fan(found.closing)
    reserve: Columns = {"year": found.years.tolist(), "without_crises": found.calm.tolist()}
    reserve |= {"mean": spread.mean.tolist(), "mean_error": spread.mean_error.tolist()}
    for number, name in enumerate(NAMES):
        reserve[name] = spread.quantiles[number].tolist()
        reserve[f"{name}_error"] = spread.errors[number].tolist()
    out = event(found.years, found.depletion_year)
    reserve |= {"probability_depleted": out.until.tolist(), "probability_error": out.errors.tolist()}
    draws: Columns = {
        "draw": list(range(len(found.needed))),
        "least_reserve": found.least.tolist(),
        "least_year": found.least_year.tolist(),
        "depletion_year": [None if np.isnan(year) else int(year) for year in found.depletion_year],
        "opening_reserve_needed": found.needed.tolist(),
    }
    asked: Columns = {
        name: [getattr(one, name) for one in answer.required]
        for name in ("probability", "reserve", "error", "low", "high", "survived")
    }
    return {"stress": asked, "stress_reserve": reserve, "stress_draws": draws}


def told(answer: Answer, case: Case, ready: Bench) -> Iterator[str]:
    """Lines of the screen."""
    found, currency = answer.found, case.scenario.meta.currency or "currency"
    yield f"{case.scenario.meta.title}: {found.scheme}, {found.years[0]:.0f} to {found.years[-1]:.0f}"
    yield f"{answer.asked.draws} draws, seed {answer.asked.seed}: {in_words(answer.design)}"
    yield ""
    yield f"Reserve on the first day                {amount(found.opening)} {currency}"
    least = fan(found.least[:, None])
    yield "Least reserve at the end of any year    value" + " " * 11 + "Monte-Carlo error"
    yield f"  without crises                      {amount(float(found.calm.min()))}"
    for number, level in enumerate(LEVELS):
        if level <= 0.5:
            value, error = least.quantiles[number, 0], least.errors[number, 0]
            yield f"  {100 * level:g} % of the draws are below{'':{11 - len(f'{100 * level:g}')}}{amount(value)}   {amount(error)}"
    out = event(found.years, found.depletion_year)
    yield f"Reserve used up before {found.years[-1] + 1:.0f}: {out.probability:.1%} of the draws (error {out.error:.1%})"
    yield ""
    yield "Opening reserve needed to survive       value" + " " * 11 + "95 % interval"
    for one in answer.required:
        span = f"{amount(one.low).strip()} to {amount(one.high).strip()}"
        yield f"  with probability {one.probability:<19g}{amount(one.reserve)}   {span} (error {amount(one.error).strip()})"
    fund = ready.outcome.scenario.funds[found.fund]
    if fund.guaranteed:
        yield "The fund's deficits are paid by others in the scenario; here they are not."


def amount(value: float) -> str:
    """Money in a column of twelve, short."""
    for size, name in ((1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{value / size:,.2f} {name}".rjust(16)
    return f"{value:,.0f}".rjust(16)


def in_words(design: CrisisDesign) -> str:
    """What is drawn, in a line."""
    crises = design.crises
    if isinstance(crises, StatedCrisis):
        when = "at a random month" if crises.start == "random" else "at its own date"
        return f"the crisis {crises.shock} once, {when}" + (
            "" if crises.scale is None else ", of random severity"
        )
    if isinstance(crises, PastMonths):
        return f"months of {Path(crises.file).name} drawn again in blocks of {crises.block_months}"
    length = crises.length_months
    return f"{crises.per_year:.3g} crises a year, of {length.mild:g} to {length.severe:g} months"


def as_json(answer: Answer) -> str:
    """The same for programs."""
    found = answer.found
    out = event(found.years, found.depletion_year)
    data = {
        "scheme": found.scheme,
        "fund": found.fund,
        "draws": len(found.needed),
        "seed": answer.asked.seed,
        "opening_reserve": found.opening,
        "probability_depleted": out.probability,
        "probability_error": of_share(out.probability, len(found.needed)),
        "required": [vars(one) for one in answer.required],
    }
    return json.dumps(data, indent=2)
