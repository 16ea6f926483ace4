"""`spsim search`: parse, call, print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

CORES = os.cpu_count() or 1


@click.command("search")
@click.argument("file", type=click.Path(path_type=Path), metavar="DESIGN")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the results. [default: runs/<design id>_search]",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=CORES,
    show_default="processors",
    help="Processes that run the designs.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Scheduler of a Dask cluster, tcp://host:8786, in place of --workers.",
)
@click.option(
    "--most-files",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    help="Designs of the front to write as scenarios.",
)
@click.option("--overwrite", is_flag=True, help="Replace another experiment in that folder.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def search_command(file: Path, **asked: Any) -> None:
    """Sweep a space of designs and show those that no other beats.

    DESIGN is a YAML file: a scenario, values with their bounds, objectives and constraints. A search that was stopped, however that
    came, goes on where it was when the same command is given again.

    \b
    Examples:
      spsim search docs/examples/viet_nam_search.yaml
      spsim search my_design.yaml --workers 8 --out results/my_design
    """
    from spsim.experiments.search_report import Asked, answered
    from spsim.running import load_numba, stopped_cleanly

    load_numba()
    with stopped_cleanly():
        for line in answered(Asked(file=file, **asked)):
            click.echo(line)
