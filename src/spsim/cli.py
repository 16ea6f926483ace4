"""The command line: parse, call, print. Heavy libraries are imported by the command that needs them."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spsim import __version__
from spsim.commands.adequacy import adequacy_command
from spsim.commands.arguments import FORMATS, chosen, expanded
from spsim.commands.compare import compare_command
from spsim.commands.reconcile import reconcile_command
from spsim.commands.replay import replay_command
from spsim.commands.search import search_command
from spsim.commands.sensitivity import sensitivity_command
from spsim.commands.simulate import simulate_command
from spsim.commands.solve import solve_command
from spsim.commands.standards import standards_command
from spsim.commands.stress import stress_command
from spsim.commands.valuation import valuation_command
from spsim.errors import InputError, Problem

if TYPE_CHECKING:
    from spsim.checking import Checked

BAD_INPUT, BREACH, FAILURE, INTERRUPTED = 2, 3, 1, 130

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
FILE = click.Path(path_type=Path)


@click.group(
    context_settings=SETTINGS,
    epilog="Exit codes: 0 done, 2 a mistake in the input, 3 tables that would not add up, 130 stopped by "
    "Ctrl-C, 1 any other failure.",
)
@click.version_option(__version__, prog_name="spsim", message="%(prog)s %(version)s")
def app() -> None:
    """Open actuarial engine for the design of social protection.

    \b
    Examples:
      spsim list
      spsim check scenarios/viet_nam.yaml
      spsim run scenarios/viet_nam.yaml
      spsim run my_reform.yaml --out results/my_reform
      spsim person scenarios/viet_nam.yaml --scheme pension --sex female --born 1972-05
        --career "1995-03..2027-05 at 6000000"
    """


@app.command("check")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the findings."
)
def check_command(files: tuple[Path, ...], strict: bool, form: str) -> None:
    """Validate scenarios without running them.

    One line for each mistake: file:line:column: where: what is wrong; how to mend it.

    \b
    Examples:
      spsim check scenarios/viet_nam.yaml
      spsim check scenarios/*.yaml --strict
      spsim check my_reform.yaml --format json
    """
    from spsim.checking import check

    checked = [check(path) for path in expanded(files)]
    if form == "json":
        print_json(checked)
    else:
        for one in checked:
            print_checked(one)
    if any(one.errors or (strict and one.warnings) for one in checked):
        raise click.exceptions.Exit(BAD_INPUT)


@app.command("schema")
@click.option("--out", type=FILE, metavar="FILE", help="Write to a file instead of the screen.")
def schema_command(out: Path | None) -> None:
    """Print the JSON Schema of a scenario, for editors that complete and check YAML.

    \b
    Examples:
      spsim schema
      spsim schema --out scenario.schema.json
    Then write as the first line of a scenario:
      # yaml-language-server: $schema=scenario.schema.json
    """
    from spsim.json_schema import schema_text

    if out is None:
        click.echo(schema_text(), nl=False)
    else:
        out.write_text(schema_text(), encoding="utf-8", newline="\n")


@app.command("list")
@click.option(
    "--dir", "folder", type=FILE, default=Path("scenarios"), show_default=True, help="Folder to look in."
)
def list_command(folder: Path) -> None:
    """Show the scenarios of a folder and the countries whose population tables come with spsim.

    \b
    Examples:
      spsim list
      spsim list --dir my_scenarios
    """
    from spsim.listing import lines

    for line in lines(folder):
        click.echo(line)


@app.command("run")
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, metavar="DIR", help="Folder of the results. [default: runs/<scenario id>]")
@click.option("--overwrite", is_flag=True, help="Replace the run of another scenario in that folder.")
@click.option("--quiet", is_flag=True, help="Print nothing but mistakes and warnings.")
@click.option(
    "--format", "formats", default=",".join(FORMATS), show_default=True, metavar="LIST", help="What to write."
)
def run_command(file: Path, out: Path | None, overwrite: bool, quiet: bool, formats: str) -> None:
    """Project a scenario and write its tables.

    An earlier run of the same scenario is replaced; nothing else is.

    \b
    Examples:
      spsim run scenarios/viet_nam.yaml
      spsim run my_reform.yaml --out results/my_reform
      spsim run my_reform.yaml --format csv,xlsx --quiet
    """
    from spsim.running import run_file

    for line in run_file(file, out, overwrite, chosen(formats), quiet):
        click.echo(line)


@app.command("person")
@click.argument("file", type=FILE, metavar="SCENARIO")
@click.option("--scheme", required=True, metavar="ID", help="Scheme of the scenario.")
@click.option("--sex", required=True, type=click.Choice(["female", "male"]))
@click.option("--born", required=True, metavar="YYYY-MM", help="Month of birth.")
@click.option("--career", help="CSV file (from,to,wage) or words; see above. Needed but for social pensions.")
@click.option(
    "--event",
    help="old_age, invalidity, withdrawal, death; drawing:ACCOUNT.NAME; unemployment. [default: old_age or unemployment]",
)
@click.option(
    "--on",
    metavar="YYYY-MM",
    help="First month of the pension or claim. [default: old_age the first month by the law, else the month after the career]",
)
@click.option(
    "--paid-in", metavar="YYYY-MM", help="A later month: the pension in payment then, with every increase."
)
@click.option(
    "--works-for",
    type=float,
    metavar="AMOUNT",
    help="Monthly pay beside a pension of old age: shows what is stopped.",
)
@click.option(
    "--claimed", multiple=True, metavar="FROM..TO", help="Months of unemployment benefit paid earlier."
)
@click.option("--cause", metavar="NAME", help="Cause of separation. [default: the one the benefit is for]")
@click.option(
    "--works-after",
    type=float,
    metavar="MONTHS",
    help="Months of benefit paid before new work is found: shows the bonus.",
)
@click.option(
    "--several-jobs", is_flag=True, help="The lost job is one of several; the career gives its wage."
)
@click.option(
    "--family",
    metavar="WORDS",
    help="Who depends on the person: spouse of 52, 2 children of 14 and 9, 1 parent.",
)
@click.option(
    "--pension-since",
    metavar="YYYY-MM",
    help="Of one who dies: since when a pension of old age was paid. [default: the pension age, or the end of the career after it]",
)
@click.option(
    "--spouse-own-pension",
    type=float,
    metavar="AMOUNT",
    help="Of one who dies: monthly pension that the spouse has already, where survivors pensions look at it.",
)
@click.option(
    "--pensioner-of",
    multiple=True,
    metavar="ID",
    help="Scheme that pays a pension already (social pensions).",
)
@click.option(
    "--fact",
    multiple=True,
    metavar="NAME=yes|no",
    help="A fact that the law asks (social pensions).",
)
@click.option(
    "--figure",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Income or another number that the law asks (social pensions).",
)
@click.option(
    "--credited", multiple=True, metavar="'NAME MONTHS'", help="Months credited without contributions."
)
@click.option(
    "--balance",
    multiple=True,
    metavar="ACCOUNT=AMOUNT[@YYYY-MM]",
    help="What an account holds at the event, or in an earlier month. No career is then needed.",
)
@click.option("--contributions", is_flag=True, help="Show the contributions of each year too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def person_command(file: Path, form: str, **question: Any) -> None:
    """Show what a scheme owes one person, each step of the law with its numbers and source.

    A career is a CSV file with the columns from,to,wage (months YYYY-MM, monthly wage; share_of_average in place of a wage), or words:
    FROM..TO at WAGE, FROM..TO at SHARE average. Months credited without a wage: FROM..TO as CREDIT; months paid to another scheme than the
    one asked: FROM..TO at WAGE in SCHEME.

    \b
    Examples:
      spsim person scenarios/viet_nam.yaml --scheme pension --sex female --born 1972-05
        --career "1995-03..2027-05 at 6000000" --paid-in 2040-01
      spsim person scenarios/viet_nam.yaml --scheme pension --sex male --born 1970-01
        --career career.csv --event old_age --on 2029-02 --contributions
      spsim person scenarios/viet_nam.yaml --scheme unemployment --sex male --born 1990-01
        --career "2019-04..2026-02 at 1.2 average" --event unemployment --on 2026-03 --format json
      spsim person scenarios/korea.yaml --scheme basic_pension --sex female --born 1955-01
        --on 2026-06 --figure income=2400000 --fact couple=no
    """
    from spsim.person_report import told

    for line in told(file, question, form):
        click.echo(line)


app.add_command(adequacy_command)
app.add_command(standards_command)
app.add_command(reconcile_command)
app.add_command(compare_command)
app.add_command(sensitivity_command)
app.add_command(search_command)
app.add_command(simulate_command)
app.add_command(solve_command)
app.add_command(stress_command)
app.add_command(replay_command)
app.add_command(valuation_command)


def print_checked(checked: Checked) -> None:
    """Problems to the error stream, one line each; a line of summary when there is no error."""
    from spsim.checking import summary

    print_problems(checked.problems)
    if checked.document is not None and not checked.errors:
        count = len(checked.warnings)
        warned = f", {count} warning{'s' * (count != 1)}" if count else ""
        click.echo(f"ok: {checked.name}: {summary(checked.document)}{warned}")


def print_json(checked: list[Checked]) -> None:
    """The same as one JSON list, for programs."""
    import json
    from dataclasses import asdict

    found = [
        {"file": one.name, "ok": not one.errors, "problems": [asdict(problem) for problem in one.problems]}
        for one in checked
    ]
    click.echo(json.dumps(found, indent=2))


def print_problems(problems: list[Problem]) -> None:
    """One line each, to the error stream."""
    for problem in problems:
        click.echo(str(problem), err=True)


def run_cli(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        code = app.main(args=arguments, prog_name="spsim", standalone_mode=False)
    except InputError as error:
        print_problems(error.problems)
        return BAD_INPUT
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing was written", err=True)
        return INTERRUPTED
    except ArithmeticError as error:
        return broken_identity(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"spsim: {where}{error.strerror or error}; nothing was written", err=True)
        return FAILURE
    return code if isinstance(code, int) else 0


def broken_identity(error: ArithmeticError) -> int:
    """A run that stopped because its tables would not add up; any other arithmetic error is a bug."""
    from spsim.identities import IdentityError

    if not isinstance(error, IdentityError):
        raise error
    click.echo(f"spsim: an identity does not hold: {error}; nothing was written", err=True)
    return BREACH


def keep_processors_free() -> None:
    """Tables and linear algebra take one processor unless the user says more: kernels, schemes and the workbook have the others."""
    for name in ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


SHORT_TURN = 0.0002  # seconds
"""How long a thread keeps the interpreter while another waits. Kernels and large arrays let go of it thousands of times in a run; with
Python's 5 ms the schemes would each time wait so long for what is only loaded beside them."""


def main() -> None:
    """Entry point of the command `spsim`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    keep_processors_free()
    sys.setswitchinterval(SHORT_TURN)
    gc.disable()  # arrays and rows go when their last name does; looking for circles costs a tenth of a run
    code = run_cli()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    os._exit(
        code
    )  # all is written; taking the compiled kernels and the arrays apart would cost half a second
