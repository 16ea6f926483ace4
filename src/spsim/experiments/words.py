"""Values of a scenario in plain words: `8 % of the wage`, `60y3m from 2021, 3m more each year until 62y`.

Comes in: plain YAML values. Goes out: text of one line. Called by `differences`.
"""

from __future__ import annotations

from typing import Any

from spsim.errors import KeyPath

HIDDEN = {"source", "status", "note", "title", "law", "insured_source"}
SHARES = (
    "rate",
    "share",
    "inflation",
    "growth",
    "coverage",
    "compliance",
    "prices",
    "take_up",
    "of_contributions",
    "of_benefits",
)
MOST_POINTS = 6
KEYS = {
    "event_date": "from", "contribution_date": "from", "accrual_date": "for years from", "birth_date": "for those born from",
    "first_insured_date": "for those insured from", "scheme_years": "from year of the scheme",
    "claim_month": "from month of claim", "claim_number": "from claim",
    "age": "from age", "service": "from year of service", "record_months": "from month of record", "wage": "from wage",
}  # fmt: skip


def named(path: KeyPath, data: Any) -> str:
    """Where a value stands, with the titles of the scenario in place of ids: `Pensions, enterprises: contributions: employer: rate`."""
    words, node = [], data
    for part in path:
        node = (
            node.get(part)
            if isinstance(node, dict)
            else node[part]
            if isinstance(node, list) and isinstance(part, int)
            else None
        )
        title = node.get("title") if isinstance(node, dict) else None
        words.append(str(title) if title else str(part).replace("_", " "))
    kept = words[1:] if path and path[0] in ("schemes", "funds") and len(words) > 1 else words
    return ": ".join(kept)


def said(value: Any, path: KeyPath) -> str:
    """A value on one line; rates and shares in per cent, amounts with thousands."""
    if value is None:
        return "not there"
    if isinstance(value, dict):
        return _block(value, path)
    if isinstance(value, list):
        return ", ".join(said(item, path) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return _number(float(value), path)


def _number(value: float, path: KeyPath) -> str:
    name = str(next((part for part in reversed(path) if isinstance(part, str)), ""))
    if abs(value) <= 1.5 and any(name.endswith(word) for word in SHARES):
        return f"{100 * value:.6g} %"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.6g}"


def _block(value: dict[str, Any], path: KeyPath) -> str:
    """A value of law by its form, any other block key by key."""
    for key, say in FORMS.items():
        if key in value:
            return say(value, path)
    return "; ".join(
        f"{key.replace('_', ' ')}: {said(item, (*path, key))}"
        for key, item in value.items()
        if key not in HIDDEN
    )


def _schedule(value: dict[str, Any], path: KeyPath) -> str:
    points = sorted(value["points"].items(), key=lambda pair: str(pair[0]).zfill(12))
    word = KEYS.get(str(value.get("by", "event_date")), "from")
    shown = [f"{said(number, path)} {word} {key}" for key, number in points]
    middle = [f"... {len(points) - MOST_POINTS} more ..."] if len(points) > MOST_POINTS else []
    half = MOST_POINTS // 2
    kept = [*shown[:half], *middle, *shown[-half:]] if middle else shown
    return ", ".join(kept) + (", between them straight lines" if value.get("mode") == "linear" else "")


def _roadmap(value: dict[str, Any], path: KeyPath) -> str:
    each = value.get("every", 1)
    step = "each year" if each == 1 else f"every {each} years"
    return f"{value['from']} in {str(value['start'])[:4]}, {value['increment']} more {step} until {value['until']}"


def _reference(value: dict[str, Any], path: KeyPath) -> str:
    times = value.get("times", 1)
    factor = f"{times:g} x " if isinstance(times, int | float) else f"({said(times, path)}) x "
    return f"{factor}{str(value['of']).replace('_', ' ')}"


def _by_sex(value: dict[str, Any], path: KeyPath) -> str:
    return "; ".join(
        f"{'men' if sex == 'male' else 'women'}: {said(value[sex], path)}"
        for sex in ("male", "female")
        if sex in value
    )


def _stages(value: dict[str, Any], path: KeyPath) -> str:
    return "; ".join(
        f"from {key}: {said(stage, path)}" for key, stage in list(value["stages"].items())[:MOST_POINTS]
    )


def _constant(value: dict[str, Any], path: KeyPath) -> str:
    return said(value["value"], path)


FORMS = {
    "points": _schedule,
    "stages": _stages,
    "from": _roadmap,
    "of": _reference,
    "male": _by_sex,
    "female": _by_sex,
    "value": _constant,
}


def is_value(node: Any) -> bool:
    """Whether a node is one value of law rather than a block of several."""
    return not isinstance(node, dict) or any(key in node for key in FORMS)


__all__ = ["HIDDEN", "is_value", "named", "said"]


def figure(value: float, unit: str, difference: bool = False) -> str:
    """A figure of the table `indicators` as a reader says it: shares in per cent (differences in points), large amounts in words."""
    if value != value:
        return "never" if unit == "year" else "-"
    sign = "+" if difference else ""
    if unit == "share":
        return f"{100 * value:{sign},.2f} {'pp' if difference else '%'}"
    if unit == "year":
        return f"{value:{sign}.0f}"
    for scale, word in ((1e12, " tn"), (1e9, " bn"), (1e6, " m")):
        if abs(value) >= scale:
            return f"{value / scale:{sign},.2f}{word}"
    return f"{value:{sign},.0f}" if abs(value) >= 1e4 else f"{value:{sign},.2f}"
