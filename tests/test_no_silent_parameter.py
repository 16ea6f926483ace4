"""No parameter silently does nothing: each one of the scenario of Viet Nam is changed a little, and something must come out different.

A schedule counts as one parameter (all its values are changed at once). What cannot have an effect here is listed with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.loader import load
from spsim.model_shape import Shape
from spsim.outcome import Outcome
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.validation import attempt

ROOT = Path(__file__).parent.parent
Path_ = tuple[str | int, ...]
WORDS = {
    "variant": "high",
    "service_rounding": "none",
    "valorisation": "wages",
    "basis": "factor",
    "of_pensioners": False,
}
DESCRIPTIVE = {"meta", "sources", "source", "status", "note", "title", "law", "insured_source", "horizon"}
# Parameters without effect in this scenario, and why.
NO_EFFECT = {
    r"schemes\.\w+\.benefits\.old_age\.tiers\.pension\.with_lump_sum\..*": "after 30 years it is due to those insured from 2025 on only",
    r"schemes\.pension_public\.benefits\.old_age\.tiers\.with_minimum\.floor\..*": "no pension of the public sector is as low as the floor",
    r"schemes\.(pension|pension_public|unemployment)\.start": "before the run-in begins; no value is keyed by scheme_years",
    r"schemes\.\w+\.longest_service": "the last cell of service; no member comes near it",
    r"schemes\.\w+\.benefits\.survivors\.most": "an average family has fewer survivors than the limit",
    r"schemes\.unemployment\.benefit\.longest": "the roadmap of the duration ends at the same limit",
    r"schemes\.unemployment\.members\.coverage": "the published number of insured sets the level",
    r"schemes\.\w+\.benefits\.survivors\.spouse_age\.female\.until": "reached in 2035, after this short horizon",
    r"labour\.groups\.public\.share\.points": "one value for all years; the published number of members sets the level",
}


@cache
def plain() -> dict[str, Any]:
    """The scenario on a short horizon with a short past and two classes, so that a run takes a second."""
    data: dict[str, Any] = deepcopy(load(ROOT / "scenarios/viet_nam.yaml").data)
    data["horizon"] = {"start": 2025, "end": 2028}
    for group in data["labour"]["groups"].values():
        group["wages"]["class_shares"] = [0.5, 0.5]
    data["behaviour"]["unemployment"]["separation_by_class"] = [1.3, 0.7]
    for scheme in data["schemes"].values():
        if scheme["kind"] == "pension":
            scheme["members"]["run_in_years"] = 36
            scheme["start"] = "1980-01-01"  # before the run-in, which a later start would cut
    data["schemes"]["unemployment"]["members"]["run_in_months"] = 150
    data["funds"]["unemployment"]["opening_reserve"] = 1e12  # so low that the State has to pay
    return data


def outputs(data: dict[str, Any]) -> np.ndarray:
    """Everything a run computes, as one row of numbers."""
    scenario, errors = attempt(data, Scenario, Shape(Scenario))
    assert scenario is not None, errors
    return np.concatenate([np.asarray(part, dtype=float).ravel() for part in _parts(simulate(scenario))])


def _parts(outcome: Outcome) -> Iterator[Any]:
    assert outcome.population is not None and outcome.labour is not None and outcome.gdp is not None
    yield from (outcome.population.persons, outcome.labour.employed, outcome.gdp)
    for account in outcome.accounts.values():
        yield from account.balanced.flows.values()
        yield account.closing
    for stocks in outcome.pensions.values():
        yield from (stocks.contributors, stocks.dormant, stocks.service_years)
        yield from (pension.persons for pension in stocks.pensions.values())
        yield from (lump.persons for lump in stocks.lump_sums.values())
    for claims in outcome.unemployment.values():
        yield from (
            claims.contributors,
            claims.new_claims,
            claims.beneficiaries,
            claims.exhaustions,
            claims.amount,
        )


@cache
def base() -> np.ndarray:
    return outputs(plain())


def parameters(node: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """(path, changed value) of every parameter."""
    if isinstance(node, dict) and path[-1:] in {("points",), ("by_year",), ("insured",)}:
        yield (
            path,
            {key: changed(value, path) * (1 - 0.01 * n) for n, (key, value) in enumerate(node.items())},
        )
    elif isinstance(node, dict) and path[-1:] == ("mix",):
        (first, a), (second, b), *rest = node.items()
        yield path, {first: a - 0.05, second: b + 0.05, **dict(rest)}
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in DESCRIPTIVE:
                yield from parameters(value, (*path, key))
    elif isinstance(node, list):
        if path[-1] == "class_shares":
            yield path, [0.4, 0.6]
        elif path[-1] == "separation_by_class":
            yield path, [1.5, 0.5]
    elif isinstance(node, bool | str):
        name = str(path[-1])
        if name in WORDS and node != WORDS[name]:
            yield path, WORDS[name]
        elif isinstance(node, str) and re.fullmatch(r"\d+y(\d+m)?|\d+m", node):
            yield path, changed(node, path)
        elif name == "start":
            yield path, f"{int(node[:4]) - 1}{node[4:]}"
    elif isinstance(node, int | float):
        yield path, changed(node, path)


def changed(value: Any, path: Path_) -> Any:
    """A few per cent less; one less of what is counted; a month less of an age."""
    if isinstance(value, str):
        years = re.fullmatch(r"(?:(\d+)y)?(?:(\d+)m)?", value)
        assert years is not None
        months = 12 * int(years[1] or 0) + int(years[2] or 0)
        return f"{months - 1}m" if months < 12 else f"{(months - 1) // 12}y{(months - 1) % 12}m"
    name = str(path[-1])
    if name == "state_while_reserve_below":
        return 0.0  # never: the reserve is far below either number
    if (
        name in {"year", "window", "used_per_month", "longest", "child_age"}
        or "years" in name
        or "age" in name.split("_")
    ):
        return value + 1 if name in {"year", "longest"} else value - 1
    if name in {
        "required",
        "most",
        "step_months",
        "oldest",
        "longest_service",
        "earnings_months",
        "run_in_months",
    }:
        return {"step_months": 12, "run_in_months": 30}.get(name, value - 1)
    return (
        value * 0.96 if isinstance(value, float) or abs(value) >= 100 or value == 0 else value - 0.04 * value
    )


# The public sector repeats these blocks of the enterprises' scheme; one of the two is enough.
REPEATED = re.compile(
    r"schemes\.pension_public\.(contribution_base|contributions|pension_age|indexation)|behaviour\.pension_public\.family"
)
EACH = [
    (path, value)
    for path, value in parameters(plain())
    if not REPEATED.match(".".join(str(part) for part in path))
]


def name(path: Path_) -> str:
    return ".".join(str(part) for part in path)


def reason(path: Path_) -> str | None:
    return next((why for pattern, why in NO_EFFECT.items() if re.fullmatch(pattern, name(path))), None)


def differs(path: Path_, value: Any) -> bool:
    data = deepcopy(plain())
    node: Any = data
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    found = outputs(data)
    if found.shape != base().shape:
        return True
    return bool((abs(found - base()) > 1e-9 * (abs(base()) + 1e-3)).any())


@pytest.mark.slow
@pytest.mark.parametrize(("path", "value"), EACH, ids=[name(path) for path, _ in EACH])
def test_has_an_effect(path: Path_, value: Any) -> None:
    assert differs(path, value) == (reason(path) is None), f"{name(path)} -> {value}"


def test_the_list_of_parameters_without_effect_is_in_use() -> None:
    """It may shrink; an entry that matches nothing goes."""
    assert len(EACH) > 150
    idle = [
        pattern for pattern in NO_EFFECT if not any(re.fullmatch(pattern, name(path)) for path, _ in EACH)
    ]
    assert idle == []
