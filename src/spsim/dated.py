"""Numbers of law and of assumption: constants, reference amount × factor, schedules that name their key.

One type, `Value`, serves every parameter of a scenario. A schedule says which coordinate it is keyed to, because the law uses several:
the date of the event, of the contribution, of the month in which a right was earned, of birth, of first insurance, the years
since the scheme started, the month of the claim; and, in the same form, age, credited service, record in months and earnings.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from typing_extensions import TypeAliasType

from spsim.arrays import Array, np
from spsim.calendar import month_number, years
from spsim.errors import KeyPath, ScenarioProblem
from spsim.grid import Moments
from spsim.when_earned import over_service

DATE_KEYS = ("event_date", "contribution_date", "accrual_date", "birth_date", "first_insured_date")
Key = Literal[
    "event_date",
    "contribution_date",
    "accrual_date",
    "birth_date",
    "first_insured_date",
    "scheme_years",
    "claim_month",
    "claim_number",
    "age",
    "service",
    "record_months",
    "wage",
    "remaining",
]
PLACES = {
    "scheme_years": (0, 300),
    "claim_month": (0, 120),
    "claim_number": (1, 20),
    "age": (0, 120),
    "service": (0, 100),
    "record_months": (0, 600),
    "wage": (0, 1e12),
    "remaining": (0, 1),
}
Status = Literal["official", "secondary", "assumption", "unverified"]


def _number(value: object) -> object:
    return years(value) if isinstance(value, str) else value


def _date(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        month_number(value)
    return value


def coordinate(by: str, key: str | float) -> float:
    """A point of a key as a number: months for dates, money for wages, otherwise years. Raises ValueError with the remedy."""
    if by in DATE_KEYS:
        return float(month_number(key))
    return float(key) if by == "wage" else float(years(key))


def _in_place(by: str, key: str | float, path: KeyPath) -> None:
    """Refuse a point that cannot be read, or that lies where its key never comes. Raises ScenarioProblem."""
    low, high = PLACES.get(by, (1800, 2300))
    try:
        place = coordinate(by, key) / (12.0 if by in DATE_KEYS else 1.0)
    except ValueError as error:
        what, _, remedy = str(error).partition("; ")
        raise ScenarioProblem(path, what, remedy or "correct it") from None
    if not low <= place <= high:
        text = f"{key} is no place on the key {by}, which runs from {low} to {high}"
        raise ScenarioProblem(path, text, "correct it, or name another key under `by`")


Number = Annotated[
    float,
    BeforeValidator(_number),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?([0-9]+y)?([0-9]+m)?$"}]}
    ),
]
Date = Annotated[
    str,
    BeforeValidator(_date),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d{4}(-\d{2}){0,2}$"}]}),
]


class Strict(BaseModel):
    """Every block of a scenario: frozen, no unknown keys, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Sourced(Strict):
    """Where a parameter comes from and how far that was checked."""

    source: str | None = Field(None, description="article of law, table or document")
    status: Status | None = Field(None, description="official | secondary | assumption | unverified")
    note: str | None = None


class Constant(Sourced):
    """A constant with its provenance: `{value: 0.14, source: ..., status: official}`."""

    value: Number

    def at(self, moments: Moments) -> Array:
        """Six-axis array of one cell."""
        return np.full((1, 1, 1, 1, 1, 1), self.value)


class OfReference(Sourced):
    """A reference amount × factor: `{of: reference_level, times: 20}`."""

    of: str
    times: Value = 1.0

    def at(self, moments: Moments) -> Array:
        """Factor × the amount in force in each month. Raises KeyError for an unknown amount."""
        return at(self.times, moments) * moments.references[self.of].at(moments.column("event_date"))


class Schedule(Sourced):
    """Points on a key: `{by: event_date, points: {2025-07-01: 15, ...}}`; before the first point its value holds.

    `step` holds a value until the next point; `linear` interpolates; `smooth` is a monotone cubic (PCHIP). Past the last point
    the last value holds.
    """

    by: Key
    mode: Literal["step", "linear", "smooth"] = "step"
    in_units_of: str | None = Field(
        None, description="a reference amount: points by wage are multiples of it in the month they are read"
    )
    points: dict[str | int | float, Number] = Field(min_length=1)

    @model_validator(mode="after")
    def _keys_can_be_read(self) -> Schedule:
        for key in self.points:
            _in_place(self.by, key, ("points", str(key)))
        coordinates = self.coordinates()
        for number, key in enumerate(self.points):
            if coordinates[number] in coordinates[:number]:
                text = "two points stand at the same place"
                raise ScenarioProblem(("points", str(key)), text, "keep one of them")
        if self.mode == "smooth" and len(self.points) < 2:
            raise ValueError("a smooth schedule needs two points at least")
        if self.in_units_of is not None and self.by != "wage":
            text = f"points by {self.by} are no amounts of money"
            raise ScenarioProblem(("in_units_of",), text, "delete it, or write by: wage")
        return self

    def coordinates(self) -> list[float]:
        """Keys as numbers: months for dates, years (or months of claim and record) otherwise."""
        return [coordinate(self.by, key) for key in self.points]

    def sorted_points(self) -> tuple[list[float], list[float]]:
        """Coordinates in rising order and their values; a file that extends another may add points anywhere."""
        pairs = sorted(zip(self.coordinates(), self.points.values(), strict=True))
        return [x for x, _ in pairs], [y for _, y in pairs]

    def read(self, column: Array) -> Array:
        """Values at coordinates of any shape."""
        x, y = (np.array(part) for part in self.sorted_points())
        if self.mode == "step":
            return np.asarray(y[np.clip(np.searchsorted(x, column, side="right") - 1, 0, None)])
        if self.mode == "linear":
            return np.interp(column, x, y)
        from scipy.interpolate import PchipInterpolator

        return np.asarray(PchipInterpolator(x, y)(np.clip(column, x[0], x[-1])))

    def at(self, moments: Moments) -> Array:
        """Values at the moments' own column; rights keyed by the date they were earned are averaged over the service."""
        return _read_at(self, moments)


class Roadmap(Sourced):
    """A value that moves by equal steps: `{by: event_date, start: 2021-01-01, from: 60y3m, increment: 3m, every: 1, until: 62}`."""

    by: Key
    start: Date | Number
    from_: Number = Field(alias="from")
    increment: Number
    every: Number = Field(
        1.0, gt=0, description="years (months for claim_month and record_months) between two steps"
    )
    until: Number
    before: Number | None = Field(None, description="value before the start; by default the first value")

    @model_validator(mode="after")
    def _reaches_its_end(self) -> Roadmap:
        _in_place(self.by, self.start, ("start",))
        if (self.until - self.from_) * self.increment <= 0:
            raise ValueError("increment does not lead from the first value to `until`; check its sign")
        return self

    def read(self, column: Array) -> Array:
        """Values at coordinates of any shape."""
        start = coordinate(self.by, self.start)
        steps = np.floor((column - start) / (self.every * (12.0 if self.by in DATE_KEYS else 1.0)) + 1e-9)
        value = self.from_ + self.increment * np.maximum(steps, 0)
        bounded = np.minimum(value, self.until) if self.increment > 0 else np.maximum(value, self.until)
        return np.where(column < start, self.from_ if self.before is None else self.before, bounded)

    def at(self, moments: Moments) -> Array:
        """Values at the moments' own column."""
        return _read_at(self, moments)


class BySex(Sourced):
    """One value for men and one for women: `{male: ..., female: ...}`."""

    male: Value
    female: Value

    def at(self, moments: Moments) -> Array:
        """The two laid along the sex axis."""
        men, women = np.broadcast_arrays(at(self.male, moments), at(self.female, moments))
        return np.concatenate([men[:, :, :1], women[:, :, -1:]], axis=2)


class Staged(Sourced):
    """Values one after another on a key: `{by: event_date, stages: {2025: {by: age, points: {...}}, 2027: {by: age, points: {...}}}}`.

    Each stage may be keyed to something else; it holds until the next one, and the first one holds before its own place too.
    """

    by: Key
    stages: dict[str | int | float, Value] = Field(min_length=2)

    @model_validator(mode="after")
    def _keys_can_be_read(self) -> Staged:
        for key in self.stages:
            _in_place(self.by, key, ("stages", str(key)))
        if self.by == "accrual_date":
            raise ScenarioProblem(
                ("by",), "stages cannot go by the date on which a right was earned", "write points instead"
            )
        return self

    def in_order(self) -> list[tuple[float, Value]]:
        """Where each stage begins, and its value."""
        found = [(coordinate(self.by, key), value) for key, value in self.stages.items()]
        return sorted(found, key=lambda pair: pair[0])

    def at(self, moments: Moments) -> Array:
        """The stage in force at the moments' own column."""
        column = moments.column(self.by)
        (_, first), *later = self.in_order()
        found = at(first, moments)
        for begin, value in later:
            found = np.where(column >= begin, at(value, moments), found)
        return np.asarray(found)


def _shape(value: object) -> str | None:
    """Which form of value a YAML node is."""
    if isinstance(value, dict):
        forms = {
            "of": "reference",
            "stages": "staged",
            "points": "schedule",
            "from": "roadmap",
            "male": "by_sex",
            "female": "by_sex",
            "value": "constant",
        }
        return next((form for key, form in forms.items() if key in value), None)
    if isinstance(value, BaseModel):
        names = {
            OfReference: "reference",
            Schedule: "schedule",
            Roadmap: "roadmap",
            BySex: "by_sex",
            Staged: "staged",
            Constant: "constant",
        }
        return names.get(type(value))
    return "number"


Value = TypeAliasType(
    "Value",
    Annotated[
        Annotated[Number, Tag("number")]
        | Annotated[Constant, Tag("constant")]
        | Annotated[OfReference, Tag("reference")]
        | Annotated[Schedule, Tag("schedule")]
        | Annotated[Roadmap, Tag("roadmap")]
        | Annotated[BySex, Tag("by_sex")]
        | Annotated[Staged, Tag("staged")],
        Discriminator(
            _shape,
            custom_error_type="value_form",
            custom_error_message="not a value; write a number, {value: ...}, {of: amount, times: ...}, {by: key, points: {...}}, "
            "{by: key, start: ..., from: ...}, {male: ..., female: ...} or {by: key, stages: {...}}",
        ),
    ],
)
"""Any number of law or assumption. A named alias, so that its schema is built once for all the places that hold one."""


def at(value: Value, moments: Moments) -> Array:
    """Any value over (month, T, sex, age, class, service), broadcastable."""
    return np.full((1, 1, 1, 1, 1, 1), float(value)) if isinstance(value, int | float) else value.at(moments)


def on(value: Value, moments: Moments) -> Array:
    """Any value over (T, sex, age, class, service), averaged over the months of each period, broadcastable."""
    found = at(value, moments)
    return found[0] if len(found) == 1 else found.mean(axis=0)


def _read_at(value: Schedule | Roadmap, moments: Moments) -> Array:
    """Read at the moments' own column; without a month in which the right was earned, over the years of service."""
    if value.by == "accrual_date" and moments.earned is None:
        return over_service(value.read, moments)
    column = moments.column(value.by)
    unit = value.in_units_of if isinstance(value, Schedule) else None
    if unit is not None:
        column = column / moments.references[unit].at(moments.column("event_date"))
    return value.read(column)


def keys_of(value: object) -> set[str]:
    """Keys that a value and its parts are keyed to."""
    if isinstance(value, int | float):
        return set()
    if isinstance(value, Schedule | Roadmap):
        return {value.by}
    if isinstance(value, BySex):
        return keys_of(value.male) | keys_of(value.female)
    if isinstance(value, Staged):
        return {value.by}.union(*(keys_of(stage) for stage in value.stages.values()))
    return keys_of(value.times) if isinstance(value, OfReference) else set()


def numbers_in(value: object) -> list[float]:
    """Every number that a value takes at its points; none for an amount that a reference gives."""
    if isinstance(
        value, int | float
    ):  # first: most values are plain numbers, and asking a model's class takes long
        return [float(value)]
    if isinstance(value, BySex):
        return numbers_in(value.male) + numbers_in(value.female)
    if isinstance(value, Staged):
        return [number for stage in value.stages.values() for number in numbers_in(stage)]
    if isinstance(value, Schedule):
        return list(value.points.values())
    if isinstance(value, Roadmap):
        return [value.from_, value.until, *([] if value.before is None else [value.before])]
    return [value.value] if isinstance(value, Constant) else []


def keys_within(block: object) -> set[str]:
    """Keys that any value inside a block of the scenario is keyed to."""
    if block is None or isinstance(block, str | int | float):
        return set()
    if isinstance(block, Schedule | Roadmap | BySex | OfReference | Staged):
        return keys_of(block)
    if isinstance(block, BaseModel):
        return set().union(*(keys_within(getattr(block, name)) for name in type(block).model_fields))
    return set().union(*map(keys_within, block.values())) if isinstance(block, dict) else set()
