"""The command line: what each command prints, its exit code, and what it must not import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import click
import pytest

from spsim import __version__, checking
from spsim.cli import app, keep_processors_free, run_cli
from spsim.errors import Problem, problem_at

HEAVY = {"numpy", "numba", "scipy", "polars", "xlsxwriter"}
SCENARIO = (
    "meta: {id: tiny, title: Tiny land}\nhorizon: {start: 2025, end: 2030}\npopulation: {country: VNM}\n"
)


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small valid scenario; the current folder is a fresh one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["spsim", "run", "tiny.yaml"])
    path = Path("tiny.yaml")
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def a_module(name: str, **content: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(content)
    return module


Engine = Callable[..., list[tuple[str, int, int]]]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Replace computing, writing and reporting by stand-ins; `failure` is raised while writing."""

    def install(failure: BaseException | None = None) -> list[tuple[str, int, int]]:
        stages: list[tuple[str, int, int]] = []

        def run(scenario: Any, document: Any, progress: Callable[[str, int, int], None]) -> SimpleNamespace:
            progress("population", 0, 2)
            stages.append((scenario.meta.id, 0, len(document.files)))
            return SimpleNamespace(scenario_id=scenario.meta.id, alarms=[])

        def write(result: Any, folder: Path, formats: Any, command_line: Any, started: Any) -> None:
            folder.mkdir(exist_ok=True)
            (folder / "results.xlsx").write_text(",".join(formats), encoding="utf-8")
            if failure is not None:
                raise failure
            manifest = {
                "spsim": "x",
                "scenario": {"id": result.scenario_id},
                "tables": {},
                "command": command_line,
            }
            (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

        lines = a_module("spsim.report_terminal", summary_lines=lambda result: ["cost rate 12 %"])
        monkeypatch.setitem(sys.modules, "spsim.run", a_module("spsim.run", run=run))
        monkeypatch.setitem(sys.modules, "spsim.results", a_module("spsim.results", write=write))
        monkeypatch.setitem(sys.modules, "spsim.report_terminal", lines)
        return stages

    return install


def warn(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Problem] = [problem_at(("horizon", "end"), "the end is near", "look further", "warning")]
    monkeypatch.setattr(checking, "cross_checks", lambda scenario, document: found)


# --- check ----------------------------------------------------------------------------------------


def test_a_good_scenario_is_ok(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["check", str(scenario)]) == 0
    out, err = capsys.readouterr()
    assert out == "ok: tiny.yaml: Tiny land, VNM, 2025-2030, 0 schemes\n"
    assert err == ""


def test_mistakes_go_to_the_error_stream_one_a_line(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario.write_text(SCENARIO.replace("title: Tiny land", "titel: 5"), encoding="utf-8")
    assert run_cli(["check", str(scenario), "none.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "tiny.yaml:1:18: meta.titel: unknown key 'titel'; did you mean 'title'?",
        "none.yaml:1:1: (whole file): there is no such file; check the spelling of its name "
        "and the folder you are in",
    ]


def test_warnings_are_shown_and_strict_makes_them_errors(
    scenario: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warn(monkeypatch)
    assert run_cli(["check", str(scenario)]) == 0
    out, err = capsys.readouterr()
    assert err == "tiny.yaml:2:29: horizon.end: warning: the end is near; look further\n"
    assert out.endswith("0 schemes, 1 warning\n")
    assert run_cli(["check", "--strict", str(scenario)]) == 2


def test_json_for_programs(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario.write_text(SCENARIO + "x: 1\n", encoding="utf-8")
    assert run_cli(["check", "--format", "json", str(scenario)]) == 2
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["file"], found["ok"], found["problems"][0]["line"]) == ("tiny.yaml", False, 4)


def test_stars_are_expanded_for_consoles_that_do_not(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(["check", "*.yaml"]) == 0
    assert "ok: tiny.yaml" in capsys.readouterr().out


def test_a_users_own_tables_are_looked_at(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario.write_text(SCENARIO.replace("{country: VNM}", "{tables: my_tables}"), encoding="utf-8")
    assert run_cli(["check", str(scenario)]) == 2
    err = capsys.readouterr().err
    assert "population.tables: " in err
    assert "my_tables" in err


@pytest.mark.parametrize(
    ("was", "becomes", "line"),
    [
        (
            "VNM",
            "ABC",
            "tiny.yaml:3:23: population.country: no country 'ABC' comes with the package; there are: ",
        ),
        (
            "end: 2030",
            "end: 2150",
            "tiny.yaml:2:1: horizon: fertility ends in 2100, but the projection runs to",
        ),
    ],
)
def test_bundled_tables_are_compared_with_the_scenario(
    scenario: Path, capsys: pytest.CaptureFixture[str], was: str, becomes: str, line: str
) -> None:
    scenario.write_text(SCENARIO.replace(was, becomes), encoding="utf-8")
    assert run_cli(["check", str(scenario)]) == 2
    (found,) = capsys.readouterr().err.splitlines()
    assert found.startswith(line)


# --- schema and list ------------------------------------------------------------------------------


def test_the_schema_is_draft_07(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["schema"]) == 0
    text = capsys.readouterr().out
    schema = json.loads(text)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "extends" in schema["properties"]
    assert "#/$defs/" not in text and "prefixItems" not in text
    assert references(schema) <= {f"#/definitions/{name}" for name in schema["definitions"]}
    assert run_cli(["schema", "--out", "s.json"]) == 0
    assert Path("s.json").read_bytes().decode() == text


def references(value: Any) -> set[str]:
    """Every `$ref` of a schema."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(item) for item in value.values()))
    return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()


def test_the_list_shows_scenarios_and_countries(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.yaml").write_text("a: @", encoding="utf-8")
    assert run_cli(["list", "--dir", "."]) == 0
    out = capsys.readouterr().out
    assert "tiny.yaml    Tiny land, VNM, 2025-2030" in out
    assert "broken.yaml  cannot be read: this character cannot start a value" in out
    assert "VNM" in out.partition("Bundled population tables")[2]
    assert run_cli(["list"]) == 0
    assert "No scenarios in scenarios" in capsys.readouterr().out


# --- run ------------------------------------------------------------------------------------------


def test_a_run_writes_its_folder_and_tells(
    scenario: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = engine()
    assert run_cli(["run", str(scenario)]) == 0
    assert stages == [("tiny", 0, 1)]
    assert capsys.readouterr().out == f"cost rate 12 %\nResults: {Path('runs/tiny')}\n"
    assert Path("runs/tiny/results.xlsx").read_text(encoding="utf-8") == "csv,parquet,xlsx"
    manifest = json.loads(Path("runs/tiny/manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == ["spsim", "run", "tiny.yaml"]


def test_quiet_formats_and_folder(scenario: Path, engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine()
    assert run_cli(["run", str(scenario), "--quiet", "--format", " XLSX,csv", "--out", "here"]) == 0
    assert capsys.readouterr().out == ""
    assert Path("here/results.xlsx").read_text(encoding="utf-8") == "csv,xlsx"
    assert run_cli(["run", str(scenario), "--format", "pdf"]) == 2
    assert "unknown format 'pdf'; choose among csv, parquet, xlsx" in capsys.readouterr().err


def test_bad_input_writes_nothing(scenario: Path, engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    stages = engine()
    scenario.write_text(SCENARIO + "x: 1\n", encoding="utf-8")
    assert run_cli(["run", str(scenario)]) == 2
    assert "tiny.yaml:4:1: x: unknown key" in capsys.readouterr().err
    assert not Path("runs").exists()
    assert stages == []


def test_a_collision_is_told_before_computing(
    scenario: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = engine()
    Path("here").mkdir()
    Path("here/mine.txt").write_text("", encoding="utf-8")
    assert run_cli(["run", str(scenario), "--out", "here", "--overwrite"]) == 2
    assert "here:1:1: out: the folder holds files, but not the results of a run" in capsys.readouterr().err
    assert stages == []


def identity_error() -> Exception:
    from spsim.identities import IdentityError

    return IdentityError("fund pension: opening + flows = closing", 2031, 1.5)


def table_error() -> Exception:
    from spsim.data.csv_table import TableError, TableProblem

    return TableError([TableProblem(Path("t.csv"), 4, 2, "persons is -1.", "Check the value.")])


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (KeyboardInterrupt, 130, "stopped; nothing was written"),
        (lambda: OSError(28, "No space left on device"), 1, "No space left on device; nothing was written"),
        (identity_error, 3, "in 2031; nothing was written"),
        (lambda: click.UsageError("no"), 2, "no"),
    ],
)
def test_failures_have_their_code_and_leave_nothing(
    scenario: Path,
    engine: Engine,
    capsys: pytest.CaptureFixture[str],
    failure: Callable[[], BaseException],
    code: int,
    words: str,
) -> None:
    engine(failure())
    assert run_cli(["run", str(scenario)]) == code
    assert words in capsys.readouterr().err
    assert not Path("runs").exists()


def test_tables_that_fail_while_running_are_bad_input(
    scenario: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine()

    def run(scenario: Any, document: Any, progress: Any) -> None:
        raise table_error()

    monkeypatch.setitem(sys.modules, "spsim.run", a_module("spsim.run", run=run))
    assert run_cli(["run", str(scenario)]) == 2
    assert capsys.readouterr().err == "t.csv:4:2: population.tables: persons is -1; check the value\n"


def test_a_fault_of_the_program_is_not_hidden(scenario: Path, engine: Engine) -> None:
    engine(ZeroDivisionError("fault"))
    with pytest.raises(ZeroDivisionError):
        run_cli(["run", str(scenario)])
    assert not Path("runs").exists()


def test_a_bar_on_a_terminal_only(
    scenario: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine()
    assert run_cli(["run", str(scenario)]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run_cli(["run", str(scenario)]) == 0


# --- help, version, imports -----------------------------------------------------------------------


def test_every_command_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["--help"]) == 0
    assert "spsim run scenarios/viet_nam.yaml" in capsys.readouterr().out
    for name in app.commands:
        assert run_cli([name, "--help"]) == 0
        assert f"Examples:\n    spsim {name}" in capsys.readouterr().out


def test_version_and_mistyped_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["--version"]) == 0
    assert capsys.readouterr().out == f"spsim {__version__}\n"
    assert run_cli(["rnu"]) == 2
    assert run_cli(["check"]) == 2
    assert run_cli([]) == 2


def spsim(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, which prints at its end the modules it imported."""
    code = (
        "import atexit, sys; from spsim.cli import main; "
        "atexit.register(lambda: print('MODULES', *{m.partition('.')[0] for m in sys.modules})); main()"
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, check=False
    )


def imported(done: subprocess.CompletedProcess[bytes]) -> set[str]:
    assert done.returncode == 0, done.stderr
    return set(done.stdout.decode(errors="replace").rpartition("MODULES")[2].split())


@pytest.mark.parametrize("arguments", [["check", "tiny.yaml"], ["schema"], ["list", "--dir", "."]])
def test_light_commands_import_nothing_heavy(scenario: Path, tmp_path: Path, arguments: list[str]) -> None:
    assert not imported(spsim(*arguments, folder=tmp_path)) & (HEAVY | {"rich"})


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_imports_almost_nothing(tmp_path: Path, arguments: list[str]) -> None:
    assert not imported(spsim(*arguments, folder=tmp_path)) & (HEAVY | {"rich", "pydantic", "yaml"})


def test_a_console_without_unicode_does_not_crash(scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(SCENARIO.replace("Tiny land", "Bảo hiểm xã hội"), encoding="utf-8")
    done = spsim("check", "tiny.yaml", folder=tmp_path, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "ok: tiny.yaml: B?o hi?m xã h?i" in done.stdout.decode("cp1252")


def test_tables_and_linear_algebra_take_one_processor_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"POLARS_MAX_THREADS": "3"})
    keep_processors_free()
    assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["POLARS_MAX_THREADS"]) == ("1", "3")
