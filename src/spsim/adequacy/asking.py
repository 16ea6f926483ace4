"""What `spsim adequacy` was asked, checked before anything is computed; and the answer as tables.

Comes in: a checked scenario, the words of the command. Goes out: rows of `careers`, `distribution`, `redistribution`, with notes on
what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from spsim.adequacy.careers import NamedPlan, read_plan, shipped
from spsim.adequacy.distribution import distribution
from spsim.adequacy.law import Law
from spsim.adequacy.lives import Life, Terms, live, measured, pension_start
from spsim.adequacy.redistribution import redistribution
from spsim.adequacy.survival import Survival, TableSurvival, of_population
from spsim.arrays import np
from spsim.calendar import month_label
from spsim.document import Document
from spsim.errors import InputError, near
from spsim.grid import SEXES
from spsim.members import Entrants
from spsim.outcome import Outcome
from spsim.person_facts import Person, refusal
from spsim.run import computed
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme

TABLES = ("careers", "distribution", "redistribution")
MID_YEAR = 6
SPACING, MOST_COHORTS = 10, 5
Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Schemes, careers, sexes and birth years to be computed; empty ones mean all, or the default."""

    schemes: Sequence[str] = ()
    careers: Sequence[str] = ()
    sexes: Sequence[str] = ()
    born: Sequence[int] = ()
    terms: Terms = field(default_factory=Terms)
    tables: Sequence[str] = TABLES


@dataclass(frozen=True)
class Adequacy:
    """The rows of each table, and what a reader must know besides."""

    careers: list[Row]
    distribution: list[Row]
    redistribution: list[Row]
    notes: list[str]
    terms: Terms


def adequacy(scenario: Scenario, document: Document, asked: Asked) -> Adequacy:
    """Everything that was asked. Raises InputError for a mistake in the question, before the projection is run."""
    laws = [Law(scenario, name) for name in schemes_of(scenario, asked.schemes)]
    plans = [read_plan(name) for name in asked.careers or shipped()]
    sexes = [SEXES.index(sex) for sex in asked.sexes or SEXES]
    cohorts = {law.scheme_id: cohorts_of(law, asked.born, sexes) for law in laws}
    outcome = computed(_needed(scenario, asked.tables), document)
    notes: list[str] = []
    careers: list[Row] = []
    other: list[Row] = []
    for law in laws:
        survival, born = survival_of(outcome, law), cohorts[law.scheme_id]
        if "careers" in asked.tables:
            careers += _careers(law, plans, sexes, born, survival, asked.terms, notes)
        if "redistribution" in asked.tables:
            other += redistribution(outcome, law, born, survival, asked.terms)
    spread = distribution(outcome, [law.scheme_id for law in laws]) if "distribution" in asked.tables else []
    if not (careers or spread or other):
        raise refusal(
            "born", f"nothing to show: {'; '.join(notes)}", "choose other cohorts, careers or schemes"
        )
    return Adequacy(careers, spread, other, list(dict.fromkeys(notes)), asked.terms)


def _needed(scenario: Scenario, tables: Sequence[str]) -> Scenario:
    """The scenario, or its population alone where careers are all that was asked for: they need no projection of members."""
    if set(tables) <= {"careers"}:
        return scenario.model_copy(update={"schemes": {}, "behaviour": {}, "funds": {}, "labour": None})
    return scenario


def schemes_of(scenario: Scenario, named: Sequence[str]) -> list[str]:
    """The pension schemes asked for, or all. Raises InputError."""
    known = [
        name
        for name, scheme in scenario.schemes.items()
        if isinstance(scheme, PensionScheme) and Law(scenario, name).pays_old_age
    ]
    for name in named:
        if name not in known:
            meant = near(name, known)
            there = (
                f"did you mean '{meant[0]}'?"
                if meant
                else f"pension schemes are: {', '.join(known) or 'none'}"
            )
            raise refusal("scheme", f"the scenario has no scheme {name!r} that pays at old age", there)
    if not known:
        raise refusal(
            "scheme", "no scheme of the scenario pays at old age", "adequacy is measured for pension schemes"
        )
    return list(named) or known


def cohorts_of(law: Law, born: Sequence[int], sexes: Sequence[int]) -> list[int]:
    """Months of birth (July): the years asked for, or every tenth of those who retire within the horizon. Raises InputError."""
    horizon = law.scenario.horizon
    for year in born:
        for sex in sexes:
            award = pension_start(law, Person(sex, 12 * year + MID_YEAR))
            if not horizon.start <= award // 12 <= horizon.end:
                what = f"{law.scheme_id}: one born in {year} ({SEXES[sex]}) gets a pension from {month_label(award)}"
                how = f"choose years of birth whose pensions begin between {horizon.start} and {horizon.end}"
                raise refusal("born", f"{what}, outside the horizon", how)
    return [12 * year + MID_YEAR for year in born] or _default_cohorts(law)


def _default_cohorts(law: Law) -> list[int]:
    """Years of birth that end in 0, both of whose sexes retire within the horizon; the earliest ones."""
    horizon = law.scenario.horizon
    years = np.arange(horizon.start - 90, horizon.end - 20)
    first = law.first_months(12.0 * np.arange(years[0], years[-1] + 1) + MID_YEAR)
    inside = ((first >= 12 * horizon.start) & (first < 12 * horizon.end + 12)).all(axis=1)
    there = [int(year) for year in years[inside]]
    tens = [year for year in there if year % SPACING == 0]
    chosen = (tens or there[:1])[:MOST_COHORTS]
    if not chosen:
        raise refusal("born", "no cohort reaches the pension age within the horizon", "lengthen the horizon")
    return [12 * year + MID_YEAR for year in chosen]


def survival_of(outcome: Outcome, law: Law) -> Survival:
    """The mortality behind a scheme: of the population, or of the life tables of members given outright."""
    members = law.pension.members
    if isinstance(members, Entrants):
        return TableSurvival(members)
    assert outcome.demography is not None
    return of_population(outcome.demography)


def _careers(
    law: Law, plans: list[NamedPlan], sexes: list[int], born: list[int], survival: Survival, terms: Terms,
    notes: list[str],
) -> list[Row]:  # fmt: skip
    rows: list[Row] = []
    for plan in plans:
        for sex in sexes:
            if plan.plan.sex not in (None, SEXES[sex]):
                continue
            for month in born:
                life = live(plan, law, Person(sex, month), survival, terms)
                if life is None:
                    notes.append(
                        f"{law.scheme_id}, {plan.name}, born {month // 12}: no contributions; left out"
                    )
                    continue
                if life.award < 12 * law.scenario.horizon.start:
                    notes.append(
                        f"{plan.name}, born {month // 12}: the claim is before {law.scenario.horizon.start}; left out"
                    )
                    continue
                rows += _rows(life, SEXES[sex])
                notes += _notes(life)
    return rows


def _rows(life: Life, sex: str) -> list[Row]:
    about = {
        "scheme": life.law.scheme_id,
        "career": life.plan.name,
        "sex": sex,
        "born": life.facts.person.born // 12,
        "event": life.event,
        "award": month_label(life.award),
        "tier": str(life.answer.result["tier"] or ""),
        "pays": life.pays,
    }
    return [
        about | {"measure": name, "value": value, "unit": _unit(life, unit)}
        for name, (value, unit) in measured(life).items()
    ]


def _unit(life: Life, unit: str) -> str:
    return (life.law.scenario.meta.currency or "currency") if unit == "currency" else unit


def _notes(life: Life) -> list[str]:
    """What changes the reading of a row."""
    scheme, plan = life.law.pension, life.plan.plan
    enters = life.facts.person.born + round(12 * plan.enters)
    found = [note for note in life.answer.notes if "wage bill" in note or "automatic balancing" in note]
    if int(life.facts.months[0]) > enters:
        year = life.facts.person.born // 12
        found.append(
            f"{life.law.scheme_id}, born {year}: contributions begin with the scheme in {scheme.start}"
        )
    return found


def require_tables(tables: Sequence[str]) -> tuple[str, ...]:
    """Names of tables. Raises InputError for one that does not exist."""
    for name in tables:
        if name not in TABLES:
            raise InputError(
                refusal("tables", f"there is no table {name!r}", f"choose among {', '.join(TABLES)}").problems
            )
    return tuple(name for name in TABLES if name in tables)
