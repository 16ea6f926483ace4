"""A career as one scheme sees it: its own months of contribution, and months that its credits count.

Comes in: a career as it was said. Goes out: the career of the months paid to the scheme asked, the months of each credit, and a note on
months that do not count. Called by `person`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spsim.arrays import Array, np
from spsim.career import Career, Spell
from spsim.person_facts import in_months, refusal
from spsim.rules.credits import Credit
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme


@dataclass(frozen=True)
class Seen:
    """The spells in the scheme, months credited by the id of the credit, the last month of all, and what the reader must know."""

    own: Career
    credited: Mapping[str, int]
    last: int
    notes: tuple[str, ...]


def seen_by(scenario: Scenario, scheme_id: str, career: Career) -> Seen:
    """What a scheme makes of a career. Raises InputError for a credit or a scheme that is not there."""
    scheme = scenario.schemes[scheme_id]
    rules = scheme.credits if isinstance(scheme, PensionScheme) else {}
    here = [spell for spell in career.spells if spell.scheme in ("", scheme_id)]
    if not here:
        what = f"the career has no month of contribution to {scheme_id}"
        raise refusal("career", what, "add a spell FROM..TO at WAGE")
    credited = _credited(scheme_id, rules, [spell for spell in here if spell.credit])
    notes = []
    for other, months in _elsewhere(scenario, scheme_id, career).items():
        paid_here = np.concatenate([spell.months for spell in here])
        count = int((~np.isin(months, paid_here)).sum())
        named = [name for name, rule in rules.items() if rule.of_scheme == other]
        for name in named:
            credited[name] = credited.get(name, 0) + count
        if not named:
            notes.append(f"{in_months(count)} in {other} do not count in {scheme_id}")
    return Seen(Career(tuple(here)), credited, max(spell.last for spell in career.spells), tuple(notes))


def _credited(scheme_id: str, rules: Mapping[str, Credit], spells: list[Spell]) -> dict[str, int]:
    """Months of each credit that the career names itself."""
    found: dict[str, int] = {}
    for spell in spells:
        if spell.credit not in rules:
            known = ", ".join(rules) or "none"
            what = f"the scheme {scheme_id} has no credit {spell.credit!r}"
            raise refusal("career", what, f"choose among {known}")
        found[spell.credit] = found.get(spell.credit, 0) + len(spell.months)
    return found


def _elsewhere(scenario: Scenario, scheme_id: str, career: Career) -> dict[str, Array]:
    """Months in each other scheme, paid or credited there."""
    found: dict[str, Array] = {}
    for spell in career.spells:
        if spell.scheme in ("", scheme_id):
            continue
        if spell.scheme not in scenario.schemes:
            known = ", ".join(scenario.schemes)
            raise refusal("career", f"the scenario has no scheme {spell.scheme!r}", f"choose among {known}")
        found[spell.scheme] = np.concatenate([found.get(spell.scheme, np.zeros(0, int)), spell.months])
    return found
