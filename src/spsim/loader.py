"""Reads a scenario: YAML text to a plain tree in which every value knows its file, line and column."""

from __future__ import annotations

import os
from pathlib import Path

from spsim.copies import with_copies
from spsim.document import Document
from spsim.errors import InputError, Problem
from spsim.extends import Reader, can_be_a_file
from spsim.validation import validate

__all__ = ["Document", "load", "validate"]


def load(path: str | os.PathLike[str]) -> Document:
    """Read a YAML file and all it extends, its copies written out. Raises InputError with every problem that was found."""
    name = os.fspath(path)
    reader = Reader()
    if not can_be_a_file(Path(name)):
        raise InputError(
            [Problem(name, 1, 1, (), "this cannot be the name of a file", "write the name of a YAML file")]
        )
    root = with_copies(reader.read(Path(name), name))
    return Document(root, tuple(reader.files.values()))
