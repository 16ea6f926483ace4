"""`spsim list`: the scenarios of a folder and the bundled countries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spsim.checking import summary
from spsim.errors import InputError
from spsim.loader import load


def lines(folder: Path) -> Iterator[str]:
    """What to print."""
    files = sorted(path for ending in ("*.yaml", "*.yml") for path in folder.rglob(ending) if path.is_file())
    yield (
        f"Scenarios in {folder}:" if files else f"No scenarios in {folder} (name another folder with --dir)."
    )
    width = max((len(str(file)) for file in files), default=0)
    for file in files:
        yield f"  {file!s:{width}}  {described(file)}"
    countries = bundled()
    if countries:
        yield "Bundled population tables (population: {country: CODE}):"
        yield from (f"  {code}  {name}".rstrip() for code, name in countries.items())


def described(file: Path) -> str:
    """Title and country of a scenario, or why it cannot be read."""
    try:
        return summary(load(file))
    except InputError as error:
        return f"cannot be read: {error.problems[0].message} (spsim check {file.name} says more)"


def bundled() -> dict[str, str]:
    """Codes and names of the countries whose tables come with the package."""
    from spsim.data.bundle import bundled_countries

    return bundled_countries()
