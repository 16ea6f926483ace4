"""The country tables that come with the package. Importing this module does not import numpy."""

from __future__ import annotations

import json
from pathlib import Path

PARTICIPATION = "participation.csv"
_COUNTRIES = Path(__file__).parent / "countries"


def bundled_countries() -> dict[str, str]:
    """Code (iso3) and English name of every bundled country, in the order of the codes."""
    return {path.parent.name: _name(path) for path in sorted(_COUNTRIES.glob("*/provenance.json"))}


def bundled_folder(iso3: str) -> Path:
    """The folder of a bundled country; raises ValueError that lists those there are."""
    folder = _COUNTRIES / iso3
    if not (folder / "provenance.json").is_file():
        there = ", ".join(bundled_countries())
        raise ValueError(f"no country '{iso3}' comes with the package; there are: {there}")
    return folder


def participation_file(folder: Path, country: str | None) -> Path:
    """The folder's own participation.csv, or the bundled one of the country."""
    path = folder / PARTICIPATION
    bundled = not path.exists() and country in bundled_countries()
    return bundled_folder(str(country)) / PARTICIPATION if bundled else path


def _name(provenance: Path) -> str:
    return str(json.loads(provenance.read_text(encoding="utf-8"))["country"])
