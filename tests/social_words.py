"""What a golden case of a social pension takes as given, in the words of `--fact` and `--figure`."""

from __future__ import annotations

from typing import Any

from spsim.scenario import Scenario
from spsim.schemes import SocialPensionScheme

YES_NO = {True: "yes", False: "no"}
FACTS: dict[str, dict[Any, dict[str, bool]]] = {
    "citizenship": {"foreign, permanent resident": {"foreign_citizen": True}},
    "idpoor": {
        0: {"id_poor": False},
        1: {"id_poor": True, "very_poor": True},
        2: {"id_poor": True, "very_poor": False},
    },
    "area": {"urban": {"urban": True}, "rural": {"urban": False}},
    "household_taxed": {True: {"household_taxed": True}, False: {"household_taxed": False}},
    "spouse_also": {True: {"couple": True, "spouse_draws": True}},
    "couple": {True: {"couple": True}},
    "civil_service_pensioner": {True: {"public_service": True}},
    "household_income": {"above the poverty line": {"poor": False}, "below the poverty line": {"poor": True}},
    "flat": {
        "1-2 rooms": {"rooms_1_2": True},
        "3 rooms": {"rooms_3": True},
        "4 rooms": {"rooms_4": True},
        "5 rooms": {"rooms_5": True},
    },
    "on_waiting_list": {True: {"waiting": True}, False: {"waiting": False}},
    "indigent": {True: {"indigent": True}},
    "poor_or_near_poor": {True: {"poor_or_near_poor": True}, False: {"poor_or_near_poor": False}},
    "provincial_level": {650000: {"ho_chi_minh_city": True}},
}
FIGURES = {  # name of the figure, and the months over which it is given
    "recognised_income": ("income", 1),
    "income": ("income", 12),
    "national_pension": ("national_pension", 1),
    "redistributive_part": ("redistributive_part", 1),
    "paid_months": ("paid_months", 1),
    "exempt_full_months": ("exempt_months", 1),
    "household_income": ("household_income", 1),
    "income_per_head": ("income_per_head", 1),
    "cpf_by_55": ("cpf_by_55", 1),
    "monthly_si_benefit": ("insurance_benefit", 1),
    "monthly_social_assistance": ("other_assistance", 1),
}


def facts(scenario: Scenario, scheme_id: str, given: dict[str, Any]) -> list[str]:
    """`NAME=yes|no` of what is given, as far as a social pension asks for it."""
    scheme = scenario.schemes[scheme_id]
    if not isinstance(scheme, SocialPensionScheme):
        return []
    known = {*scheme.facts, *(["waiting"] if scheme.most_persons is not None else [])}
    said = {}
    for key, value in given.items():
        said |= FACTS.get(key, {}).get(value, {})
    if given.get("income_from_work"):
        said["works"] = True
    return [f"{name}={YES_NO[holds]}" for name, holds in said.items() if name in known]


def figures(scenario: Scenario, scheme_id: str, given: dict[str, Any]) -> list[str]:
    """`NAME=NUMBER` of what is given, as far as a social pension asks for it."""
    scheme = scenario.schemes[scheme_id]
    known = scheme.figures if isinstance(scheme, SocialPensionScheme) else {}
    said = {FIGURES[key]: value for key, value in given.items() if key in FIGURES}
    return [f"{name}={value / months!r}" for (name, months), value in said.items() if name in known]
