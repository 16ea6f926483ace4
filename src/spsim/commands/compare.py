"""`spsim compare`: parse, call, print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from spsim.commands.arguments import FORMATS, chosen, expanded

CORES = os.cpu_count() or 1


@click.command("compare")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE FILE...")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the tables.")
@click.option(
    "--write",
    "formats",
    default=",".join(FORMATS),
    show_default=True,
    metavar="LIST",
    help="What to write to --out.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=CORES,
    show_default="processors",
    help="Scenarios that run at once.",
)
@click.option("--overwrite", is_flag=True, help="Replace another experiment in that folder.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def compare_command(files: tuple[Path, ...], formats: str, **asked: Any) -> None:
    """Put scenarios side by side: what differs in them, in every indicator, and who gains and who loses.

    Each FILE is a scenario or the folder of a finished run. All are compared with the first one; they must have the same horizon and the
    same currency.

    \b
    Examples:
      spsim compare scenarios/viet_nam.yaml scenarios/reforms/viet_nam_age_65.yaml
      spsim compare base.yaml option_a.yaml option_b.yaml --out results/options
    """
    from spsim.experiments.compare_report import Asked, answered
    from spsim.running import stopped_cleanly

    question = Asked(files=tuple(expanded(files)), formats=chosen(formats), **asked)
    with stopped_cleanly():
        for line in answered(question):
            click.echo(line)
