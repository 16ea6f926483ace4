"""What would do nothing, and balances that would be paid twice, is told before a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from spsim.checking import check
from spsim.cli import run_cli

ROOT = Path(__file__).parent.parent
GOOD = ROOT / "tests/cases/good.yaml"
NOTIONAL = ROOT / "tests/cases/notional.yaml"


def findings(folder: Path, base: Path, change: dict[str, Any]) -> list[str]:
    """Severity and text of what is found in a file that extends `base`."""
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": base.as_posix(), **change}, sort_keys=False), encoding="utf-8")
    return [
        f"{p.severity}: {'.'.join(map(str, p.path))}: {p.message}"
        for p in check(file).problems
        if p.file == str(file)
    ]


def funds(**more: Any) -> dict[str, Any]:
    return {"funds": {"other": more or {"title": "Other"}}}


def test_a_fund_that_no_one_pays_into(tmp_path: Path) -> None:
    elsewhere = {"contributions": {one: {"fund": "other"} for one in ("employee", "employer")}}
    moved = {"schemes": {"pension": elsewhere}} | funds(title="Other")
    found = findings(
        tmp_path, GOOD, moved | {"funds": {"other": {"title": "x"}, "pension": {"opening_reserve": 0}}}
    )
    assert found == ["error: funds.pension: a fund that no one pays into"]
    assert findings(
        tmp_path, GOOD, moved | {"funds": {"other": {"title": "x"}, "pension": {"opening_reserve": 5}}}
    ) == ["warning: funds.pension: a fund that no one pays into"]
    guaranteed = {"other": {"title": "x"}, "pension": {"opening_reserve": 0, "deficit_paid_by_state": True}}
    assert findings(tmp_path, GOOD, moved | {"funds": guaranteed}) == []


def test_a_fund_without_a_name_in_any_scheme(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD, funds(deficit_paid_by_state=True)) == [
        "warning: funds.other: a fund that no scheme and no contribution names"
    ]


@pytest.mark.parametrize("name", ["pension_floor", "payments_per_year", "indexation"])
def test_nothing_is_said_of_pensions_where_there_are_none(tmp_path: Path, name: str) -> None:
    value: Any = {"indexation": {"prices": 0.5}, "pension_floor": 100, "payments_per_year": 13}[name]
    tiers = {"lump_sum": {"pays": "lump_sum", "amount": {"kind": "months_of_earnings", "per_year": 1}}}
    only = {"benefits": {"old": {"kind": "old_age", "tiers": tiers}}}
    scheme = yaml.safe_load(GOOD.read_text(encoding="utf-8"))
    law = {key: scheme["schemes"]["pension"][key] for key in (
        "kind", "source", "status", "fund", "start", "members", "contribution_base", "contributions", "pension_age", "reference_earnings",
    )}  # fmt: skip
    law["members"].pop("in_payment")
    scheme["schemes"] = {"pension": {**law, **only, name: value}}
    scheme["behaviour"] = {"pension": {"kind": "pension", "source": "x", "status": "assumption"}}
    scheme["funds"].pop("unemployment")
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(scheme, sort_keys=False), encoding="utf-8")
    errors = [problem for problem in check(file).problems if problem.severity == "error"]
    assert [problem.path[-1] for problem in errors] == [name]
    assert "paid once" in errors[0].message


@pytest.mark.parametrize(
    ("share", "once", "told"),
    [(0.8, 0.5, "pays 130% of the balance"), (0.5, 0.5, ""), (1.0, None, "")],
)
def test_no_balance_is_paid_twice(tmp_path: Path, share: float, once: float | None, told: str) -> None:
    scheme = yaml.safe_load(NOTIONAL.read_text(encoding="utf-8"))
    law = scheme["schemes"]["pension"]
    (account,) = law["accounts"]
    (benefit,) = [one for one in law["benefits"].values() if one["kind"] == "old_age"]
    (tier,) = benefit["tiers"].values()
    tier["amount"] = {"kind": "annuity", "account": account, "divisor": 16, "share": share}
    if once is not None:
        tier["with_lump_sum"] = {"kind": "account", "account": account, "share": once}
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(scheme, sort_keys=False), encoding="utf-8")
    found = [problem.message for problem in check(file).problems if problem.severity == "error"]
    assert [message for message in found if "of the balance" in message] == found
    assert (told in found[0]) if told else not found


def test_cohorts_and_limits_without_effect(tmp_path: Path) -> None:
    scheme = yaml.safe_load(NOTIONAL.read_text(encoding="utf-8"))
    scheme["schemes"]["pension"]["entry_cohorts"] = [f"{scheme['horizon']['start'] + 5}-01-01"]
    scheme["behaviour"]["pension"] |= {"reentry_limit": 0.2}
    scheme["behaviour"]["pension"].pop("reentry_share", None)
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(scheme, sort_keys=False), encoding="utf-8")
    found = {problem.path[-1]: problem for problem in check(file).problems}
    assert found["entry_cohorts"].severity == "warning"
    assert found["reentry_limit"].severity == "error"


@pytest.mark.parametrize(("allocation", "told"), [(0.9, True), (0.05, False)])
def test_more_is_credited_than_anyone_pays(tmp_path: Path, allocation: float, told: bool) -> None:
    scheme = yaml.safe_load(NOTIONAL.read_text(encoding="utf-8"))
    law = scheme["schemes"]["pension"]
    law["contributions"] = {
        "employer": {"party": "employer", "rate": 0.1, "source": "x", "status": "assumption"}
    }
    for account in law["accounts"].values():
        account |= {"allocation": allocation, "crediting": {"interest": 1}}
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(scheme, sort_keys=False), encoding="utf-8")
    found = [problem.message for problem in check(file).problems if problem.severity == "warning"]
    assert any("contributions pay 0.1" in message for message in found) == told


def test_a_published_number_that_cannot_be_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nine hundred million insured where 17 are employed: the run goes on, and the terminal says it even with --quiet."""
    change = {"schemes": {"pension": {"members": {"contributors": {"by_year": {2025: 900_000_000}}}}}}
    file = tmp_path / "mine.yaml"
    file.write_text(
        yaml.safe_dump({"extends": GOOD.as_posix(), "horizon": {"end": 2030}, **change}), encoding="utf-8"
    )
    assert run_cli(["run", str(file), "--out", str(tmp_path / "out"), "--quiet", "--format", "csv"]) == 0
    said = capsys.readouterr().err
    assert "warning: pension: 900,000,000 persons are insured in 2025, but the group compulsory has" in said


def test_money_beyond_all_numbers_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wages = {"labour": {"groups": {"compulsory": {"wages": {"average": {"value": 7e15}}}}}}
    change = wages | {"schemes": {"pension": {"contribution_base": {"ceiling": None}}}}
    file = tmp_path / "mine.yaml"
    file.write_text(
        yaml.safe_dump({"extends": GOOD.as_posix(), "horizon": {"end": 2027}, **change}), encoding="utf-8"
    )
    assert run_cli(["run", str(file), "--out", str(tmp_path / "out"), "--quiet"]) == 2
    assert "express the currency in thousands" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_fund_that_only_a_programme_names_is_used(tmp_path: Path) -> None:
    services = yaml.safe_load((ROOT / "tests/cases/services.yaml").read_text(encoding="utf-8"))
    programmes = services["schemes"]["unemployment"]["programmes"]
    first = next(iter(programmes))
    change = {"schemes": {"unemployment": {"programmes": {first: programmes[first] | {"fund": "other"}}}}}
    assert findings(tmp_path, GOOD, change | funds(deficit_paid_by_state=True)) == []
    assert len(findings(tmp_path, GOOD, funds(deficit_paid_by_state=True))) == 1
