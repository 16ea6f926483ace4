"""Write the tables of docs/unemployment_countries.md again: what every unemployment scheme comes to, and its statutory cases.

    python tools/describe_unemployment.py

Runs every scenario that has one, and the designs for Brunei and Cambodia; takes a few minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from describe_countries import ROOT, between, heads, indicators, percent
from spsim.checking import check
from spsim.run import run
from spsim.schemes import UnemploymentScheme

PAGE = ROOT / "docs/unemployment_countries.md"
GOLDEN = ROOT / "tests/golden/unemployment"
DESIGNS = ("reforms/brunei_ui", "reforms/cambodia_ui_c102", "reforms/cambodia_ui_c168")
FROM_DESIGN = 2030
Found = dict[tuple[str, int], float]


def main() -> None:
    """Both tables, between their marks."""
    page = PAGE.read_text(encoding="utf-8")
    page = between(page, "schemes", "\n".join(schemes()))
    page = between(page, "cases", "\n".join(cases()))
    PAGE.write_text(page, encoding="utf-8")


def schemes() -> Iterator[str]:
    """One row for each unemployment scheme, of the first year (of a design, of 2030)."""
    yield (
        "| scenario | year | insured | claims | paid on average | months paid a claim | benefit / mean wage, % "
        "| cost, % of wages | rate, % | reserve / outgo, first year, 2050 |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    countries = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))
    for name in (*countries, *DESIGNS):
        checked = check(ROOT / f"scenarios/{name}.yaml")
        assert checked.scenario is not None and checked.document is not None, checked.errors
        kinds = checked.scenario.schemes.items()
        found = [scheme for scheme, rules in kinds if isinstance(rules, UnemploymentScheme)]
        if not found:
            continue
        print(name, file=sys.stderr)
        tables = run(checked.scenario, checked.document).tables
        of = indicators(tables["indicators"])
        year = FROM_DESIGN if name in DESIGNS else checked.scenario.horizon.start
        for scheme in found:
            paid = paid_in(tables["accounts"], checked.scenario.schemes[scheme].fund, year)
            yield row(name, of[scheme], year, paid)


def paid_in(accounts: Any, fund: str, year: int) -> float:
    """Contributions that a fund receives in a year, whichever scheme collects them."""
    rows = zip(accounts["fund"], accounts["year"], accounts["item"], accounts["amount"], strict=True)
    return sum(
        amount
        for of, when, item, amount in rows
        if (of, when) == (fund, year) and item.startswith("contributions")
    )


def row(name: str, of: Found, year: int, paid: float) -> str:
    """Insured, claims, mean of persons paid, months, levels, cost, what is paid in, reserve."""
    ratios = ", ".join(
        f"{of[key]:.1f}"
        for key in (("reserve_ratio", year), ("reserve_ratio", 2050))
        if of.get(key) is not None
    )
    cells = (
        name.rpartition("/")[2],
        str(year),
        heads(of.get(("contributors", year))),
        heads(of.get(("claims", year))),
        heads(of.get(("beneficiaries", year))),
        f"{of[('average_duration_months', year)]:.1f}",
        percent(of.get(("benefit_to_average_wage", year)), 0),
        percent(of.get(("payg_cost_rate", year)), 2),
        percent(paid / of["contributory_wages", year], 2),
        ratios,
    )
    return f"| {' | '.join(cells)} |"


def cases() -> Iterator[str]:
    """How many statutory claims are checked, by country."""
    left_out = yaml.safe_load((GOLDEN / "not_modelled.yaml").read_text(encoding="utf-8")) or {}
    yield "| country | claims worked by hand | checked, wholly or in part | outside the scenario |"
    yield "|---|---|---|---|"
    for path in sorted(GOLDEN.glob("*.yaml")):
        if path.stem != "not_modelled":
            yield counted(path, set(left_out.get(path.stem) or {}))


def counted(path: Path, out: set[str]) -> str:
    """One country's row; a case is outside if all its figures are."""
    every = yaml.safe_load(path.read_text(encoding="utf-8"))
    none = [
        case
        for case in every
        if case["id"] in out or all(f"{case['id']}: {name}" in out for name in case["expect"])
    ]
    return f"| {path.stem} | {len(every)} | {len(every) - len(none)} | {len(none)} |"


if __name__ == "__main__":
    main()
