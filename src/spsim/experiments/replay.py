"""An unemployment programme fed with its own flows: its first payments and exits in, durations, exhaustions and totals out.

Comes in: a CSV file of a programme's published months. Goes out: what the closed relations and what the kernel make of them, beside the
published figures. Called by `spsim replay`; docs/validation_unemployment.md says how well it fits the programme of the United States.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from spsim.arrays import Array
from spsim.calendar import month_label, month_number
from spsim.data.csv_table import CsvTable, TableProblem, open_table
from spsim.errors import InputError, Problem
from spsim.records import record
from spsim.stocks.unemployment_spells import ClaimRule, SpellRates, Spells, empty_state, project_spells

WEEKS_IN_MONTH = 365.25 / 7 / 12
LAG_MONTHS = 6  # between a first payment and a final one
PAID_OF_FULL_WEEK = 0.968  # mean payment of a week over the mean payment of a week without part-time earnings
INSURED = 1e9  # so many persons at work that a claim more or less does not change them
WARM_UP = 12
NEEDED = ("month", "first_payments", "final_payments")
KNOWN = ("avg_duration_weeks", "avg_weekly_benefit", "benefits_paid_thousands", "exhaustion_rate_pct")


@record(frozen=True)
class ProgrammeFlows:
    """Published months (N,): first and final payments of the month; means of the twelve months up to it, NaN where not published.

    `duration_weeks` weeks paid per first payment; `weekly_benefit` of a full week; `benefits` paid in the month, in currency units;
    `exhaustion_rate` final payments over the first payments of six months earlier.
    """

    months: Array
    first_payments: Array
    final_payments: Array
    duration_weeks: Array
    weekly_benefit: Array
    benefits: Array
    exhaustion_rate: Array

    def __post_init__(self) -> None:
        if len(self.months) < 12 + LAG_MONTHS:
            raise ValueError(
                f"{len(self.months)} months are too few; eighteen are needed for one exhaustion rate"
            )


@record(frozen=True)
class Replayed:
    """What the kernel makes of the flows, by month (N,): chance of leaving, weeks paid, exhaustions; twelve-month figures from them."""

    chance_of_leaving: Array
    weeks: Array
    exhaustions: Array
    exhaustion_rate: Array
    duration_weeks: Array
    benefits_12_months: Array


def twelve_months(monthly: Array) -> Array:
    """Sum over the twelve months up to each one (N,); NaN where fewer are known."""
    found = np.full(len(monthly), np.nan)
    found[11:] = np.convolve(monthly, np.ones(12), "valid")
    return found


def exhaustion_rate(first_payments: Array, final_payments: Array, lag: int = LAG_MONTHS) -> Array:
    """Final payments of twelve months over the first payments of the twelve months that ended `lag` months earlier, by month (N,).

    Share; NaN in the first 11 + `lag` months. Source: US Department of Labor, ETA Handbook 394, column "exhaustion rate".
    """
    earlier = np.concatenate(
        [np.full(lag, np.nan), twelve_months(first_payments)[: len(first_payments) - lag]]
    )
    return np.asarray(twelve_months(final_payments) / earlier)


def benefits_of_twelve_months(first_payments: Array, duration_weeks: Array, weekly_benefit: Array) -> Array:
    """First payments of twelve months × weeks paid for each × benefit of a full week × 0.968, by month (N,)."""
    return np.asarray(twelve_months(first_payments) * duration_weeks * weekly_benefit * PAID_OF_FULL_WEEK)


def steady_unemployment(separation: Array | float, finding: Array | float) -> Array:
    """Unemployment rate s / (s + f) at which as many lose a job as find one; s of the employed and f of the unemployed, by month.

    Raises ValueError where both are 0 or one is below 0.
    """
    s, f = np.asarray(separation, dtype=float), np.asarray(finding, dtype=float)
    if (s < 0).any() or (f < 0).any() or (s + f == 0).any():
        raise ValueError("separation and finding must be 0 or more, and not both 0")
    return np.asarray(s / (s + f))


def chance_of_leaving(rate: Array, months_granted: float) -> Array:
    """Monthly chance (N,) of leaving the programme early that leads to the exhaustion rate published eight months later.

    S = (1 − f)^D, for a spell of D months. Those of whom the rate of month t tells were on benefit between seventeen months before and t:
    eight months earlier in the middle. Before the first rate and after the last one theirs are held.
    """
    known = np.flatnonzero(np.isfinite(rate))
    place = np.clip(np.arange(len(rate)) + 8, known[0], known[-1])
    return np.asarray(1.0 - np.minimum(rate[place], 1.0) ** (1.0 / months_granted))


def replay(flows: ProgrammeFlows, granted: dict[int, float] | None = None) -> Replayed:
    """Feed the kernel with the programme's first payments and its chance of leaving, month by month.

    `granted`: shares of the claimants by months of benefit granted; by default half have five and half six months, 23.9 weeks on average.
    First payments fall in the middle of their month, so that the first month and the last one are paid by half.
    """
    shares = {5: 0.5, 6: 0.5} if granted is None else granted
    if not shares or abs(sum(shares.values()) - 1) > 1e-9 or min(shares) < 1 or min(shares.values()) < 0:
        raise ValueError(f"shares of claimants by months granted must be 0 or more and add to 1: {shares}")
    mean = sum(months * share for months, share in shares.items())
    leaving = chance_of_leaving(exhaustion_rate(flows.first_payments, flows.final_payments), mean)
    weeks, exhausted = np.zeros(len(leaving)), np.zeros(len(leaving))
    for months, share in shares.items():
        spells = claims_of(flows.first_payments * share, leaving, months)
        weeks += spells.beneficiaries()[0].sum(axis=1)[WARM_UP:] * WEEKS_IN_MONTH
        exhausted += spells.exhaustions[0].sum(axis=1)[WARM_UP:]
    duration = twelve_months(weeks) / twelve_months(flows.first_payments)
    return Replayed(
        leaving, weeks, exhausted, exhaustion_rate(flows.first_payments, exhausted), duration,
        benefits_of_twelve_months(flows.first_payments, duration, flows.weekly_benefit),
    )  # fmt: skip


def claims_of(first_payments: Array, leaving: Array, months_granted: int) -> Spells:
    """The kernel's claims when so many begin in each month and so many leave: twelve months of the first year's mean, then all months.

    Everyone leaves at the chance of the month until the last month, in which the claim is exhausted.
    """
    begun = np.concatenate([np.full(WARM_UP, first_payments[:12].mean()), first_payments])
    chance = np.concatenate([np.full(WARM_UP, leaving[0]), leaving])
    rule = ClaimRule(0, 0, np.array([months_granted]), np.array([0]), 0.5)
    separation = (
        np.append(begun[1:], 0.0) / INSURED
    )  # who separates at the end of a month claims in the next one
    rates = SpellRates(
        separation=separation[None, :, None], covered=1.0, take_up=1.0, exits=0.0,
        finding_claimants=np.append(np.ones(months_granted), 0.0)[:, None], finding_outside=np.zeros((1, 1)),
        insured_share=1.0, finding_multiplier=chance[None, :, None],
    )  # fmt: skip
    insured = np.full((1, len(begun) + 1, 1), INSURED)
    return project_spells(rule, rates, insured, empty_state(rule, [INSURED]))


# --- the file -----------------------------------------------------------------------------------------------


def read_flows(path: Path) -> ProgrammeFlows:
    """A CSV file with the columns month (YYYY-MM), first_payments, final_payments; and, where published, KNOWN. Raises InputError."""
    problems: list[TableProblem] = []
    table = open_table(path, NEEDED, problems)
    found = None if table is None else _columns(table)
    if problems:
        raise InputError(_of_flows(problem) for problem in problems)
    assert found is not None
    months, columns = found
    try:
        return ProgrammeFlows(
            months, columns["first_payments"], columns["final_payments"], columns["avg_duration_weeks"],
            columns["avg_weekly_benefit"], columns["benefits_paid_thousands"] * 1000.0,
            columns["exhaustion_rate_pct"] / 100.0,
        )  # fmt: skip
    except ValueError as error:
        what, _, how = str(error).partition("; ")
        raise InputError([Problem(str(path), 1, 1, ("month",), what, how)]) from None


def _columns(table: CsvTable) -> tuple[Array, dict[str, Array]]:
    """Month numbers, one after another, and the numbers of each column; NaN where a column or a cell that may be empty is."""
    months = [_month(table, number) for number in range(len(table.rows))]
    for number, (one, other) in enumerate(pairwise(months), 1):
        if one is not None and other is not None and other != one + 1:
            message = f"{month_label(other)} follows {month_label(one)}."
            table.blame(table.rows[number], "month", message, "Give every month once, in order.")
    columns = {}
    for name in (*NEEDED[1:], *KNOWN):
        least = 1e-9 if name == "first_payments" else 0.0
        empty = name in KNOWN
        values = [
            np.nan
            if not table.has(name) or (empty and not table.text(row, name))
            else table.number(row, name, least)
            for row in table.rows
        ]
        columns[name] = np.array([np.nan if value is None else value for value in values])
    return np.array([-1 if month is None else month for month in months]), columns


def _month(table: CsvTable, number: int) -> int | None:
    row = table.rows[number]
    try:
        return month_number(table.text(row, "month"))
    except ValueError:
        text = table.text(row, "month")
        table.blame(row, "month", f"'{text}' is not a month.", "Write it as 2008-01.")
        return None


def _of_flows(problem: TableProblem) -> Problem:
    remedy = problem.remedy.rstrip(".")
    place = (str(problem.file), problem.line, problem.column)
    return Problem(*place, ("flows",), problem.message.rstrip("."), remedy[:1].lower() + remedy[1:])


# --- what is shown ------------------------------------------------------------------------------------------

COLUMNS = (
    "month", "exhaustion_rate", "exhaustion_rate_published", "exhaustion_rate_kernel", "duration_weeks_kernel",
    "duration_weeks_published", "benefits_12m", "benefits_12m_published", "benefits_12m_kernel",
)  # fmt: skip


def rows(flows: ProgrammeFlows) -> Iterator[tuple[str, ...]]:
    """One row for each month with an exhaustion rate, in the order of COLUMNS; empty where nothing is published."""
    rate, found = exhaustion_rate(flows.first_payments, flows.final_payments), replay(flows)
    closed = benefits_of_twelve_months(flows.first_payments, flows.duration_weeks, flows.weekly_benefit)
    columns: Sequence[tuple[Array, int]] = (
        (rate, 6), (flows.exhaustion_rate, 6), (found.exhaustion_rate, 6), (found.duration_weeks, 3),
        (flows.duration_weeks, 3), (closed, 0), (twelve_months(flows.benefits), 0), (found.benefits_12_months, 0),
    )  # fmt: skip
    for n in np.flatnonzero(np.isfinite(rate)):
        cells = ("" if np.isnan(column[n]) else f"{column[n]:.{digits}f}" for column, digits in columns)
        yield (month_label(int(flows.months[n])), *cells)
