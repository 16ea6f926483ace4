"""How scenarios differ: in what they say, in their indicators, in who gains and who loses.

Comes in: scenarios as plain values, indicators and lifetimes of their runs; the first one is what the others are compared with. Goes out:
tables as columns. Called by `compare`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.errors import KeyPath, dotted
from spsim.experiments.lifetimes import COHORT_YEARS, Group, Lifetimes
from spsim.experiments.words import HIDDEN, is_value, named, said

Columns = dict[str, list[Any]]
Named = dict[tuple[str, str], tuple[str, dict[int | None, float]]]
"""Indicators by (scheme, name): unit, and values by year (None: of the whole period)."""
NOT_COMPARED = {("meta",), ("sources",)}
SAME = 1e-6
"""Relative change below which a group neither gains nor loses."""


def inputs(labels: Sequence[str], data: Sequence[dict[str, Any]]) -> Columns:
    """Every value that is not the same in all scenarios: where it stands, by path and in words, and what each scenario says."""
    paths = list(differing(list(data), ()))
    table: Columns = {
        "path": [dotted(path) for path in paths],
        "what": [named(path, next(d for d in data if _at(d, path) is not None)) for path in paths],
    }
    return table | {
        label: [said(_at(one, path), path) for path in paths] for label, one in zip(labels, data, strict=True)
    }


def differing(nodes: list[Any], path: KeyPath) -> Iterator[KeyPath]:
    """Paths of values that differ; a block that only some scenarios have is one difference, a value of law too."""
    if path in NOT_COMPARED or all(node == nodes[0] for node in nodes[1:]):
        return
    if all(isinstance(node, dict) and not is_value(node) for node in nodes) and _one_kind(nodes):
        for key in dict.fromkeys(key for node in nodes for key in node):
            if key not in HIDDEN:
                yield from differing([node.get(key) for node in nodes], (*path, key))
    elif not all(bare(node) == bare(nodes[0]) for node in nodes[1:]):
        yield path


def _one_kind(nodes: list[Any]) -> bool:
    """Whether blocks are rules of one kind; another kind is another rule, and one difference."""
    return len({str(node.get("kind")) for node in nodes}) == 1


def bare(node: Any) -> Any:
    """A value without its provenance; a constant is its number."""
    if not isinstance(node, dict):
        return [bare(item) for item in node] if isinstance(node, list) else node
    kept = {key: bare(item) for key, item in node.items() if key not in HIDDEN}
    return kept["value"] if set(kept) == {"value"} else kept


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def indicators(labels: Sequence[str], found: Sequence[Named]) -> Columns:
    """Every indicator of every year: the value of each scenario, and the difference of each from the first one."""
    names = list(dict.fromkeys(name for one in found for name in one))
    rows: list[tuple[Any, ...]] = []
    for owner, name in names:
        held = [one.get((owner, name), ("", {})) for one in found]
        unit = next(unit for unit, values in held if unit)
        for year in sorted({year for _, values in held for year in values}, key=lambda year: year or 0):
            values = [of_year.get(year, float("nan")) for _, of_year in held]
            rows.append((owner, name, unit, year, *values, *(value - values[0] for value in values[1:])))
    columns = [
        "scheme",
        "indicator",
        "unit",
        "year",
        *labels,
        *(f"{label} - {labels[0]}" for label in labels[1:]),
    ]
    return {column: [row[number] for row in rows] for number, column in enumerate(columns)}


def gains(labels: Sequence[str], found: Sequence[Lifetimes], discount: Array) -> Columns:
    """Who gains and who loses: benefits less contributions of each group, present values at the real interest of the first scenario.

    `discount` (T,) factors to the first year, of money in prices of that year.
    """
    tables = [{group: number for number, group in enumerate(one.groups)} for one in found]
    groups = sorted({group for table in tables for group in table}, key=_in_order)
    table: Columns = {
        "scheme": [group[0] for group in groups],
        "sex": [group[1] for group in groups],
        "born": [born(group) for group in groups],
        "earnings_class": [group[3] for group in groups],
    }
    values = [
        [_present(one, places.get(group), discount) for group in groups]
        for one, places in zip(found, tables, strict=True)
    ]
    for label, several in zip(labels, values, strict=True):
        table[f"benefits: {label}"] = [benefits for benefits, _ in several]
        table[f"contributions: {label}"] = [paid for _, paid in several]
    for label, several in zip(labels[1:], values[1:], strict=True):
        net = [(now[0] - now[1]) - (then[0] - then[1]) for now, then in zip(several, values[0], strict=True)]
        size = [max(then[0], then[1], now[0], now[1]) for now, then in zip(several, values[0], strict=True)]
        table[f"gain: {label}"] = net
        table[f"gain, share of money: {label}"] = [
            change / scale if scale else float("nan") for change, scale in zip(net, size, strict=True)
        ]
        table[f"verdict: {label}"] = [verdict(change, scale) for change, scale in zip(net, size, strict=True)]
    return table


def verdict(change: float, scale: float) -> str:
    """Whether a group gains, loses, or neither."""
    if abs(change) <= SAME * scale:
        return "the same"
    return "gains" if change > 0 else "loses"


def born(group: Group) -> str:
    """Years of birth of a cohort."""
    return f"{group[2]}-{group[2] + COHORT_YEARS - 1}"


def _in_order(group: Group) -> tuple[str, bool, int, str]:
    return group[0], group[1] == "female", group[2], group[3]


def _present(one: Lifetimes, place: int | None, discount: Array) -> tuple[float, float]:
    if place is None:
        return 0.0, 0.0
    return float(one.benefits[place] @ discount), float(one.contributions[place] @ discount)


def in_all(table: Columns, label: str, by: str) -> list[tuple[str, float, float]]:
    """(value of a key column, gain, share of money) of all schemes and groups together, in the order of the table."""
    found: dict[str, list[float]] = {}
    size = {name: np.array(table[f"{name}: {label}"]) for name in ("benefits", "contributions")}
    for row, key in enumerate(table[by]):
        total = found.setdefault(str(key), [0.0, 0.0])
        total[0] += table[f"gain: {label}"][row]
        total[1] += max(size["benefits"][row], size["contributions"][row])
    return [(key, gain, gain / scale if scale else 0.0) for key, (gain, scale) in found.items()]
