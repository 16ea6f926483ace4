"""A finished run as a case: the scenario as its manifest keeps it, all files it extended put together.

Comes in: a results folder. Goes out: a document. Called by `variants.opened`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from spsim import __version__
from spsim.document import Document
from spsim.errors import InputError, Problem
from spsim.experiments.changes import as_node
from spsim.manifest import hash_of
from spsim.run_folder import MANIFEST
from spsim.yaml_nodes import Place

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")


def scenario_of_run(folder: Path) -> Document:
    """The scenario that a results folder was computed from. Raises InputError for another version, or a folder that holds no run."""
    file = folder / MANIFEST
    try:
        manifest: Any = json.loads(file.read_bytes())
        version, resolved, digest = manifest["spsim"], manifest["resolved"], manifest["scenario"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        raise _refusal(
            file, "the folder does not hold a run of spsim", "name a scenario file or a results folder"
        ) from None
    if version != __version__:
        text = f"the run was made by version {version} of spsim, this is {__version__}"
        raise _refusal(file, text, "run the scenario again, or name its file")
    if hash_of(resolved) != digest:
        raise _refusal(
            file,
            "the scenario in the manifest was changed after the run",
            "run the scenario again, or name its file",
        )
    if (resolved.get("population") or {}).get("tables"):
        raise _refusal(
            file,
            "the run read a folder of population tables that it does not hold",
            "name the scenario file instead",
        )
    return Document(as_node(_numbered(resolved), Place(str(file), 1, 1)), ())


def _numbered(value: Any) -> Any:
    """Keys that are numbers as numbers again: JSON keeps them as text."""
    if isinstance(value, dict):
        return {_key(key): _numbered(item) for key, item in value.items()}
    return [_numbered(item) for item in value] if isinstance(value, list) else value


def _key(key: str) -> str | int | float:
    if not _NUMBER.match(key):
        return key
    return float(key) if "." in key else int(key)


def _refusal(file: Path, message: str, remedy: str) -> InputError:
    return InputError([Problem(str(file), 1, 1, (), message, remedy)])
