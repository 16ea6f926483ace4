"""The unemployment kernel against the law told person by person: a naive twin, a simulation, closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

from spsim.kernels import unemployment as kernel
from spsim.stocks.unemployment_spells import (
    ClaimRule,
    SpellRates,
    SpellState,
    empty_state,
    project_spells,
    run_in,
)
from unemployment_twin import FLOWS, assert_matches_naive


def small_rule(required=3, window=5, waiting=0.5, records=7):
    """Months of benefit 1, 2, 2, 3 from `required` months on; each unused month leaves a month of record."""
    c = np.arange(records + 1)
    entitlement = np.where(c < max(required, 1), 0, np.minimum(3, 1 + (c - required + 1) // 2))
    unused = np.maximum(entitlement[:, None] - np.arange(entitlement.max() + 1), 0)
    return ClaimRule(required, window, entitlement, np.minimum(unused, c[:, None]), waiting)


def viet_nam_rule(records=144):
    """12 in 24 months; 3 months of benefit for 12-36 months of record, 1 more for each 12, at most 12."""
    c = np.arange(records + 1)
    months = np.where(c < 12, 0, np.minimum(12, 3 + np.maximum(0, (c - 36) // 12)))
    return ClaimRule(12, 24, months, np.zeros(records + 1, dtype=int), 0.5)


def random_rates(rng, draws, months, strata, step):
    """Rates that lead into every branch: multipliers that push chances over 1, months without separations."""
    shape = (draws, months, strata)
    ahead = np.arange(strata) + step
    return SpellRates(
        separation=rng.uniform(0.0, 0.3, shape) * (rng.random((1, months, 1)) > 0.1),
        covered=rng.uniform(0.3, 1.0, shape), take_up=rng.uniform(0.3, 1.0, shape),
        exits=rng.uniform(0.0, 0.05, shape), finding_claimants=rng.uniform(0.05, 0.6, (3, strata)),
        finding_outside=rng.uniform(0.05, 0.6, (2, strata)), insured_share=rng.uniform(0.4, 1.0, shape),
        finding_multiplier=rng.uniform(0.0, 2.5, (draws, months, 1)),
        reentry_share=rng.uniform(0.0, 1.0, shape), reentry_limit=rng.uniform(0.0, 0.5, shape),
        ageing=rng.uniform(0.0, 0.2, shape),
        next_stratum=np.where(ahead < strata, ahead, -1) if step else None,
    )  # fmt: skip


def random_insured(rng, draws, months, strata):
    """Insured numbers that rise and fall, also to nobody."""
    path = 100.0 * np.cumprod(rng.uniform(0.8, 1.25, (draws, months + 1, strata)), axis=1)
    path[:, months // 2 :, -1] *= rng.random() > 0.5
    return path


@pytest.mark.parametrize(
    ("required", "window", "waiting", "step"),
    [
        (3, 5, 0.5, 2),
        (3, 5, 0.0, 0),
        (3, 4, 1.5, 1),
        (2, 2, 0.0, 1),
        (1, 3, 0.5, 1),
        (0, 2, 0.0, 3),
        (5, 9, 0.5, 1),
    ],
)
def test_matches_the_naive_twin(required, window, waiting, step):
    rng = np.random.default_rng(required * 100 + window)
    rule = small_rule(required, window, waiting)
    rates, insured = random_rates(rng, 2, 14, 4, step), random_insured(rng, 2, 14, 4)
    spells = project_spells(rule, rates, insured, empty_state(rule, insured[:, 0]))
    assert_matches_naive(rule, rates, insured, spells)


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    required=st.integers(0, 4),
    slack=st.integers(0, 4),
    step=st.integers(0, 2),
)
def test_persons_are_conserved_and_never_negative(seed, required, slack, step):
    rng = np.random.default_rng(seed)
    rule = small_rule(required, required + slack, waiting=float(rng.choice([0.0, 0.5, 1.0])))
    rates, insured = random_rates(rng, 1, 10, 3, step), random_insured(rng, 1, 10, 3)
    spells = project_spells(rule, rates, insured, empty_state(rule, insured[:, 0]))  # checks its own balance
    before = insured[:, 0].sum()
    flows = (spells.entrants - spells.exits).sum()
    np.testing.assert_allclose(spells.end.persons(), before + flows, rtol=1e-12)
    for stock in (spells.end.insured, spells.end.outside, spells.end.claims):
        assert stock.min() >= -1e-12 * before


def stationary(rule, months=400, **changes):
    """One stratum with constant rates, and no falling numbers, run until nothing changes."""
    given = {"separation": 0.03, "covered": 0.7, "take_up": 0.6, "exits": 0.01, "insured_share": 0.8,
             "finding_claimants": np.array([[0.2], [0.15], [0.1]]),
             "finding_outside": np.array([[0.2], [0.1]])} | changes  # fmt: skip
    rates = SpellRates(**given)
    state = run_in(rule, rates, [1000.0], months)
    return rates, project_spells(rule, rates, np.full((1, 3, 1), 1000.0), state)


def test_stationary_state_in_closed_form():
    """cost rate = (1+a)·λ·e·u·θ·Σ ρ_m G(m)/12 with G(m) the share of claims still paid in month m."""
    rule = replace(small_rule(3, 5, waiting=0.5), entitlement=np.array([0, 0, 0, 3, 3, 3, 3, 3]))
    rule = replace(rule, record_after_claim=np.zeros(8, dtype=int))
    _, spells = stationary(rule)
    still = np.cumprod(np.r_[1.0, (1 - 0.01) * (1 - np.array([0.2, 0.15, 0.1]))])  # in month 1, 2, 3, 4
    paid = still * [0.5, 1.0, 1.0, 0.5]
    new = spells.new_claims[0, 0].sum()
    np.testing.assert_allclose(spells.claimants[0, 0, :, 0], new * still, rtol=1e-9)
    np.testing.assert_allclose(spells.exhaustions[0, 0], new * still[-1] * (1 - 0.01) * (1 - 0.1), rtol=1e-9)
    np.testing.assert_allclose(spells.beneficiaries()[0, 0], new * paid.sum(), rtol=1e-9)

    # The cost rate, from the identity and from the flows; benefit ρ = 0.6 of the wage, θ = 0.8, a = 0.05
    qualified = float(spells.qualified_separations[0, 0, 0])
    annual = 12 * float(spells.separations[0, 0, 0]) * 0.7 / 1000.0
    eligible = qualified / (float(spells.separations[0, 0, 0]) * 0.7)
    identity = 1.05 * annual * eligible * 0.6 * 0.8 * (0.6 * paid).sum() / 12
    direct = 1.05 * float(spells.beneficiaries()[0, 0, 0]) * 0.6 * 0.8 / 1000.0
    np.testing.assert_allclose(direct, identity, rtol=1e-9)
    assert 0.2 < eligible < 0.99


def test_records_in_closed_form():
    """Without claims nor return the insured of record c are entrants·((1-x)(1-s))^c; the last is the tail."""
    rule = small_rule(3, 5)
    _, spells = stationary(rule, take_up=0.0, insured_share=0.0)
    keep = (1 - 0.01) * (1 - 0.03)
    by_record = spells.end.insured[0].sum(axis=(1, 2))
    expected = 1000.0 * (1 - keep) * keep ** np.arange(8)
    expected[-1] /= 1 - keep
    np.testing.assert_allclose(by_record, expected, rtol=1e-9)
    assert spells.claimants.sum() == 0.0


def test_pieces_make_the_whole():
    rng = np.random.default_rng(5)
    rule, months = small_rule(), 12
    rates, insured = random_rates(rng, 2, months, 3, 1), random_insured(rng, 2, months, 3)
    whole = project_spells(rule, rates, insured, empty_state(rule, insured[:, 0]))
    names = [n for n, v in vars(rates).items() if np.ndim(v) == 3]
    first = replace(rates, **{n: getattr(rates, n)[:, :5] for n in names})
    second = replace(rates, **{n: getattr(rates, n)[:, 5:] for n in names})
    half = project_spells(rule, first, insured[:, :6], empty_state(rule, insured[:, 0]), keep_claims=False)
    rest = project_spells(rule, second, insured[:, 5:], half.end)
    for name in (*FLOWS, "claimants", "new_claims"):
        parts = np.concatenate([getattr(half, name), getattr(rest, name)], axis=1)
        np.testing.assert_allclose(parts, getattr(whole, name), rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(rest.end.outside, whole.end.outside, rtol=1e-9, atol=1e-9)


def test_draws_do_not_depend_on_their_company():
    """Bit for bit: 1, 3 and 8 chunks, two threads, and each draw alone."""
    rng = np.random.default_rng(6)
    rule, draws = small_rule(), 8
    rates, insured = random_rates(rng, draws, 9, 3, 1), random_insured(rng, draws, 9, 3)
    state = empty_state(rule, insured[:, 0])
    ways = [
        project_spells(rule, rates, insured, state, chunks=c, threads=t)
        for c, t in ((1, 1), (3, 1), (8, 1), (3, 2))
    ]
    for way in ways[1:]:
        for name in (*FLOWS, "claimants", "new_claims", "claims"):
            assert (getattr(way, name) == getattr(ways[0], name)).all()
        assert (way.end.insured == ways[0].end.insured).all()
    names = [n for n, v in vars(rates).items() if np.ndim(v) == 3]
    alone = replace(rates, **{n: getattr(rates, n)[4:5] for n in names})
    one = project_spells(rule, alone, insured[4:5], empty_state(rule, insured[4:5, 0]))
    assert (one.claims == ways[0].claims[4:5]).all()
    assert (one.end.outside == ways[0].end.outside[4:5]).all()


def test_one_state_serves_all_draws():
    rng = np.random.default_rng(7)
    rule = small_rule()
    rates, insured = random_rates(rng, 3, 6, 2, 1), random_insured(rng, 1, 6, 2)
    state = run_in(rule, rates, insured[:1, 0], 4)
    assert state.insured.shape[0] == 3  # rates differ by draw, and so do the states they lead to
    shared = SpellState(*(a[:1] for a in (state.insured, state.outside, state.claims)))
    many = project_spells(rule, rates, insured, shared)
    assert many.contributors.shape[0] == 3
    assert not np.allclose(many.claimants[0], many.claimants[1])


def test_persons_scale():
    rng = np.random.default_rng(8)
    rule = small_rule()
    rates, insured = random_rates(rng, 1, 8, 3, 1), random_insured(rng, 1, 8, 3)
    once = project_spells(rule, rates, insured, empty_state(rule, insured[:, 0]))
    twice = project_spells(
        rule, rates, 2 * insured, empty_state(rule, insured[:, 0]).scaled(2 * insured[:, 0])
    )
    for name in (*FLOWS, "claims"):
        np.testing.assert_allclose(getattr(twice, name), 2 * getattr(once, name), rtol=1e-12, atol=1e-12)


def test_viet_nam_entitlement_and_waiting():
    groups = viet_nam_rule().groups()
    assert groups.entitlement[:, 0].tolist() == list(range(3, 13))
    assert groups.spell[:, 0].tolist() == list(range(4, 14))
    assert groups.of_record[0, [0, 11, 12, 36, 47, 48, 143, 144]].tolist() == [-1, -1, 0, 0, 0, 1, 8, 9]
    np.testing.assert_allclose(groups.paid.sum(axis=1), groups.entitlement)
    np.testing.assert_allclose(groups.paid[0, :5, 0], [0.5, 1.0, 1.0, 0.5, 0.0])
    assert (groups.record_after == 0).all()


def test_unused_months_leave_a_record():
    rule = small_rule(waiting=0.0)
    groups = rule.groups()
    longest = int(np.argmax(groups.entitlement[:, 0]))
    assert groups.entitlement[longest, 0] == 3
    assert groups.record_after[longest].tolist() == [2, 1, 0]


def test_job_finding_is_needed_only_while_it_changes():
    """More pages for those who must requalify than the chances need do not change the numbers."""
    rng = np.random.default_rng(9)
    rule = small_rule(4, 8)
    rates, insured = random_rates(rng, 1, 15, 2, 1), random_insured(rng, 1, 15, 2)
    few = project_spells(rule, rates, insured, empty_state(rule, insured[:, 0]))
    state = empty_state(rule, insured[:, 0])
    wider = replace(state, outside=np.pad(state.outside, [(0, 0), (0, 0), (0, rule.lapse), (0, 0)]))
    many = project_spells(rule, rates, insured, wider)
    assert few.end.outside.shape[2] < many.end.outside.shape[2]
    for name in (*FLOWS, "claims"):
        np.testing.assert_allclose(getattr(many, name), getattr(few, name), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"separation": 1.2}, "separation must lie between 0 and 1"),
        ({"exits": np.nan}, "exits must lie between 0 and 1"),
        ({"finding_outside": np.array([[1.5]])}, "chances of finding work"),
        ({"next_stratum": [1, -1, 1]}, "next_stratum"),
        ({"covered": np.ones((4, 3))}, "broadcast"),
    ],
)
def test_refuses_rates_that_are_wrong(change, message):
    rule = small_rule()
    rates = replace(random_rates(np.random.default_rng(1), 1, 5, 3, 1), **change)
    with pytest.raises(ValueError, match=message):
        project_spells(rule, rates, np.full((1, 6, 3), 10.0), empty_state(rule, [10.0, 10.0, 10.0]))


def test_refuses_a_law_or_a_state_that_does_not_fit():
    rule = small_rule()
    with pytest.raises(ValueError, match="entitlement must be 0 below"):
        ClaimRule(3, 5, np.array([0, 1, 1, 1]), np.zeros(4, dtype=int))
    with pytest.raises(ValueError, match="record_after_claim"):
        ClaimRule(1, 5, np.array([0, 1]), np.array([0, 2]))
    rates = random_rates(np.random.default_rng(1), 1, 5, 3, 1)
    with pytest.raises(ValueError, match="month 0"):
        project_spells(rule, rates, np.full((1, 6, 3), 10.0), empty_state(rule, [9.0, 10.0, 10.0]))
    with pytest.raises(ValueError, match="outside has"):
        state = empty_state(rule, [10.0])
        groups = rule.groups()
        kernel.project(
            np.zeros((1, 2, kernel.RATES, 1)), np.zeros((groups.record_after.shape[1], 1)), np.zeros((2, 1)),
            groups.of_record, groups.spell, groups.record_after, rule.lapse, 0, state.insured,
            state.outside[:, :, :2], state.claims,
        )  # fmt: skip


def simulate(rule, rates, target, months, batches, seed, literal):
    """Persons, one by one: months × batches × (new claims, claimants, exhaustions, claimants who find work).

    `literal`: the window is counted in each person's own history since the last claim. Otherwise each gap is
    judged alone, and months earned towards requalifying are kept over a short gap. New persons keep `target`
    insured.
    """
    rng = np.random.default_rng(seed)
    entitlement, last = rule.entitlement, rule.entitlement.size - 1
    shape = (batches, 3 * target)
    alive = np.zeros(shape, dtype=bool)
    alive[:, :target] = True
    working = alive.copy()
    record, gap, claim, length, to_earn = (np.zeros(shape, dtype=int) for _ in range(5))
    history = np.zeros((rule.window, *shape), dtype=bool)
    found_claiming = rates.finding_claimants[:, 0]
    found_outside = rates.finding_outside[:, 0]
    out = np.zeros((months, batches, 4))
    for t in range(months):
        out[t, :, 0], out[t, :, 1] = (claim == 1).sum(axis=1), (claim > 0).sum(axis=1)
        history = np.roll(history, 1, axis=0)
        history[0] = working
        record = record + working
        to_earn = np.maximum(to_earn - working, 0)
        gap = np.where(working, 0, gap + 1)
        chance = rng.random((6, *shape))
        alive &= chance[0] >= rates.exits
        claim[~alive] = 0
        searching = alive & ~working
        working &= alive
        separated = working & (chance[1] < rates.separation)
        met = history.sum(axis=0) >= rule.required if literal else to_earn == 0
        granted = entitlement[np.minimum(record, last)]
        claims = separated & met & (granted > 0) & (chance[2] < rates.covered) & (chance[3] < rates.take_up)
        claiming = searching & (claim > 0)
        base = np.where(
            claiming, found_claiming[np.minimum(claim, found_claiming.size) - 1],
            found_outside[np.minimum(np.minimum(gap, rule.lapse + 1), found_outside.size) - 1],
        )  # fmt: skip
        found = searching & (chance[4] < base)
        insured = found & (chance[5] < rates.insured_share)
        exhausted = claiming & ~found & (claim == length)
        out[t, :, 2], out[t, :, 3] = exhausted.sum(axis=1), (claiming & found).sum(axis=1)
        claim = np.where(claiming & ~found & ~exhausted, claim + 1, 0)
        working = (working & ~separated) | insured
        to_earn[insured & (gap > rule.lapse)] = rule.required
        record[claims], to_earn[claims], claim[claims] = 0, 0, 1
        history[:, claims] = False
        length[claims] = np.ceil(granted[claims] + rule.waiting_months).astype(int)
        for b in range(batches):
            vacancies = max(target - int(working[b].sum()), 0)
            new = np.flatnonzero(~alive[b])[:vacancies]
            assert new.size == vacancies, "too few persons"
            alive[b, new] = working[b, new] = True
            record[b, new] = gap[b, new] = to_earn[b, new] = claim[b, new] = 0
            history[:, b, new] = False
    return out


def compare(rule, rates, target, months, batches, run_in_months):
    """Kernel / simulation - 1 and its standard error: window counted literally, and gaps judged alone."""
    spells = project_spells(
        rule,
        rates,
        np.full((1, months + 1, 1), float(target)),
        empty_state(rule, [float(target)]),
        keep_claims=False,
    )
    expected = np.array([getattr(spells, name)[0, run_in_months:].sum() for name in
                         ("new_claims", "claimants", "exhaustions", "reemployed")])  # fmt: skip
    answer = []
    for literal in (True, False):
        simulated = simulate(rule, rates, target, months, batches, 20, literal)[run_in_months:].sum(axis=0)
        mean, error = simulated.mean(axis=0), simulated.std(axis=0, ddof=1) / np.sqrt(batches)
        answer.append((expected / mean - 1, error / mean))
    return answer


def test_simulated_persons_small_law():
    """3 in 6 months, 4,000 insured: every count within four standard errors of the persons' own histories."""
    c = np.arange(13)
    rule = ClaimRule(3, 6, np.where(c < 3, 0, np.where(c < 8, 2, 4)), np.zeros(13, dtype=int), 0.5)
    rates = SpellRates(
        separation=0.05, covered=0.7, take_up=0.8, exits=0.02, finding_claimants=np.array([[0.3], [0.2]]),
        finding_outside=np.array([[0.3], [0.25], [0.2], [0.1]]), insured_share=0.6,
    )  # fmt: skip
    (literal, error), (alone, error_alone) = compare(rule, rates, 500, 90, 8, 30)
    assert (np.abs(alone) < 4 * error_alone).all(), (alone, error_alone)
    assert (np.abs(literal) < 4 * error).all(), (literal, error)


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="a full record takes minutes without the JIT")
@pytest.mark.parametrize(
    ("separation", "covered", "exits", "several_gaps"), [(0.03, 0.8, 0.014, 0.002), (0.08, 0.2, 0.02, 0.02)]
)
def test_simulated_persons_viet_nam(separation, covered, exits, several_gaps):
    """12 in 24 months, 20,000 insured: gaps judged alone agree within four standard errors.

    What that leaves out, persons with several gaps within 24 months, adds less than `several_gaps` to claims:
    under 0.2 % at 3 % separations a month, 1 to 2 % where 8 % separate each month and few of them may claim.
    """
    rule = viet_nam_rule()
    rates = SpellRates(
        separation=separation, covered=covered, take_up=0.7, exits=exits,
        finding_claimants=np.array([[0.16], [0.13], [0.1], [0.08]]),
        finding_outside=np.array([[0.16], [0.12], [0.09], [0.07], [0.06], [0.05]]), insured_share=0.7,
    )  # fmt: skip
    (literal, error), (alone, error_alone) = compare(rule, rates, 2500, 200, 8, 60)
    assert (np.abs(alone) < 4 * error_alone).all(), (alone, error_alone)
    assert (np.abs(literal) < several_gaps + 4 * error).all(), (literal, error)
    difference = (1 + literal) / (1 + alone) - 1  # same random numbers: most of the sampling error cancels
    assert (np.abs(difference) < several_gaps).all(), difference
