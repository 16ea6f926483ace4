"""`spsim stress`: parse, call, print."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)


@click.command("stress")
@click.argument("file", type=FILE)
@click.option(
    "--draws", type=click.IntRange(20, 1_000_000), default=1000, show_default=True, help="Number of draws."
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the random numbers."
)
@click.option(
    "--years",
    type=click.IntRange(2, 150),
    help="Years from the start of the scenario. [default: its horizon]",
)
@click.option(
    "--crisis", metavar="ID", help="One shock of the scenario, once in each draw, at a random month."
)
@click.option("--design", type=FILE, metavar="FILE", help="What is drawn, in YAML. [default: random crises]")
@click.option("--scheme", metavar="ID", help="Scheme of unemployment insurance, if there are several.")
@click.option(
    "--survive",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    multiple=True,
    default=(0.5, 0.8, 0.9, 0.95, 0.99),
    show_default=True,
    help="Probability that the reserve suffices; several may be named.",
)
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Draws at once.")
@click.option("--out", type=FILE, metavar="DIR", help="Write the tables as CSV, Parquet and Excel.")
@click.option("--overwrite", is_flag=True, help="Replace another experiment in that folder.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def stress_command(file: Path, **asked: object) -> None:
    """Draw crises on a fund of unemployment insurance: the least reserve, and the reserve needed to survive.

    Each draw runs the scheme month by month under its own path of shocks. The same seed gives the same draws, for any number of threads.

    \b
    Examples:
      spsim stress scenarios/viet_nam.yaml --draws 1000 --years 30 --threads 2
      spsim stress scenarios/reforms/viet_nam_crisis.yaml --crisis like_2009 --draws 200 --years 20
      spsim stress my_scheme.yaml --design my_crises.yaml --survive 0.9 --out results/stress
    """
    from spsim.experiments.stress_report import Asked, answered
    from spsim.running import load_numba, stopped_cleanly

    load_numba()
    with stopped_cleanly():
        for line in answered(Asked(file=file, **asked)):  # type: ignore[arg-type]
            click.echo(line)
