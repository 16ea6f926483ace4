"""From pydantic's errors to one line a technician can act on, at the right place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from spsim.errors import Problem, ScenarioProblem, dotted
from spsim.loader import load, validate


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Flat(Strict):
    kind: Literal["flat"]
    rate: float = Field(ge=0, le=1)


class Linked(Strict):
    kind: Literal["earnings_linked"]
    accrual: float = Field(gt=0, lt=1)
    knots: tuple[int, ...] = ()


class Reference(Strict):
    reference: str
    factor: float = 1.0


def form(value: object) -> str | None:
    if isinstance(value, dict):
        return "reference" if "reference" in value else None
    return "number"


Value = Annotated[
    Annotated[float, Tag("number")] | Annotated[Reference, Tag("reference")],
    Discriminator(form),
]


def number_of_years(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(f"{value!r} is not a number of years; write 61.25 or 61y3m")
    return value


class Scheme(Strict):
    title: str = ""
    benefit: Annotated[Flat | Linked, Field(discriminator="kind")] | None = None
    base: Value = 1.0
    either: float | Reference | None = None
    choice: Literal["monthly", "yearly"] | None = None
    whole: int = 0
    flag: bool = False
    points: dict[int, float] = {}
    floor: float = 0.0
    cap: float = 9.0
    from_: float = Field(0.0, alias="from")
    inner: Scheme | None = None
    years: Annotated[float, BeforeValidator(number_of_years)] = 0.0
    pairs: tuple[tuple[int, int], ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Scheme:
        if self.cap < self.floor:
            raise ScenarioProblem(("cap",), f"the cap {self.cap} is below the floor {self.floor}", "raise it")
        if self.floor < 0:
            raise ValueError("the floor is negative; write 0 or more")
        return self


class Top(Strict):
    schemes: dict[str, Scheme]


def problems(folder: Path, body: str) -> list[str]:
    """The lines for one scheme whose block is `body`, without the file name."""
    path = folder / "s.yaml"
    path.write_text(
        "schemes:\n  p:\n" + "".join(f"    {line}\n" for line in body.splitlines()), encoding="utf-8"
    )
    model, found = validate(load(path), Top)
    assert (model is None) == bool(found)
    return [str(problem).replace(f"{path}:", "") for problem in found]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("titel: x", "3:5: schemes.p.titel: unknown key 'titel'; did you mean 'title'?"),
        ("zzz: x", "3:5: schemes.p.zzz: unknown key 'zzz'; the valid keys are: base, benefit, cap, choice, either"),
        ("form: 1", "3:5: schemes.p.form: unknown key 'form'; did you mean 'from'?"),
        ("title: 5", "3:12: schemes.p.title: expected text, found the number 5; put it in quotes"),
        ("title: true", "3:12: schemes.p.title: expected text, found true; put it in quotes"),
        ("cap: 0,08", "3:10: schemes.p.cap: expected a number, found the text '0,08'; write 0.08, without quotes, % or sep"),
        ("cap: 8%", "3:10: schemes.p.cap: expected a number, found the text '8%'; write 0.08"),
        ("cap: 1.490.000", "3:10: schemes.p.cap: expected a number, found the text '1.490.000'; write 1490000"),
        ("cap: '3'", "3:10: schemes.p.cap: expected a number, found the text '3'; write 3, without quotes"),
        ("years: 0,75", "3:12: schemes.p.years: expected a number, found the text '0,75'; write 0.75"),
        ("years: soon", "3:12: schemes.p.years: 'soon' is not a number of years; write 61.25 or 61y3m"),
        ("inner: {5: 1}", "3:13: schemes.p.inner.5: unknown key '5'; the valid keys are: base"),
        ("cap: no", "3:10: schemes.p.cap: expected a number, found the text 'no'; write a number"),
        ("cap:", "3:9: schemes.p.cap: expected a number, found nothing; write a value after the colon, or delete"),
        ("cap: [1]", "3:5: schemes.p.cap: expected a number, found a list; write a number"),
        ("whole: 1e3", "3:12: schemes.p.whole: expected a whole number, found the number 1000.0; write 1000"),
        ("whole: 1.5", "3:12: schemes.p.whole: expected a whole number, found the number 1.5; write a whole number"),
        ("flag: yes", "3:11: schemes.p.flag: expected true or false, found the text 'yes'; write true or false"),
        ("choice: montly", "the text 'montly' is not a valid choice here; did you mean 'monthly'? the valid ones are: "),
        ("points: {x: 1}", "3:14: schemes.p.points.x: expected a whole number, found the text 'x'"),
        ("points: 3", "3:13: schemes.p.points: expected a block of keys and values, found the number 3; write its"),
        ("inner: [1]", "3:5: schemes.p.inner: expected a block of keys and values, found a list"),
        ("inner:\n  cap: x", "4:12: schemes.p.inner.cap: expected a number"),
        ("benefit: {kind: flat, rate: 8}", "3:33: schemes.p.benefit.rate: the number 8 is out of range; write a number "
         "that is at least 0 and at most 1 (8 % is 0.08)"),
        ("benefit: {kind: earnings_linked, accrual: 0}", "write a number that is more than 0 and less than 1"),
        ("benefit: {kind: flat}", "3:5: schemes.p.benefit: the key 'rate' is missing; add `rate: ...` to this block"),
        ("benefit: {kind: flat, raet: 1}", "3:27: schemes.p.benefit.raet: unknown key 'raet'; did you mean 'rate'?"),
        ("benefit: {kind: falt, rate: 1}", "3:21: schemes.p.benefit.kind: unknown kind 'falt'; did you mean 'flat'? "
         "the valid ones are: flat, earnings_linked"),
        ("benefit: {rate: 1}", "3:5: schemes.p.benefit: the key 'kind' is missing; add `kind:` with one of: flat, earn"),
        ("benefit: {kind: earnings_linked, accrual: 0.5, knots: [1, x]}", "3:63: schemes.p.benefit.knots[1]: expected "
         "a whole number, found the text 'x'"),
        ("base: {reference: wage, factr: 2}", "3:29: schemes.p.base.factr: unknown key 'factr'; did you mean 'factor'?"),
        ("base: {reference: 5}", "3:23: schemes.p.base.reference: expected text, found the number 5"),
        ("base: {factor: 5}", "3:5: schemes.p.base: a block of keys and values is not understood here; write one of: "
         "number, reference"),
        ("either: x", "3:13: schemes.p.either: expected a number or a block of keys and values, found the text 'x'"),
        ("either: {reference: a, q: 1}", "3:28: schemes.p.either.q: unknown key 'q'; the valid keys are: factor, ref"),
        ("floor: 5\ncap: 4", "4:10: schemes.p.cap: the cap 4.0 is below the floor 5.0; raise it"),
        ("floor: -5", "2:3: schemes.p: the floor is negative; write 0 or more"),
        ("pairs: [[1, 2], [3]]", "3:21: schemes.p.pairs[1]: value number 2 of this list is missing; add it"),
    ],
)  # fmt: skip
def test_one_line_for_one_mistake(tmp_path: Path, body: str, line: str) -> None:
    found = problems(tmp_path, body)
    assert len(found) == 1
    assert line in found[0]


def test_lists_become_the_tuples_that_a_model_wants(tmp_path: Path) -> None:
    assert (
        problems(
            tmp_path,
            "pairs: [[1, 2], [3, 4]]\nbenefit: {kind: earnings_linked, accrual: 0.5, knots: [15, 20]}",
        )
        == []
    )


def test_keys_that_are_numbers_stay_numbers(tmp_path: Path) -> None:
    assert problems(tmp_path, "points: {15: 1, 20: 0.5}") == []
    assert "schemes.p.points.20: expected a number" in problems(tmp_path, "points: {15: 1, 20: x}")[0]


def test_problems_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(tmp_path, "whole: x\ntitle: 5\ncap: y\nzz: 1")
    assert [line.split(":")[0] for line in found] == ["3", "4", "5", "6"]


def test_a_missing_block_is_told_at_the_top(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("extend: x.yaml\n", encoding="utf-8")
    lines = [str(problem) for problem in validate(load(path), Top)[1]]
    assert lines == [
        f"{path}:1:1: (whole file): the key 'schemes' is missing; add `schemes: ...` to this block",
        f"{path}:1:1: extend: unknown key 'extend'; did you mean 'extends'?",
    ]


def test_a_mistake_in_a_parent_names_the_parent(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("schemes:\n  p:\n    cap: x\n", encoding="utf-8")
    (tmp_path / "s.yaml").write_text("extends: base.yaml\nschemes: {p: {flag: no}}\n", encoding="utf-8")
    found = validate(load(tmp_path / "s.yaml"), Top)[1]
    assert [(Path(problem.file).name, problem.line) for problem in found] == [("s.yaml", 2), ("base.yaml", 3)]


def test_a_problem_is_one_line_in_the_agreed_form() -> None:
    problem = Problem("a.yaml", 3, 7, ("x", 0, "y"), "it is\nwrong", "mend it")
    assert str(problem) == "a.yaml:3:7: x[0].y: it is wrong; mend it"
    warning = Problem("a.yaml", 3, 7, ("x",), "odd", "look", severity="warning")
    assert str(warning) == "a.yaml:3:7: x: warning: odd; look"
    assert dotted(()) == "(whole file)"


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["x", "flat", "0,5", "é"]), st.floats(-2, 2)
)
KEYS = st.sampled_from(
    [*Scheme.model_fields, "from", "kind", "rate", "accrual", "reference", "factor", "cpa", "p"]
)
BLOCKS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, BLOCKS, min_size=1, max_size=4))
def test_any_block_is_valid_or_explained_once(tmp_path: Path, block: dict[str, Any]) -> None:
    import json

    path = tmp_path / "s.yaml"
    path.write_text(json.dumps({"schemes": {"p": block}}, ensure_ascii=False), encoding="utf-8")
    document = load(path)
    model, found = validate(document, Top)
    assert (model is None) == bool(found)
    assert len({str(problem) for problem in found}) == len(found)
    for problem in found:
        assert problem.file == str(path)
        assert problem.line >= 1 and problem.column >= 1
        assert document.has(problem.path) or problem.path[-1] == "kind"
        assert problem.remedy
