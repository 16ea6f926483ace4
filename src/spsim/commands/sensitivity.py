"""`spsim sensitivity`: parse, call, print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    pass

METHODS = ("one", "morris", "sobol")


@click.command("sensitivity")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--vary",
    "ranges",
    multiple=True,
    metavar="PATH=LOW..HIGH",
    help="An input and its bounds. [default: the Ageing Report's set]",
)
@click.option(
    "--ageing-report", "standard", is_flag=True, help="The Ageing Report's set beside the inputs of --vary."
)
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="FIGURE",
    help="What to look at. [default: cost rates and year of depletion]",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="one",
    show_default=True,
    help="One at a time, Morris screening or Sobol indices.",
)
@click.option(
    "--samples",
    type=click.IntRange(2, 100_000),
    help="Morris: trajectories [default: 10]. Sobol: points, a power of 2 [default: 64].",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the random points."
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="processors",
    help="Processes that run the scenario.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Scheduler of a Dask cluster, tcp://host:8786, in place of --workers.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the tables as CSV, Parquet and Excel.",
)
@click.option("--overwrite", is_flag=True, help="Replace another experiment in that folder.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def sensitivity_command(file: Path, **asked: object) -> None:
    """Show how far figures move when inputs move.

    PATH=LOW..HIGH sets a value, PATH*=LOW..HIGH multiplies every number of it, PATH+=LOW..HIGH raises every number; several paths that
    move together stand with commas between them, after a name and a colon if you like. A figure is SCHEME.INDICATOR@YEAR, the mean of
    @FIRST..LAST, or without a year every year.

    \b
    Examples:
      spsim sensitivity scenarios/viet_nam.yaml
      spsim sensitivity scenarios/viet_nam.yaml --vary "economy.interest_rate+=-0.01..0.01"
        --measure "fund:pension.reserve_ratio@2050" --out results/interest
      spsim sensitivity scenarios/viet_nam.yaml --method morris --samples 20 --measure "fund:pension.payg_cost_rate@2075"
      spsim sensitivity scenarios/viet_nam.yaml --method sobol --samples 128
        --vary "economy.real_wage_growth*=0.5..1.5" --vary "population.adjust.fertility=0.8..1.2"
    """
    from spsim.experiments.asked import Asked
    from spsim.experiments.sensitivity_report import answered
    from spsim.running import stopped_cleanly

    with stopped_cleanly():
        for line in answered(Asked(file=file, **asked)):  # type: ignore[arg-type]
            click.echo(line)
