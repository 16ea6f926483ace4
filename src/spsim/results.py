"""Results of a run: tidy tables, the accounts rounded so that they add up exactly, and the run folder.

A `Result` holds column-oriented tables; `write` turns it into CSV, Parquet, an Excel workbook and a manifest.
The same result always gives the same bytes, except for the key `run` of the manifest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import polars

Columns = Mapping[str, NDArray[Any] | list[Any]]
Floats = NDArray[np.float64]

FORMATS = ("csv", "parquet", "xlsx")
OPENING, CLOSING = "opening_reserve", "closing_reserve"

#: The promised tables: their key columns, in the order of sorting.
KEYS: dict[str, tuple[str, ...]] = {
    "population": ("year", "sex", "age"),
    "labour_force": ("year", "sex", "age"),
    "members": ("scheme", "year", "sex", "age"),
    "beneficiaries": ("scheme", "benefit", "year", "sex", "age"),
    "unemployment": ("scheme", "month"),
    "accounts": ("fund", "year", "item"),
    "indicators": ("scheme", "indicator", "year"),
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
}  # fmt: skip
TEXT = frozenset({"scheme", "sex", "benefit", "month", "fund", "item", "indicator", "unit"})
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
    """Everything a run found, ready to be written. Tables are column-oriented (see `COLUMNS`)."""

    scenario_id: str
    title: str
    country: str
    currency: str
    first_year: int
    last_year: int
    tables: Mapping[str, Columns]
    assumptions: Sequence[Assumption] = ()
    warnings: Sequence[str] = ()
    inputs: Sequence[tuple[str, str]] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    identities: Sequence[tuple[str, float]] = ()


# --- accounts that add up exactly ---------------------------------------------------------------------------


@dataclass(frozen=True)
class BalancedAccounts:
    """Reserves and signed flows of one fund over years [T], each a whole number of `unit`."""

    unit: float
    opening: Floats
    flows: dict[str, Floats]
    closing: Floats

    def rows(self, fund: str, years: Sequence[int] | NDArray[Any]) -> dict[str, list[Any]]:
        """Columns of the table `accounts` for this fund: opening reserve, every flow, closing reserve."""
        items = {OPENING: self.opening, **self.flows, CLOSING: self.closing}
        count = len(self.opening)
        if len(years) != count:
            raise ResultError(f"fund {fund}: {len(years)} years given for {count} years of accounts")
        return {
            "fund": [fund] * (count * len(items)),
            "year": [int(year) for year in years for _ in items],
            "item": list(items) * count,
            "amount": np.column_stack(list(items.values())).ravel().tolist(),
        }


def balanced_accounts(opening: float, flows: Mapping[str, ArrayLike]) -> BalancedAccounts:
    """Round a fund's accounts to one unit, so that opening reserve + signed flows = closing reserve exactly.

    Each flow is rounded to the nearest unit, and the reserves are the running sums of the rounded flows:

        V_0 = round(opening),   V_{t+1} = V_t + sum_i round(F_i,t),   opening_{t+1} = closing_t

    computed in whole numbers of the unit. The reserve differs from the unrounded one by at most half a
    unit per flow and year, and nothing has to be hidden in a "rounding" item.

    The unit is a power of ten chosen once for the fund, from the largest year's sum of absolute amounts S:

    - S below 10^9: twelve significant digits of S (three decimals or more). A decimal fraction is not exact
      in binary, so a reader who sums floats must round to the unit; one who sums decimals need not.
    - S from 10^9 to 2^53 (9.0e15): whole currency units. Exact in decimals and in floats, in any order.
    - S above 2^53: 10^k with S / 2^k <= 2^53, because n * 10^k = (n * 5^k) * 2^k is exact in binary as long
      as n * 5^k < 2^53. At 10^17 the unit is 10^4, at 10^18 it is 10^7. Exact in decimals and in floats.

    `opening` is the reserve at the start of the first year, `flows` maps an item to its amounts [T], income
    positive, expenditure negative. Raises `ResultError` for numbers that are not finite, for S above 10^20
    and for a flow that bears the name of a reserve.
    """
    arrays = _flow_arrays(opening, flows)
    net = np.sum(list(arrays.values()), axis=0)
    closing = opening + np.cumsum(net)
    before = np.concatenate([[opening], closing[:-1]])
    gross = np.abs(before) + np.abs(closing) + np.sum(np.abs(list(arrays.values())), axis=0)
    exponent = unit_exponent(1.01 * float(gross.max(initial=0.0)))
    units = {item: _to_units(values, exponent) for item, values in arrays.items()}
    first = _to_units(np.array([opening]), exponent)
    path = np.concatenate([first, first + np.cumsum(np.sum(list(units.values()), axis=0))])
    rounded = {item: _from_units(values, exponent) for item, values in units.items()}
    reserve = _from_units(path, exponent)
    return BalancedAccounts(10.0**exponent, reserve[:-1], rounded, reserve[1:])


def unit_exponent(total: float) -> int:
    """The power of ten of the unit in which a fund that moves `total` in its largest year is kept."""
    if not total <= 1e20:
        raise ResultError(
            f"accounts reach {total:.3g} currency units, more than 1e20: express the currency in thousands"
        )
    if total >= 2**53:
        return math.ceil(math.log2(total) - 53)
    if total >= 1e9:
        return 0
    return max(-12, math.floor(math.log10(max(total, 1e-12))) - 11)


def _flow_arrays(opening: float, flows: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Flows as float arrays of one length, checked."""
    arrays = {item: np.atleast_1d(np.asarray(values, dtype=np.float64)) for item, values in flows.items()}
    if not arrays or len({values.shape for values in arrays.values()}) != 1:
        raise ResultError("accounts need at least one flow, and all flows must cover the same years")
    for item, values in {OPENING: np.array([opening]), **arrays}.items():
        if not np.isfinite(values).all():
            raise ResultError(f"accounts: {item} holds a number that is not finite")
    for item in (OPENING, CLOSING):
        if item in arrays:
            raise ResultError(f"accounts: {item} is a reserve and cannot be a flow as well")
    return arrays


def _to_units(values: Floats, exponent: int) -> NDArray[np.int64]:
    scaled = values / 10.0**exponent if exponent >= 0 else values * 10.0**-exponent
    return np.rint(scaled).astype(np.int64)


def _from_units(units: NDArray[np.int64], exponent: int) -> Floats:
    if exponent >= 0:
        return np.multiply(units, 10.0**exponent, dtype=np.float64)
    return np.divide(units, 10.0**-exponent, dtype=np.float64)


def check_accounts(columns: Mapping[str, Iterable[Any]]) -> None:
    """Raise unless opening + flows = closing = next opening, exactly as the numbers are written."""
    net: dict[tuple[str, int], Decimal] = {}
    reserves: dict[tuple[str, int, str], Decimal] = {}
    rows = zip(columns["fund"], columns["year"], columns["item"], columns["amount"])
    for fund, year, item, amount in rows:
        value = Decimal(repr(float(amount)))
        if item in (OPENING, CLOSING):
            reserves[fund, year, item] = value
        else:
            net[fund, year] = net.get((fund, year), Decimal(0)) + value
    for fund, year in dict.fromkeys([*net, *((fund, year) for fund, year, _ in reserves)]):
        _check_year(fund, year, net.get((fund, year), Decimal(0)), reserves)


def _check_year(fund: str, year: int, net: Decimal, reserves: Mapping[tuple[str, int, str], Decimal]) -> None:
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
    _check_keys(name, table, keys)
    return _sorted(table, keys)


def _check_keys(name: str, table: polars.DataFrame, keys: Sequence[str]) -> None:
    """One row per combination."""
    import polars

    if not keys or not table.height:
        return
    repeated = table.select(polars.struct(keys).is_duplicated().alias("repeated"))["repeated"]
    if repeated.any():
        first = table.filter(repeated).row(0, named=True)
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
    whole currency units at least; persons nine, but 0.001 person at least; indicators twelve each.
    """
    if table == "accounts" or not numbers.size:
        return numbers + 0.0
    if table == "indicators":
        return np.array([float(f"{value:.12g}") for value in numbers]) + 0.0
    digits, fewest = (11, 0) if column == "amount" else (8, 3)
    largest = float(np.abs(numbers).max())
    decimals = digits - math.floor(math.log10(max(largest, 1e-3)))
    rounded: Floats = np.round(numbers, max(fewest, decimals)) + 0.0
    return rounded


def _sorted(table: polars.DataFrame, keys: Sequence[str]) -> polars.DataFrame:
    """Rows in key order: text by alphabet, male before female, account items as they first appear."""
    import polars

    orders = {"sex": ["male", "female"]}
    if "item" in keys:
        seen = table["item"].unique(maintain_order=True).to_list()
        orders["item"] = [OPENING, *(item for item in seen if item not in (OPENING, CLOSING)), CLOSING]
    by = [
        polars.col(key).replace_strict(orders[key], list(range(len(orders[key]))), default=len(orders[key]))
        if key in orders
        else polars.col(key)
        for key in keys
    ]
    return table.sort(by, nulls_last=True, maintain_order=True)


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
    texts = {name: table.write_csv(line_terminator="\n").encode() for name, table in frames.items()}
    paths = _write_tables(frames, texts, folder / "tables", formats)
    if "xlsx" in formats:
        paths.append(write_workbook(folder / "results.xlsx", result, frames))
    manifest = build(result, texts, formats, command_line, started)
    return [*paths, dump(manifest, folder / "manifest.json")]


def frames_of(result: Result) -> dict[str, polars.DataFrame]:
    """All tables of a result as data frames, promised ones first, accounts checked."""
    names = [*(n for n in COLUMNS if n in result.tables), *(n for n in result.tables if n not in COLUMNS)]
    frames = {name: frame(name, result.tables[name]) for name in names}
    if "accounts" in frames:
        check_accounts(frames["accounts"].to_dict(as_series=False))
    return frames


def _write_tables(
    frames: Mapping[str, polars.DataFrame], texts: Mapping[str, bytes], folder: Path, formats: Sequence[str]
) -> list[Path]:
    paths: list[Path] = []
    folder.mkdir(exist_ok=True)
    for name, table in frames.items():
        if "csv" in formats:
            paths.append(folder / f"{name}.csv")
            paths[-1].write_bytes(texts[name])
        if "parquet" in formats:
            paths.append(folder / f"{name}.parquet")
            table.write_parquet(paths[-1], compression="zstd", row_group_size=1_000_000)
    return paths
