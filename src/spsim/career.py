"""One person's career: months of contribution and wages, from a CSV file or from a few words.

A file has the columns `from,to,wage` (months YYYY-MM, both included; monthly wage) and, if wanted, `share_of_average` in place of the
wage. Words say the same: "1995-03..2010-12 at 0.8 average, 2014-01..2027-05 at 9000000". Months without a wage name the credit of the
scheme as which they count (`as`), months in another scheme than the one asked name it (`in`): "2011-01..2012-12 as exempt,
1990-04..1995-02 at 2000000 in civil_service".
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from spsim.arrays import Array, np
from spsim.calendar import month_label
from spsim.errors import InputError, Problem

COLUMNS = ("from", "to", "wage", "share_of_average", "as", "in")
YEARS = (1900, 2250)
WAGES = (10.0, 1e15)  # a month, in any currency; what is below was meant as a share
SHARES = (0.0, 100.0)
HOW = (
    "write FROM..TO at WAGE, such as 1995-03..2027-05 at 6000000, or at 0.8 average; "
    "FROM..TO as CREDIT for months without a wage; in SCHEME after it for months in another scheme"
)
_SPELL = re.compile(
    r"^(?P<from>\S+?)\s*\.\.\s*(?P<to>\S+)\s+(?:at\s+(?P<wage>\S+)(?P<average>\s+average)?|as\s+(?P<as>\S+))"
    r"(?:\s+in\s+(?P<in>\S+))?$"
)
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")


class _Mistake(ValueError):
    """What is wrong with a text, and how to mend it."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message, self.remedy = message, remedy
        super().__init__(message)


@dataclass(frozen=True)
class Spell:
    """Months `first .. last` (both included) at a monthly wage, or at a share of the average wage of the group.

    `credit`: months without a wage that count as this credit of the scheme; `scheme`: of another scheme than the one asked.
    """

    first: int
    last: int
    wage: float
    of_average: bool = False
    credit: str = ""
    scheme: str = ""

    @property
    def months(self) -> Array:
        """Month numbers."""
        return np.arange(self.first, self.last + 1)


@dataclass(frozen=True)
class Career:
    """Spells in the order of time, none over another of the same scheme."""

    spells: tuple[Spell, ...]

    @property
    def first(self) -> int:
        """First month of contribution: the date of first insurance."""
        return self.spells[0].first

    @property
    def last(self) -> int:
        """Last month of contribution."""
        return self.spells[-1].last

    def months(self) -> Array:
        """Month numbers of all contributions, rising."""
        return np.concatenate([np.zeros(0, dtype=int), *(spell.months for spell in self.paid)])

    @property
    def paid(self) -> tuple[Spell, ...]:
        """The spells with a wage."""
        return tuple(spell for spell in self.spells if not spell.credit)

    def wages(self, average: Callable[[Array], Array]) -> Array:
        """Monthly wages in money, month by month; `average` gives the group's average wage at month numbers."""
        found = [
            spell.wage * (average(spell.months) if spell.of_average else np.ones(len(spell.months)))
            for spell in self.paid
        ]
        return np.concatenate([np.zeros(0), *found])


def read_career(text: str) -> Career:
    """A career from the name of a CSV file or from words. Raises InputError with every mistake."""
    named = text.strip().lower().endswith(".csv") or ("at" not in text.split() and Path(text).is_file())
    return from_file(Path(text)) if named else from_words(text)


def month_of(text: str) -> int:
    """The number of a month written YYYY-MM. Raises ValueError."""
    match = _MONTH.match(text.strip())
    if match is None:
        raise _Mistake(f"{text!r} is not a month", "write YYYY-MM, such as 2027-05")
    year, month = int(match[1]), int(match[2])
    if not 1 <= month <= 12:
        raise _Mistake(f"{text!r} is not a month of the calendar", "write YYYY-MM with MM from 01 to 12")
    if not YEARS[0] <= year <= YEARS[1]:
        raise _Mistake(f"{text!r} is not between {YEARS[0]} and {YEARS[1]}", "correct the year")
    return 12 * year + month - 1


def from_words(text: str) -> Career:
    """A career from words: spells with commas between them."""
    spells, problems, column = [], [], 1
    for number, part in enumerate(text.split(","), 1):
        place = ("--career", 1, column + len(part) - len(part.lstrip()), f"spell {number}")
        try:
            spells.append((place, _in_words(part.strip())))
        except _Mistake as mistake:
            problems.append(_problem(place, mistake))
        column += len(part) + 1
    return _career(spells, problems)


def _in_words(part: str) -> Spell:
    match = _SPELL.match(part)
    if match is None:
        what = f"{part!r} is not a spell of contributions" if part else "a spell of contributions is missing"
        raise _Mistake(what, f"{HOW}; no separators of thousands")
    named = match["as"] or "", match["in"] or ""
    return _spell(match["from"], match["to"], match["wage"] or "", bool(match["average"]), *named)


def _spell(first: str, last: str, wage: str, of_average: bool, credit: str, scheme: str) -> Spell:
    amount = 0.0 if credit else _amount(wage, of_average)
    spell = Spell(month_of(first), month_of(last), amount, of_average, credit, scheme)
    if spell.last < spell.first:
        raise _Mistake(f"the spell ends in {last}, before it begins in {first}", "exchange the months")
    return spell


def _amount(text: str, of_average: bool) -> float:
    """A wage, or a share of the average wage, within bounds that only a slip of the pen leaves."""
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount):
        raise _Mistake(f"{text!r} is not a wage", "write a plain number, such as 6000000")
    if amount <= 0:
        raise _Mistake(f"the wage {text} is not above 0", "leave months without a wage out of the career")
    low, high = SHARES if of_average else WAGES
    if amount < low:
        raise _Mistake(
            f"a wage of {text} a month", f"write `{text} average` (or share_of_average) for a share"
        )
    if amount > high:
        what = f"{text} times the average wage" if of_average else f"a wage of {text} a month"
        raise _Mistake(what, "write a share such as 0.8 before `average`" if of_average else "correct it")
    return amount


Place = tuple[str, int, int, str]


def from_file(path: Path) -> Career:
    """A career from a CSV file."""
    rows = _rows(path)
    if not rows or not any(field.strip() for field in rows[0][1]):
        raise _refused(path, 1, 1, "the file is empty", f"begin with the line {','.join(COLUMNS[:3])}")
    header = [field.strip() for field in rows[0][1]]
    _check_header(path, header)
    spells, problems = [], []
    for line, fields in rows[1:]:
        if not any(field.strip() for field in fields):
            continue
        place = (str(path), line, 1, "career")
        try:
            spells.append((place, _in_row(header, fields)))
        except _Mistake as mistake:
            problems.append(_problem(place, mistake))
    if not spells and not problems:
        raise _refused(path, 2, 1, "no spell of contributions below the header", "write one line for each")
    return _career(spells, problems)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and fields of a file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            return [(reader.line_num, fields) for fields in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        missing = isinstance(error, FileNotFoundError)
        what = "there is no such file" if missing else "the file cannot be read as CSV text in UTF-8"
        how = "check its name and the folder you are in" if missing else "save it again as CSV, UTF-8"
        raise _refused(path, 1, 1, what, how) from None


def _check_header(path: Path, header: Sequence[str]) -> None:
    for column, name in enumerate(header, 1):
        if name not in COLUMNS or name in header[: column - 1]:
            what = f"unknown column {name!r}" if name not in COLUMNS else f"the column {name!r} stands twice"
            raise _refused(
                path, 1, column, what, f"the columns are {','.join(COLUMNS)}, with commas between them"
            )
    missing = [name for name in ("from", "to") if name not in header]
    missing += ["wage"] if not {"wage", "share_of_average", "as"} & set(header) else []
    if missing:
        raise _refused(
            path, 1, 1, f"the column {missing[0]!r} is missing", f"begin with {','.join(COLUMNS[:3])}"
        )


def _in_row(header: Sequence[str], fields: Sequence[str]) -> Spell:
    if len(fields) != len(header):
        text = f"{len(fields)} fields under {len(header)} columns"
        raise _Mistake(text, "write one field for each column, numbers without separators of thousands")
    row = {name: field.strip() for name, field in zip(header, fields, strict=True)}
    words = {"wage": "a wage", "share_of_average": "a share of the average", "as": "a credit"}
    wage, share, credit = given = tuple(row.get(name, "") for name in words)
    if sum(map(bool, given)) != 1:
        said = [word for word, field in zip(words.values(), given, strict=True) if field]
        what = " and ".join(said) if said else "neither a wage nor a share of the average nor a credit"
        raise _Mistake(what, f"write one of {', '.join(words)}")
    return _spell(row["from"], row["to"], wage or share, bool(share), credit, row.get("in", ""))


def _career(found: Sequence[tuple[Place, Spell]], problems: list[Problem]) -> Career:
    """The spells in the order of time. Raises InputError for all that was wrong."""
    ordered = sorted(found, key=lambda one: one[1].first)
    problems = [*problems, *_overlaps(ordered)]
    if problems:
        raise InputError(problems)
    return Career(tuple(spell for _, spell in ordered))


def _overlaps(ordered: Sequence[tuple[Place, Spell]]) -> Iterator[Problem]:
    for (_, earlier), (place, later) in pairwise(sorted(ordered, key=lambda one: one[1].scheme)):
        if later.scheme == earlier.scheme and later.first <= earlier.last:
            text = (
                f"the spell from {month_label(later.first)} overlaps the one that ends in "
                f"{month_label(earlier.last)}"
            )
            yield _problem(
                place, _Mistake(text, "a month can have one wage only; add them up or move a month")
            )


def _problem(place: Place, mistake: _Mistake) -> Problem:
    file, line, column, name = place
    return Problem(file, line, column, (name,), mistake.message, mistake.remedy)


def _refused(path: Path, line: int, column: int, what: str, how: str) -> InputError:
    return InputError([Problem(str(path), line, column, ("career",), what, how)])
