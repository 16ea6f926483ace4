"""Facts, figures, classes and tests of a social pension: each formula by hand, profiles against persons, mistakes refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from spsim.behaviour import SocialPensionBehaviour
from spsim.checking import check
from spsim.cli import run_cli
from spsim.economy import Economy, economic_paths
from spsim.errors import InputError
from spsim.grid import Grid, one_person
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.rules.social_tests import Claimant, SocialTest
from spsim.scenario import Scenario
from spsim.schemes import SocialPensionScheme
from spsim.stocks.social_pension import SocialPensionStocks, death_rates, project_social_pension
from spsim.stocks.social_profiles import OtherPensions
from spsim.tables import tables
from test_engine_properties import SMALL, over, simulated

CASE = Path(__file__).parent / "cases" / "social_pension.yaml"
GRID = Grid(2025, 2026)
FLAT = Economy(price_inflation=0.0, real_wage_growth=0.0, interest_rate=0.0)
SCHEME = {"kind": "social_pension", "fund": "state", "age": 70}
Tree = dict[str, Any]
LAW: Tree = {
    "facts": {"resident": "r", "town": "t", "couple": "c"},
    "figures": {"income": {"what": "income"}},
    "requires": ["resident"],
    "classes": {"town": {"requires": ["town"], "amount": 120}},
    "amount": 100,
    "tests": {
        "couple": {"kind": "part", "requires": ["couple"], "paid": 0.8},
        "income": {"kind": "taper", "on": "income", "free": 50, "rate": 0.5},
    },
}


def projected(law: Tree, behaviour: Tree, others: OtherPensions | None = None) -> SocialPensionStocks:
    """Ten persons of each sex and age, two years."""
    persons = np.full((2, 2, 101), 10.0)
    more = {} if others is None else {"others": others}
    return project_social_pension(
        SocialPensionScheme.model_validate(SCHEME | law),
        SocialPensionBehaviour.model_validate({"kind": "social_pension"} | behaviour),
        persons,
        np.zeros_like(persons),
        economic_paths(FLAT, GRID, 2025),
        GRID,
        **more,
    )


def left(test: Tree, figures: dict[str, float], paid: float = 100.0, facts: tuple[str, ...] = ()) -> float:
    """What one test leaves of `paid` for a person in January 2025; the full amount is 100."""
    rule = TypeAdapter(SocialTest).validate_python(test)
    moments = one_person(12 * 2025, economic_paths(FLAT, GRID, 2025).references, birth=12 * 1955)
    known = {name: np.full((1,) * 6, value) for name, value in figures.items()}
    one = np.full((1,) * 6, paid)
    full = np.full((1,) * 6, 100.0)
    return float(rule.after(one, full, Claimant(frozenset(facts), known), moments).item())


# Each kind by hand

LIMIT = {"kind": "limit", "on": "y", "limit": 500}
FADE = {"kind": "schedule", "on": "y", "paid": {"by": "wage", "mode": "linear", "points": {500: 1, 600: 0}}}
LEVELS = {"kind": "schedule", "on": "y", "paid": {"by": "wage", "points": {0: 1, 1500.01: 0.5, 2300.01: 0}}}
TAPER = {"kind": "taper", "on": "y", "free": 150, "rate": 0.5, "least": 0.1}
SHARED = {"kind": "taper", "on": "y", "free": 150, "rate": 0.5, "persons": 2}
TOP_UP = {"kind": "top_up", "on": "y", "level": 700, "least": 0.1}
PROPORTION = {"kind": "proportion", "on": "y", "of": 480}
PER_UNIT = {"kind": "per_unit", "on": "y", "each": 2}
PART = {"kind": "part", "requires": ["couple"], "paid": 0.8}
BEST = {
    "kind": "greatest_of",
    "tests": {"a": TAPER, "b": {"kind": "taper", "on": "z", "rate": 1, "least": 0.5}},
}


@pytest.mark.parametrize(
    ("test", "figures", "expected"),
    [
        (LIMIT, {"y": 500}, 100),
        (LIMIT, {"y": 500.01}, 0),
        (FADE, {"y": 499}, 100),
        (FADE, {"y": 525}, 75),
        (FADE, {"y": 601}, 0),
        (LEVELS, {"y": 1500}, 100),
        (LEVELS, {"y": 1501}, 50),
        (LEVELS, {"y": 2301}, 0),
        (TAPER, {"y": 100}, 100),  # below what is free
        (TAPER, {"y": 250}, 50),  # 100 above it, half of that off
        (TAPER, {"y": 1000}, 10),  # a tenth at least
        (SHARED, {"y": 250}, 75),  # the two bear it together: 25 each
        (TOP_UP, {"y": 0}, 100),
        (TOP_UP, {"y": 640}, 60),
        (TOP_UP, {"y": 695}, 10),  # 5 are missing; a tenth at least
        (TOP_UP, {"y": 700}, 10),
        (TOP_UP, {"y": 700.5}, 0),
        (PROPORTION, {"y": 240}, 50),
        (PROPORTION, {"y": 500}, 100),
        (PER_UNIT, {"y": 6}, 112),
        (PART, {}, 80),
        (BEST, {"y": 250, "z": 30}, 70),  # 50 or 70
        (BEST, {"y": 250, "z": 90}, 50),  # 50 or half of 100
        (BEST, {"y": 250}, 50),  # the other figure is not known
        (BEST, {}, 100),
        (TAPER, {}, 100),
        (TOP_UP, {}, 100),
    ],
)  # fmt: skip
def test_what_a_test_leaves(test: Tree, figures: dict[str, float], expected: float) -> None:
    assert left(test, figures) == pytest.approx(expected)


def test_the_least_is_of_the_full_amount_and_never_raises_what_is_left() -> None:
    assert left(TAPER, {"y": 1000}, paid=40) == pytest.approx(10)
    assert left(TAPER, {"y": 1000}, paid=4) == pytest.approx(4)


@given(
    y=st.floats(0, 2000), more=st.floats(0, 500), paid=st.floats(0, 200),
    test=st.sampled_from([LIMIT, FADE, LEVELS, TAPER, SHARED, TOP_UP]),
)  # fmt: skip
@settings(max_examples=60)
def test_more_income_never_pays_more_and_no_test_adds(y: float, more: float, paid: float, test: Tree) -> None:
    lower, higher = left(test, {"y": y}, paid), left(test, {"y": y + more}, paid)
    assert -1e-9 <= higher <= lower + 1e-9 and lower <= paid + 1e-9


# Profiles


def test_classes_facts_and_figures_by_hand() -> None:
    """Of 620 persons: a fifth in town at 120; two fifths couples at 80 with an income of 150 (50 off): 30; a tenth without right."""
    found = projected(
        LAW,
        {
            "profiles": {
                "town": {"share": 0.2, "has": ["resident", "town"]},
                "couples": {"share": 0.4, "has": ["resident", "couple"], "figures": {"income": 150}},
                "rich": {"share": 0.2, "has": ["resident"], "figures": {"income": 1000}},
                "strangers": {"share": 0.1, "has": ["town"]},
            }
        },
    )
    town, others = found.classes["pension_town"], found.classes["pension"]
    assert town[0][0].sum() == pytest.approx(124) and town[1][0].sum() == pytest.approx(12 * 120 * 124)
    assert others[0][0].sum() == pytest.approx(248) and others[1][0].sum() == pytest.approx(12 * 30 * 248)
    assert found.persons[0].sum() == pytest.approx(372)
    np.testing.assert_allclose(found.amount, town[1] + others[1])


def test_the_first_class_that_fits() -> None:
    """Both classes fit those in town who are couples: the first one pays."""
    law = LAW | {
        "classes": {
            "couple": {"requires": ["couple"], "amount": 70},
            "town": {"requires": ["town"], "amount": 120},
        },
        "tests": {},
    }
    found = projected(law, {"profiles": {"all": {"share": 1, "has": ["resident", "couple", "town"]}}})
    assert found.classes["pension_couple"][0][0].sum() == 620 and found.classes["pension_town"][0].sum() == 0


def test_a_spread_figure() -> None:
    """Incomes even between 0 and 250: free up to 50, then half off; the mean is 100 − ½ · (∫ of 0 to 200)/250 = 60."""
    even = {
        "profiles": {
            "all": {"share": 1, "has": ["resident"], "figures": {"income": {"lowest": 0, "highest": 250}}}
        }
    }
    found = projected(LAW, even)
    assert found.amount[0].sum() == pytest.approx(12 * 620 * 60)
    assert found.persons[0].sum() == pytest.approx(620)


@pytest.mark.parametrize(
    ("test", "share", "mean"),
    [
        ({"kind": "limit", "on": "income", "limit": 123.4}, 0.4936, 49.36),  # 123.4 of 250
        ({"kind": "schedule", "on": "income", "paid": {"by": "wage", "points": {0: 1, 77.7: 0.5, 201: 0}}}, 0.804, 55.74),
        ({"kind": "taper", "on": "income", "free": 61, "rate": 0.5}, 1.0, 100 - 0.5 * 189**2 / 500),
        ({"kind": "top_up", "on": "income", "level": 91.9, "least": 1.0}, 0.3676, 36.76),
        ({"kind": "proportion", "on": "income", "of": 187}, 1.0, 100 * (187 / 2 + 63) / 250),
    ],
)  # fmt: skip
def test_a_spread_is_cut_where_the_law_jumps(test: Tree, share: float, mean: float) -> None:
    """Incomes even between 0 and 250, an amount of 100: the integral by hand."""
    law = {"figures": LAW["figures"], "amount": 100, "tests": {"income": test}}
    profile = {"share": 1, "figures": {"income": {"lowest": 0, "highest": 250}}}
    found = projected(law, {"profiles": {"all": profile}})
    assert found.persons[0].sum() == pytest.approx(620 * share)
    assert found.amount[0].sum() == pytest.approx(12 * 620 * mean)


def test_part_of_another_figure() -> None:
    law = LAW | {"figures": {"income": {"what": "income"}, "wage": {"what": "wage"}}}
    law["tests"] = {"wage": {"kind": "limit", "on": "wage", "limit": 60}} | LAW["tests"]
    profile = {
        "share": 1,
        "has": ["resident"],
        "figures": {"wage": 60, "income": {"part_of": "wage", "times": 2}},
    }
    found = projected(law, {"profiles": {"all": profile}})
    assert found.amount[0].sum() == pytest.approx(12 * 620 * 65)  # income of 120: 35 off


def test_pensions_of_the_run() -> None:
    """A quarter has a pension of 150 (50 off), an eighth one of 450 (nothing left); all others keep 100."""
    law: Tree = {
        "figures": {"pension": {"what": "pension", "pensions_of": ["old"]}},
        "amount": 100,
        "tests": {"pension": {"kind": "taper", "on": "pension", "free": 50, "rate": 0.5}},
    }
    cells = np.ones((2, 2, 101))
    others = OtherPensions((cells / 4, cells / 8), (("old", cells * 150), ("old", cells * 450)))
    found = projected(law, {}, others.at_most_one())
    assert found.persons[0].sum() == pytest.approx(620 * 7 / 8)
    assert found.amount[0].sum() == pytest.approx(12 * 620 * (50 / 4 + 100 * 5 / 8))


def test_more_pensioners_than_persons_share_the_cell() -> None:
    cells = np.ones((1, 2, 101))
    others = OtherPensions((cells, cells), (("a", cells), ("b", cells))).at_most_one()
    np.testing.assert_allclose(sum(others.shares), 1.0)


def test_the_quota_serves_profiles_alike() -> None:
    profiles = {
        "town": {"share": 0.5, "has": ["resident", "town"]},
        "land": {"share": 0.5, "has": ["resident"]},
    }
    found = projected(LAW | {"most_persons": 30}, {"profiles": profiles})
    assert found.classes["pension_town"][0][0].sum() == pytest.approx(15)
    assert found.persons[0, :, 99:].sum() == pytest.approx(30)


# Profiles are persons


@pytest.fixture(scope="module")
def law_on_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    tree["horizon"] = {"start": 2025, "end": 2028}
    scheme = tree["schemes"]["allowance"]
    for key in ("most_persons", "amount"):
        del scheme[key]
    scheme |= LAW | {"start": "2020-01"}
    tree["behaviour"] = {
        "allowance": {"kind": "social_pension", "profiles": {"all": {"share": 1, "has": ["resident"]}}}
    }
    file = tmp_path_factory.mktemp("law") / "law.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return file


def asked(file: Path, **question: Any) -> Answer:
    found = check(file)
    assert found.scenario is not None and not found.errors, [str(one) for one in found.errors]
    return answer(
        found.scenario, Question(**{"scheme": "allowance", "sex": "female", "born": "1945-01"} | question)
    )


@pytest.mark.parametrize(
    ("has", "figures"),
    [
        (["resident"], {}),
        (["resident", "town"], {"income": 90.0}),
        (["resident", "couple"], {"income": 60.0}),
        (["resident", "couple", "town"], {"income": 500.0}),
        (["town"], {}),
    ],
)
def test_a_cohort_gets_what_each_of_its_persons_is_told(
    law_on_file: Path, has: list[str], figures: Tree
) -> None:
    """A profile of all persons, projected, gets per head the amount of `spsim person`."""
    facts = [f"{name}={'yes' if name in has else 'no'}" for name in LAW["facts"]]
    told = asked(law_on_file, on="2026-03", fact=facts, figure=[f"{k}={v}" for k, v in figures.items()])
    found = projected(LAW, {"profiles": {"all": {"share": 1, "has": has, "figures": figures}}})
    assert found.amount[1, 1, 80] == pytest.approx(10 * 12 * told.result["social_pension"])
    assert (found.persons[1, 1, 80] > 0) == told.result["entitled"]


def test_facts_are_shown_with_what_was_said(law_on_file: Path) -> None:
    found = asked(law_on_file, fact=["town=yes"], figure=["income=90"])
    assert found.result["social_pension"] == pytest.approx(100)  # 120 − ½ · 40
    assert found.step("facts").values == {"resident": True, "town": True, "couple": False}
    assert found.step("amount").values["class"] == "town"
    assert found.step("test:income").values == {"before": 120.0, "after": 100.0}
    assert any("couple, resident" in note for note in found.notes)


def test_what_is_not_said_is_taken_as_usual(law_on_file: Path) -> None:
    found = asked(law_on_file)
    assert found.result["social_pension"] == 100
    assert any("--figure" in note and "income" in note for note in found.notes)


def test_reasons(law_on_file: Path) -> None:
    assert "asks for resident" in asked(law_on_file, fact=["resident=no"]).told[0]
    assert "nothing is left" in asked(law_on_file, figure=["income=5000"]).told[0]


@pytest.mark.parametrize(
    "question",
    [
        {"fact": ["towns=yes"]},
        {"fact": ["town=maybe"]},
        {"fact": ["town"]},
        {"fact": ["town=yes", "town=no"]},
        {"figure": ["income=much"]},
        {"figure": ["wealth=3"]},
        {"figure": ["income=nan"]},
        {"fact": ["waiting=yes"]},
    ],
)
def test_questions_refused(law_on_file: Path, question: Tree) -> None:
    with pytest.raises(InputError):
        asked(law_on_file, **question)


def test_waiting_where_places_are_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["person", str(CASE), "--scheme", "allowance", "--sex", "male", "--born", "1956-03"]
    assert run_cli([*words, "--fact", "waiting=yes"]) == 0
    assert "no place is free" in capsys.readouterr().out


def test_pension_schemes_know_no_facts(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(CASE.parents[2] / "scenarios" / "viet_nam.yaml")
    words = ["person", file, "--scheme", "pension", "--sex", "male", "--born", "1970-01"]
    assert run_cli([*words, "--career", "1995-01..2025-01 at 6000000", "--fact", "poor=yes"]) == 2
    assert "--fact" in capsys.readouterr().err


# A run


def test_a_run_with_a_test_of_its_own_pensions(tmp_path: Path) -> None:
    """What a universal pension pays, less half of the mean pension of each class above 100; tables name classes and add up."""
    social: Tree = SCHEME | {
        "source": "made up",
        "status": "assumption",
        "facts": {"town": "t"},
        "figures": {"pension": {"what": "pension", "pensions_of": ["old"]}},
        "classes": {"town": {"requires": ["town"], "amount": 300}},
        "amount": 200,
        "tests": {"pension": {"kind": "taper", "on": "pension", "free": 100, "rate": 0.5}},
    }
    profiles = {"town": {"share": 0.25, "has": ["town"]}, "land": {"share": 0.75}}
    tree = over(
        SMALL,
        {
            "funds": {"state": {"deficit_paid_by_state": True}},
            "schemes": {"social": social},
            "behaviour": {"social": {"kind": "social_pension", "profiles": profiles}},
        },
    )
    outcome = simulated(tree, tmp_path)
    people = outcome.population
    assert people is not None
    expected = np.zeros(len(outcome.grid.years))
    own = ("old_age", "invalidity")
    pensions = outcome.pensions["old"].pensions
    by_class = [one.by_class for name, one in pensions.items() if name.startswith(own)]
    heads = np.asarray(sum(pair[0] for pair in by_class))[:, :, 70:]
    yearly = np.asarray(sum(pair[1] for pair in by_class))[:, :, 70:]
    monthly = np.divide(yearly / 12, heads, out=np.zeros_like(yearly), where=heads > 0)
    for share, amount in ((0.25, 300), (0.75, 200)):
        with_pension = np.maximum(amount - 0.5 * np.maximum(monthly - 100, 0), 0)
        without = people.persons[:, :, 70:] - heads.sum(axis=-1)
        total = amount * without + (with_pension * heads).sum(axis=-1)
        expected += 12 * share * total.sum(axis=(1, 2))
    np.testing.assert_allclose(outcome.social["social"].amount.sum(axis=(1, 2)), expected, rtol=1e-9)
    assert heads.sum() > 0 and (monthly > 100).any()
    rows = tables(outcome)["beneficiaries"]
    assert {"pension", "pension_town"} == set(rows["benefit"][rows["scheme"] == "social"])
    paid = rows["amount"][rows["scheme"] == "social"].sum()
    booked = sum(
        -values.sum() for name, values in outcome.accounts["state"].balanced.flows.items() if name.startswith("benefit_social_")
    )  # fmt: skip
    assert paid == pytest.approx(booked, rel=1e-9)


# Checks

TOWN = {"share": 0.4, "has": ["resident", "town"]}
BAD: list[tuple[Tree, str]] = [
    ({"law": {"requires": ["residnt"]}}, "did you mean 'resident'?"),
    ({"law": {"facts": LAW["facts"] | {"tall": "is tall"}}}, "nothing in the scheme asks for 'tall'"),
    ({"law": {"figures": LAW["figures"] | {"wealth": {"what": "w"}}}}, "nothing in the scheme asks for 'wealth'"),
    ({"law": {"tests": {"a": {"kind": "limit", "on": "incme", "limit": 5}}}}, "did you mean 'income'?"),
    ({"law": {"tests": LAW["tests"] | {"all": {"kind": "part", "paid": 0.5}}}}, "a part for everybody"),
    ({"law": {"excludes": ["resident"]}}, "required and excluded"),
    ({"law": {"classes": LAW["classes"] | {"big_town": {"requires": ["town", "couple"], "amount": 9}}}}, "never reached"),
    ({"law": {"classes": {"town": {"requires": ["town"], "amount": 0}}}}, "an amount of 0 at all times"),
    ({"law": {"amount": None, "classes": {}}}, "no amount"),
    ({"law": {"figures": {"income": {"what": "p", "pensions_of": ["nobody"]}}}}, "unknown pension scheme 'nobody'"),
    ({"profiles": {}}, "nothing says for how many persons"),
    ({"profiles": {"all": {"share": 1, "has": ["resident", "twn"]}}}, "did you mean 'town'?"),
    ({"profiles": {"all": {"share": 1, "has": ["town"]}}}, "nobody of these profiles has a right"),
    ({"profiles": {"all": {"share": 1, "has": ["resident"], "figures": {"incme": 3}}}}, "did you mean 'income'?"),
    ({"profiles": {"all": {"share": 1, "has": ["resident"], "figures": {"income": {"part_of": "wage"}}}}}, "unknown figure of this profile"),
    ({"profiles": {"a": {"share": 0.7, "has": ["resident"]}, "b": {"share": 0.4, "has": ["resident", "town"]}}}, "add to 1.1"),
    ({"profiles": {"a": {"share": {"by": "age", "points": {70: 0.5, 80: 0.8}}, "has": ["resident"]}, "b": TOWN}}, "at the age of 80"),
    ({"profiles": {"a": {"share": 0.5, "has": ["resident"]}}}, "no profile of behaviour.allowance falls into this class"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), BAD, ids=[says[:30] for _, says in BAD])
def test_what_the_check_refuses(change: Tree, says: str, tmp_path: Path) -> None:
    tree = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    profiles = {"a": {"share": 0.5, "has": ["resident"]}, "b": {"share": 0.4, "has": ["resident", "town"]}}
    tree["schemes"]["allowance"] |= LAW | change.get("law", {})
    tree["behaviour"] = {
        "allowance": {"kind": "social_pension", "profiles": change.get("profiles", profiles)}
    }
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    found = [str(problem) for problem in check(file).problems]
    assert any(says in message for message in found), found


def test_shares_of_men_and_women_are_added_apart(tmp_path: Path) -> None:
    """0.8 of men and 0.2 of women, and the other way round: no more than all."""
    tree = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    tree["schemes"]["allowance"] |= LAW
    tree["behaviour"] = {
        "allowance": {
            "kind": "social_pension",
            "profiles": {
                "a": {"share": {"male": 0.8, "female": 0.2}, "has": ["resident"]},
                "b": {"share": {"male": 0.2, "female": 0.8}, "has": ["resident", "town"]},
            },
        }
    }
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    assert not check(file).errors


def test_every_scenario_answers_a_usual_person() -> None:
    """The law of each shipped social pension gives its usual person something at some age."""
    count = 0
    for file in sorted((CASE.parents[2] / "scenarios").glob("*.yaml")):
        scenario = check(file).scenario
        assert isinstance(scenario, Scenario)
        for name, scheme in scenario.schemes.items():
            if isinstance(scheme, SocialPensionScheme):
                first = [f"{fact}=yes" for one in scheme.classes.values() for fact in one.requires][:1]
                found = answer(
                    scenario,
                    Question(
                        name, "male", "1953-06" if "poor" in name else "1935-06", on="2025-12", fact=first
                    ),
                )
                assert found.result["entitled"], (file.name, name, found.told)
                count += 1
    assert count >= 12


# Funeral grants


def test_deaths_of_a_year_by_hand() -> None:
    """Ten persons of each age; in each step two of those of 69 and four of those of 70 die, and one of the 20 of 99 and over.

    Those of 70 on 1 July lose 2 in 10 in the half-year before and 4 in 10 after it: 0.3 a year; at the ends one step alone is known.
    """
    persons, deaths = np.full((3, 2, 101), 10.0), np.zeros((2, 2, 101))
    deaths[:, :, 70], deaths[:, :, 71], deaths[:, :, 100] = 2, 4, 1
    rates = death_rates(persons, deaths)
    assert rates[1, 0, [69, 70, 71, 100]].tolist() == pytest.approx([0.1, 0.3, 0.2, 0.05])
    assert rates[1, 0, 99] == pytest.approx(0.025) and rates[1, 0, 50] == 0
    np.testing.assert_allclose(rates[0], rates[1])


def test_grants_are_deaths_of_recipients() -> None:
    """620 recipients at a rate of 6 % lose 37.2 a year, of whom half before July at 500 and half at 700."""
    law: Tree = {"amount": 100, "funeral_grant": {"by": "event_date", "points": {2025: 500, "2025-07": 700}}}
    persons = np.full((2, 2, 101), 10.0)
    found = project_social_pension(
        SocialPensionScheme.model_validate(SCHEME | law),
        SocialPensionBehaviour(kind="social_pension"),
        persons,
        np.zeros_like(persons),
        economic_paths(FLAT, GRID, 2025),
        GRID,
        death_rates=np.full((2, 2, 101), 0.06),
    )
    dead, paid = found.grants["funeral_grant"]
    assert dead.sum(axis=(1, 2)).tolist() == pytest.approx([37.2, 37.2])
    assert paid.sum(axis=(1, 2)).tolist() == pytest.approx([37.2 * 600, 37.2 * 700])
    assert found.amount[0].sum() == 12 * 100 * 620


@pytest.mark.parametrize(
    ("born", "lump_sum"),
    [("1945-01", 10_000_000), ("1955-01", 0)],
)
def test_a_funeral_grant_asks_for_the_pension(born: str, lump_sum: float) -> None:
    """Twenty times 500,000 in December 2025 at 80; nothing at 70, when no allowance is paid (Decree 176/2025)."""
    scenario = check(CASE.parents[2] / "scenarios" / "viet_nam.yaml").scenario
    assert scenario is not None
    question = Question("social_retirement_allowance", "male", born, event="death", on="2025-12")
    assert answer(scenario, question).result == {"entitled": lump_sum > 0, "lump_sum": lump_sum}
