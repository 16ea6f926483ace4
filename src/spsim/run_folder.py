"""The folder of a run: complete or absent, and never in place of anything else.

Results are written into a hidden folder beside the target and renamed into place at the end. Only a folder
that holds a run of spsim, and nothing that spsim did not write, is ever replaced.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spsim.errors import InputError, Problem

MANIFEST = "manifest.json"
_WRITTEN = {MANIFEST, "results.xlsx", "tables"}
_LEFT_BY_THE_SYSTEM = {".DS_Store", "Thumbs.db", "desktop.ini"}
_IDENTIFIER = re.compile(r"[a-z0-9_]{1,100}\Z")
_DEVICES = re.compile(r"(con|nul|aux|prn|com[0-9]|lpt[0-9])\Z")
_ELSEWHERE = "name another folder with --out"


@dataclass(frozen=True)
class Run:
    """What the manifest of an earlier run says of it."""

    scenario_id: str
    tables: tuple[str, ...]
    files: tuple[str, ...] = ()  # beside the tables, as folder/name


def default_folder(scenario_id: str) -> Path:
    """`runs/<scenario id>` under the current folder. Raises InputError."""
    _check_identifier(scenario_id)
    return Path("runs") / scenario_id


def check_target(target: Path, scenario_id: str, overwrite: bool = False) -> None:
    """Refuse a target that may not be replaced. Raises InputError; changes nothing."""
    _check_identifier(scenario_id)
    link = getattr(os.path, "isjunction", os.path.islink)
    if target.is_symlink() or link(target):
        raise _refusal(target, "the results folder is a link to another place", _ELSEWHERE)
    if target.exists() and not target.is_dir():
        raise _refusal(target, "there is a file of this name", _ELSEWHERE)
    for parent in _absolute(target).parents:
        if parent.exists() and not parent.is_dir():
            raise _refusal(target, f"{parent.name} is a file, not a folder", _ELSEWHERE)
    if target.is_dir() and any(target.iterdir()):
        _check_earlier(target, scenario_id, overwrite)


def read_run(folder: Path) -> Run | None:
    """The run that a folder holds, or None if it does not hold one."""
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_bytes())
        scenario_id, tables = manifest["scenario"]["id"], manifest.get("tables", {})
        files = tuple(f"{name}/{file}" for name, held in manifest.get("files", {}).items() for file in held)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    known = isinstance(scenario_id, str) and isinstance(tables, dict) and "spsim" in manifest
    return Run(scenario_id, tuple(tables), files) if known else None


@contextmanager
def fresh_run_folder(target: Path, scenario_id: str, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder to write into; it takes the target's place when the block ends well.

    Whatever ends the block otherwise (an error, Ctrl-C, a full disk), the temporary folder is removed and an
    earlier run stays as it was. Raises InputError before the block when the target may not be replaced.
    """
    check_target(target, scenario_id, overwrite)
    target = _absolute(target)
    made = _make_parents(target)
    partial = _hidden(target, "partial")
    try:
        partial.mkdir()
        yield partial
        check_target(target, scenario_id, overwrite)
        _put_in_place(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        _remove_empty(made)
        raise


def _check_identifier(scenario_id: str) -> None:
    if not _IDENTIFIER.match(scenario_id) or _DEVICES.match(scenario_id):
        remedy = "write meta.id in small letters a-z, digits and _, and not as a device name of Windows"
        raise _refusal(Path("runs"), f"the scenario id {scenario_id[:60]!r} cannot name a folder", remedy)


def _check_earlier(target: Path, scenario_id: str, overwrite: bool) -> None:
    """The folder is not empty: it must be a run, of this scenario, with nothing in it that is not ours."""
    earlier = read_run(target)
    if earlier is None:
        raise _refusal(target, "the folder holds files, but not the results of a run", _ELSEWHERE)
    if (target / "~$results.xlsx").exists():
        raise _refusal(target, "results.xlsx is open in Excel", "close it and run again")
    strange = _not_ours(target, earlier)
    if strange:
        remedy = f"move it away, or {_ELSEWHERE}; a new run replaces the whole folder"
        raise _refusal(target, f"the folder also holds {strange[0]}, which spsim did not write", remedy)
    if earlier.scenario_id != scenario_id and not overwrite:
        what = f"the folder holds the run of another scenario, {earlier.scenario_id!r}"
        raise _refusal(target, what, f"{_ELSEWHERE}, or replace it with --overwrite")


def _not_ours(target: Path, earlier: Run) -> list[str]:
    """Names in the folder that no run writes."""
    tables = {f"{name}.{ending}" for name in earlier.tables for ending in ("csv", "parquet")}
    folders = {name.partition("/")[0] for name in earlier.files}
    top = [entry.name for entry in target.iterdir() if entry.name not in _WRITTEN | folders]
    top += [
        f"{name}/{entry.name}"
        for name in sorted(folders & {entry.name for entry in target.iterdir() if entry.is_dir()})
        for entry in (target / name).iterdir()
        if f"{name}/{entry.name}" not in earlier.files
    ]
    folder = target / "tables"
    inside = (
        [f"tables/{entry.name}" for entry in folder.iterdir() if entry.name not in tables]
        if folder.is_dir()
        else []
    )
    return sorted(name for name in top + inside if name.rpartition("/")[2] not in _LEFT_BY_THE_SYSTEM)


def _put_in_place(partial: Path, target: Path) -> None:
    """Rename the old run aside and the new one in, then delete the old; undo if the new cannot go in."""
    if not target.exists():
        partial.rename(target)
        return
    aside = _hidden(target, "old")
    target.rename(aside)
    try:
        partial.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _absolute(target: Path) -> Path:
    """The full name, without following links."""
    return Path(os.path.abspath(target))  # noqa: PTH100 - Path.resolve would follow them


def _hidden(target: Path, purpose: str) -> Path:
    """A name beside the target that nothing bears yet."""
    names = (
        f".{target.name}.{purpose}-{os.getpid()}{suffix}"
        for suffix in ("", *(f"-{n}" for n in range(1, 1000)))
    )
    return next(path for name in names if not (path := target.with_name(name)).exists())


def _make_parents(target: Path) -> list[Path]:
    """Make the folders above the target; returns those that were missing, the lowest first."""
    missing = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _refusal(target: Path, message: str, remedy: str) -> InputError:
    return InputError([Problem(str(target), 1, 1, ("out",), message, remedy)])
