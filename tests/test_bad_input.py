# ruff: noqa: E501 (the table of mistakes: one a line)
"""Mistakes a user makes, one at a time, in a copy of a good scenario: one helpful line at the right place, exit code 2."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from spsim.checking import check
from spsim.cli import run_cli

ROOT = Path(__file__).parent.parent
GOOD = (ROOT / "tests/cases/good.yaml").read_text(encoding="utf-8")
TEXTBOOK = (ROOT / "scenarios/iyer_model_scheme.yaml").read_text(encoding="utf-8")
LINE = re.compile(
    r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<path>[^:]+): (?P<what>.+); (?P<how>.+)$"
)


@dataclass(frozen=True)
class Bad:
    """Replace `old` by `new` in a good scenario; the finding stands on the line that then holds `mark` (after its ^, if any)."""

    name: str
    old: str
    new: str
    mark: str
    says: str
    warning: bool = False
    good: str = GOOD


def block(start: str, end: str | None) -> str:
    """The text of a block of the good scenario."""
    begin = GOOD.index(start)
    return GOOD[begin : None if end is None else GOOD.index(end, begin)]


EMPLOYEE = "employee: {party: employee, rate: 0.08, source: LSI Art. 33(1), status: official}"
CEILING = "ceiling: {of: reference_level, times: 20}"
PENSION = "          pension:\n            service: {at_least: 15}\n"
MALE_AGE = (
    "male: {by: event_date, start: 2021-01-01, from: 60y3m, increment: 3m, every: 1, until: 62y, before: 60y}"
)
BEHAVIOUR = block("  unemployment:\n    kind: unemployment\n    source: founders", None)

BAD = [
    # keys, types, ranges
    Bad("unknown key", "coefficient_of_variation", "coeficient_of_variation", "coeficient", "did you mean 'coefficient_of_variation'"),
    Bad("unknown key of a rule", "reentry_share", "reentry_shar", "reentry_shar:", "did you mean 'reentry_share'"),
    Bad("text for a number", "opening_reserve: 63e12", "opening_reserve: lots", "lots", "expected a number"),
    Bad("a number for a list", "class_shares: [0.2, 0.2, 0.2, 0.2, 0.2]", "class_shares: 0.2", "class_shares: 0.2", "expected a list"),
    Bad("true for a rate", "rate: 0.60", "rate: true", "rate: true", "expected a number"),
    Bad("nothing for a rate", "rate: 0.60", "rate: null", "rate: null", "write a value"),
    Bad("not a number", "rate: 0.60", "rate: .nan", "rate: .nan", "not a finite number"),
    Bad("percent for a fraction", "rate: 0.08,", "rate: 8,", "rate: 8,", "8 % as 0.08"),
    Bad("percent for accrual", "female: {by: service, mode: linear, points: {15: 0.45", "female: {by: service, mode: linear, points: {15: 45", "{15: 45", "45 is outside 0 to 1.5"),
    Bad("share above one", "2050: 0.50}", "2050: 1.50}", "2050: 1.50}", "outside 0 to 1"),
    Bad("negative benefit rate", "rate: 0.60", "rate: -0.60", "rate: -0.60", "outside 0 to 60"),
    Bad("negative amount a head", "times: 0.5}\n        spouse_age", "times: -0.5}\n        spouse_age", "times: -0.5", "below 0"),
    Bad("negative reserve", "opening_reserve: 1.2e15", "opening_reserve: -1.2e15", "-1.2e15", "at least 0"),
    Bad("negative administration", "{2025: 0.0136, 2026", "{2025: -0.0136, 2026", "-0.0136", "outside 0 to 1"),
    Bad("a ruinous interest", "points: {2025: 0.05, 2040: 0.05}", "points: {2025: -0.95}", "-0.95", "outside -0.5 to 1"),
    Bad("negative reference amount", "{2023-07-01: 1800000", "{2023-07-01: -1800000", "-1800000", "at least 0"),
    Bad("negative persons by year", "by_year: {1995: 2275000", "by_year: {1995: -2275000", "-2275000", "at least 0"),
    Bad("not a year", "by_year: {1995: 2275000", "by_year: {19955: 2275000", "19955", "out of range"),
    Bad("no wage", "value: 7200000", "value: 0", "value: 0\n", "write an amount above 0"),
    Bad("negative wage", "value: 7200000", "value: -7200000", "-7200000", "write an amount above 0"),
    Bad("negative profile", "{15: 0.60, 20: 0.75", "{15: -0.60, 20: 0.75", "-0.60", "-0.6 is outside"),
    Bad("no product", "gdp: {value: 12.8e15", "gdp: {value: 0", "gdp: {value: 0", "write an amount above 0"),
    Bad("absurd dispersion", "coefficient_of_variation: 0.6", "coefficient_of_variation: 60", "variation: 60", "at most 3"),
    Bad("age of 620", "until: 62y, before: 60y}\n      female", "until: 620, before: 60y}\n      female", "until: 620", "outside 30 to 100"),
    Bad("reduction of 200 %", "reduction: {basis: rate_points, per_year: 0.02", "reduction: {basis: rate_points, per_year: 2", "per_year: 2,", "outside 0 to 1"),
    Bad("negative window", "years_before: 5\n", "years_before: -5\n", "years_before: -5", "outside 0 to 40"),
    Bad("negative wait", "points: {2015: 15, 2026", "points: {2015: -15, 2026", "2015: -15", "outside 0 to 365"),
    Bad("nine parents", "{30: 0.5, 50: 0.35", "{30: 9, 50: 0.35", "{30: 9", "outside 0 to 4"),
    Bad("negative crisis", "    covered_share: 0.75", "    crisis: -2\n    covered_share: 0.75", "crisis: -2", "outside 0 to 100"),
    Bad("step that is no half-year", "step_months: 6, source: LSI Art. 66(3), status: official}\n            source: \"LSI Art. 65(1)(a)", "step_months: 5, source: LSI Art. 66(3), status: official}\n            source: \"LSI Art. 65(1)(a)", "step_months: 5", "1, 3, 6 or 12"),
    Bad("identifier", "id: viet_nam", "id: Viet Nam", "id: Viet Nam", "characters that are not allowed"),
    Bad("identifier of a fund", "\nfunds:\n", "\nfunds:\n  Spare Fund: {title: x}\n", "Spare Fund", "characters that are not allowed"),
    # sums
    Bad("class shares", "[0.2, 0.2, 0.2, 0.2, 0.2]", "[0.2, 0.2, 0.2, 0.2]", "class_shares", "must add to 1"),
    Bad("weights of a mix", "minimum_wage_region_1: 0.45", "minimum_wage_region_1: 0.5", "mix: ", "must add to 1"),
    Bad("contribution rates", "rate: 0.14,", "rate: 0.94,", "    contributions:\n", "more than the wage"),
    Bad("leaving and invalidity", "{18: 0.13, 25", "{18: 0.999, 25", "behaviour:\n^  pension:", "more than all contributors"),
    Bad("separating and leaving", "withdrawal_rate: {by: age, mode: linear, points: {18: 0.001", "withdrawal_rate: {by: age, mode: linear, points: {18: 0.99", "^  unemployment:\n    kind: unemployment\n    source: founders", "more than all insured"),
    Bad("groups together", "    compulsory:\n", "    second: {share: 0.9, source: x, status: assumption, wages: {average: {value: 5, year: 2025}}}\n    compulsory:\n", "  groups:\n", "bring them to 1 or less"),
    Bad("no class separates", "[1.4, 1.15, 1.0, 0.8, 0.65]", "[0, 0, 0, 0, 0]", "separation_by_class", "no class ever separates"),
    # provenance
    Bad("unverified", "    status: unverified\n    administration", "    status: unverified\n    administration", "", "an unverified parameter"),
    Bad("law without a source", "    source: EL25\n    status: secondary\n    fund", "    status: secondary\n    fund", "  unemployment:\n    kind: unemployment\n    title", "a parameter of law without source"),
    Bad("law without a status", "    law: Law on Social Insurance 41/2024/QH15\n    source: LSI\n    status: official", "    law: Law on Social Insurance 41/2024/QH15\n    source: LSI", "schemes:\n^  pension:", "a parameter of law without status"),
    # floors and ceilings
    Bad("ceiling below floor", "floor: {of: reference_level, times: 1}\n      " + CEILING, "floor: 5\n      ceiling: 4", "contribution_base:\n      floor", "below the floor"),
    Bad("ceiling below floor by amounts", CEILING, "ceiling: {of: reference_level, times: 0.5}", "contribution_base:\n      floor", "below the floor"),
    Bad("ceiling below floor from a date", CEILING, "ceiling: {by: event_date, points: {2025: 50e6, 2050: 2.4e6}}", "contribution_base:\n      floor", "in 2050-01"),
    Bad("ceiling below floor later on", CEILING, "ceiling: {by: event_date, points: {2025: 50_000_000, 2061-04: 4}}", "contribution_base:\n      floor", "in 2061-04"),
    Bad("benefit cap below floor", "cap: {of: regional", "floor: {of: regional_minimum_wage, times: 6}\n      cap: {of: regional", "    benefit:\n      source", "below the floor"),
    Bad("pension cap below floor", "floor: {of: reference_level, times: 1}\n            with", "floor: {of: reference_level, times: 1}\n            cap: 5\n            with", "with_minimum:", "below the floor"),
    Bad("floor of a lump sum", "service: {below: 15}\n            pays: lump_sum\n            amount: &one_time", "service: {below: 15}\n            floor: 5\n            pays: lump_sum\n            amount: &one_time", "floor: 5", "monthly pensions only"),
    # conditions that contradict
    Bad("no one qualifies", "service: {at_least: 15}\n            pays", "service: {at_least: 50}\n            pays", "at_least: 50", "no one can ever qualify", warning=True),
    Bad("no survivor qualifies", "kind: survivors\n        service: {at_least: 15}", "kind: survivors\n        service: {at_least: 70}", "at_least: 70", "no one can ever qualify", warning=True),
    Bad("service between exchanged limits", "service: {below: 20}", "service: {below: 20, at_least: 25}", "at_least: 25", "no service is at least 25"),
    Bad("hidden tier", PENSION, PENSION.replace("pension", "any").replace("at_least: 15", "at_least: 15") + "            pays: pension\n            amount: *accrual\n" + PENSION, PENSION, "can never be reached"),
    Bad("tier hidden by two", "          early:\n            service: {at_least: 20}", "          rest:\n            pays: lump_sum\n            amount: *one_time\n          early:\n            service: {at_least: 20}", "          rest:\n", "can never be reached"),
    Bad("two rules for one contingency", "      death_lump_sum:\n", "      survivors2:\n        kind: survivors\n        service: {at_least: 15}\n        per_head: 5\n        spouse_age: 60\n        source: x\n        status: official\n      death_lump_sum:\n", "survivors2:", "join them as tiers"),
    Bad("insured before and from one date", "first_insured: {before: 2025-07-01}\n            pays: pension", "first_insured: {before: 2025-07-01, from: 2025-07-01}\n            pays: pension", "from: 2025-07-01}\n            pays", "no one is first insured"),
    Bad("not an entry cohort", "first_insured: {before: 2025-07-01}\n            pays: pension", "first_insured: {before: 2025-08-01}\n            pays: pension", "2025-08-01", "add 2025-08-01 to entry_cohorts"),
    Bad("cohorts out of order", "entry_cohorts: [2025-07-01]", "entry_cohorts: [2025-07-01, 2020-01-01]", "entry_cohorts", "not after the cohort before it"),
    Bad("cohort before the start", "entry_cohorts: [2025-07-01]", "entry_cohorts: [1990-01-01, 2025-07-01]", "entry_cohorts", "not after the start"),
    Bad("record longer than its window", "required: 12, window: 24", "required: 36, window: 24", "window: 24", "no one can ever qualify"),
    Bad("record never long enough", "window: 24, longest: 144", "window: 24, longest: 6", "longest: 6", "raise `longest`"),
    Bad("duration past the longest", "every: 12, until: 12", "every: 12, until: 24", "until: 24", "raise `longest`"),
    Bad("oldest below youngest", "      oldest: 61", "      youngest: 50\n      oldest: 30", "oldest: 30", "below the youngest"),
    Bad("reduction without a window", "            years_before: 5\n", "", "          early:\n", "a reduction needs years_before"),
    Bad("points from an amount without a rate", "amount: *accrual\n            reduction: {basis: rate_points, per_year: 0.02, step_months: 6, source: LSI Art. 66(3), status: official}\n            source: \"LSI Art. 65(1)(a)", "amount: {kind: per_year_of_service, rate: 0.02}\n            reduction: {basis: rate_points, per_year: 0.02, step_months: 6, source: LSI Art. 66(3), status: official}\n            source: \"LSI Art. 65(1)(a)", "reduction: {basis: rate_points, per_year: 0.02, step_months: 6, source: LSI Art. 66(3), status: official}\n            source: \"LSI Art. 65(1)(a)", "no rate from which to take points"),
    Bad("withdrawal as a pension", "pays: lump_sum\n            amount: *one_time\n            source: \"LSI Art. 70(1): insured", "pays: pension\n            amount: *accrual\n            source: \"LSI Art. 70(1): insured", "pays: pension\n            amount: *accrual\n            source: \"LSI Art. 70(1): insured", "a withdrawal is paid once"),
    Bad("earnings of pensioners", "amount: {kind: flat, amount: {of: reference_level, times: 10}", "amount: {kind: months_of_earnings, per_year: 2", "      funeral:", "of_pensioners"),
    Bad("service counted too short", "longest_service: 47", "longest_service: 10", "longest_service: 10", "raise longest_service"),
    Bad("pension age past the members", "until: 62y, before: 60y}\n      female", "until: 80y, before: 60y}\n      female", "pension_age:\n", "before the pension age"),
    # amounts put together, averages, accounts, late retirement
    Bad("unknown account", "reference_earnings: {kind: career", "accounts: {savings: {allocation: 0.05, crediting: {fixed: 0.04}}}\n    reference_earnings: {kind: career", "accounts: {savings", "an account that nothing pays out", warning=True),
    Bad("average that nothing names", "reference_earnings: {kind: career", "other_earnings: {last: {kind: final, years: 5}}\n    reference_earnings: {kind: career", "other_earnings: {last", "an average that no amount names", warning=True),
    Bad("index that is no amount", "valorisation: prices", "valorisation: reference_leval", "valorisation: reference_leval", "did you mean 'reference_level'"),
    Bad("best years outside", "reference_earnings: {kind: career, valorisation: prices", "reference_earnings: {kind: best, years: 10, within: 5, valorisation: prices", "years: 10, within: 5", "cannot lie within 5"),
    Bad("blend above one", "amount: {kind: flat, amount: {of: reference_level, times: 10}", "amount: {kind: blend, old: {kind: flat, amount: 5}, new: {kind: flat, amount: 6}, share_of_old: 1.2", "share_of_old: 1.2", "write a share from 0 to 1"),
    Bad("one part alone", "amount: {kind: flat, amount: {of: reference_level, times: 10}", "amount: {kind: sum_of, parts: {a: {kind: flat, amount: 5}}", "parts: {a: {kind", "one part alone is not put together"),
    Bad("average of nothing", "pays: lump_sum\n            amount: *one_time\n            source: \"LSI Art. 70(1): insured", "pays: lump_sum\n            amount: {kind: percent_of_earnings, rate: 0.5, of: last}\n            source: \"LSI Art. 70(1): insured", "of: last", "average of other_earnings"),
    Bad("both sides of the age", "            years_before: 5\n", "            years_before: 5\n            years_after: 5\n", "years_after: 5", "write two tiers"),
    Bad("contributing after the age by nobody", "      kind: covered\n", "      kind: covered\n      after_age: contribute\n", "after_age: contribute", "nobody is left to contribute"),
    Bad("gap between tiers", "            service: {below: 15}\n            pays: lump_sum", "            service: {below: 10}\n            pays: lump_sum", "      old_age:\n        kind: old_age", "get nothing from old_age", warning=True),
    Bad("grant by service to pensioners", "amount: {kind: flat, amount: {of: reference_level, times: 10}", "amount: {kind: flat, amount: {by: service, points: {0: 5, 10: 6}}", "      funeral:", "which is not kept of pensioners"),
    Bad("late tier for nobody", "          early:\n            service: {at_least: 20}\n            years_before: 5\n            pays: pension\n            amount: *accrual\n            reduction: {basis: rate_points, per_year: 0.02, step_months: 6, source: LSI Art. 66(3), status: official}\n", "          early:\n            service: {at_least: 20}\n            years_after: 5\n            pays: pension\n            amount: *accrual\n", "          early:\n", "nobody is left to retire late"),
    Bad("increase without late retirement", "            years_before: 5\n", "            years_before: 5\n            increase: {basis: factor, per_year: 0.05}\n", "          early:\n", "an increase needs years_after"),
    Bad("contribution without a rate", "{party: employer, rate: 0.14", "{party: employer", "employer: {party", "a contribution without a rate"),
    Bad("month of the claim in a contribution", "{party: employer, rate: 0.14", "{party: employer, rate: {by: claim_month, points: {1: 0.1}}", "by: claim_month, points: {1: 0.1}", "cannot be keyed by claim_month"),
    Bad("drawn from an account that is not there", "    leaving_rate:", "    account_withdrawals: {pot: 0.1}\n    leaving_rate:", "account_withdrawals: {pot", "unknown account 'pot'"),
    # tables and keys
    Bad("falling accrual", "female: {by: service, mode: linear, points: {15: 0.45, 30: 0.75}}", "female: {by: service, mode: linear, points: {15: 0.45, 25: 0.35, 30: 0.75}}", "25: 0.35", "the rate falls at 25", warning=True),
    Bad("gap in accrual", "points: {15: 0.40, 20: 0.45, 35: 0.75}", "points: {20: 0.45, 35: 0.75}", "{20: 0.45, 35", "add a point at 15"),
    Bad("year as service", "points: {15: 0.40, 20: 0.45", "points: {15: 0.40, 2000: 0.45", "2000: 0.45", "no place on the key service"),
    Bad("year as age", "points: {18: 0.016", "points: {2018: 0.016", "2018: 0.016", "no place on the key age"),
    Bad("age as year", "points: {2025: 0.34", "points: {25: 0.34", "{25: 0.34", "is not a date"),
    Bad("month 13", "points: {2025: 0.34", "points: {2025-13: 0.34", "2025-13", "not a date of the calendar"),
    Bad("two points at one place", "{2025: 0.34, 2035: 0.42", "{2025: 0.34, 2025-01: 0.42", "2025-01: 0.42", "two points stand at the same place"),
    Bad("roadmap that goes astray", MALE_AGE, MALE_AGE.replace("increment: 3m", "increment: -3m"), "increment: -3m", "check its sign"),
    Bad("claim month in a contribution", "rate: 0.08,", "rate: {by: claim_month, points: {1: 0.08}},", "claim_month, points: {1: 0.08}", "cannot be keyed by claim_month"),
    Bad("first insured in a contribution", "rate: 0.08,", "rate: {by: first_insured_date, points: {2025: 0.08}},", "first_insured_date, points", "cannot be keyed by first_insured_date"),
    Bad("age in a ceiling", CEILING, "ceiling: {of: reference_level, times: {by: age, points: {20: 20}}}", "by: age, points: {20: 20}", "cannot be keyed by age"),
    Bad("service in a pension age", "male: {by: event_date, start: 2021-01-01, from: 60y3m", "male: {by: service, start: 2, from: 60y3m", "by: service, start", "cannot be keyed by service"),
    Bad("service in the spouse's age", "spouse_age:\n          " + MALE_AGE, "spouse_age:\n          male: {by: service, points: {1: 60}}", "by: service, points: {1: 60}", "cannot be keyed by service"),
    Bad("age in inflation", "price_inflation: {by: event_date", "price_inflation: {by: age", "price_inflation", "no place on the key age"),
    Bad("record in job finding", "job_finding: {by: claim_month", "job_finding: {by: record_months", "job_finding", "cannot be keyed by record_months"),
    Bad("service in a benefit rate", "rate: 0.60", "rate: {by: service, points: {1: 0.6}}", "by: service, points: {1: 0.6}", "cannot be keyed by service"),
    Bad("age in an unemployment contribution", "employee: {party: employee, rate: 0.01", "employee: {party: employee, rate: {by: age, points: {20: 0.01}}", "by: age, points: {20: 0.01}", "cannot be keyed by age"),
    Bad("by sex where one is read", CEILING, "ceiling: {male: 5e7, female: 6e7}", "ceiling: {male", "men and women cannot differ here"),
    Bad("an amount for a rate", "rate: 0.08,", "rate: {of: reference_level, times: 0.08},", "rate: {of", "an amount of money cannot stand here"),
    # names
    Bad("unknown amount", "per_head: {of: reference_level", "per_head: {of: reference_levle", "reference_levle", "did you mean 'reference_level'"),
    Bad("unknown amount in a mix", "mix: {minimum_wage_region_1", "mix: {minimum_wage_regoin_1", "regoin", "did you mean 'minimum_wage_region_1'"),
    Bad("unknown fund", "    fund: pension\n", "    fund: penson\n", "fund: penson", "did you mean 'pension'"),
    Bad("unknown fund of a contribution", "employee: {party: employee, rate: 0.08", "employee: {party: employee, fund: penson, rate: 0.08", "penson", "did you mean 'pension'"),
    Bad("unknown group", "group: compulsory\n      run_in", "group: compulsry\n      run_in", "compulsry", "did you mean 'compulsory'"),
    Bad("unknown scheme", "behaviour:\n  pension:", "behaviour:\n  pensoin:", "pensoin", "did you mean 'pension'"),
    Bad("unknown benefit", "withdrawal: {one_time: {by", "withdrawl: {one_time: {by", "withdrawl:", "did you mean 'withdrawal'"),
    Bad("unknown tier", "withdrawal: {one_time: {by", "withdrawal: {one_tme: {by", "one_tme", "did you mean 'one_time'"),
    Bad("unknown country", "country: VNM, variant", "country: VNN, variant", "VNN", "no country 'VNN'"),
    Bad("unknown variant", "variant: medium", "variant: middle", "middle", "medium, low, high"),
    # what is missing, what has no effect
    Bad("no behaviour", BEHAVIOUR, "", "  unemployment:\n    kind: unemployment\n    title", "no behaviour for this scheme"),
    Bad("early tier without use", "      old_age:\n        early: {male: 0.012, female: 0.012}\n", "", "          early:\n", "nothing says how many do"),
    Bad("withdrawal without use", block("      withdrawal: {one_time: {by", "      old_age:\n        early: {male"), "", "          one_time:\n            service", "nothing says how many do"),
    Bad("use of invalidity", "    use:\n", "    use:\n      invalidity: {pension: 0.5}\n", "invalidity: {pension: 0.5}", "invalidity is not a choice"),
    Bad("factors for other classes", "[1.4, 1.15, 1.0, 0.8, 0.65]", "[1.4, 1.15, 1.0, 0.8]", "separation_by_class", "one factor for each"),
    Bad("a benefit that pays no pension", "        survivors:\n          persons: 300000", "        funeral:\n          persons: 300000", "        funeral:\n          persons", "unknown benefit with a pension"),
    Bad("an average that the law sets", "          persons: 300000", "          persons: 300000\n          average_monthly: 1000000", "average_monthly: 1000000", "has no effect"),
    Bad("contributors of a later year", "2025: 17430000}", "2025: 17430000, 2030: 19000000}", "2030: 19000000", "has no effect"),
    Bad("insured of two years", "insured: {2025: 15900000}", "insured: {2020: 13000000, 2025: 15900000}", "2020: 13000000", "has no effect"),
    Bad("a past too short for pensions", "run_in_years: 30", "run_in_years: 12", "run_in_years: 12", "raise it above 15"),
    Bad("a wage of long ago", "          year: 2025\n", "          year: 2010\n", "year: 2010", "outside the projection"),
    Bad("a product of long ago", "12.8e15, year: 2025", "12.8e15, year: 1999", "year: 1999", "outside the projection"),
    Bad("State pays nothing", block("      state: {party: state", "    state_while"), "", "state_while_reserve_below", "no contribution of the State"),
    Bad("a scheme of the future", "start: 2009-01-01", "start: 2035-01-01", "start: 2035-01-01", "after the first year"),
    Bad("fund that no one pays into", "\nfunds:\n", "\nfunds:\n  spare: {title: Spare}\n", "spare:", "no scheme and no contribution names", warning=True),
    Bad("only wages above the ceiling", "      ceiling: {of: reference_level, times: 20}", "      above: {of: reference_level, times: 21}\n      ceiling: {of: reference_level, times: 20}", "above:", "nothing is insured"),
    Bad("precedence of one limit", "            pays: pension\n", "            pays: pension\n            precedence: cap_wins\n", "precedence:", "one of them is missing"),
    Bad("amount without use", "    regional_minimum_wage:\n", "    poverty_line: {points: {2025: 1500000}, source: x, status: secondary}\n    regional_minimum_wage:\n", "poverty_line", "nothing refers to", warning=True),
    Bad("group without a scheme", "    compulsory:\n", "    second: {share: 0.1, source: x, status: assumption, wages: {average: {value: 5, year: 2025}}}\n    compulsory:\n", "    second:", "no scheme covers", warning=True),
    Bad("no population", "population: {country: VNM, variant: medium}\n", "", "labour:\n", "add a block `population"),
    Bad("no labour", block("labour:\n", "economy:\n"), "", "    members:\n      kind: covered", "add a block `labour`"),
    Bad("no economy", block("economy:\n", "funds:\n"), "", "schemes:\n", "add a block `economy`"),
    Bad("horizon past the data", "end: 2100}", "end: 2150}", "horizon:", "set the last year to 2100"),
    Bad("horizon backwards", "end: 2100}", "end: 2020}", "horizon:", "not after the start"),
    Bad("key twice", "    covered_share: 0.75\n", "    covered_share: 0.75\n    covered_share: 0.75\n", "", "twice in the same block"),
    # members given outright
    Bad("age groups with a gap", "{from: 25, to: 30", "{from: 26, to: 30", "{from: 26", "write from: 25", good=TEXTBOOK),
    Bad("age group backwards", "{from: 20, to: 25", "{from: 20, to: 19", "{from: 20, to: 19", "not after its beginning", good=TEXTBOOK),
    Bad("entrants of another age", "entry_age: 20", "entry_age: 18", "{from: 20, to: 25", "entrants are 18", good=TEXTBOOK),
    Bad("life table that rises", "{20: 1000, 25: 995", "{20: 1000, 25: 1995", "service_table", "survivors rise with age", good=TEXTBOOK),
    Bad("retirement after the exit", "pension_age: 65", "pension_age: 70", "pension_age: 70", "before the pension age", good=TEXTBOOK),
]  # fmt: skip


def variant(bad: Bad) -> tuple[str, int | None]:
    """Text with the mistake, and the line on which the finding must stand."""
    if bad.name == "unverified":
        return GOOD.replace("  allow_unverified: true\n", ""), None
    assert bad.old in bad.good, "the good scenario has changed; mend this case"
    text = bad.good.replace(bad.old, bad.new, 1)
    if not bad.mark:
        return text, None
    before, _, after = bad.mark.rpartition("^")
    assert before + after in text
    return text, text[: text.index(before + after)].count("\n") + 1 + before.count("\n")


@pytest.mark.parametrize("bad", BAD, ids=[bad.name.replace(" ", "-") for bad in BAD])
def test_one_line_at_the_right_place(
    bad: Bad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text, line = variant(bad)
    Path("mine.yaml").write_text(text, encoding="utf-8")
    code = run_cli(["check", "mine.yaml"])
    out, error = capsys.readouterr()
    assert code == (0 if bad.warning else 2)
    lines = (out + error).splitlines()
    found = [match for match in map(LINE.match, lines) if match and match["file"] == "mine.yaml"]
    places = {(match["line"], match["column"]) for match in found}
    wanted = 3 if bad.name == "unverified" else 1
    assert len(places) == wanted, out + error
    assert bad.says in found[0][0] and found[0]["how"]
    assert ("warning: " in found[0]["what"]) == bad.warning
    if line is not None:
        assert int(found[0]["line"]) == line, found[0][0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml"]


def test_extending_a_good_scenario_with_a_bad_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mistake stands in the file that extends, and is reported there."""
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(GOOD, encoding="utf-8")
    Path("reform.yaml").write_text(
        "extends: base.yaml\nschemes:\n  pension:\n    contributions:\n      employee: {rate: 9}\n",
        encoding="utf-8",
    )
    assert run_cli(["check", "reform.yaml"]) == 2
    assert capsys.readouterr()[1].startswith(
        "reform.yaml:5:24: schemes.pension.contributions.employee.rate: 9 is outside"
    )


def test_the_good_scenarios_are_good() -> None:
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        assert check(path).errors == [], path.name


def test_checking_loads_no_numpy_and_is_quick() -> None:
    """A whole process, whatever the mistake; its share of one second is measured in benchmarks."""
    code = (
        "import sys, spsim.checking\n"
        "spsim.checking.check(sys.argv[1])\n"
        "print([name for name in ('numpy', 'numba', 'scipy', 'polars') if name in sys.modules])"
    )
    begun = time.perf_counter()
    argv = [sys.executable, "-c", code, str(ROOT / "scenarios/viet_nam.yaml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - begun < 20


def test_a_fresh_process_knows_the_valid_keys(tmp_path: Path) -> None:
    """The models are built late, and the messages need them whole."""
    bad = tmp_path / "mine.yaml"
    bad.write_text(GOOD.replace("coefficient_of_variation", "coeficient_of_variation"), encoding="utf-8")
    code = "import sys; from spsim.cli import run_cli; sys.exit(run_cli(['check', sys.argv[1]]))"
    argv = [sys.executable, "-c", code, str(bad)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "did you mean 'coefficient_of_variation'?" in done.stderr + done.stdout
