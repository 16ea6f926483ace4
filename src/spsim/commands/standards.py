"""`spsim standards`: parse, call, print."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)


@click.command("standards")
@click.argument("file", type=FILE, metavar="SCENARIO")
@click.option(
    "--convention", "conventions", multiple=True, metavar="NAME", help="C102, C128, ... [default: all]"
)
@click.option("--year", type=int, help="Year to print; every year is tested. [default: the first one]")
@click.option(
    "--employees",
    type=float,
    metavar="SHARE",
    help="Employees as a share of all employed, which the scenario does not know: 0.55.",
)
@click.option(
    "--labourer",
    metavar="SHARE|AMOUNT",
    help="Wage of an ordinary labourer: a share of the average wage, or a reference amount. [default: mean of the lowest earnings class]",
)
@click.option(
    "--poverty-line",
    metavar="MONEY|AMOUNT",
    help="National minimum for older persons, a month: money of the first year, or a reference amount.",
)
@click.option("--last-wage", is_flag=True, help="Measure pensions against the last wage, which is stricter.")
@click.option("--law-only", is_flag=True, help="No projection: leave out coverage, financing and floors.")
@click.option("--every", type=int, default=1, show_default=True, help="Test every so many years.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", help="How to print."
)
@click.option(
    "--out", type=FILE, metavar="DIR", help="Write the tables into a folder, as CSV, Parquet and Excel."
)
@click.option("--overwrite", is_flag=True, help="Replace the tables of another scenario in that folder.")
def standards_command(
    file: Path, conventions: tuple[str, ...], year: int | None, employees: float | None, labourer: str | None,
    poverty_line: str | None, last_wage: bool, law_only: bool, every: int, form: str, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Test a scenario against the ILO's social security conventions, article by article and year by year.

    C102, C121, C128, C130, C168, C183 and the guarantees of R202: the percentage for the standard beneficiary, qualifying periods,
    duration, persons protected, the employees' share of the cost. A branch that the scenario does not have is reported as such. The
    command does not judge whether a State complies with a convention; the ILO's supervisory bodies do.

    \b
    Examples:
      spsim standards scenarios/viet_nam.yaml
      spsim standards scenarios/viet_nam.yaml --employees 0.55 --convention C102 --year 2050
      spsim standards scenarios/viet_nam.yaml --law-only --format csv
      spsim standards scenarios/viet_nam.yaml --out standards/viet_nam
    """
    from spsim.adequacy.textual import as_csv
    from spsim.results import FORMATS
    from spsim.standards.report import absent_rows, as_json, rows, run_standards, told, yearly_rows
    from spsim.standards.tests import Options

    options = Options(employees, labourer, poverty_line, conventions, every, last_wage)
    checked, lines, shown = run_standards(file, options, year, law_only)
    if out is not None:
        from spsim.adequacy.tabular import write_tables

        tables = {
            "standards": rows(lines, shown),
            "standards_by_year": yearly_rows(lines),
            "standards_absent": absent_rows(lines, shown),
        }
        write_tables(checked, tables, [], "standards", out, overwrite, FORMATS)
    if form == "json":
        click.echo(as_json(checked, lines, shown))
    elif form == "csv":
        click.echo(as_csv(rows(lines, shown)))
    else:
        for text in told(checked, lines, shown):
            click.echo(text)
        if out is not None:
            click.echo(f"Tables: {out}")
