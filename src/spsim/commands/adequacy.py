"""`spsim adequacy`: parse, call, print."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)


@click.command("adequacy")
@click.argument("file", type=FILE, metavar="SCENARIO")
@click.option("--scheme", "schemes", multiple=True, metavar="ID", help="Pension scheme. [default: all]")
@click.option(
    "--career",
    "careers",
    multiple=True,
    metavar="NAME|FILE",
    help="A shipped career, or a YAML file of yours. [default: all shipped ones]",
)
@click.option("--sex", "sexes", multiple=True, type=click.Choice(["female", "male"]), help="[default: both]")
@click.option(
    "--born",
    "born",
    multiple=True,
    type=int,
    metavar="YEAR",
    help="Birth cohort, born on 1 July. [default: every tenth year of those who retire within the horizon]",
)
@click.option(
    "--discount-rate", type=float, default=0.02, show_default=True, help="Real yearly rate, 0.02 for 2 %."
)
@click.option(
    "--wage-deduction",
    type=float,
    default=0.0,
    show_default=True,
    help="Taxes and contributions on wages that the scenario does not have, as a share of the wage.",
)
@click.option("--pension-deduction", type=float, default=0.0, show_default=True, help="The same on pensions.")
@click.option(
    "--tables", default="careers,distribution,redistribution", show_default=True, metavar="LIST",
    help="What to compute.",
)  # fmt: skip
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    help="How to print; csv needs one table.",
)
@click.option(
    "--out", type=FILE, metavar="DIR", help="Write the tables into a folder, as CSV, Parquet and Excel."
)
@click.option("--overwrite", is_flag=True, help="Replace the tables of another scenario in that folder.")
def adequacy_command(
    file: Path, schemes: tuple[str, ...], careers: tuple[str, ...], sexes: tuple[str, ...], born: tuple[int, ...],
    discount_rate: float, wage_deduction: float, pension_deduction: float, tables: str, form: str, out: Path | None,
    overwrite: bool,
) -> None:  # fmt: skip
    """Show what workers get: replacement rates, pension wealth, returns, and who pays for whom.

    Careers go through the scenario's own law, as in `spsim person`, with the scenario's mortality. A career is a small YAML file; those
    that come with spsim: full, child_care, late_entry, informal_spells, low_earner, high_earner, rising_earner, migrant.

    \b
    Examples:
      spsim adequacy scenarios/viet_nam.yaml
      spsim adequacy scenarios/viet_nam.yaml --scheme pension --career full --career my_career.yaml --born 1980
      spsim adequacy scenarios/thailand.yaml --tables careers --format csv
      spsim adequacy scenarios/viet_nam.yaml --out adequacy/viet_nam
    """
    from spsim.adequacy.asking import Asked, require_tables
    from spsim.adequacy.lives import checked_terms
    from spsim.adequacy.report import as_json, run_adequacy, told
    from spsim.adequacy.tabular import write_tables
    from spsim.adequacy.textual import as_csv
    from spsim.results import FORMATS

    wanted = require_tables([name.strip() for name in tables.split(",") if name.strip()])
    if form == "csv" and len(wanted) != 1:
        raise click.BadParameter(
            "CSV holds one table; name it with --tables, or write all with --out", param_hint="--format"
        )
    terms = checked_terms(discount_rate, wage_deduction, pension_deduction)
    checked, found = run_adequacy(file, Asked(schemes, careers, sexes, born, terms, wanted))
    if out is not None:
        every = {name: getattr(found, name) for name in wanted}
        write_tables(checked, every, found.notes, "adequacy", out, overwrite, FORMATS)
    if form == "json":
        click.echo(as_json(checked, found))
    elif form == "csv":
        click.echo(as_csv(getattr(found, wanted[0])))
    else:
        for line in told(checked, found):
            click.echo(line)
        if out is not None:
            click.echo(f"Tables: {out}")
