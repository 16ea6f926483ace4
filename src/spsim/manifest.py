"""The manifest of a run: what was run, on which inputs, and what came out, as one JSON file.

Everything that changes from one run to the next stands under the key `run`; the rest is the same for the same
scenario, inputs and version of spsim.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from spsim import __version__

LIBRARIES = {
    "numpy": "numpy", "numba": "numba", "scipy": "scipy", "polars": "polars", "pydantic": "pydantic",
    "PyYAML": "yaml", "XlsxWriter": "xlsxwriter",
}  # fmt: skip
"""Libraries that the numbers and files come from, with the name that each is imported by."""


class Assumed(Protocol):
    """One parameter that was assumed: where it stands, what it says, its value, source and status."""

    @property
    def path(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def status(self) -> str: ...


class Described(Protocol):
    """What the manifest and the workbook need to know of a result, besides its tables."""

    @property
    def scenario_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def first_year(self) -> int: ...
    @property
    def last_year(self) -> int: ...
    @property
    def assumptions(self) -> Sequence[Assumed]: ...
    @property
    def warnings(self) -> Sequence[str]: ...
    @property
    def inputs(self) -> Sequence[tuple[str, str]]: ...
    @property
    def resolved(self) -> Mapping[str, Any]: ...
    @property
    def identities(self) -> Sequence[tuple[str, float]]: ...


def build(
    result: Described,
    tables: Mapping[str, Mapping[str, Any]],
    formats: Sequence[str],
    command_line: Sequence[str] | None,
    started: datetime,
) -> dict[str, Any]:
    """The manifest as plain data; `tables` what `of_table` says of the CSV of each table, written or not."""
    return {
        "spsim": __version__,
        "scenario": {
            "id": result.scenario_id,
            "title": result.title,
            "country": result.country,
            "currency": result.currency,
            "first_year": result.first_year,
            "last_year": result.last_year,
            "sha256": hash_of(result.resolved),
        },
        "seed": None,
        "inputs": [{"file": name, "sha256": digest} for name, digest in result.inputs],
        "formats": list(formats),
        "tables": {name: dict(told) for name, told in tables.items()},
        "identities": {name: float(residual) for name, residual in result.identities},
        "warnings": list(result.warnings),
        "resolved": _plain(result.resolved),
        "run": _run(command_line, started),
    }


def dump(manifest: Mapping[str, Any], path: Path) -> Path:
    """Write the manifest as indented UTF-8 JSON with LF line ends."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_bytes((text + "\n").encode())
    return path


def hash_of(resolved: Mapping[str, Any]) -> str:
    """SHA-256 of plain data, independent of the order of its keys."""
    text = json.dumps(_plain(resolved), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def of_table(text: bytes) -> dict[str, Any]:
    """Rows and SHA-256 of a CSV file."""
    return {"rows": text.count(b"\n") - 1, "sha256": hashlib.sha256(text).hexdigest()}


def _plain(value: Any) -> Any:
    """Only what JSON knows: dates and other scalars become text, keys become text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _run(command_line: Sequence[str] | None, started: datetime) -> dict[str, Any]:
    """The volatile part: when, how long, by which command, on which machine and libraries."""
    return {
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started.astimezone(UTC)).total_seconds(), 3),
        "command_line": None if command_line is None else list(command_line),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    """As the loaded library says, or else as it was installed, which takes longer to find out."""
    loaded = getattr(sys.modules.get(LIBRARIES[name]), "__version__", None)
    if isinstance(loaded, str):
        return loaded
    try:
        return version(name)
    except PackageNotFoundError:
        return None
