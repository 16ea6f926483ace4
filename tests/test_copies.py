"""`copy_of`: a block of the scenario written as the difference from another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spsim.copies import with_copies
from spsim.errors import InputError
from spsim.json_schema import schema_text
from spsim.loader import Document, load
from test_loader import read, refused

SCHEMES = """
schemes:
  first: {kind: pension, fund: a, rates: {employee: 0.08, employer: 0.14}, ages: [60, 62]}
  second: {copy_of: first, fund: b, rates: {employer: null, employee: 0.22}}
  third: {copy_of: second, ages: [65]}
"""


def schemes(document: Document) -> dict[str, object]:
    return document.data["schemes"]  # type: ignore[no-any-return]


def test_a_copy_holds_all_but_what_it_changes_whatever_the_order(tmp_path: Path) -> None:
    found = schemes(read(tmp_path, SCHEMES))
    assert found["second"] == {"kind": "pension", "fund": "b", "rates": {"employee": 0.22}, "ages": [60, 62]}
    assert found["third"] == {"kind": "pension", "fund": "b", "rates": {"employee": 0.22}, "ages": [65]}
    lines = SCHEMES.strip().split("\n")
    turned = "\n".join([lines[0], *reversed(lines[1:])])
    assert schemes(read(tmp_path, turned)) == found
    assert list(schemes(read(tmp_path, turned))) == ["third", "second", "first"]


def test_places_stay_where_they_were_written(tmp_path: Path) -> None:
    document = read(tmp_path, SCHEMES)
    assert document.where(("schemes", "third", "rates", "employee")).line == 4
    assert document.where(("schemes", "third", "ages", 0)).line == 5
    assert document.where_key(("schemes", "third")).line == 5


def test_a_change_of_the_first_changes_its_copies(tmp_path: Path) -> None:
    read(tmp_path, SCHEMES, "base.yaml")
    child = "extends: base.yaml\nschemes: {first: {ages: [70]}, second: {fund: c}}"
    found = schemes(read(tmp_path, child))
    assert found["second"]["ages"] == [70]  # type: ignore[index]
    assert found["third"]["fund"] == "c"  # type: ignore[index]
    assert found["third"]["ages"] == [65]  # type: ignore[index]


@pytest.mark.parametrize("section", ["funds", "behaviour", "labour: {groups"])
def test_other_blocks_may_be_copies_too(tmp_path: Path, section: str) -> None:
    end = "}}" if "{" in section else "}"
    data = read(tmp_path, f"{section}: {{one: {{x: 1, y: 2}}, two: {{copy_of: one, y: 3}}{end}").data
    blocks = data["labour"]["groups"] if "labour" in data else data[section]
    assert blocks["two"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("schemes: {a: {copy_of: b}, c: {x: 1}}",
         "s.yaml:1:24: schemes.a.copy_of: schemes holds no 'b' to copy; choose among c"),
        ("funds: {a: {copy_of: 3}}", "s.yaml:1:22: funds.a.copy_of: funds holds no 3 to copy; there is nothing to copy; write it out"),
        ("schemes: {a: {copy_of: a}}", "s.yaml:1:24: schemes.a.copy_of: this block copies itself, directly or through others; break the circle"),
        ("schemes: {a: {copy_of: b}, b: {copy_of: a}}",
         "s.yaml:1:41: schemes.b.copy_of: this block copies itself, directly or through others; break the circle"),
    ],
)  # fmt: skip
def test_what_cannot_be_copied_is_refused(tmp_path: Path, text: str, line: str) -> None:
    assert refused(tmp_path, text) == [line]


def test_copies_cannot_explode(tmp_path: Path) -> None:
    many = ", ".join(f"k{i}: 0" for i in range(900))
    copies = ", ".join(f"s{i}: {{copy_of: first}}" for i in range(200))
    with pytest.raises(InputError, match="more than 100000 values"):
        read(tmp_path, f"schemes: {{first: {{{many}}}, {copies}}}")


def test_a_tree_without_copies_is_left_alone(tmp_path: Path) -> None:
    root = read(tmp_path, "schemes: {a: {x: 1}}").root
    assert with_copies(root) is root or with_copies(root).plain() == root.plain()


def test_editors_know_the_key() -> None:
    schema = json.loads(schema_text())
    (place,) = schema["properties"]["schemes"]["patternProperties"].values()
    assert place["anyOf"][0]["required"] == ["copy_of"]
    groups = schema["definitions"]["Labour"]["properties"]["groups"]
    assert groups["additionalProperties"]["anyOf"][0]["required"] == ["copy_of"]


def test_a_copied_scheme_runs_like_one_written_out(tmp_path: Path) -> None:
    """The same model whether the rules are repeated or copied."""
    source = Path(__file__).parents[1] / "scenarios" / "thailand.yaml"
    scheme, *_ = load(source).data["schemes"]
    child = f"extends: {source.as_posix()}\nschemes: {{twin: {{copy_of: {scheme}, title: Twin}}}}"
    found = schemes(read(tmp_path, child))
    assert {**found["twin"], "title": 0} == {**found[scheme], "title": 0}  # type: ignore[dict-item]
