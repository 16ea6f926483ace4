"""`spsim solve`: parse, call, print."""

from __future__ import annotations

from pathlib import Path

import click

NOT_FOUND = 4


@click.command("solve")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--vary",
    "unknowns",
    multiple=True,
    required=True,
    metavar="PATH=LOW..HIGH",
    help="Value to find, and where to look.",
)
@click.option(
    "--target",
    "wanted",
    multiple=True,
    required=True,
    metavar="'FIGURE >= NUMBER'",
    help="What must hold; several may be named.",
)
@click.option(
    "--minimise",
    metavar="FIGURE",
    help="With several values to find: the figure to make small. [default: the least change]",
)
@click.option(
    "--round",
    "step",
    type=float,
    metavar="STEP",
    help="Round the value to multiples of this, so that the targets still hold.",
)
@click.option(
    "--write",
    "target_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the solved scenario, ready to run.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def solve_command(
    file: Path, unknowns: tuple[str, ...], wanted: tuple[str, ...], minimise: str | None, step: float | None,
    target_file: Path | None, form: str,
) -> None:  # fmt: skip
    """Find the value of the law, or of an assumption, that meets a target.

    PATH=LOW..HIGH sets the value, PATH*=LOW..HIGH multiplies every number of it, PATH+=LOW..HIGH raises every number. A figure is
    SCHEME.INDICATOR@YEAR or @FIRST..LAST for every year of a period; names are those of the table indicators, and of funds that
    several schemes share fund:ID. Exit code 4: no value within the bracket meets the targets.

    \b
    Examples:
      spsim solve scenarios/viet_nam.yaml --vary schemes.pension.contributions.employer_pension.rate=0.10..0.40
        --target "pension.reserve_ratio@2030..2080 >= 1" --round 0.001 --write solved.yaml
      spsim solve scenarios/viet_nam.yaml --vary "schemes.unemployment.benefit.rate=0.3..0.9"
        --target "unemployment.cost_rate@2026..2050 <= 2%"
      spsim solve scenarios/viet_nam.yaml --vary "schemes.pension.pension_age+=0..6"
        --target "pension.depletion_year >= 2075"
    """
    from spsim.experiments.changes import refused
    from spsim.experiments.levers import lever
    from spsim.experiments.measures import named
    from spsim.experiments.solve import Search, rounded, solve
    from spsim.experiments.solve_report import as_data, told
    from spsim.experiments.targets import targets
    from spsim.experiments.variants import opened
    from spsim.running import load_numba

    if step is not None and not step > 0:
        raise refused("--round", f"the step {step:g} is not above 0", "write a step such as 0.001")
    sought, met = [lever(text) for text in unknowns], targets(wanted)
    objective = None if minimise is None else named(minimise)
    load_numba()
    search = Search(opened(file), sought, met, objective, tell=lambda count: _progress(count, form))
    solution = solve(search)
    if step is not None:
        solution = rounded(search, solution, step)
    if form == "json":
        import json

        click.echo(json.dumps(as_data(search, solution), indent=2))
    else:
        for line in told(search, solution):
            click.echo(line)
    if solution.found is None:
        raise click.exceptions.Exit(NOT_FOUND)
    if target_file is not None:
        _write(search.variant(solution.found.amounts), target_file)
        click.echo(f"Solved scenario: {target_file}", err=form == "json")


def _progress(count: int, form: str) -> None:
    """A line that counts the values tried, on a terminal only."""
    import sys

    if form == "text" and sys.stderr.isatty():
        click.echo(f"\rvalue {count} tried", nl=False, err=True)


def _write(case, target: Path) -> None:  # type: ignore[no-untyped-def]
    """The solved scenario as a file of its own; an existing file is left alone. Raises InputError."""
    from spsim.experiments.changes import refused
    from spsim.experiments.reform_file import reform_text

    if target.exists():
        raise refused(str(target), "there is a file of this name", "name another file with --write")
    name = f"{case.id}_solved"[:60]
    text = reform_text(case, target, name, f"{case.scenario.meta.title}, solved")
    target.write_text(text, encoding="utf-8", newline="\n")
