"""What is uncertain, and how much: the file that `spsim simulate --uncertainty FILE` reads, and its defaults.

Comes in: YAML. Goes out: what each draw adds to the economy (`EconomicShocks`), how births, lives and migration persist, and changes of
values of the scenario. One class per kind of process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.data.csv_table import TableError, TableProblem, open_table
from spsim.dated import Sourced, Strict
from spsim.economy import EconomicShocks
from spsim.errors import InputError, ScenarioProblem, problem_at
from spsim.experiments.paths import FERTILITY, MIGRATION, MORTALITY, Persistence, generator
from spsim.experiments.uncertain_values import UncertainValue
from spsim.loader import Document, load, validate

VARIABLES = ("price_inflation", "real_wage_growth", "interest_rate", "unemployment")
"""Order of every matrix: inflation, real wage growth, interest (points, as shares), logarithm of the unemployment rate."""
Share = Annotated[float, Field(ge=0, lt=1)]
Row = Annotated[list[float], Field(min_length=len(VARIABLES), max_length=len(VARIABLES))]
Matrix = Annotated[list[Row], Field(min_length=len(VARIABLES), max_length=len(VARIABLES))]


class DemographicProcess(Sourced):
    """Whether a rate of the population is drawn, how wide (1 as the United Nations say) and how it persists; see `paths.Persistence`."""

    drawn: bool = True
    width: Annotated[float, Field(ge=0, le=5)] = Field(
        1.0, description="factor on the deviations at every quantile"
    )
    yearly: Share | None = Field(None, description="share of a deviation that is left after a year")
    permanent: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="share of the variance that never fades"
    )

    def persistence(self, usual: Persistence) -> Persistence:
        """How it persists: as usual, where the file does not say."""
        if self.yearly is None and self.permanent is None:
            return usual
        yearly = usual.yearly if self.yearly is None else self.yearly
        return Persistence(yearly, usual.permanent if self.permanent is None else self.permanent)


class ByVariable(Strict):
    """A number for each variable of the economy."""

    price_inflation: float
    real_wage_growth: float
    interest_rate: float
    unemployment: float

    def on(self) -> Array:
        """In the order of `VARIABLES`."""
        return np.array([getattr(self, name) for name in VARIABLES])


class Least(Strict):
    """Rates below which no draw falls."""

    price_inflation: float = -0.05
    real_wage_growth: float = -0.2
    interest_rate: float = 0.0


class _Process(Sourced):
    """A process of the economy: deviations from the scenario's own path."""

    least: Least = Least()

    @property
    def stream(self) -> str:
        """Which random numbers it uses."""
        return "economy"

    def deviations(self, random: np.random.Generator, years: int, folder: Path) -> Array:
        """Deviations (T, 4) of one draw in the order of `VARIABLES`; nothing in the first year."""
        raise NotImplementedError


class Still(_Process):
    """The economy is not drawn."""

    kind: Literal["none"]

    def deviations(self, random: np.random.Generator, years: int, folder: Path) -> Array:
        """Nothing."""
        return np.zeros((years, len(VARIABLES)))


class Autoregressive(_Process):
    """d(t) = φ·d(t−1) + e(t), each variable by its own φ, with given standard deviations of d and correlations between variables.

    The covariance of e is C − φ·C·φ, with C the covariance of d, so that d has the stated spread in every year but the first few.
    """

    kind: Literal["autoregressive"]
    standard_deviation: ByVariable
    persistence: ByVariable
    correlation: Matrix = [[1.0 if i == j else 0.0 for j in range(4)] for i in range(4)]

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Autoregressive:
        correlation = np.array(self.correlation)
        for name in VARIABLES:
            if getattr(self.standard_deviation, name) < 0:
                raise ScenarioProblem(("standard_deviation", name), "it is below 0", "write 0 or more")
            if not 0 <= getattr(self.persistence, name) < 1:
                raise ScenarioProblem(
                    ("persistence", name), "it is not from 0 to below 1", "write a share that is left"
                )
        if np.abs(correlation).max() > 1 or np.abs(np.diag(correlation) - 1).max() > 1e-12:
            raise ScenarioProblem(
                ("correlation",),
                "a correlation lies outside -1 to 1, or is not 1 on the diagonal",
                "correct it",
            )
        square_root(correlation, ("correlation",))
        square_root(
            self.innovations(), ("persistence",), "the persistences are too unequal for the correlations"
        )
        return self

    def innovations(self) -> Array:
        """Covariance of e."""
        spread, left = self.standard_deviation.on(), self.persistence.on()
        covariance = np.outer(spread, spread) * np.array(self.correlation)
        return np.asarray(covariance * (1 - np.outer(left, left)))

    def deviations(self, random: np.random.Generator, years: int, folder: Path) -> Array:
        """The first year stands still: the deviations begin with one innovation in the second."""
        root = square_root(self.innovations(), ())
        return vector_autoregression(np.diag(self.persistence.on()), root, random, years)


class VectorAutoregressive(_Process):
    """d(t) = A·d(t−1) + e(t), e with the user's covariance: a VAR(1) as it was estimated."""

    kind: Literal["var"]
    transition: Matrix
    covariance: Matrix

    @model_validator(mode="after")
    def _can_be_drawn(self) -> VectorAutoregressive:
        square_root(np.array(self.covariance), ("covariance",))
        largest = float(np.abs(np.linalg.eigvals(np.array(self.transition))).max())
        if largest >= 1:
            text = f"deviations would grow without end (largest eigenvalue {largest:.4g})"
            raise ScenarioProblem(("transition",), text, "write a stationary process")
        return self

    def deviations(self, random: np.random.Generator, years: int, folder: Path) -> Array:
        """As the class says."""
        root = square_root(np.array(self.covariance), ())
        return vector_autoregression(np.array(self.transition), root, random, years)


class History(_Process):
    """The country's own past, resampled: blocks of consecutive years of a file, all variables of a year together, less their means.

    `file`: CSV with the columns year, price_inflation, real_wage_growth, interest_rate, unemployment (rates as shares).
    """

    kind: Literal["history"]
    file: str
    block_years: Annotated[int, Field(ge=1, le=50)] = 5

    @property
    def stream(self) -> str:
        """Which random numbers it uses."""
        return "history"

    def deviations(self, random: np.random.Generator, years: int, folder: Path) -> Array:
        """Blocks that begin at any year of the past and run on over its end to its beginning (circular block bootstrap)."""
        past = self.past(folder)
        count = -(-(years - 1) // self.block_years)
        starts = random.integers(0, len(past), size=count)
        rows = (starts[:, None] + np.arange(self.block_years)).ravel()[: years - 1] % len(past)
        return np.concatenate([np.zeros((1, len(VARIABLES))), past[rows]])

    def past(self, folder: Path) -> Array:
        """Deviations (Y, 4) of each year of the file from the mean of all. Raises TableError."""
        rows = _read_history((folder / self.file).resolve())
        rows = np.column_stack([rows[:, :3], np.log(rows[:, 3])])
        return np.asarray(rows - rows.mean(axis=0))


Process = Annotated[Still | Autoregressive | VectorAutoregressive | History, Field(discriminator="kind")]


class Uncertainty(Strict):
    """What is drawn: births, lives, migration, the economy, and values of the scenario."""

    fertility: DemographicProcess = DemographicProcess.model_construct()
    mortality: DemographicProcess = DemographicProcess.model_construct()
    migration: DemographicProcess = DemographicProcess.model_construct()
    economy: Process | None = Field(
        None, description="by default that of the country or region, see simulate.md"
    )
    values: list[UncertainValue] = []

    def kinds(self, of_migration: Persistence = MIGRATION) -> dict[str, Persistence]:
        """How each demographic rate that is drawn persists; `of_migration` in the country, where the file does not say."""
        usual = {"fertility": FERTILITY, "mortality": MORTALITY, "migration": of_migration}
        return {
            name: getattr(self, name).persistence(one)
            for name, one in usual.items()
            if getattr(self, name).drawn
        }

    def widths(self) -> dict[str, float]:
        """Factors on the deviations."""
        return {name: getattr(self, name).width for name in ("fertility", "mortality", "migration")}


def square_root(covariance: Array, path: tuple[str, ...], why: str = "") -> Array:
    """L with L·Lᵀ = covariance, also where some variables do not vary. Raises ScenarioProblem where none exists."""
    scale = max(float(np.abs(covariance).max()), 1e-300)
    if np.abs(covariance - covariance.T).max() > 1e-9 * scale:
        raise ScenarioProblem(
            path, "the matrix is not symmetric", "write the same number on both sides of the diagonal"
        )
    values = np.linalg.eigvalsh((covariance + covariance.T) / 2)
    if values.min() < -1e-9 * scale:
        text = f"the matrix is not positive definite (smallest eigenvalue {values.min():.4g})"
        raise ScenarioProblem(
            path, f"{why}: {text}" if why else text, "no variables hang together so; correct the matrix"
        )
    return _cholesky((covariance + covariance.T) / 2, 1e-12 * scale)


def _cholesky(covariance: Array, nothing: float) -> Array:
    """The lower triangular root, term by term: the same bits everywhere. A variable that hangs wholly on those before it has no own part."""
    size = len(covariance)
    root = np.zeros((size, size))
    for j in range(size):
        left = covariance[j, j] - sum(root[j, k] * root[j, k] for k in range(j))
        if left <= nothing:
            continue
        root[j, j] = np.sqrt(left)
        for i in range(j + 1, size):
            root[i, j] = (covariance[i, j] - sum(root[i, k] * root[j, k] for k in range(j))) / root[j, j]
    return root


def vector_autoregression(transition: Array, root: Array, random: np.random.Generator, years: int) -> Array:
    """d(t) = A·d(t−1) + L·n(t) (T, 4), from d = 0 in the first year."""
    steps = random.standard_normal((years, len(transition)))
    found = np.zeros_like(steps)
    for t in range(1, years):
        # sums in a fixed order: a matrix product may add in another one on another machine
        found[t] = (transition * found[t - 1]).sum(axis=1) + (root * steps[t]).sum(axis=1)
    return found


def shocks(
    process: Process, least: Least, central: dict[str, Array], seed: int, draw: int, folder: Path
) -> EconomicShocks:
    """One drawn economy over the years (T,) of the projection; rates are cut at their least values, as `central` would pass them."""
    found = process.deviations(generator(seed, draw, process.stream), len(central["price_inflation"]), folder)
    rates = {
        name: np.maximum(central[name] + found[:, k], np.minimum(getattr(least, name), central[name]))
        - central[name]
        for k, name in enumerate(VARIABLES[:3])
    }
    return EconomicShocks(**rates, unemployment=np.exp(found[:, 3]))


def opened(file: Path | None, country: str) -> tuple[Uncertainty, dict[str, Any], Path]:
    """The uncertainty of a file (or the defaults), its plain data, and the folder that it stands in. Raises InputError."""
    if file is None:
        return Uncertainty(economy=default_economy(country)), {"defaults": country}, Path()
    document = load(file)
    found, problems = validate(document, Uncertainty)
    if found is None:
        raise InputError(problems)
    if found.economy is None:
        found = found.model_copy(update={"economy": default_economy(country)})
    _check_history(found, document, file.parent)
    return found, document.data, file.parent


def _check_history(found: Uncertainty, document: Document, folder: Path) -> None:
    if isinstance(found.economy, History):
        try:
            found.economy.past(folder)
        except TableError as error:
            one = error.problems[0]
            problem = problem_at(("economy", "file"), one.message.rstrip("."), one.remedy.rstrip("."))
            raise InputError([document.locate(problem)]) from None


def _read_history(path: Path) -> Array:
    """Rates (Y, 4) of consecutive years. Raises TableError."""
    problems: list[TableProblem] = []
    table = open_table(path, ["year", *VARIABLES], problems)
    rows: list[tuple[int, list[float]]] = []
    for row in [] if table is None else table.rows:
        assert table is not None
        year = table.whole(row, "year", 1800, 2300)
        lows = (-0.9, -0.9, -0.9, 1e-4)
        numbers = [table.number(row, name, low, 10.0) for name, low in zip(VARIABLES, lows, strict=True)]
        if year is not None and None not in numbers:
            rows.append((year, [number for number in numbers if number is not None]))
    years = [year for year, _ in rows]
    if not problems and (len(rows) < 8 or years != list(range(years[0], years[0] + len(years)))):
        text = f"{len(rows)} years; at least 8 that follow one another are needed."
        problems.append(TableProblem(path, 1, 1, text, "Give one row for each year, in order."))
    if problems:
        raise TableError(problems)
    return np.array([numbers for _, numbers in rows])


def default_economy(country: str) -> Autoregressive:
    """The process of the country's own past spread where it is known, else of the region; see `economy_defaults.yaml`."""
    data: dict[str, Any] = load(Path(__file__).parent / "economy_defaults.yaml").data
    own = data["countries"].get(country, data["countries"]["other"])
    return Autoregressive.model_validate(
        {**data["process"], "standard_deviation": {**data["process"]["standard_deviation"], **own}}
    )
