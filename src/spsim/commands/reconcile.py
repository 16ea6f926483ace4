"""`spsim reconcile`: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spsim.experiments.measures import Measure
    from spsim.experiments.variants import Case


@click.command("reconcile")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--measure",
    "figures",
    multiple=True,
    metavar="FIGURE",
    help="Figure to explain. [default: cost rates in 2050 or mid-way]",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE.csv", help="Write the steps as a table too."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def reconcile_command(old: Path, new: Path, figures: tuple[str, ...], out: Path | None, form: str) -> None:
    """Explain, step by step, why figures moved between two scenarios (or two finished runs).

    Steps, in this order: population, labour market, each part of the economy, behaviour, funds, each changed rule. A step puts the new
    values over those of the step before; its effect is the difference of two whole runs, and the effects add up exactly.

    \b
    Examples:
      spsim reconcile scenarios/viet_nam.yaml scenarios/reforms/viet_nam_age_65.yaml
      spsim reconcile runs/viet_nam runs/viet_nam_age_65 --measure pension.payg_cost_rate@2060
      spsim reconcile old.yaml new.yaml --measure fund:pension.reserve_ratio@2050 --out why.csv
    """
    import sys

    from spsim.experiments.changes import refused
    from spsim.experiments.measures import named
    from spsim.experiments.reconcile import reconcile
    from spsim.experiments.reconcile_report import as_csv, as_json, told
    from spsim.experiments.variants import opened
    from spsim.running import load_numba, progress

    if out is not None and out.exists():
        raise refused(str(out), "there is a file of this name", "name another file with --out")
    load_numba()
    cases = opened(old), opened(new)
    measures = [named(text) for text in figures] or usual(*cases)
    with progress(form == "json" or not sys.stderr.isatty()) as advance:
        found = reconcile(*cases, measures, tell=advance)
    if out is not None:
        out.write_text(as_csv(found), encoding="utf-8", newline="\n")
    for line in [as_json(found)] if form == "json" else told(found):
        click.echo(line)


def usual(old: Case, new: Case) -> list[Measure]:
    """The cost rate of every scheme that both scenarios have, in 2050 or in the middle of the years that both reach."""
    from spsim.experiments.changes import refused
    from spsim.experiments.measures import Measure
    from spsim.schemes import SocialPensionScheme

    first = old.scenario.horizon.start
    last = min(old.scenario.horizon.end, new.scenario.horizon.end)
    year = 2050 if first < 2050 < last else (first + last) // 2
    found = [
        Measure(name, "expenditure" if isinstance(scheme, SocialPensionScheme) else "payg_cost_rate", year)
        for name, scheme in new.scenario.schemes.items()
        if name in old.scenario.schemes
    ]
    if not found:
        raise refused(
            "--measure",
            "the scenarios have no scheme in common",
            "name the figures to explain with --measure",
        )
    return found
