"""`spsim simulate`: parse, call, print."""

from __future__ import annotations

import os
from pathlib import Path

import click

FILE = click.Path(path_type=Path)


@click.command("simulate")
@click.argument("file", type=FILE)
@click.option("--draws", type=click.IntRange(2), default=1000, show_default=True, help="Futures to draw.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="The same seed draws the same futures.",
)
@click.option(
    "--uncertainty",
    type=FILE,
    metavar="FILE",
    help="What is drawn, and how far it strays. [default: births, lives and migration as the United Nations see them; the economy]",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="processors",
    help="Processes that run the scenario. The results do not depend on it.",
)
@click.option("--threads", is_flag=True, help="Threads of one process in place of processes.")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Scheduler of a Dask cluster, tcp://host:8786, in place of --workers.",
)
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="OWNER.NAME",
    help="Keep only this figure of each draw, such as fund:pension.reserve; several may be named. [default: all]",
)
@click.option(
    "--out", type=FILE, metavar="DIR", help="Folder of the results. [default: runs/<scenario id>_simulate]"
)
@click.option("--overwrite", is_flag=True, help="Replace the results of another experiment in that folder.")
@click.option(
    "--format",
    "formats",
    default="csv,parquet,xlsx",
    show_default=True,
    metavar="LIST",
    help="What to write.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but mistakes.")
def simulate_command(formats: str, **asked: object) -> None:
    """Run a scenario in many drawn futures: fans, probabilities of deficit and depletion, each with its error.

    Each draw is a whole future of births, lives, migration, prices, wages, interest and unemployment. Stopped (Ctrl-C, a shutdown), the
    draws so far are kept in DIR.draws; the same command goes on from there and ends with the same bytes.

    \b
    Examples:
      spsim simulate scenarios/viet_nam.yaml --draws 1000 --seed 1 --out results/fans
      spsim simulate my_reform.yaml --uncertainty my_uncertainty.yaml --workers 8
      spsim simulate my_reform.yaml --draws 100000 --figure fund:pension.reserve
        --cluster tcp://scheduler:8786
    """
    from spsim.experiments.simulate_report import Asked, chosen_formats, simulated
    from spsim.running import stopped_cleanly

    with stopped_cleanly():
        for line in simulated(Asked(formats=chosen_formats(formats), **asked)):  # type: ignore[arg-type]
            click.echo(line)
