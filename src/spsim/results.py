"""Results of a run: tidy tables, the accounts rounded so that they add up exactly, and the run folder.

A `Result` holds column-oriented tables; `write` turns it into CSV, Parquet, an Excel workbook and a manifest.
The same result always gives the same bytes, except for the key `run` of the manifest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spsim.balancing import CLOSING, OPENING

if TYPE_CHECKING:
    import polars

Columns = Mapping[str, NDArray[Any] | list[Any]]
Floats = NDArray[np.float64]

FORMATS = ("csv", "parquet", "xlsx")

#: The promised tables: their key columns, in the order of sorting.
KEYS: dict[str, tuple[str, ...]] = {
    "population": ("year", "sex", "age"),
    "labour_force": ("year", "sex", "age"),
    "members": ("scheme", "year", "sex", "age"),
    "beneficiaries": ("scheme", "benefit", "year", "sex", "age"),
    "unemployment": ("scheme", "month"),
    "accounts": ("fund", "year", "item"),
    "indicators": ("scheme", "indicator", "year"),
    "financing": ("fund", "measure", "period"),
}
#: The promised tables: all their columns, in the order they are written.
COLUMNS: dict[str, tuple[str, ...]] = {
    "population": ("year", "sex", "age", "persons"),
    "labour_force": ("year", "sex", "age", "labour_force", "employed", "unemployed"),
    "members": ("scheme", "year", "sex", "age", "contributors", "dormant"),
    "beneficiaries": ("scheme", "benefit", "year", "sex", "age", "persons", "amount"),
    "unemployment": (
        "scheme", "month", "contributors", "new_claims", "beneficiaries", "exhaustions", "amount",
    ),
    "accounts": ("fund", "year", "item", "amount"),
    "indicators": ("scheme", "year", "indicator", "value", "unit"),
    "financing": ("fund", "measure", "period", "value", "unit"),
}  # fmt: skip
TEXT = frozenset(
    {"scheme", "sex", "benefit", "month", "fund", "item", "indicator", "unit", "measure", "period"}
)
WHOLE = frozenset({"year", "age"})


class ResultError(ValueError):
    """A table that cannot be written as promised: a column missing, a number not finite, a sum that fails."""


@dataclass(frozen=True)
class Assumption:
    """One parameter that was assumed: where it stands, what it says, its value, its source and its status."""

    path: str
    text: str
    value: str
    source: str
    status: str


@dataclass(frozen=True)
class Result:
    """Everything a run found, ready to be written. Tables are column-oriented (see `COLUMNS`); `alarms` are the warnings to say at once."""

    scenario_id: str
    title: str
    country: str
    currency: str
    first_year: int
    last_year: int
    tables: Mapping[str, Columns]
    assumptions: Sequence[Assumption] = ()
    warnings: Sequence[str] = ()
    alarms: Sequence[str] = ()
    inputs: Sequence[tuple[str, str]] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    identities: Sequence[tuple[str, float]] = ()


def check_accounts(columns: Mapping[str, Iterable[Any]]) -> None:
    """Raise unless opening + flows = closing = next opening, exactly as the numbers are written."""
    net: dict[tuple[str, int], Exact] = {}
    reserves: dict[tuple[str, int, str], Exact] = {}
    rows = zip(columns["fund"], columns["year"], columns["item"], columns["amount"])
    for fund, year, item, amount in rows:
        value = _as_written(float(amount))
        if item in (OPENING, CLOSING):
            reserves[fund, year, item] = value
        else:
            net[fund, year] = net.get((fund, year), 0) + value
    for fund, year in dict.fromkeys([*net, *((fund, year) for fund, year, _ in reserves)]):
        _check_year(fund, year, net.get((fund, year), 0), reserves)


Exact = int | Decimal
MOST_EXACT = 2.0**53
"""Below it whole floats are written with all their digits."""


def _as_written(value: float) -> Exact:
    """The number that stands in the CSV: whole ones as such, which is many times faster."""
    return int(value) if value.is_integer() and abs(value) < MOST_EXACT else Decimal(repr(value))


def _check_year(fund: str, year: int, net: Exact, reserves: Mapping[tuple[str, int, str], Exact]) -> None:
    opening, closing = reserves.get((fund, year, OPENING)), reserves.get((fund, year, CLOSING))
    if opening is None or closing is None:
        raise ResultError(f"accounts of fund {fund}, {year}: the opening or the closing reserve is missing")
    if opening + net != closing:
        raise ResultError(
            f"accounts of fund {fund}, {year}: opening reserve + flows - closing reserve = "
            f"{opening + net - closing}, not 0"
        )
    following = reserves.get((fund, year + 1, OPENING), closing)
    if following != closing:
        raise ResultError(
            f"accounts of fund {fund}, {year + 1}: opens with {following}, but {year} closed with {closing}"
        )


# --- tables -------------------------------------------------------------------------------------------------


def frame(name: str, columns: Columns) -> polars.DataFrame:
    """One table as a data frame: promised columns and types, compact numbers, sorted, each key once."""
    import polars

    wanted = COLUMNS.get(name, tuple(columns))
    if set(wanted) != set(columns):
        raise ResultError(f"table {name}: has columns {sorted(columns)}, not {sorted(wanted)}")
    data = {column: _series(name, column, columns[column]) for column in wanted}
    if len({len(series) for series in data.values()}) > 1:
        raise ResultError(f"table {name}: its columns differ in length")
    table = polars.DataFrame(data)
    keys = KEYS.get(name) or tuple(c for c in wanted if table.schema[c] != polars.Float64)
    by = _order(table, keys)
    if _rising(table, by):
        return table
    ordered = table.sort(by, nulls_last=True, maintain_order=True)
    _check_keys(name, ordered, keys)
    return ordered


def _rising(table: polars.DataFrame, by: Sequence[polars.Expr]) -> bool:
    """Whether each row stands above the one before, so that nothing is left to be sorted and no key stands twice."""
    import polars

    above, same = polars.lit(False), polars.lit(True)
    for key in by:
        before = key.shift(1)
        above, same = above | (same & (key > before)), same & (key == before)
    found = table.select(above=above.fill_null(False))["above"]
    return bool(found.slice(1).all())


def _check_keys(name: str, ordered: polars.DataFrame, keys: Sequence[str]) -> None:
    """One row per combination, in rows sorted by them."""
    import polars

    if not keys or ordered.height < 2:
        return
    same = [polars.col(key).eq_missing(polars.col(key).shift(1)) for key in keys]
    repeated = ordered.select(repeated=polars.all_horizontal(same))["repeated"].slice(1)
    if repeated.any():
        first = ordered.slice(1).filter(repeated).row(0, named=True)
        named = ", ".join(f"{key} {first[key]}" for key in keys)
        raise ResultError(f"table {name}: more than one row for {named}")


def _series(table: str, column: str, values: NDArray[Any] | list[Any]) -> polars.Series:
    """A column with its type: text, whole numbers (empty allowed in indicators) or compact floats."""
    import polars

    sample = np.asarray(values[:1])
    if column in TEXT or (column not in WHOLE and sample.dtype.kind in "UO" and table not in COLUMNS):
        return polars.Series(column, np.asarray(values, dtype=object).tolist(), dtype=polars.String)
    if column in WHOLE or (table not in COLUMNS and sample.dtype.kind in "iu"):
        return polars.Series(column, _whole(table, column, values), dtype=polars.Int64)
    numbers = np.asarray(values, dtype=np.float64)
    empty = np.isnan(numbers) if (table, column) == ("indicators", "value") else np.zeros(numbers.shape, bool)
    bad = np.flatnonzero(~np.isfinite(numbers) & ~empty)
    if bad.size:
        value = numbers[bad[0]]
        raise ResultError(f"table {table}, column {column}, row {bad[0] + 1}: {value} is not a finite number")
    compact = _compact(table, column, np.where(empty, 0.0, numbers))
    return polars.Series(column, compact).set(polars.Series(empty), None)


def _whole(table: str, column: str, values: NDArray[Any] | list[Any]) -> list[int | None] | NDArray[np.int64]:
    """Whole numbers; in indicators, None or NaN is the empty year of a whole-period figure."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return values.astype(np.int64)
    plain = [None if value is None or value != value else int(value) for value in values]
    if None in plain and table != "indicators":
        raise ResultError(f"table {table}: column {column} has an empty cell")
    return plain


def _compact(table: str, column: str, numbers: Floats) -> Floats:
    """Drop digits that carry no information, so that files stay small and differences readable.

    Accounts are left as they are. Amounts keep twelve significant digits of the column's largest value, but
    whole currency units at least; persons nine, but 0.001 person at least; indicators and measures of finance twelve each.
    """
    if table == "accounts" or not numbers.size:
        return numbers + 0.0
    if table in ("indicators", "financing"):
        return np.array([float(f"{value:.12g}") for value in numbers]) + 0.0
    digits, fewest = (11, 0) if column == "amount" else (8, 3)
    largest = float(np.abs(numbers).max())
    decimals = digits - math.floor(math.log10(max(largest, 1e-3)))
    rounded: Floats = np.round(numbers, max(fewest, decimals)) + 0.0
    return rounded


def _order(table: polars.DataFrame, keys: Sequence[str]) -> list[polars.Expr]:
    """What rows are sorted by: text by alphabet, male before female, account items as they first appear."""
    import polars

    special = {"sex": polars.col("sex") != "male"}
    if "item" in keys:
        seen = table["item"].unique(maintain_order=True).to_list()
        items = [OPENING, *(item for item in seen if item not in (OPENING, CLOSING)), CLOSING]
        special["item"] = polars.col("item").replace_strict(items, list(range(len(items))))
    return [special.get(key, polars.col(key)) for key in keys]


# --- the run folder -----------------------------------------------------------------------------------------


def write(
    result: Result,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    command_line: Sequence[str] | None = None,
    started: datetime | None = None,
) -> list[Path]:
    """Write tables, workbook and manifest of a result into `folder`; returns the files in order of writing.

    The folder is made if missing; a caller who must not leave a half-written folder gives a temporary one and
    renames it. `started` is the moment the run began (default: now). Raises `ResultError` before any file is
    written if a table is not as promised or the accounts do not add up.
    """
    from spsim.excel import write_workbook
    from spsim.manifest import build, dump

    started = started or datetime.now(UTC)
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ResultError(f"unknown format {unknown[0]}: choose among {', '.join(FORMATS)}")
    frames = frames_of(result)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(
        max_workers=1
    ) as beside:  # polars writes without the interpreter, the workbook in it
        tables = beside.submit(write_tables, frames, folder / "tables", formats)
        book = [write_workbook(folder / "results.xlsx", result, frames)] if "xlsx" in formats else []
        told, written = tables.result()
    paths = [*written, *book]
    manifest = build(result, told, formats, command_line, started)
    return [*paths, dump(manifest, folder / "manifest.json")]


def frames_of(result: Result) -> dict[str, polars.DataFrame]:
    """All tables of a result as data frames, promised ones first, accounts checked."""
    names = [*(n for n in COLUMNS if n in result.tables), *(n for n in result.tables if n not in COLUMNS)]
    frames = {name: frame(name, result.tables[name]) for name in names}
    if "accounts" in frames:
        check_accounts(frames["accounts"].to_dict(as_series=False))
    return frames


def write_tables(
    frames: Mapping[str, polars.DataFrame], folder: Path, formats: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], list[Path]]:
    """Write each table; what the manifest says of every CSV, written or not, and the files."""
    from spsim.manifest import of_table

    told: dict[str, dict[str, Any]] = {}
    paths: list[Path] = []
    folder.mkdir(exist_ok=True)
    for name, table in frames.items():
        buffer = BytesIO()
        table.write_csv(buffer, line_terminator="\n")
        text = buffer.getvalue()
        told[name] = of_table(text)
        if "csv" in formats:
            paths.append(folder / f"{name}.csv")
            paths[-1].write_bytes(text)
        if "parquet" in formats:
            paths.append(folder / f"{name}.parquet")
            table.write_parquet(paths[-1], compression="zstd", row_group_size=1_000_000)
    return told, paths
