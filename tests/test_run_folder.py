"""The run folder is complete or absent, and never takes the place of anything else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from spsim.errors import InputError
from spsim.run_folder import check_target, default_folder, fresh_run_folder, read_run


def fill(folder: Path, scenario_id: str, mark: str = "new") -> None:
    """What a run writes."""
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "accounts.csv").write_text(mark, encoding="utf-8")
    (folder / "results.xlsx").write_text(mark, encoding="utf-8")
    manifest = {"spsim": "0.1.0", "scenario": {"id": scenario_id}, "tables": {"accounts": {}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def snapshot(folder: Path) -> dict[str, str]:
    """Every file below a folder and its text."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def test_a_run_appears_whole_and_alone(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "runs" / "a"
    with fresh_run_folder(target, "a") as folder:
        fill(folder, "a")
        assert not target.exists()
        assert folder.parent == target.parent
        assert folder.name == f".a.partial-{os.getpid()}"
    run = read_run(target)
    assert run is not None and run.scenario_id == "a"
    assert [entry.name for entry in target.parent.iterdir()] == ["a"]


def test_a_second_run_of_the_same_scenario_replaces_the_first(tmp_path: Path) -> None:
    fill(tmp_path / "a", "a", "old")
    (tmp_path / "a" / "tables" / "accounts.parquet").write_text("old", encoding="utf-8")
    (tmp_path / "a" / "Thumbs.db").write_text("", encoding="utf-8")
    with fresh_run_folder(tmp_path / "a", "a") as folder:
        fill(folder, "a", "new")
    assert set(snapshot(tmp_path / "a")) == {"manifest.json", "results.xlsx", "tables/accounts.csv"}
    assert snapshot(tmp_path / "a")["results.xlsx"] == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    "failure", [ValueError("x"), KeyboardInterrupt(), OSError(28, "No space left on device"), SystemExit(1)]
)
def test_whatever_goes_wrong_leaves_the_old_run_alone(tmp_path: Path, failure: BaseException) -> None:
    fill(tmp_path / "runs" / "a", "a", "old")
    before = snapshot(tmp_path)
    with pytest.raises(type(failure)), fresh_run_folder(tmp_path / "runs" / "a", "a") as folder:
        fill(folder, "a", "half")
        raise failure
    assert snapshot(tmp_path) == before


def test_a_failed_first_run_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="stop"),
        fresh_run_folder(tmp_path / "runs" / "deep" / "a", "a") as folder,
    ):
        fill(folder, "a")
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


def test_the_old_run_comes_back_when_the_new_one_cannot_go_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "a", "a", "old")
    before = snapshot(tmp_path)
    rename = Path.rename

    def locked(self: Path, target: Path) -> Path:
        if "partial" in self.name:
            raise PermissionError(13, "in use", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", locked)
    with pytest.raises(PermissionError), fresh_run_folder(tmp_path / "a", "a") as folder:
        fill(folder, "a", "new")
    assert snapshot(tmp_path) == before


def test_another_scenarios_run_is_replaced_only_on_demand(tmp_path: Path) -> None:
    fill(tmp_path / "x", "b", "old")
    with pytest.raises(
        InputError, match="the run of another scenario, 'b'; name another folder with --out, or replace"
    ):
        check_target(tmp_path / "x", "a")
    with fresh_run_folder(tmp_path / "x", "a", overwrite=True) as folder:
        fill(folder, "a")
    run = read_run(tmp_path / "x")
    assert run is not None and run.scenario_id == "a"


def refused(target: Path, words: str, scenario_id: str = "a") -> None:
    """Refused before the block, with and without --overwrite, and nothing touched."""
    before = sorted(target.parent.rglob("*")) if target.parent.is_dir() else []
    for overwrite in (False, True):
        with pytest.raises(InputError, match=words), fresh_run_folder(target, scenario_id, overwrite):
            raise AssertionError("the block must not start")
    assert (sorted(target.parent.rglob("*")) if target.parent.is_dir() else []) == before


def test_a_folder_that_is_not_a_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.docx").write_text("years of work", encoding="utf-8")
    refused(tmp_path / "x", "not the results of a run")
    for manifest in (
        "{",
        "[]",
        "null",
        '{"scenario": {"id": "a"}}',
        '{"spsim": "1", "scenario": "a"}',
        "[" * 100_000,
    ):
        (tmp_path / "x" / "manifest.json").write_text(manifest, encoding="utf-8")
        refused(tmp_path / "x", "not the results of a run")


def test_a_users_own_file_in_a_run_folder_is_kept(tmp_path: Path) -> None:
    fill(tmp_path / "x", "a")
    (tmp_path / "x" / "notes.docx").write_text("mine", encoding="utf-8")
    refused(tmp_path / "x", "also holds notes.docx, which spsim did not write; move it away")
    (tmp_path / "x" / "notes.docx").rename(tmp_path / "x" / "tables" / "notes.csv")
    refused(tmp_path / "x", "also holds tables/notes.csv")


def test_results_open_in_excel_are_told_before_computing(tmp_path: Path) -> None:
    fill(tmp_path / "x", "a")
    (tmp_path / "x" / "~$results.xlsx").write_text("", encoding="utf-8")
    refused(tmp_path / "x", "open in Excel; close it and run again")


def test_files_and_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused(tmp_path / "file", "there is a file of this name")
    refused(tmp_path / "file" / "below", "file is a file, not a folder")
    fill(tmp_path / "real", "a")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
        (tmp_path / "dangling").symlink_to(tmp_path / "none")
    except OSError:
        pytest.skip("this system does not let us make links")
    refused(tmp_path / "link", "a link to another place")
    refused(tmp_path / "dangling", "a link to another place")


@pytest.mark.parametrize(
    "bad", ["", "..", "a/b", "a\\b", "A", "é", "a b", "a.b", "con", "nul", "com1", "a\n", "x" * 101]
)
def test_an_id_can_never_leave_the_folder(tmp_path: Path, bad: str) -> None:
    with pytest.raises(InputError, match="cannot name a folder"):
        default_folder(bad)
    refused(tmp_path / "t", "cannot name a folder", scenario_id=bad)


def test_an_empty_folder_may_be_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with fresh_run_folder(Path("x/y/../y"), "a") as folder:
        fill(folder, "a")
    assert read_run(tmp_path / "x" / "y") is not None
    assert default_folder("viet_nam") == Path("runs/viet_nam")


def test_a_folder_that_fills_up_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the results"), fresh_run_folder(tmp_path / "x", "a") as folder:
        fill(folder, "a")
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "other.txt").write_text("", encoding="utf-8")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]
