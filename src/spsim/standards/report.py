"""`spsim standards` on the screen, as JSON, as CSV, and as tables in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spsim.adequacy.textual import aligned
from spsim.checking import Checked, check
from spsim.errors import InputError
from spsim.person_facts import refusal
from spsim.standards.conventions import EARNINGS, LABOURER, TITLES
from spsim.standards.lines import Line
from spsim.standards.tests import Options, check_options, evaluate

Row = dict[str, Any]
UNITS = {"share": (100.0, 1, "%"), "weeks": (1.0, 1, "wk"), "days": (1.0, 0, "days"), "years": (1.0, 1, "y")}
BRANCHES = {
    "old_age": "old age",
    "employment_injury": "employment injury",
    "employment_injury_survivors": "employment injury, survivors",
    "medical_care": "medical care",
    "active_age": "active age",
    "family": "family",
}


def run_standards(
    file: Path, options: Options, year: int | None, law_only: bool
) -> tuple[Checked, list[Line], int]:
    """Check the file, run it unless the law alone is tested, and test it; the year to be shown. Raises InputError."""
    checked = check(file)
    if checked.errors:
        raise InputError(checked.problems)
    assert checked.scenario is not None and checked.document is not None
    check_options(checked.scenario, options)
    horizon = checked.scenario.horizon
    shown = horizon.start if year is None else year
    if not horizon.start <= shown <= horizon.end:
        what = f"the year {shown} lies outside the horizon {horizon.start}-{horizon.end}"
        raise refusal("year", what, "choose a year within it")
    if law_only:
        return checked, evaluate(checked.scenario, options), shown
    from spsim.running import load_numba

    load_numba()
    from spsim.run import computed

    outcome = computed(checked.scenario, checked.document)
    return checked, evaluate(checked.scenario, options, outcome), shown


def told(checked: Checked, lines: Sequence[Line], year: int) -> Iterator[str]:
    """One table for each convention: what is asked and what there is in one year, and in which years it is met."""
    assert checked.scenario is not None
    yield f"{checked.scenario.meta.title}: international labour standards, law and projection of {year}"
    for convention in dict.fromkeys(line.convention for line in lines):
        here = [line for line in lines if line.convention == convention]
        yield ""
        yield f"{convention}  {TITLES[convention]}"
        yield from _table([line for line in here if line.actual is not None], year)
        yield from _absent([line for line in here if line.actual is None], year)
    yield from _legend(lines)


def _table(lines: Sequence[Line], year: int) -> Iterator[str]:
    if not lines:
        return
    head = [
        "article",
        "scheme",
        "branch",
        "test",
        "asked",
        "there is",
        "last wage",
        "margin",
        "verdict",
        "met in",
    ]
    cells = [
        [
            line.cited.article.replace(", Schedule to Part XI", "").replace(", Schedule to Part V", ""),
            line.scheme or "all",
            branch_name(line.branch),
            _test(line),
            number(line, line.required),
            number(line, float(_actual(line)[line.at(year)])),
            "" if line.of_last_wage is None else number(line, float(line.of_last_wage[line.at(year)])),
            number(line, float(line.margin[line.at(year)]), signed=True),
            line.verdict(year),
            line.periods,
        ]
        for line in lines
    ]
    yield from aligned(head, cells, text=4)


def _test(line: Line) -> str:
    """The test in few words, with the standard beneficiary."""
    whom = f", {line.beneficiary}" if line.beneficiary else ""
    instead = " (instead)" if line.instead else ""
    return f"{line.test}{whom}{instead}"


def number(line: Line, value: float, signed: bool = False) -> str:
    """A figure in the unit of the line; what rounds to nothing has no minus."""
    if line.unit == "yes":
        return "" if signed else "yes" if value >= 1 else "no"
    times, digits, unit = UNITS[line.unit]
    rounded = round(times * value, digits) + 0.0
    return f"{rounded:{'+' if signed else ''}.{digits}f} {unit}"


def _absent(lines: Sequence[Line], year: int) -> Iterator[str]:
    for line in lines:
        asked = f" (asked: {100 * line.required:.1f} %)" if line.required else ""
        why = f": {line.note}" if line.note else ""
        article = f"Art. {line.cited.article}" if line.cited.article[0].isdigit() else line.cited.article
        yield f"{branch_name(line.branch)}, {article}{asked}: {line.verdict(year)}{why}"


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    yield ""
    yield f"Earnings-related benefits: Art. {EARNINGS.article} of C102, wage 125 % of the average of the persons protected."
    yield f"Flat benefits: Art. {LABOURER.article}. (instead): meets the article in place of the full level."
    yield "Last wage: the same benefit over the last wage, for comparison; stricter than the conventions."
    yield "Persons protected: one of the alternatives of a convention is enough."
    unread = sorted(
        {f"{line.convention} {line.cited.article}" for line in lines if line.cited.status == "unverified"}
    )
    if unread:
        yield f"Recalled in part, to be checked in the convention: {'; '.join(unread)}."
    for note in dict.fromkeys(line.note for line in lines if line.note and line.actual is not None):
        yield f"Note: {note}."


def branch_name(branch: str) -> str:
    """A branch in words."""
    return BRANCHES.get(branch, branch)


def _actual(line: Line) -> Any:
    assert line.actual is not None
    return line.actual


def rows(lines: Sequence[Line], year: int) -> list[Row]:
    """One row for each test that has figures, in one year."""
    return [_about(line) | _figures(line, year) for line in lines if line.actual is not None]


def _about(line: Line) -> Row:
    return {
        "convention": line.convention,
        "branch": line.branch,
        "scheme": line.scheme or "all",
        "article": line.cited.article,
        "test": line.test,
        "standard_beneficiary": line.beneficiary,
        "method": line.method,
        "unit": line.unit,
        "direction": "at most" if line.at_most else "at least",
        "instead": "yes" if line.instead else "no",
        "source": line.cited.source,
        "source_status": line.cited.status,
        "note": line.note,
    }


def _figures(line: Line, year: int) -> Row:
    place = line.at(year)
    return {
        "year": year,
        "required": float(line.required),
        "actual": float(_actual(line)[place]),
        "margin": float(line.margin[place]),
        "of_last_wage": float((_actual(line) if line.of_last_wage is None else line.of_last_wage)[place]),
        "verdict": line.verdict(year),
        "first_met": str(line.first_met or ""),
        "stops": str(line.stops or ""),
        "met_in": line.periods,
    }


def yearly_rows(lines: Sequence[Line]) -> list[Row]:
    """Every test in every year."""
    found = []
    for line in lines:
        if line.actual is None or line.years is None:
            continue
        key: Row = {
            "convention": line.convention,
            "branch": line.branch,
            "scheme": line.scheme or "all",
            "article": line.cited.article,
            "test": line.test,
        }
        last = line.actual if line.of_last_wage is None else line.of_last_wage
        for place, year in enumerate(line.years):
            found.append(
                key
                | {
                    "year": int(year),
                    "required": float(line.required),
                    "actual": float(line.actual[place]),
                    "margin": float(line.margin[place]),
                    "of_last_wage": float(last[place]),
                    "met": "yes" if line.met[place] else "no",
                }
            )
    return found


def absent_rows(lines: Sequence[Line], year: int) -> list[Row]:
    """Branches that the scenario does not have, and what it cannot decide."""
    return [
        {
            "convention": line.convention,
            "branch": line.branch,
            "scheme": line.scheme or "all",
            "article": line.cited.article,
            "test": line.test,
            "standard_beneficiary": line.beneficiary,
            "required": float(line.required),
            "verdict": line.verdict(year),
            "source": line.cited.source,
            "source_status": line.cited.status,
            "note": line.note,
        }
        for line in lines
        if line.actual is None
    ]


def as_json(checked: Checked, lines: Sequence[Line], year: int) -> str:
    """Everything as JSON text."""
    assert checked.scenario is not None
    data = {
        "scenario": checked.scenario.meta.id,
        "year": year,
        "tests": rows(lines, year),
        "absent": absent_rows(lines, year),
        "by_year": yearly_rows(lines),
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
