"""`spsim adequacy` on the screen and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spsim.adequacy.asking import Adequacy, Asked, Row, adequacy
from spsim.adequacy.textual import aligned
from spsim.checking import Checked, check
from spsim.errors import InputError
from spsim.running import load_numba

SHOWN = (
    ("age_at_award", "age", "{:.1f}", 1.0),
    ("years_of_contribution", "years", "{:.1f}", 1.0),
    ("gross_replacement_rate", "gross %", "{:.1f}", 100.0),
    ("net_replacement_rate", "net %", "{:.1f}", 100.0),
    ("gross_replacement_rate_after_10_years", "+10 y", "{:.1f}", 100.0),
    ("gross_replacement_rate_after_20_years", "+20 y", "{:.1f}", 100.0),
    ("paid_once_in_annual_wages", "once", "{:.2f}", 1.0),
    ("pension_wealth_in_annual_wages", "wealth", "{:.1f}", 1.0),
    ("real_internal_rate_of_return", "IRR %", "{:.1f}", 100.0),
    ("benefit_cost_ratio", "B/C", "{:.2f}", 1.0),
    ("break_even_age", "even at", "{:.1f}", 1.0),
)
LEGEND = (
    "gross, net: monthly pension over the last wage (gross; after contributions and deductions); +10 y, +20 y: gross, against wages of "
    "that year; once: lump sums in annual wages; wealth: present value of all benefits in annual wages; IRR: real internal rate of "
    "return; B/C: benefits over contributions, both at the award; even at: age that gives back all contributions."
)


def run_adequacy(file: Path, asked: Asked) -> tuple[Checked, Adequacy]:
    """Check the file and compute what was asked. Raises InputError."""
    checked = check(file)
    if checked.errors:
        raise InputError(checked.problems)
    assert checked.scenario is not None and checked.document is not None
    load_numba()
    return checked, adequacy(checked.scenario, checked.document, asked)


def told(checked: Checked, found: Adequacy) -> Iterator[str]:
    """The tables as text: careers by scheme, then the spread of awards, then redistribution."""
    assert checked.scenario is not None
    yield checked.scenario.meta.title
    yield f"Values at the award, discounted at a real rate of {100 * found.terms.rate:g} % a year."
    for scheme in dict.fromkeys(row["scheme"] for row in found.careers):
        yield from _careers(scheme, [row for row in found.careers if row["scheme"] == scheme])
    yield from _spread(found.distribution)
    yield from _redistribution(found.redistribution)
    if found.careers:
        yield ""
        yield LEGEND
    yield from (f"Note: {note}." for note in found.notes)


def _careers(scheme: str, rows: list[Row]) -> Iterator[str]:
    lives: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        key = (row["career"], row["sex"], row["born"], row["award"], row["pays"])
        lives.setdefault(key, {})[row["measure"]] = row["value"]
    head = ["career", "sex", "born", "award", "pays", *(title for _, title, _, _ in SHOWN)]
    cells = [
        [*(str(part) for part in key), *(_cell(values, measure) for measure in SHOWN)]
        for key, values in lives.items()
    ]
    yield ""
    yield f"Careers under {scheme}"
    yield from aligned(head, cells, text=5)


def _cell(values: Mapping[str, float], measure: tuple[str, str, str, float]) -> str:
    name, _, form, times = measure
    return form.format(values[name] * times) if name in values else "-"


def _spread(rows: list[Row]) -> Iterator[str]:
    """Quantiles of all awards of both sexes every ten years."""
    at = [row for row in rows if row["by"] == "award_year" and row["sex"] == "both"]
    if not at:
        return
    first = min(row["from_year"] for row in at)
    table: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in at:
        if (row["from_year"] - first) % 10 == 0:
            key = (row["scheme"], row["benefit"], row["from_year"])
            table.setdefault(key, {})[row["statistic"]] = row["value"]
    names = ("mean", "p10", "p25", "p50", "p75", "p90")
    cells = [
        [
            *(str(part) for part in key),
            f"{values['persons']:,.0f}",
            *(f"{100 * values[n]:.1f}" for n in names),
        ]
        for key, values in sorted(table.items())
    ]
    yield ""
    yield "Awards over the last contributory wage, %, by year of award (spread between sex, age and earnings class)"
    yield from aligned(["scheme", "benefit", "year", "persons", *names], cells, text=2)


def _redistribution(rows: list[Row]) -> Iterator[str]:
    if not rows:
        return
    table: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        key = (row["scheme"], row["born"], row["sex"], row["earnings_class"])
        table.setdefault(key, {})[row["measure"]] = row["value"]
    names = ("contributions", "benefits", "net_transfer", "redistribution")
    cells = [
        [
            *(str(part) for part in key),
            *(_cell(values, (f"{name}_to_lifetime_wages", "", "{:.1f}", 100.0)) for name in names),
        ]
        for key, values in table.items()
    ]
    yield ""
    yield "Lifetime redistribution, % of lifetime wages: full careers by earnings class and sex"
    yield from aligned(["scheme", "born", "sex", "class", *(n.replace("_", " ") for n in names)], cells, 3)


def as_json(checked: Checked, found: Adequacy) -> str:
    """Everything as JSON text."""
    assert checked.scenario is not None
    data = {
        "scenario": checked.scenario.meta.id,
        "currency": checked.scenario.meta.currency,
        "terms": vars(found.terms),
        "careers": found.careers,
        "distribution": found.distribution,
        "redistribution": found.redistribution,
        "notes": found.notes,
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
