"""Write the table of docs/countries.md again: the first year of every country scenario, and how many statutory cases are checked.

    python tools/describe_countries.py

Runs every scenario of `scenarios/*.yaml` that has a country; takes a few minutes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from spsim.checking import check
from spsim.run import run

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/countries.md"
SHOWN = (2025, 2050, 2100)


def main() -> None:
    """Both tables, between their marks."""
    files = sorted(path for path in (ROOT / "scenarios").glob("*.yaml") if path.stem != "iyer_model_scheme")
    page = PAGE.read_text(encoding="utf-8")
    page = between(page, "first year", "\n".join(first_year(files)))
    page = between(page, "cases", "\n".join(cases(files)))
    PAGE.write_text(page, encoding="utf-8")


def between(page: str, mark: str, text: str) -> str:
    """The page with the text between `<!-- mark -->` and `<!-- end -->` replaced."""
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", re.S)
    return pattern.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page, count=1)


def first_year(files: list[Path]) -> Iterator[str]:
    """One row for each scheme."""
    yield "| scenario | scheme | contributors 2025 | in payment 2025 | pension / contributory wage | cost, % of GDP: 2025, 2050, 2100 |"
    yield "|---|---|---|---|---|---|"
    for file in files:
        print(file.stem, file=sys.stderr)
        checked = check(file)
        assert checked.scenario is not None and checked.document is not None, checked.errors
        found = indicators(run(checked.scenario, checked.document).tables["indicators"])
        for name, scheme in checked.scenario.schemes.items():
            of = found.get(name, {})
            people = of.get(
                ("pensioners", 2025), of.get(("recipients", 2025), of.get(("beneficiaries", 2025)))
            )
            shares = ", ".join(percent(of.get(("expenditure_to_gdp", year)), 2) for year in SHOWN)
            cells = (
                file.stem,
                scheme.title or name,
                heads(of.get(("contributors", 2025))),
                heads(people),
                percent(of.get(("relative_pension", 2025)), 0),
                shares,
            )
            yield f"| {' | '.join(cells)} |"


def indicators(table: Any) -> dict[str, dict[tuple[str, int], float]]:
    """scheme -> (indicator, year) -> value."""
    found: dict[str, dict[tuple[str, int], float]] = {}
    for scheme, indicator, year, value in zip(
        table["scheme"], table["indicator"], table["year"], table["value"], strict=True
    ):
        if year is not None:
            found.setdefault(scheme, {})[indicator, int(year)] = value
    return found


def heads(number: float | None) -> str:
    """Persons, in thousands or millions."""
    if number is None or number == 0:
        return ""
    return f"{number / 1e6:.2f} m" if number >= 1e6 else f"{number / 1e3:,.1f} th"


def percent(share: float | None, digits: int) -> str:
    """A share in per cent, or a dash."""
    return "-" if share is None or not np.isfinite(share) else f"{100 * share:.{digits}f}"


def cases(files: list[Path]) -> Iterator[str]:
    """How many statutory cases are checked, by country."""
    left_out = yaml.safe_load((ROOT / "tests/golden/not_modelled.yaml").read_text(encoding="utf-8"))
    yield "| country | cases worked by hand | checked, wholly or in part | outside the scenario |"
    yield "|---|---|---|---|"
    for file in files:
        for golden in (
            ROOT / f"tests/golden/{file.stem}.yaml",
            ROOT / f"tests/golden/{file.stem}_social_pension.yaml",
        ):
            if golden.exists() and golden.stem != "viet_nam":
                every = yaml.safe_load(golden.read_text(encoding="utf-8"))
                out = set(left_out.get(golden.stem) or {})
                none = [
                    case
                    for case in every
                    if case["id"] in out or all(f"{case['id']}: {name}" in out for name in case["expect"])
                ]
                yield f"| {golden.stem} | {len(every)} | {len(every) - len(none)} | {len(none)} |"


if __name__ == "__main__":
    main()
