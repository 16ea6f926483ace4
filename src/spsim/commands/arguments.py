"""Arguments that several commands read alike."""

from __future__ import annotations

from pathlib import Path

import click

FORMATS = ("csv", "parquet", "xlsx")


def chosen(formats: str) -> tuple[str, ...]:
    """The output formats named on the command line, in the order of writing."""
    named = [name.strip().lower() for name in formats.split(",") if name.strip()]
    unknown = [name for name in named if name not in FORMATS]
    if unknown or not named:
        what = f"unknown format {unknown[0]!r}" if unknown else "no format named"
        raise click.BadParameter(f"{what}; choose among {', '.join(FORMATS)}", param_hint="--format")
    return tuple(name for name in FORMATS if name in named)


def expanded(files: tuple[Path, ...]) -> list[Path]:
    """Files named with * or ?, which the Windows console does not expand itself."""
    names: list[Path] = []
    for file in files:
        wild = not file.exists() and any(sign in file.name for sign in "*?")
        names += sorted(file.parent.glob(file.name)) or [file] if wild else [file]
    return names
