"""Tests that need a run: persons protected, the employees' share of the cost, and the guarantees of the social protection floor.

Comes in: the arrays of a run. Goes out: test lines. Persons protected are the contributors; a group that several schemes of a branch
cover is counted once, with the largest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from spsim.adequacy.law import Law
from spsim.arrays import Array, np
from spsim.outcome import Outcome
from spsim.rules.benefits import OldAge, labels
from spsim.schemes import PensionScheme, SocialPensionScheme
from spsim.standards.beneficiaries import Beneficiaries, social_amount
from spsim.standards.conventions import (
    COVERAGES,
    EMPLOYEES_SHARE,
    EMPLOYEES_SHARE_CITED,
    FLOORS,
    OLDER,
    Cited,
    Coverage,
)
from spsim.standards.lines import Line

NO_EMPLOYEES = (
    "all employed persons stand for the employees, so that the share is a lower bound; give --employees"
)
EXHAUSTED = "persons protected are the contributors on 1 July"


def run_lines(
    outcome: Outcome,
    laws: Sequence[Law],
    employees: float | None,
    poverty_line: Callable[[int], float] | None,
) -> Iterator[Line]:
    """Every test that needs the projection."""
    years = outcome.grid.years
    protected: dict[str, Array | None] = {
        branch: persons_protected(outcome, laws, branch)
        for branch in dict.fromkeys(rule.branch for rule in COVERAGES)
    }
    for rule in COVERAGES:
        persons = protected[rule.branch]
        if persons is not None and outcome.labour is not None:
            yield replace(_coverage(outcome, rule, persons, employees), years=years)
    financing = _financing(outcome)
    if financing is not None:
        yield replace(financing, years=years)
    yield from (replace(line, years=years) for line in _floors(outcome, laws, protected, poverty_line))


def persons_protected(outcome: Outcome, laws: Sequence[Law], branch: str) -> Array | None:
    """Contributors (T,) of the schemes that have the branch; None where there are none."""
    by_group: dict[str, Array] = {}
    for law in laws:
        if Beneficiaries(law).has(branch):
            group = getattr(law.scheme.members, "group", law.scheme_id)
            insured = outcome.money[law.scheme_id].contributors
            by_group[group] = np.maximum(by_group.get(group, np.zeros(len(insured))), insured)
    return np.asarray(sum(by_group.values())) if by_group else None


def _coverage(outcome: Outcome, rule: Coverage, persons: Array, employees: float | None) -> Line:
    """Persons protected over all employees, all active persons or all residents."""
    assert outcome.labour is not None and outcome.population is not None
    employed = outcome.labour.employed.sum(axis=(1, 2))
    wholes = {
        "employees": employed * (1.0 if employees is None else employees),
        "active": outcome.labour.labour_force.sum(axis=(1, 2)),
        "residents": outcome.population.total(),
    }
    guessed = rule.whole == "employees" and employees is None
    return Line(
        rule.convention, rule.branch, f"persons protected, of all {_NAMES[rule.whole]}", rule.cited,
        required=rule.share, actual=persons / wholes[rule.whole], bound=guessed,
        note=NO_EMPLOYEES if guessed else EXHAUSTED,
    )  # fmt: skip


_NAMES = {"employees": "employees", "active": "active persons", "residents": "residents"}


def _financing(outcome: Outcome) -> Line | None:
    """The employees' part of all contributions and State payments to the funds of the schemes that insure employees."""
    funds = {
        rule.fund or scheme.fund
        for scheme in outcome.scenario.schemes.values()
        if not isinstance(scheme, SocialPensionScheme)
        for rule in scheme.contributions.values()
    }
    own = sum((outcome.accounts[fund].of("contributions_employee") for fund in funds), np.zeros(1))
    total = sum((outcome.accounts[fund].of("contributions_") for fund in funds), np.zeros(1))
    if not np.any(total > 0):
        return None
    share = np.divide(own, total, out=np.zeros(len(total)), where=np.asarray(total) > 0)
    return Line(
        "C102", "financing", "employees' share of contributions and State payments", EMPLOYEES_SHARE_CITED,
        required=EMPLOYEES_SHARE, actual=share, at_most=True,
        note="all branches together; the self-employed count where the scenario lets them pay as employees",
    )  # fmt: skip


def _floors(
    outcome: Outcome, laws: Sequence[Law], protected: Mapping[str, Array | None],
    poverty_line: Callable[[int], float] | None,
) -> Iterator[Line]:  # fmt: skip
    """The four guarantees of R202, para. 5: those that the scenario can show."""
    cited = {name: (text, where) for name, text, where in FLOORS}
    for name in ("medical_care", "family"):
        yield Line("R202", name, cited[name][0], cited[name][1])
    yield _active_age(outcome, protected, *cited["active"])
    yield _older(outcome, *cited["old_age"])
    yield from _older_level(outcome, laws, poverty_line, *cited["old_age"])


def _active_age(outcome: Outcome, protected: Mapping[str, Array | None], text: str, cited: Cited) -> Line:
    """Insured against unemployment or invalidity, of the labour force."""
    known = [
        persons for branch in ("unemployment", "invalidity") if (persons := protected[branch]) is not None
    ]
    if not known or outcome.labour is None:
        return Line("R202", "active_age", text, cited)
    share = np.max(known, axis=0) / outcome.labour.labour_force.sum(axis=(1, 2))
    return Line(
        "R202", "active_age", f"{text}: insured against unemployment or invalidity, of the labour force", cited,
        required=1.0, actual=np.minimum(share, 1.0), note="sickness, maternity and assistance are not in the scenario",
    )  # fmt: skip


def _older(outcome: Outcome, text: str, cited: Cited) -> Line:
    """Persons of 65 and over with an old-age or a social pension, of all of them."""
    if outcome.population is None:
        return Line("R202", "old_age", text, cited)
    people = outcome.population.persons[:, :, OLDER:].sum(axis=(1, 2))
    with_pension = np.zeros(len(people))
    for name, scheme in outcome.scenario.schemes.items():
        if isinstance(scheme, PensionScheme):
            for label in _old_age_pensions(scheme):
                paid = outcome.pensions[name].pensions.get(label)
                with_pension += 0.0 if paid is None else paid.persons[:, :, OLDER:].sum(axis=(1, 2))
        elif isinstance(scheme, SocialPensionScheme):
            with_pension += outcome.social[name].persons[:, :, OLDER:].sum(axis=(1, 2))
    return Line(
        "R202", "old_age", f"{text}: persons of 65 and over with a pension", cited,
        required=1.0, actual=np.minimum(with_pension / people, 1.0),
        note="old-age and social pensions; those of survivors and invalidity are not counted",
    )  # fmt: skip


def _old_age_pensions(scheme: PensionScheme) -> Iterator[str]:
    """Names of the old-age pensions of a scheme in the results."""
    for benefit_id, benefit in scheme.benefits.items():
        if isinstance(benefit, OldAge):
            yield from labels(benefit_id, benefit).values()


def _older_level(
    outcome: Outcome,
    laws: Sequence[Law],
    poverty_line: Callable[[int], float] | None,
    text: str,
    cited: Cited,
) -> Iterator[Line]:
    """Each social pension against the national minimum that the user names."""
    social = [
        name for name, scheme in outcome.scenario.schemes.items() if isinstance(scheme, SocialPensionScheme)
    ]
    for name in social:
        test = f"{text}: social pension over the national minimum"
        if poverty_line is None or not laws:
            missing = "no national minimum given (--poverty-line)"
            yield Line("R202", "old_age", test, cited, name, required=1.0, bound=True, note=missing)
            continue
        years = outcome.grid.years
        amounts = np.array([social_amount(laws[0], name, int(year)) for year in years])
        minimum = np.array([poverty_line(int(year)) for year in years])
        yield Line("R202", "old_age", test, cited, scheme=name, required=1.0, actual=amounts / minimum)
