"""Crises at random: how often they come, how long they last, how bad they are; or one stated crisis; or months of the past drawn again.

Comes in: a design in YAML (or the default one) and the shocks of a scenario. Goes out: for each draw the path of shocks by month, a
function of the seed and the number of the draw alone. Called by `experiments.stress`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.data.csv_table import TableProblem, open_table
from spsim.dated import Sourced
from spsim.errors import InputError, Problem, ScenarioProblem, near, problem_at
from spsim.records import record
from spsim.rules.shocks import Recovery, Shock, ShockPath, combined, no_shock

FACTORS = ("separations", "job_finding", "contributions", "insured", "to_insured_work")


class Spread(Sourced):
    """A triangular distribution from the mildest to the worst, with its most likely value between them."""

    mild: Annotated[float, Field(ge=0, le=100)]
    typical: Annotated[float, Field(ge=0, le=100)]
    severe: Annotated[float, Field(ge=0, le=100)]

    @model_validator(mode="after")
    def _in_order(self) -> Spread:
        if not min(self.mild, self.severe) <= self.typical <= max(self.mild, self.severe):
            text = f"{self.typical:g} does not lie between {self.mild:g} and {self.severe:g}"
            raise ScenarioProblem(("typical",), text, "write the most likely value between the other two")
        return self

    def at(self, severity: float) -> float:
        """The value that a share `severity` of all crises does not exceed in badness (0 the mildest, 1 the worst)."""
        width = self.severe - self.mild
        if width == 0:
            return self.mild
        mode = (self.typical - self.mild) / width
        if severity <= mode:
            place = np.sqrt(severity * mode)
        else:
            place = 1.0 - np.sqrt((1.0 - severity) * (1.0 - mode))
        return float(self.mild + width * place)


class RandomCrises(Sourced):
    """Crises that come without memory, `per_year` on average while there is none. One severity rules all factors of a crisis.

    A factor moves in a straight line from 1 to its worst value and back to 1; the worst month stands at `worst_at` of the length.
    """

    kind: Literal["random"]
    per_year: Annotated[float, Field(gt=0, le=4)]
    length_months: Spread
    worst_at: Annotated[float, Field(gt=0, lt=1)] = 0.3
    separations: Spread | None = None
    job_finding: Spread | None = None
    contributions: Spread | None = None
    insured: Spread | None = None
    to_insured_work: Spread | None = None
    recovered: Recovery | None = Field(None, description="contributions in arrears that are paid later")

    @property
    def spreads(self) -> dict[str, Spread]:
        """The factors that are given, by name."""
        found = {name: getattr(self, name) for name in FACTORS}
        return {name: spread for name, spread in found.items() if spread is not None}

    @model_validator(mode="after")
    def _does_something(self) -> RandomCrises:
        if not self.spreads:
            raise ScenarioProblem((), "crises that change nothing", f"give one of {', '.join(FACTORS)}")
        share = self.contributions
        if share is not None and max(share.mild, share.severe) > 1:
            text = "more contributions would be paid than are due"
            raise ScenarioProblem(("contributions",), text, "write shares of what is due, at most 1")
        if self.recovered is not None and share is None:
            text = "no contributions are in arrears"
            raise ScenarioProblem(("recovered",), text, "give `contributions`, or delete it")
        return self

    def crisis(self, severity: float, months: int) -> Shock:
        """One crisis of this severity and length."""
        place = (np.arange(months) + 0.5) / months
        depth = np.where(place < self.worst_at, place / self.worst_at, (1 - place) / (1 - self.worst_at))
        lists = {
            name: (1.0 + (spread.at(severity) - 1.0) * depth).tolist()
            for name, spread in self.spreads.items()
        }
        return Shock.model_construct(start="0000", recovered=self.recovered, **lists)

    def path(self, rng: np.random.Generator, months: int) -> ShockPath:
        """One draw."""
        return combined(no_shock(months), self._crises(rng, months))

    def _crises(self, rng: np.random.Generator, months: int) -> Iterator[tuple[Shock, int]]:
        begin = 0
        while True:
            wait, severity, length = rng.exponential(12.0 / self.per_year), rng.random(), rng.random()
            begin += int(wait)
            if begin >= months:
                return
            lasts = max(1, round(self.length_months.at(length)))
            yield self.crisis(severity, lasts), begin
            begin += lasts


class StatedCrisis(Sourced):
    """One shock of the scenario, in each draw once: `scale` multiplies how far its factors are from 1, `start` says when it comes."""

    kind: Literal["stated"]
    shock: str = Field(description="id of a shock of the scenario's behaviour")
    start: Literal["random", "given"] = Field(
        "random", description="random: any month such that the crisis ends within the years; given: its own"
    )
    scale: Spread | None = Field(
        None, description="spread of the severity, 1 the shock as stated; always 1 if absent"
    )

    def path_of(self, shock: Shock, first: int, rng: np.random.Generator, months: int) -> ShockPath:
        """One draw; `first` the month number of the first month."""
        severity, place = rng.random(), rng.random()
        scale = 1.0 if self.scale is None else self.scale.at(severity)
        begin = (
            int(place * max(months - shock.length + 1, 1)) if self.start == "random" else shock.first - first
        )
        return combined(no_shock(months), [(scaled(shock, scale), begin)])


class PastMonths(Sourced):
    """Months of the past drawn again in blocks: a CSV file of factors, 1 in a normal month, one row for each month, in order."""

    kind: Literal["history"]
    file: str = Field(description=f"CSV with the column month and some of {', '.join(FACTORS)}")
    block_months: Annotated[int, Field(ge=1, le=120)] = Field(
        24, description="months that are kept together; blocks begin anywhere and go round the end"
    )

    def path_of(self, past: dict[str, Array], rng: np.random.Generator, months: int) -> ShockPath:
        """One draw."""
        count = len(next(iter(past.values())))
        blocks = -(-months // self.block_months)
        begins = rng.integers(0, count, size=blocks)
        order = ((begins[:, None] + np.arange(self.block_months)).ravel()[:months]) % count
        lists = {name: values[order].tolist() for name, values in past.items()}
        return combined(no_shock(months), [(Shock.model_construct(start="0000", **lists), 0)])


class CrisisDesign(Sourced):
    """What is drawn in `spsim stress`."""

    title: str = ""
    crises: Annotated[RandomCrises | StatedCrisis | PastMonths, Field(discriminator="kind")]


def default_design() -> CrisisDesign:
    """Without a design: a crisis every ten years or so. An assumption, to be replaced by the country's own past.

    Four times in the 37 years 1971-2007 the first payments of twelve months of the programme of the United States rose by 40 to 110 %
    within two years (US Department of Labor). Job finding, arrears and the loss of insured work are assumptions.
    """
    spreads = {
        "length_months": (9.0, 18.0, 36.0),
        "separations": (1.2, 1.5, 2.2),
        "job_finding": (0.95, 0.75, 0.5),
        "contributions": (1.0, 0.98, 0.9),
        "insured": (1.0, 0.97, 0.9),
    }
    parts: dict[str, object] = {
        name: {"mild": mild, "typical": typical, "severe": severe}
        for name, (mild, typical, severe) in spreads.items()
    }
    recovered = {"share": 0.5, "after_months": 6, "over_months": 12}
    crises = {"kind": "random", "per_year": 0.1, "recovered": recovered, **parts}
    return CrisisDesign.model_validate({"crises": crises, "status": "assumption"})


class Draws(Protocol):
    """Paths of shocks by number of the draw."""

    def __call__(self, draw: int) -> ShockPath:
        """The path of one draw."""


@record(frozen=True)
class Drawing:
    """Draws of a design on the months of a projection; `shocks` those of the scenario, `past` the months that were read."""

    design: CrisisDesign
    seed: int
    first_month: int
    months: int
    shocks: dict[str, Shock]
    past: dict[str, Array]

    def __call__(self, draw: int) -> ShockPath:
        """The path of one draw: the same for the same seed and number, whatever else is drawn."""
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, draw])))
        crises = self.design.crises
        if isinstance(crises, StatedCrisis):
            return crises.path_of(self.shocks[crises.shock], self.first_month, rng, self.months)
        if isinstance(crises, PastMonths):
            return crises.path_of(self.past, rng, self.months)
        return crises.path(rng, self.months)


def scaled(shock: Shock, scale: float) -> Shock:
    """A shock whose factors are `scale` times as far from 1, none below 0; shares of contributions within 0 and 1."""
    lists = {}
    for name, values in shock.lists.items():
        if name == "extension":
            lists[name] = values
            continue
        most = 1.0 if name == "contributions" else np.inf
        lists[name] = np.clip(1.0 + (np.array(values) - 1.0) * scale, 0.0, most).tolist()
    return shock.model_copy(update=lists)


def known_shock(design: CrisisDesign, shocks: dict[str, Shock]) -> None:
    """Refuse a stated crisis that the scenario does not have. Raises InputError without a place."""
    crises = design.crises
    if isinstance(crises, StatedCrisis) and crises.shock not in shocks:
        meant = near(crises.shock, shocks)
        there = f"there are: {', '.join(shocks)}" if shocks else "write it under behaviour.<scheme>.shocks"
        remedy = f"did you mean '{meant[0]}'?" if meant else there
        text = f"the scenario has no shock '{crises.shock}'"
        raise InputError([problem_at(("crises", "shock"), text, remedy)])


def read_past(path: Path) -> dict[str, Array]:
    """Factors by name (n,) of a CSV file of past months. Raises InputError."""
    problems: list[TableProblem] = []
    table = open_table(path, ("month",), problems)
    found: dict[str, list[float | None]] = {}
    if table is not None:
        names = [name for name in table.columns if name != "month"]
        for name in names:
            if name not in FACTORS:
                table.blame(None, name, f"unknown column '{name}'.", f"Use some of {', '.join(FACTORS)}.")
        if not names:
            table.blame(None, "month", "no factors beside the months.", f"Add some of {', '.join(FACTORS)}.")
        found = {
            name: [
                table.number(row, name, 0.0, 1.0 if name == "contributions" else 100.0) for row in table.rows
            ]
            for name in names
            if name in FACTORS
        }
        problems += _not_one_after_another(table.path, [table.text(row, "month") for row in table.rows])
    if problems:
        raise InputError(
            Problem(
                str(one.file), one.line, one.column, ("history",), one.message.rstrip("."),
                one.remedy.rstrip(".")[:1].lower() + one.remedy.rstrip(".")[1:],
            )
            for one in problems
        )  # fmt: skip
    return {name: np.array(values, dtype=float) for name, values in found.items()}


def _not_one_after_another(path: Path, months: list[str]) -> Iterator[TableProblem]:
    """Months that are missing, or no months."""
    from spsim.calendar import month_number

    before: int | None = None
    for number, text in enumerate(months):
        try:
            month = month_number(text)
        except ValueError:
            yield TableProblem(path, number + 2, 1, f"'{text}' is not a month.", "Write it as 2008-01.")
            return
        if before is not None and month != before + 1:
            message = f"{text} does not follow the month before it."
            yield TableProblem(path, number + 2, 1, message, "Give every month once, in order.")
            return
        before = month
