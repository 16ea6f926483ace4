"""The unemployment kernel where the law asks more: several causes, ages, terminations, bars between claims, records by employer."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.stocks.unemployment_spells import ClaimRule, SpellRates, empty_state, project_spells, run_in
from unemployment_twin import assert_matches_naive

RECORDS, STRATA = 9, 4


def law(seed: int, **changes) -> ClaimRule:
    """Two causes, months that differ by record and stratum, fractions of months, shares that may claim."""
    rng = np.random.default_rng(seed)
    record = np.arange(RECORDS)
    first = np.where(record < 3, 0.0, 1.0 + (record - 3) // 3)[:, None] + rng.choice(
        [0.0, 0.5, 1.0], (1, STRATA)
    )
    second = np.where(record < 5, 0.0, 2.0)[:, None] * rng.choice([0.0, 1.0], (1, STRATA))
    entitlement = np.stack([first * (record >= 3)[:, None], second])
    allowed = np.where(rng.random((2, 1, STRATA)) < 0.5, 1.0, 0.6) * np.ones((2, RECORDS, 1))
    rule = ClaimRule(
        3, 5, entitlement, np.zeros(RECORDS, dtype=int), np.array([0.5, 1.25]), allowed=allowed, long_record=4
    )
    return replace(rule, **changes)


def chances(seed: int, draws: int, months: int, step: int = 1) -> SpellRates:
    rng = np.random.default_rng(seed)
    shape, ahead = (draws, months, STRATA), np.arange(STRATA) + step
    return SpellRates(
        separation=rng.uniform(0.0, 0.4, shape), covered=rng.uniform(0.2, 0.6, shape),
        take_up=rng.uniform(0.3, 1.0, shape), exits=rng.uniform(0.0, 0.05, shape),
        finding_claimants=rng.uniform(0.05, 0.6, (3, STRATA)),
        finding_outside=rng.uniform(0.05, 0.6, (8, STRATA)), insured_share=rng.uniform(0.4, 1.0, shape),
        finding_multiplier=rng.uniform(0.0, 2.0, (draws, months, 1)),
        reentry_share=rng.uniform(0.0, 1.0, shape), reentry_limit=rng.uniform(0.0, 0.5, shape),
        ageing=rng.uniform(0.0, 0.2, shape), next_stratum=np.where(ahead < STRATA, ahead, -1),
        other_causes=((rng.uniform(0.0, 0.4, shape), rng.uniform(0.2, 1.0, (draws, months, 1))),),
        ending=np.array([0.1, 0.3, 0.2]),
    )  # fmt: skip


def insured(seed: int, draws: int, months: int):
    rng = np.random.default_rng(seed)
    return 100.0 * np.cumprod(rng.uniform(0.8, 1.25, (draws, months + 1, STRATA)), axis=1)


RECORD = np.arange(RECORDS)
LAWS = {
    "causes, ages, terminations": {},
    "consecutive months": {"window": 3},
    "the last two months consecutive": {"consecutive": 2},
    "more consecutive months than asked": {"consecutive": 5, "between_claims": 8},
    "a year between claims": {"between_claims": 9, "record_after_claim": RECORD},
    "two months between claims": {"between_claims": 2},
    "bar shorter than the record asked": {"between_claims": 3},
    "kept record": {"record_after_claim": RECORD},
    "record by employer": {"per_employer": True},
    "nothing asked": {"required": 0, "window": 0, "per_employer": False},
}


@pytest.mark.parametrize("name", LAWS)
def test_matches_the_naive_twin(name):
    rule = law(len(name), **LAWS[name])
    rates, path = chances(len(name), 2, 16), insured(len(name), 2, 16)
    spells = project_spells(rule, rates, path, empty_state(rule, path[:, 0]))
    assert spells.terminations.sum() > 0 and spells.qualified_separations.sum() > 0
    assert_matches_naive(rule, rates, path, spells)


LONGEST, NUMBERS = 6, 3
WIDTH = LONGEST + 2
OPEN = (LONGEST, WIDTH + LONGEST)
NUMBERED = {
    "more months are asked of later claims": {},
    "a wider window each time": {"window": (4, 6, 8)},
    "consecutive months from the second claim on": {"consecutive": (0, 4, 3)},
    "months between claims": {"between_claims": 9},
    "record by employer": {"per_employer": True},
    "two months between claims": {"between_claims": 2, "required": 2, "window": 2},
}


def by_number(seed: int, **changes) -> ClaimRule:
    """Months, waits and lengths that go by the number of the claim; after the third all are like the third."""
    rng = np.random.default_rng(seed)
    required = changes.get("required", (2, 4, 5))
    cells = NUMBERS * WIDTH - 1
    entitlement, after = np.zeros((2, cells, STRATA)), np.zeros(cells, dtype=int)
    for number in range(NUMBERS):
        least = required[number] if isinstance(required, tuple) else required
        cell = np.arange(number * WIDTH, number * WIDTH + LONGEST + 1)
        months = np.arange(LONGEST + 1)
        due = (months >= least)[:, None] * rng.choice([1.0, 1.5, 2.0, 3.0], (1, STRATA))
        entitlement[0, cell] = due + (months >= 5)[:, None] * number
        entitlement[1, cell] = 2.0 * (months >= 5)[:, None] * (number < 2)
        after[cell] = min(number + 1, NUMBERS - 1) * WIDTH + (months // 2 if seed % 2 else 0)
    rule = ClaimRule(
        required, (4, 7, 7), entitlement, after, np.array([[0.5, 0.0, 1.0], [1.25, 1.25, 0.0]]),
        allowed=rng.uniform(0.5, 1.0, (2, cells, STRATA)), long_record=4, ends=OPEN,
    )  # fmt: skip
    return replace(rule, **changes)


@pytest.mark.parametrize("name", NUMBERED)
def test_the_number_of_the_claim_matches_the_naive_twin(name):
    rule = by_number(len(name), **NUMBERED[name])
    rates, path = chances(len(name), 2, 20), insured(len(name), 2, 20)
    spells = project_spells(rule, rates, path, empty_state(rule, path[:, 0]))
    claims = spells.new_claims.sum(axis=(0, 1, 3))
    assert all(claims[spells.groups.claim == number].sum() > 0 for number in (1, 2, 3))
    assert_matches_naive(rule, rates, path, spells)


def test_numbers_that_ask_the_same_change_nothing():
    """Three numbers of claim under one law are one number."""
    plain = one_cause()
    width = plain.records + 1
    cells = np.concatenate([*[np.append(plain.entitlement, 0.0)] * 2, plain.entitlement])
    after = np.minimum(np.arange(len(cells)) // width + 1, 2) * width
    ends = (width - 2, 2 * width - 2)
    same = replace(plain, entitlement=cells, record_after_claim=after, ends=ends)
    one, three = (still(rule, 120) for rule in (plain, same))
    for name in ("contributors", "outside", "entrants", "qualified_separations", "exhaustions", "claimants"):
        np.testing.assert_allclose(getattr(three, name), getattr(one, name), rtol=1e-12, atol=1e-9)


def test_first_claims_in_closed_form():
    """Constant insured who leave at a rate x and all qualify: of those alive a share begins a first claim, a second ...

    With no time between claim and return the n-th claims are c / (c + x) of the n − 1-th, c the chance of a claim.
    """
    cells = np.zeros(8)
    cells[[1, 4, 7]] = 1.0  # records 0 and 1 before the first, second and third claim; one month of benefit
    rule = ClaimRule(1, 1, cells, np.array([3, 3, 3, 6, 6, 6, 6, 6]), ends=(1, 4))
    still_rates = {
        "finding_claimants": np.array([[1.0]]),
        "insured_share": 1.0,
        "take_up": 1.0,
        "covered": 1.0,
    }
    found = still(rule, 3000, **still_rates, finding_outside=np.array([[1.0]]))
    claims = found.new_claims[0, 0, :, 0]
    stay = (1 - 0.01) * 0.03  # separates in a month and is still there
    first, second, later = (claims[found.groups.claim == number].sum() for number in (1, 2, 3))
    # a claimant is one month outside: c / (1 − (1 − x)(1 − s)) of those insured before claim one begin it, and the like
    chance = stay / (1 - 0.99 * 0.97)
    assert second / first == pytest.approx(0.99 * chance, rel=1e-9)
    assert later / second == pytest.approx(0.99 * chance / (1 - 0.99 * chance), rel=1e-9)


@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1), between=st.integers(0, 10), slack=st.integers(0, 4), kept=st.booleans()
)
def test_persons_are_conserved(seed, between, slack, kept):
    rule = law(seed, window=3 + slack, between_claims=between, record_after_claim=RECORD * (1 if kept else 0))
    rates, path = chances(seed, 1, 12), insured(seed, 1, 12)
    spells = project_spells(rule, rates, path, empty_state(rule, path[:, 0]))  # checks its own balance
    before = path[:, 0].sum() + (spells.entrants - spells.exits).sum()
    np.testing.assert_allclose(spells.end.persons(), before, rtol=1e-12)
    for stock in (spells.end.insured, spells.end.outside, spells.end.claims, spells.end.former):
        assert stock.min(initial=0.0) >= -1e-12 * before


def test_a_projection_in_two_parts_is_the_same():
    rule = law(4, between_claims=8, record_after_claim=RECORD)
    rates, path = chances(4, 1, 14), insured(4, 1, 14)
    whole = project_spells(rule, rates, path, empty_state(rule, path[:, 0]))
    first = project_spells(rule, rates.between(0, 6), path[:, :7], empty_state(rule, path[:, 0]))
    second = project_spells(rule, rates.between(6, 14), path[:, 6:], first.end)
    for name in ("contributors", "outside", "new_claims", "terminations", "long_records"):
        parts = np.concatenate([getattr(first, name), getattr(second, name)], axis=1)
        np.testing.assert_allclose(parts, getattr(whole, name), rtol=1e-10, atol=1e-9, err_msg=name)


def still(rule, months=300, **changes):
    """One stratum, constant chances, 1,000 insured."""
    given = {"separation": 0.03, "covered": 0.5, "take_up": 0.8, "exits": 0.01, "insured_share": 0.9,
             "finding_claimants": np.array([[0.2]]), "finding_outside": np.array([[0.2]])} | changes  # fmt: skip
    rates = SpellRates(**given)
    return project_spells(rule, rates, np.full((1, 3, 1), 1000.0), run_in(rule, rates, [1000.0], months))


def one_cause(**changes) -> ClaimRule:
    c = np.arange(25)
    given = {"required": 6, "window": 12, "entitlement": np.where(c < 6, 0, 3), "record_after_claim": 0 * c}
    return ClaimRule(**(given | changes))


def test_causes_share_out_the_separations():
    """Two causes with the same right, half of the share each, are one cause with the whole share."""
    c = np.arange(25)
    months = np.where(c < 6, 0, 3)
    both = one_cause(entitlement=np.stack([months, months])[:, :, None], waiting_months=np.zeros(2))
    apart = still(both, covered=0.25, other_causes=((0.25, 0.8),))
    together = still(one_cause())
    np.testing.assert_allclose(apart.new_claims.sum(), together.new_claims.sum(), rtol=1e-12)
    np.testing.assert_allclose(apart.new_claims[0, 0, 0], apart.new_claims[0, 0, 1], rtol=1e-12)


def test_terminations_in_closed_form():
    """Of claimants who find no work a share r goes each month but the last: c(m+1) = c(m)(1-x)(1-f)(1-r)."""
    found = still(one_cause(), ending=np.array([0.1]))
    claims = found.claimants[0, 0, :, 0]
    go_on = (1 - 0.01) * (1 - 0.2) * (1 - 0.1)
    np.testing.assert_allclose(claims[1:3] / claims[:2], go_on, rtol=1e-9)
    np.testing.assert_allclose(found.terminations[0, 0, 0], claims[:2].sum() * 0.99 * 0.8 * 0.1, rtol=1e-9)
    np.testing.assert_allclose(found.exhaustions[0, 0, 0], claims[2] * 0.99 * 0.8, rtol=1e-9)


def test_a_longer_bar_between_claims_leaves_fewer_claims():
    """With a kept record claims fall as the bar grows, towards once in a career."""
    c = np.arange(25)
    claims = [
        still(one_cause(record_after_claim=c, between_claims=months), 100).new_claims.sum()
        for months in (0, 6, 12, 24, 36)
    ]
    assert all(later < earlier for earlier, later in pairwise(claims))


def test_a_bar_in_closed_form():
    """All lose their work at the end of months 3, 6 and 9, all find work at once, six months must pass between two claims.

    The claims begun in month 4 bar those of month 7, three months later; those of month 10 are open again.
    """
    c = np.arange(25)
    rule = ClaimRule(1, 30, np.where(c < 1, 0, 1), c, between_claims=6)
    rates = SpellRates(
        separation=0.0, covered=1.0, take_up=1.0, exits=0.0, insured_share=1.0,
        finding_claimants=np.array([[1.0]]), finding_outside=np.array([[1.0]]),
    )  # fmt: skip
    months = 14
    path = np.full((1, months + 1, 1), 100.0)
    lose = np.zeros((1, months, 1))
    lose[0, [3, 6, 9], 0] = 1.0
    rates = replace(rates, separation=lose, reentry_share=0.0)
    path[0, [4, 7, 10], 0] = 0.0
    spells = project_spells(rule, rates, path, empty_state(rule, path[:, 0]))
    claims = spells.new_claims[0].sum(axis=(1, 2))
    np.testing.assert_allclose(claims[[4, 7, 10]], [100.0, 0.0, 100.0], atol=1e-9)


def test_records_by_employer_are_not_carried_along():
    """Nobody has a record longer than the months since the last separation."""
    by_employer = still(one_cause(per_employer=True))
    whole = still(one_cause(record_after_claim=np.arange(25)))
    assert by_employer.end.outside[0, 1:].sum() == 0.0
    assert by_employer.new_claims.sum() < whole.new_claims.sum()


def test_long_records_are_those_of_the_state():
    rule = one_cause(long_record=10)
    found = still(rule)
    state = run_in(rule, SpellRates(
        separation=0.03, covered=0.5, take_up=0.8, exits=0.01, insured_share=0.9,
        finding_claimants=np.array([[0.2]]), finding_outside=np.array([[0.2]])), [1000.0], 300)  # fmt: skip
    np.testing.assert_allclose(found.long_records[0, 0, 0], state.insured[0, 10:].sum(), rtol=1e-12)


def test_refuses_shares_of_causes_over_one():
    rule = law(1)
    rates = replace(chances(1, 1, 3), covered=0.7, other_causes=((0.4, 1.0),))
    path = insured(1, 1, 3)
    with pytest.raises(ValueError, match="add to more than 1"):
        project_spells(rule, rates, path, empty_state(rule, path[:, 0]))
