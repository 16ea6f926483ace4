"""`spsim replay`: an unemployment programme fed with its own published flows."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)


@click.command("replay")
@click.argument("flows", type=FILE, metavar="FLOWS.csv")
@click.option("--out", type=FILE, metavar="FILE", help="Write every month to a CSV file instead.")
def replay_command(flows: Path, out: Path | None) -> None:
    """Feed the claims of the engine with a programme's own first payments, and show durations, exhaustions and totals.

    FLOWS.csv has one row for each month: month (YYYY-MM), first_payments, final_payments; and, where they are published,
    avg_duration_weeks, avg_weekly_benefit, benefits_paid_thousands, exhaustion_rate_pct (means and rates of the twelve
    months up to the month). Eighteen months at least, none missing.

    \b
    Each figure three ways, where it can be:
      closed     from the published flows by the definition of the programme's statistics
      kernel     from the monthly kernel, fed with first payments and the chance of leaving early
      published
    The table shows Decembers and the last month.

    \b
    Examples:
      spsim replay tests/cases/us_unemployment/flows.csv
      spsim replay my_programme.csv --out my_programme_replayed.csv
    """
    from spsim.experiments.replay import COLUMNS, read_flows, rows

    found = list(rows(read_flows(flows)))
    if out is not None:
        text = "\n".join(",".join(cells) for cells in (COLUMNS, *found)) + "\n"
        out.write_text(text, encoding="utf-8", newline="\n")
        click.echo(f"{len(found)} months written to {out}")
        return
    for line in table([row for row in found if row[0].endswith("-12") or row is found[-1]]):
        click.echo(line)


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Lines of the screen: percentages, weeks, and benefits in millions."""
    head = f"{'':8}{'exhaustion rate, %':>30}{'weeks paid':>22}{'benefits of 12 months, millions':>36}"
    names = ("closed", "published", "kernel", "kernel", "published", "closed", "published", "kernel")
    widths = (8, 11, 11, 11, 11, 12, 12, 12)
    lines = [head, f"{'month':8}" + "".join(f"{name:>{width}}" for name, width in zip(names, widths))]
    for month, *cells in rows:
        shown = (scaled(cell, number) for number, cell in enumerate(cells))
        lines.append(f"{month:8}" + "".join(f"{cell:>{width}}" for cell, width in zip(shown, widths)))
    return lines


def scaled(cell: str, number: int) -> str:
    """A cell as a reader wants it; a dash for what is not published."""
    if not cell:
        return "-"
    if number < 3:
        return f"{100 * float(cell):.2f}"
    return f"{float(cell):.2f}" if number < 5 else f"{float(cell) / 1e6:,.0f}"
