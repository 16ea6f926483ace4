"""Pydantic's errors in plain words: what is wrong, and how to mend it."""

from __future__ import annotations

import difflib
import re
from typing import Any

from spsim.errors import IDENTIFIER
from spsim.model_shape import Schema

_BLOCK, _LIST, _NUMBER, _WHOLE = "a block of keys and values", "a list", "a number", "a whole number"
_DATE, _BOOL, _TEXT = "a date such as 2025-07-01", "true or false", "text"
_EXPECTED = {
    **dict.fromkeys(
        ("float_type", "float_parsing", "finite_number", "decimal_type", "decimal_parsing"), _NUMBER
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DATE),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), _LIST),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type", "dataclass_type", "mapping_type"), _BLOCK
    ),
    **dict.fromkeys(("bool_type", "bool_parsing"), _BOOL),
    "string_type": _TEXT,
    "none_required": "nothing",
}
_REMEDIES = {
    _BLOCK: "write its keys and values indented under it",
    _LIST: "write [ ] around the values, or `- ` before each on a line of its own",
    _BOOL: "write true or false, without quotes",
    _TEXT: "put it in quotes",
    _DATE: "write year-month-day",
    "nothing": "delete the value",
}
_BOUNDS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"))
_LIMITS = ("greater_than_equal", "greater_than", "less_than_equal", "less_than")


def expected(error: dict[str, Any]) -> str | None:
    """What should stand here, as a noun; None when the error is not about the type."""
    if error["type"] in ("literal_error", "enum") and not isinstance(error["input"], str):
        return f"one of {', '.join(names_in(error['ctx']['expected']))}"
    return _EXPECTED.get(error["type"])


def words(error: dict[str, Any], schema: Schema) -> tuple[str, str]:
    """What is wrong and how to mend it, for any error that is not about keys or unions."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind in _EXPECTED:
        return mismatch([_EXPECTED[kind]], value)
    if kind == "value_error" and isinstance(value, str) and _plain_number(value):
        return mismatch([_NUMBER], value)
    if kind in _LIMITS:
        return _out_of_range(value, schema or context)
    if kind in ("literal_error", "enum"):
        return _not_among(value, names_in(context["expected"]))
    if kind == "too_short" and error["loc"][-1:] in _ALONE:
        return _ALONE[error["loc"][-1:]]
    if kind in ("too_short", "too_long", "string_too_short", "string_too_long"):
        return _wrong_length(context, kind)
    if kind == "string_pattern_mismatch":
        return (
            f"{found(value)} has characters that are not allowed here",
            "write lower-case letters, digits and _, beginning with a letter"
            if context["pattern"] == IDENTIFIER
            else f"it must match {context['pattern']}",
        )
    return split(error["msg"])


# Blocks that make sense from two entries on
_ALONE: dict[tuple[int | str, ...], tuple[str, str]] = {
    ("stages",): ("one stage is no stages", "write its value alone, or add the date of the next stage"),
    ("parts",): (
        "one part alone is not put together with anything",
        "write the amount itself, or add the other part",
    ),
}


def mismatch(nouns: list[str], value: object) -> tuple[str, str]:
    """Another type was expected."""
    wanted = " or ".join(dict.fromkeys(nouns))
    message = f"expected {wanted}, found {found(value)}"
    if value is None:
        return message, "write a value after the colon, or delete the key"
    numeric = next((noun for noun in nouns if noun in (_NUMBER, _WHOLE)), None)
    if numeric:
        return message, _number_hint(value, numeric)
    return message, _REMEDIES[nouns[0]]


def found(value: object) -> str:
    """The value as the user wrote it, shortened."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {value if len(value) <= 40 else value[:37] + '...'!r}"
    if isinstance(value, dict):
        return _BLOCK
    return _LIST if isinstance(value, list | tuple) else f"the number {value!r}"


def unknown_key(key: str, valid: list[str]) -> tuple[str, str]:
    """A key that the model does not have."""
    message = f"unknown key {key!r}"
    near = nearest(key, valid)
    if near:
        return message, f"did you mean {near!r}?"
    return message, f"the valid keys are: {', '.join(sorted(valid))}" if valid else "delete it"


def unknown_kind(key: str, value: object, valid: list[str]) -> tuple[str, str]:
    """A tag that no member of the union has."""
    near = nearest(str(value), valid)
    hint = f"did you mean {near!r}? " if near else ""
    return f"unknown {key} {str(value)[:40]!r}", f"{hint}the valid ones are: {', '.join(valid)}"


def nearest(word: str, valid: list[str]) -> str | None:
    """The valid name that the user most likely meant."""
    flat = {name.lower().replace("-", "_"): name for name in reversed(valid)}
    match = difflib.get_close_matches(
        word.lower().replace("-", "_").replace(" ", "_")[:60], flat, n=1, cutoff=0.6
    )
    return flat[match[0]] if match else None


def names_in(quoted: str) -> list[str]:
    """Names in pydantic's lists such as ``'a', 'b' or 'c'``."""
    return re.findall(r"'([^']*)'", quoted) or [quoted]


def split(text: str) -> tuple[str, str]:
    """What and how, when a validator wrote both with a semicolon between."""
    plain = re.sub(r"^(Value error|Assertion failed), ", "", text)
    what, _, how = plain.partition("; ")
    return what[:1].lower() + what[1:], how or "correct this value"


def _not_among(value: object, valid: list[str]) -> tuple[str, str]:
    near = nearest(value, valid) if isinstance(value, str) else None
    hint = f"did you mean {near!r}? " if near else ""
    return f"{found(value)} is not a valid choice here", f"{hint}the valid ones are: {', '.join(valid)}"


def _out_of_range(value: object, bounds: dict[str, Any]) -> tuple[str, str]:
    limits = [f"{name} {bounds[key]:.12g}" for key, name in _BOUNDS if key in bounds]
    remedy = f"write a number that is {' and '.join(limits)}"
    highest = bounds.get("le", bounds.get("lt"))
    if highest == 1 and isinstance(value, int | float) and 1 < value <= 100:
        remedy += f" ({value:.12g} % is {value / 100:.12g})"
    return f"{found(value)} is out of range", remedy


def _wrong_length(context: dict[str, Any], kind: str) -> tuple[str, str]:
    things = "character" if kind.startswith("string") else "value"
    if kind.endswith("short"):
        least = context["min_length"]
        return f"fewer than {least} {things}{'s' * (least != 1)} stand here", "add what is missing"
    most = context["max_length"]
    return f"more than {most} {things}{'s' * (most != 1)} stand here", f"keep {most} at most"


def _number_hint(value: object, noun: str) -> str:
    """How to write the number that a text or another value stands for."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"write {int(value)}"
    plain = _plain_number(value) if isinstance(value, str) else ""
    return f"write {plain}, without quotes, % or separators" if plain else f"write {noun}"


def _plain_number(text: str) -> str:
    """The number that 0,08 or 8 % or 1.490.000 or '3' means, as YAML writes it; empty if it means none."""
    number = text.strip().rstrip("% ")
    if re.fullmatch(r"[-+]?\d{1,3}([., ]\d{3}){2,}", number):
        return re.sub("[., ]", "", number)
    if not re.fullmatch(r"[-+]?\d{1,15}([.,]\d{1,15})?", number):
        return ""
    plain = number.replace(",", ".")
    return f"{float(plain) / 100:.12g}" if "%" in text else plain
