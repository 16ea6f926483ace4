"""What the conventions ask: percentages, standard beneficiaries, qualifying periods, durations, persons protected.

Data with their articles and no arithmetic. `status` says how far a figure was checked: `official` in the text of the convention as a
State that ratified it has published it, `secondary` in a description of the convention, `unverified` recalled. The whole texts stand in
the ILO's database of international labour standards, where an unverified figure should be looked up before it is relied on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Branch = Literal[
    "old_age", "invalidity", "survivors", "unemployment", "sickness", "maternity", "employment_injury",
    "employment_injury_survivors", "medical_care", "family",
]  # fmt: skip
Status = Literal["official", "secondary", "unverified"]

TITLES = {
    "C102": "Social Security (Minimum Standards) Convention, 1952",
    "C121": "Employment Injury Benefits Convention, 1964",
    "C128": "Invalidity, Old-Age and Survivors' Benefits Convention, 1967",
    "C130": "Medical Care and Sickness Benefits Convention, 1969",
    "C168": "Employment Promotion and Protection against Unemployment Convention, 1988",
    "C183": "Maternity Protection Convention, 2000",
    "R202": "Social Protection Floors Recommendation, 2012",
}
SWISS_102 = "Switzerland, RS 0.831.102"
SWISS_128 = "Switzerland, RS 0.831.105"
SWISS_168 = "Switzerland, RS 0.822.726.8"
DUTCH = "Netherlands, Tractatenblad"
PORTUGAL = "Portugal, Diário da Assembleia da República II-A, no. 57, 1992"
PORTUGAL_183 = "Portugal, Diário da Assembleia da República II-A, no. 125 S1, 2012"
RECALLED = "recalled"

HUSBAND = "man with wife and two children"
PENSIONER = "man with wife of pensionable age"
WIDOW = "widow with two children"
WOMAN = "woman"


@dataclass(frozen=True)
class Cited:
    """Where a figure stands, and how far it was checked."""

    article: str
    source: str
    status: Status


@dataclass(frozen=True)
class Level:
    """Least share of earnings, for a standard beneficiary after `years` of contribution (0: whatever the law asks)."""

    convention: str
    branch: Branch
    percent: float
    beneficiary: str
    cited: Cited
    years: float = 0.0
    weeks: int = 0
    instead: bool = False
    """A lower percentage after a shorter period, which stands in for the full one."""


@dataclass(frozen=True)
class Right:
    """A benefit, reduced as it may be, that must be there after `years` of contribution."""

    convention: str
    branch: Branch
    years: float
    cited: Cited


@dataclass(frozen=True)
class Duration:
    """Least weeks of benefit in a case, and most days before it begins."""

    convention: str
    branch: Branch
    weeks: float
    waiting_days: float
    cited: Cited
    waiting: Cited


@dataclass(frozen=True)
class Coverage:
    """Least share of `whole` (employees, active, residents) that must be protected; one alternative of a branch is enough."""

    convention: str
    branch: Branch
    whole: Literal["employees", "active", "residents"]
    share: float
    cited: Cited


@dataclass(frozen=True)
class PensionableAge:
    """Highest pensionable age, but for good reasons."""

    convention: str
    age: float
    cited: Cited


PART_XI, PART_V = "Schedule to Part XI", "Schedule to Part V"
HALF_READ_PORTUGAL = f"articles {PORTUGAL}, percentage {RECALLED}"
HALF_READ_DUTCH = f"article {DUTCH} 1953, 69, percentage {RECALLED}"
HALF_READ_SWISS = f"article {SWISS_102}, percentage {RECALLED}"
YEARS_RECALLED = f"percentage {SWISS_128}, years {RECALLED}"
QUESTIONNAIRE = f"articles {SWISS_102}, percentage the ILO's own questionnaire on the convention"
DESCRIBED = f"articles {PORTUGAL}, percentage a description of the convention"
TEN_LESS = "10 points less as published, period recalled"

LEVELS = (
    Level(
        "C102",
        "old_age",
        0.40,
        PENSIONER,
        Cited(f"28(a), 29(1)(a), {PART_XI}", HALF_READ_PORTUGAL, "unverified"),
        30,
    ),
    Level(
        "C102",
        "invalidity",
        0.40,
        HUSBAND,
        Cited(f"56(a), 57(1)(a), {PART_XI}", HALF_READ_DUTCH, "unverified"),
        15,
    ),
    Level("C102", "survivors", 0.40, WIDOW, Cited(f"62(a), 63(1)(a), {PART_XI}", DESCRIBED, "secondary"), 15),
    Level(
        "C102",
        "unemployment",
        0.45,
        HUSBAND,
        Cited(f"22(1), 24(1)(a), {PART_XI}", QUESTIONNAIRE, "secondary"),
        0,
        13,
    ),
    Level("C102", "sickness", 0.45, HUSBAND, Cited(f"16(1), {PART_XI}", HALF_READ_SWISS, "unverified")),
    Level("C102", "maternity", 0.45, WOMAN, Cited(f"50, {PART_XI}", RECALLED, "unverified")),
    Level(
        "C102", "employment_injury", 0.50, HUSBAND, Cited(f"36(1), {PART_XI}", HALF_READ_SWISS, "unverified")
    ),
    Level(
        "C102",
        "employment_injury_survivors",
        0.40,
        WIDOW,
        Cited(f"36(1), {PART_XI}", HALF_READ_SWISS, "unverified"),
    ),
    Level(
        "C121",
        "employment_injury",
        0.60,
        HUSBAND,
        Cited("13, 14(2), 19, Schedule II", RECALLED, "unverified"),
    ),
    Level(
        "C121",
        "employment_injury_survivors",
        0.50,
        WIDOW,
        Cited("18(1), 19, Schedule II", RECALLED, "unverified"),
    ),
    Level("C128", "old_age", 0.45, PENSIONER, Cited(f"17(a), 18(1)(a), {PART_V}", SWISS_128, "official"), 30),
    Level(
        "C128",
        "invalidity",
        0.50,
        HUSBAND,
        Cited(f"10(a), 11(1)(a), {PART_V}", YEARS_RECALLED, "unverified"),
        15,
    ),
    Level(
        "C128",
        "survivors",
        0.45,
        WIDOW,
        Cited(f"23(a), 24(1)(a), {PART_V}", YEARS_RECALLED, "unverified"),
        15,
    ),
    Level("C102", "old_age", 0.30, PENSIONER, Cited("29(3)", TEN_LESS, "unverified"), 10, instead=True),
    Level("C102", "invalidity", 0.30, HUSBAND, Cited("57(3)", TEN_LESS, "unverified"), 5, instead=True),
    Level("C102", "survivors", 0.30, WIDOW, Cited("63(3)", RECALLED, "unverified"), 5, instead=True),
    Level("C128", "old_age", 0.35, PENSIONER, Cited("18(3)", RECALLED, "unverified"), 10, instead=True),
    Level(
        "C130",
        "sickness",
        0.60,
        HUSBAND,
        Cited("21(a), 22(1)", "a translation of the convention", "secondary"),
    ),
    Level("C168", "unemployment", 0.50, HUSBAND, Cited("15(1)(a), 19(2)(a)", SWISS_168, "official"), 0, 26),
    Level("C183", "maternity", 2 / 3, WOMAN, Cited("6(3)", PORTUGAL_183, "official")),
)

RIGHTS = (
    Right("C102", "old_age", 15, Cited("29(2)(a)", PORTUGAL, "official")),
    Right("C102", "invalidity", 5, Cited("57(2)(a)", f"{DUTCH} 1953, 69", "official")),
    Right("C102", "survivors", 5, Cited("63(2)(a)", RECALLED, "unverified")),
    Right("C128", "old_age", 15, Cited("18(2)(a)", SWISS_128, "official")),
    Right("C128", "invalidity", 5, Cited("11(2)(a)", RECALLED, "unverified")),
    Right("C128", "survivors", 5, Cited("24(2)(a)", RECALLED, "unverified")),
)

DURATIONS = (
    Duration(
        "C102", "unemployment", 13, 7,
        Cited("24(1)(a), 24(2)", SWISS_102, "official"), Cited("24(3)", SWISS_102, "official"),
    ),
    Duration(
        "C168", "unemployment", 26, 7,
        Cited("19(2)(a), 19(3)", SWISS_168, "official"), Cited("18(1)", RECALLED, "unverified"),
    ),
)  # fmt: skip

AGES = (
    PensionableAge("C102", 65, Cited("26(2)", SWISS_102, "official")),
    PensionableAge("C128", 65, Cited("15(2)", "the ILO's page on old-age pensions", "secondary")),
)


def _prescribed(branch: Branch, article: str, source: str, status: Status) -> tuple[Coverage, Coverage]:
    """The two usual alternatives of C102: half of all employees, or active persons who are a fifth of all residents."""
    return (
        Coverage("C102", branch, "employees", 0.5, Cited(f"{article}(a)", source, status)),
        Coverage("C102", branch, "residents", 0.2, Cited(f"{article}(b)", source, status)),
    )


COVERAGES = (
    *_prescribed("old_age", "27", "the ILO's own questionnaire on the convention", "secondary"),
    *_prescribed("invalidity", "55", RECALLED, "unverified"),
    *_prescribed("survivors", "61", PORTUGAL, "official"),
    Coverage("C102", "unemployment", "employees", 0.5, Cited("21(a)", SWISS_102, "official")),
    Coverage("C128", "old_age", "employees", 1.0, Cited("16(1)(a)", SWISS_128, "official")),
    Coverage("C128", "old_age", "active", 0.75, Cited("16(1)(b)", SWISS_128, "official")),
    Coverage("C128", "invalidity", "employees", 1.0, Cited("9(1)(a)", RECALLED, "unverified")),
    Coverage("C128", "invalidity", "active", 0.75, Cited("9(1)(b)", RECALLED, "unverified")),
    Coverage("C128", "survivors", "employees", 1.0, Cited("22(1)(a)", RECALLED, "unverified")),
    Coverage("C128", "survivors", "active", 0.75, Cited("22(1)(b)", RECALLED, "unverified")),
    Coverage(
        "C168",
        "unemployment",
        "employees",
        0.85,
        Cited("11(1)", "a description of the convention", "secondary"),
    ),
)

EMPLOYEES_SHARE = 0.5
EMPLOYEES_SHARE_CITED = Cited("71(2)", SWISS_102, "official")
EARNINGS = Cited("65(2), 65(3), 65(6)(d)", f"{DUTCH} 1953, 69 (65(1)-(4)); {PORTUGAL} (65(6)(d))", "official")
"""Earnings-related benefits: the skilled manual male employee, taken as 125 % of the average earnings of the persons protected."""
LABOURER = Cited("66(1), 66(4)", f"{DUTCH} 1953, 69", "official")
"""Flat benefits: the wage of the ordinary adult male labourer."""
MEANS = Cited("67", PORTUGAL, "official")
"""Benefits to residents of small means."""
SKILLED = 1.25

FLOORS = (
    ("medical_care", "essential health care", Cited("para. 5(a)", "text of the recommendation", "official")),
    (
        "family",
        "basic income security for children",
        Cited("para. 5(b)", "text of the recommendation", "official"),
    ),
    ("active", "basic income security in active age", Cited("para. 5(c)", "text of the recommendation", "official")),
    (
        "old_age",
        "basic income security for older persons",
        Cited("para. 5(d)", "text of the recommendation", "official"),
    ),
)  # fmt: skip
OLDER = 65
