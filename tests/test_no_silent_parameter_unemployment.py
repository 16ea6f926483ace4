"""No parameter of unemployment insurance silently does nothing: each one of tests/cases/unemployment.yaml is changed in turn."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.loader import load
from spsim.model_shape import Shape
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.validation import attempt
from test_no_silent_parameter import Path_, name, parameters

FILE = Path(__file__).parent / "cases/unemployment.yaml"
SWITCHES = {
    "precedence": "cap", "waiting_unit": "calendar", "waiting_shortens": False, "kept": None, "per_employer": False,
    "reduced_after": None, "floor": None, "cap": None, "flat": None, "most_wage": None, "most_of_wage": None,
    "most_months_per_year": None, "between_claims": None, "claims_in_life": None, "density": None, "in_units_of": None,
    "reemployment_bonus": None, "per_job": None, "total": None, "consecutive": None, "bands": None, "other_take_up": None,
    "separation_by_class": None, "career_if_higher": False, "counts": "all",
}  # fmt: skip
COUNTED = {"total", "consecutive", "between_claims", "claims_in_life", "months"}
NO_EFFECT = {
    r"schemes\.\w+\.benefit\.may_exceed_wage": "without it the scheme is refused",
    r"schemes\.\w+\.benefit\.longest": "the durations end at the same limit",
    r"schemes\.insurance\.contribution_base\.bands\.(start|every|from|increment|until)": "changed together, below",
    r"schemes\.insurance\..*\.record\.longest": "changed together, below",
    r"schemes\.insurance\.benefit\.cap\.stages\.3\.times": "below the floor, which holds",
    r"schemes\.insurance\.other_causes\.resignation\.record\.required": "the record in all asks for more",
    r"schemes\.insurance\.other_causes\.resignation\.record\.window": "gaps are judged by the window of `benefit`: a warning says so",
    r"schemes\.severance\.benefit\.record\.(window|longest)": "the record of one job says it all, and 48 months are the most that is paid for",
    r"schemes\.severance\.benefit\.earnings_months": "one month is the least",
}


@cache
def plain() -> dict[str, Any]:
    data: dict[str, Any] = deepcopy(load(FILE).data)
    data["horizon"] = {"start": 2025, "end": 2027}
    return data


def outputs(data: dict[str, Any]) -> np.ndarray:
    """Persons and money of all schemes and funds."""
    scenario, errors = attempt(data, Scenario, Shape(Scenario))
    assert scenario is not None, errors
    outcome, found = simulate(scenario), []
    for stocks in outcome.unemployment.values():
        found += [
            stocks.contributors,
            stocks.new_claims,
            stocks.beneficiaries,
            stocks.terminations,
            stocks.amount,
        ]
        found += [*stocks.items.values(), *stocks.claims.values()]
    for account in outcome.accounts.values():
        found += [*account.balanced.flows.values(), account.closing]
    return np.concatenate([np.asarray(part, dtype=float).ravel() for part in found])


def without(data: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    """A copy with one value changed, or deleted (None)."""
    changed = deepcopy(data)
    node: Any = changed
    for part in path[:-1]:
        node = node[part]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    if path[-1] == "kept":
        node.pop("density", None)  # asks for a kept record
    return changed


def switches(node: Any, path: Path_ = ()) -> list[tuple[Path_, Any]]:
    """Every word and block that may be left out or said otherwise."""
    if not isinstance(node, dict):
        return []
    own = [((*path, key), SWITCHES[key]) for key in node if key in SWITCHES]
    return own + [one for key, value in node.items() for one in switches(value, (*path, key))]


@cache
def base() -> np.ndarray:
    return outputs(plain())


LAW = {key: plain()[key] for key in ("schemes", "behaviour", "economy")}


def whole(path: Path_, value: Any) -> Any:
    """Whole months where the law counts them."""
    if path[-1] in COUNTED and value is not None:
        return int(np.ceil(value)) - 1
    if "record" in path and isinstance(value, dict):
        return {key: int(np.ceil(months)) - 1 for key, months in value.items()}
    return value


EACH = [
    (path, whole(path, value))
    for path, value in [*parameters(LAW), *switches(LAW)]
    if path[-1] not in {"kind", "party", "group", "youngest"} and path[:3] != ("economy", "reference_amounts")
]


def reason(path: Path_) -> str | None:
    return next((why for pattern, why in NO_EFFECT.items() if re.fullmatch(pattern, name(path))), None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value"), EACH, ids=[f"{name(path)}={str(value)[:20]}" for path, value in EACH]
)
def test_has_an_effect(path: Path_, value: Any) -> None:
    if reason(path):
        pytest.skip(str(reason(path)))
    data = without(plain(), path, value)
    if path[-1] == "kept":  # a record that is used up: compared with the same record without density
        kept = deepcopy(plain())
        del kept["schemes"]["welfare"]["benefit"]["record"]["density"]
        assert abs(outputs(data) - outputs(kept)).max() > 1e-6
        return
    found = outputs(data)
    differs = found.shape != base().shape or bool((abs(found - base()) > 1e-9 * (abs(base()) + 1e-3)).any())
    assert differs, f"{name(path)} -> {value}"


@pytest.mark.slow
def test_a_longer_record_is_another_record() -> None:
    data = deepcopy(plain())
    insurance = data["schemes"]["insurance"]
    for benefit in (insurance["benefit"], insurance["other_causes"]["resignation"]):
        benefit["record"]["longest"] = 40
    assert abs(outputs(data) - base()).max() > 1e-6


@pytest.mark.slow
def test_other_bands_are_other_money() -> None:
    data = deepcopy(plain())
    data["schemes"]["insurance"]["contribution_base"]["bands"] |= {"from": 270, "until": 3270}
    assert abs(outputs(data) - base()).max() > 1.0
