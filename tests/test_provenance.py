"""Where parameters come from: inherited sources, unverified ones, the list of what is assumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spsim.loader import load, validate
from spsim.provenance import assumed, brief, origins, provenance_problems
from spsim.scenario import Scenario

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "tests/cases/good.yaml").read_text(encoding="utf-8")


def read(tmp_path: Path, *changes: tuple[str, str]) -> tuple[Scenario, dict[str, Any]]:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    document = load(path)
    scenario, problems = validate(document, Scenario)
    assert scenario is not None, problems
    return scenario, document.data


def test_a_block_takes_source_and_status_from_the_block_around_it(tmp_path: Path) -> None:
    scenario, _ = read(tmp_path)
    found = {origin.path: origin for origin in origins(scenario)}
    tier = found["schemes", "pension", "benefits", "old_age", "tiers", "early"]
    assert tier.own and tier.status == "official" and "Art. 65(1)(a)" in (tier.source or "")
    age = found["schemes", "pension", "pension_age", "male"]
    assert not age.own and (age.source, age.status) == ("D135", "official")
    scheme = found["schemes", "pension"]
    assert scheme.own and scheme.source == "LSI"


def test_every_law_of_the_scenario_is_sourced(tmp_path: Path) -> None:
    assert provenance_problems(read(tmp_path)[0]) == []


def test_law_without_a_source_is_told_at_its_own_place(tmp_path: Path) -> None:
    scenario, _ = read(tmp_path, ("    source: EL25\n    status: secondary\n    fund", "    fund"))
    found = provenance_problems(scenario)
    assert [problem.path for problem in found] == [("schemes", "unemployment")]
    assert "without source" in found[0].message and "status: official" in found[0].remedy


def test_assumptions_outside_the_law_need_no_source(tmp_path: Path) -> None:
    scenario, _ = read(
        tmp_path,
        (
            "  pension:\n    kind: pension\n    source: founders\n    status: assumption\n",
            "  pension:\n    kind: pension\n",
        ),
    )
    assert provenance_problems(scenario) == []


def test_unverified_is_refused_unless_allowed(tmp_path: Path) -> None:
    scenario, _ = read(tmp_path, ("  allow_unverified: true\n", ""))
    found = provenance_problems(scenario)
    assert {problem.path for problem in found} == {
        ("funds", "pension"),
        ("schemes", "pension", "members", "contributors"),
        ("schemes", "pension", "members", "in_payment", "survivors"),
    }


def test_what_is_assumed_is_listed_with_value_and_full_source(tmp_path: Path) -> None:
    scenario, data = read(tmp_path)
    rows = {path: (value, source, status) for path, _, value, source, status in assumed(scenario, data)}
    value, source, status = rows["labour", "groups", "compulsory", "wages"]
    assert (
        status == "assumption"
        and source.startswith("assumption of the authors")
        and value.startswith("average: value: 7200000")
    )
    assert rows["funds", "pension"][2] == "unverified"
    assert rows["economy", "gdp"][0].startswith("value: 1.28e+16")
    assert ("schemes", "pension", "contributions", "employee") not in rows
    assert not any("source:" in value or "status:" in value for value, _, _ in rows.values())


def test_a_parameter_without_any_source_is_listed(tmp_path: Path) -> None:
    scenario, data = read(tmp_path, (", source: founders, status: assumption}\n  interest", "}\n  interest"))
    rows = {path: (source, status) for path, _, _, source, status in assumed(scenario, data)}
    assert rows["economy", "real_wage_growth"] == ("no source given", "assumption")
    scenario, data = read(tmp_path, (growth_line(), "  real_wage_growth: 0.02\n"))
    listed = {path: (value, source) for path, _, value, source, _ in assumed(scenario, data)}
    assert listed["economy", "real_wage_growth"] == ("0.02", "no source given")


def growth_line() -> str:
    return next(line for line in TEXT.splitlines(keepends=True) if line.startswith("  real_wage_growth"))


def test_brief() -> None:
    assert brief({"a": 1, "source": "x", "b": [1.5, 2.0]}) == "a: 1; b: 1.5, 2"
    assert len(brief({"points": dict.fromkeys(range(200), 1.0)})) == 160
