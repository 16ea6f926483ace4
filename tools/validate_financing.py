"""Write docs/validation_financing.md: published numbers beside ours. python tools/validate_financing.py

Uses the same cases and the same readings of them as the tests.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from spsim import financing as f

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import test_annuities as annuities  # noqa: E402
import test_financing_iyer as iyer  # noqa: E402
import test_financing_us as us  # noqa: E402
import test_us_benefit as benefit  # noqa: E402

PAGE = ROOT / "docs" / "validation_financing.md"
HEAD = """# Validation of financing: our numbers beside published ones

Made by `python tools/validate_financing.py`. The tolerances are asserted by the tests that each section names. What the measures mean:
[financing.md](financing.md).
"""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(
        [
            "| " + " | ".join(header) + " |",
            "|---" * len(header) + "|",
            *("| " + " | ".join(row) + " |" for row in rows),
        ]
    )


def textbook() -> Iterator[str]:
    """Iyer's tables 3 and 4a by the integrals of the model scheme, and by the engine."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {"v1": iyer.engine(iyer.SCENARIO), "v2": iyer.engine(credited(Path(folder)))}
    yield """## The textbook's model scheme

S. Iyer, *Actuarial mathematics of social security pensions*, ILO/ISSA 1999, Appendix 2. *Integrals*: the scheme in continuous time from
its table 2 (`financing.ModelScheme`; between printed ages by a cubic spline), within 0.01 percentage point. *Engine*: `spsim valuation
scenarios/iyer_model_scheme.yaml --july`, yearly steps, within 0.05 point.

    pytest tests/test_financing_iyer.py tests/test_iyer.py

Premiums, % of salaries:
"""
    names = {
        "general average premium": ("general_average_premium", iyer.GAP, lambda v: iyer.continuous(v).gap()),
        "initial population (AP1)": (
            "initial_population_premium",
            iyer.AP1,
            lambda v: iyer.continuous(v).ap1(),
        ),
        "new entrants (AP2)": (
            "new_entrants_premium",
            dict.fromkeys(iyer.GAP, iyer.AP2),
            lambda v: iyer.continuous(v).ap2(),
        ),
    }
    rows = [
        [name, "none" if v == "v1" else "all", f"{book[v]:.2f}", f"{100 * closed(v):.3f}", f"{iyer.measures(runs[v])[key]:.3f}"]
        for name, (key, book, closed) in names.items()
        for v in ("v1", "v2")
    ]  # fmt: skip
    yield table(["premium", "past service credited", "book", "integrals", "engine"], rows)
    yield "\nNot printed in the book, by an integral over the initial population (all past service credited) and by the engine:\n"
    yield table(["measure", "integral", "engine"], list(accrued(runs["v2"])))
    yield "\nScaled premiums of four control periods of twenty years, variant 1, %:\n"
    yield table(["kind", "by", "1-20", "21-40", "41-60", "61-80"], list(scaled(runs["v1"])))
    yield "\nTable 3 by its integrals (the engine stands in [validation.md](validation.md)):\n"
    yield table(
        ["year", "actives", "", "pensioners", "", "PAYG %, variant 1", "", "PAYG %, variant 2", ""],
        [
            ["", "book", "spsim", "book", "spsim", "book", "spsim", "book", "spsim"],
            *(list(table_3(row)) for row in iyer.TABLE3),
        ],
    )
    yield "\nTable 4a, variant 1: rate in % and reserve in million under each system (book, integrals, engine):\n"
    header = ["year", *(f"{name} {what}" for name in ("GAP", "TFS", "AFS") for what in ("rate", "reserve"))]
    yield table(header, [list(table_4a(row, runs["v1"])) for row in iyer.TABLE4A])


def accrued(run: iyer.FundValuation) -> Iterator[list[str]]:
    """Accrued liability and normal cost of the accrued benefit method at time 0."""
    liability, earned = iyer.accrued_at_once("v2")
    found = {one.name: one.value or 0.0 for one in run.measures}
    yield [
        "accrued liability, thousand",
        f"{liability / 1e3:,.0f}",
        f"{found['accrued_liability'] / 1e3:,.0f}",
    ]
    rate, salaries = found["accrued_benefit_normal_rate"], float(iyer.scheme("v2").salary_bill(0.0)[0])
    yield ["accrued benefit method, % of salaries", f"{100 * earned / salaries:.2f}", f"{100 * rate:.2f}"]


def scaled(run: iyer.FundValuation) -> Iterator[list[str]]:
    """Scaled premiums by the integrals and by the engine."""
    for kind in (1, 2):
        rates = 100 * run.systems[f"scaled_premium_{kind}"].rate
        yield [f"{kind}", "integrals", *(f"{rate:.3f}" for rate in iyer.scaled_by_integrals(kind))]
        yield [f"{kind}", "engine", *(f"{rates[20 * period]:.3f}" for period in range(4))]


def credited(folder: Path) -> Path:
    path = folder / "credited.yaml"
    path.write_text(
        f"extends: {iyer.SCENARIO.as_posix()!r}\nmeta: {{id: credited, title: All past service credited}}\n"
        "schemes: {pension: {members: {past_service_credited: 1}}}\n",
        encoding="utf-8",
    )
    return path


def table_3(row: dict[str, float]) -> Iterator[str]:
    at = row["year"] - 1
    yield f"{row['year']:g}"
    model = iyer.scheme("v1")
    for name, values in (("actives", model.contributors(at)), ("pensioners", model.pensioners(at))):
        yield from (f"{row[name]:g}", f"{values[0]:.1f}")
    for variant in ("v1", "v2"):
        one = iyer.scheme(variant)
        rate = float(one.expenditure(at)[0] / one.salary_bill(at)[0])
        yield from (f"{row[variant + '_payg_pct']:g}", f"{100 * rate:.3f}")


def table_4a(row: dict[str, float], run: iyer.FundValuation) -> Iterator[str]:
    at, found, model = int(row["year"]) - 1, iyer.continuous("v1"), iyer.scheme("v1")
    yield f"{row['year']:g}"
    wages, initial = (model.salary_bill(float(at), of) for of in ("all", "initial"))
    new = found.wages - found.wages_initial
    rates = {
        "gap": (found.gap(), found.gap(), "general_average_premium"),
        "tfs": (model.value_of_awards(float(at)) / wages, found.awards / found.wages, "terminal_funding"),
        "afs": (
            f.average_premium_rates(initial, wages - initial, found.ap1(), found.ap2()),
            f.average_premium_rates(found.wages_initial, new, found.ap1(), found.ap2()),
            "average_premiums",
        ),
    }  # fmt: skip
    for name, (rate, path, system) in rates.items():
        charged, engine = f.charged(path, found.wages, found.expenditure, found.interest), run.systems[system]
        reserve = charged.reserve[at * iyer.STEPS - 1] if at else 0.0
        by_engine = engine.reserve[at - 1] if at else 0.0
        of_engine = engine.rate[[max(at - 1, 0), at]].mean()
        yield f"{row[name + '_rate']:.2f}, {100 * float(np.squeeze(rate)):.3f}, {100 * of_engine:.3f}"
        yield f"{row[name + '_res_m']:g}, {reserve / 1e6:.1f}, {by_engine / 1e6:.1f}"


def united_states() -> Iterator[str]:
    """Balance, fund path and benefits of the Trustees Report."""
    found = us.balance(75)
    paths = f.reserve_path(
        us.column(us.SHORT, "total_income_bn"), us.column(us.SHORT, "cost_bn"), 0.0, us.OPENING
    )
    starts = np.append(us.OPENING, us.column(us.SHORT, "reserves_eoy_bn")[:-1])
    ratios = 100 * f.fund_ratio(starts, us.column(us.SHORT, "cost_bn"))
    yield f"""## The long-range projection of the United States

2026 Trustees Report, intermediate alternative. `financing.actuarial_balance` with the published interest factors, 2026-2100, opening
reserve 2,561.3 billion: summarised income rate {100 * float(found.income_rate):.2f} %, cost rate {100 * float(found.cost_rate):.2f} %, balance
**{100 * float(found.balance):.2f} %** of taxable payroll (published −4.44; the test asks for 0.03).

    pytest tests/test_financing_us.py
"""
    rows = [
        [row["year"], row["reserves_eoy_bn"], f"{reserve:.1f}", f"{ratio:.0f}"]
        for row, reserve, ratio in zip(us.SHORT, paths, ratios, strict=True)
    ]
    yield table(
        ["year", "reserve at the end, billion, published", "spsim", "fund ratio at the start, %"], rows
    )
    yield "\nPublished fund ratios: 151, 131, ..., 74 (2030), ..., 23 (2033). In 2034 the reserve is used up, as published.\n"
    yield """Scheduled yearly benefit of a worker who always earned the maximum, dollars of 2026 (table V.C7), by `spsim person` on
`tests/cases/us_oasdi/steady_maximum.yaml`. The choice of the best 35 years is the test's; indexing, ceiling, bend points, brackets and the
early reduction are the engine's. The test asks for 0.25 %.

    pytest tests/test_us_benefit.py
"""
    yield table(
        ["year of age 65", "at 67, published", "spsim", "%", "at 65, published", "spsim", "%"],
        list(benefits()),
    )


def benefits() -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        for row in benefit.PUBLISHED[::5]:
            born = int(row["year"]) - 65
            law, prices = benefit.scheme(Path(folder), born), benefit.PRICES[2026] / benefit.PRICES[born + 62]
            cells = [row["year"]]
            for age, column in ((67, "nra_benefit_2026usd"), (65, "age65_benefit_2026usd")):
                ours, book = benefit.benefit(law, born, age) * prices, float(row[column])
                cells += [f"{book:,.0f}", f"{ours:,.0f}", f"{100 * (ours / book - 1):+.2f}"]
            yield cells


def life_table() -> Iterator[str]:
    """Largest differences from the Standard Ultimate Life Table."""
    lines = annuities.CASE.read_text(encoding="utf-8").splitlines()[1:]
    published = [
        {name: float(value) for name, value in row.items()} for row in annuities.csv.DictReader(lines)
    ]
    q, i = annuities.makeham(), annuities.INTEREST
    ours = {
        "annuity_due": annuities.annuity_due(q, i), "Ax": annuities.insurance(q, i),
        "annuity_due_10": annuities.annuity_due(q, i, years=10), "E10": annuities.pure_endowment(q, i, 10),
    }  # fmt: skip
    yield """## The Standard Ultimate Life Table

Makeham's law, 5 % interest, ages 20-100. The test asks for 5·10⁻⁵, half of the last printed digit.

    pytest tests/test_annuities.py
"""
    rows = []
    for name, values in ours.items():
        worst = max(abs(values[int(row["x"]) - 20] - row[name]) for row in published)
        at_65 = next(row[name] for row in published if row["x"] == 65)
        rows.append([name, f"{at_65:.5f}", f"{values[45]:.5f}", f"{worst:.1e}"])
    yield table(["value", "published at 65", "spsim at 65", "largest difference of all ages"], rows)


def page() -> str:
    sections = (textbook(), united_states(), life_table())
    return "\n\n".join([HEAD.strip(), *("\n".join(section) for section in sections)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
