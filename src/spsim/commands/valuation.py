"""`spsim valuation`: parse, call, print."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)


@click.command("valuation")
@click.argument("file", type=FILE, metavar="SCENARIO")
@click.option(
    "--july",
    is_flag=True,
    help="Value on 1 July of the first year, the day of the stocks. [default: 1 January, the day of the reserve]",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option(
    "--out", type=FILE, metavar="DIR", help="Write the tables into a folder, as CSV, Parquet and Excel."
)
@click.option("--overwrite", is_flag=True, help="Replace the tables of another scenario in that folder.")
def valuation_command(file: Path, july: bool, form: str, out: Path | None, overwrite: bool) -> None:
    """Value the funds of a scenario as an actuary does.

    Present members, pensioners and new entrants are told apart in the projection. For each fund: average premiums, terminal funding,
    scaled premiums, cost methods (entry age, attained age, accrued benefit, aggregate), 25-, 50- and 75-year balance, accrued,
    closed-group and open-group liabilities, and actuarial balance sheets. A measure without a value says why.

    \b
    Examples:
      spsim valuation scenarios/viet_nam.yaml
      spsim valuation scenarios/viet_nam.yaml --out valuations/viet_nam
      spsim valuation scenarios/iyer_model_scheme.yaml --july
      spsim valuation scenarios/thailand.yaml --format json
    """
    from spsim.valuation_report import run_valuation

    for line in run_valuation(file, july, form, out, overwrite):
        click.echo(line)
