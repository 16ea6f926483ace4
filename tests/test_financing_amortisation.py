"""Amortisation against hand arithmetic, a plain loop, and its own identities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim import financing as f


def test_level_dollar_by_hand() -> None:
    """1,000,000 at 8 % in 30 payments at the end of each year: the classic 88,827.43; in advance 82,247.63 = 88,827.43 / 1.08."""
    assert f.amortisation_payment(1e6, 0.08, 30, timing=1.0) == pytest.approx(88_827.43, abs=0.01)
    assert f.amortisation_payment(1e6, 0.08, 30, timing=0.0) == pytest.approx(82_247.62, abs=0.01)
    # 360 payments a month at the nominal rate of 7.2 %, 0.6 % a month: 6,787.88, the mortgage of the tables
    monthly = f.amortisation_payment(1e6, 1.006**12 - 1, 30, timing=1.0, payments_per_year=12) / 12
    assert float(monthly) == pytest.approx(6_787.88, abs=0.01)


def test_level_percent_of_payroll_by_hand() -> None:
    """7 %, payroll grows 3 %, 20 payments at the end: 1e6 · 0.04 / (1 − (1.03/1.07)^20) = 40,000 / 0.533266 = 75,009.7."""
    assert f.amortisation_payment(1e6, 0.07, 20, 0.03, timing=1.0) == pytest.approx(75_009.7, abs=0.5)


def test_three_years_row_by_row() -> None:
    """100 at 10 % over 3 years, at the end: payments of 40.2115; the balance runs 69.7885, 36.5559, 0."""
    found = f.amortisation_schedule(100.0, 0.1, 3, timing=1.0)
    assert found.payment == pytest.approx([40.2115] * 3, abs=1e-4)
    assert found.closing == pytest.approx([69.7885, 36.5559, 0.0], abs=1e-4)
    assert found.interest == pytest.approx([10.0, 6.9789, 3.6556], abs=1e-4)
    assert found.opening == pytest.approx([100.0, 69.7885, 36.5559], abs=1e-4)


def test_when_growth_is_interest() -> None:
    """Each payment is worth the same: an n-th of the balance."""
    assert f.amortisation_payment(600.0, 0.05, 6, 0.05, timing=0.0) == pytest.approx(100.0)
    assert f.funding_period(600.0, 0.05, 100.0, 0.05, timing=0.0) == pytest.approx(6.0)


def test_ramps_delay_and_layers() -> None:
    """Payments rise by fifths, fall by fifths, nothing in the first year; two layers are their sum."""
    found = f.amortisation_schedule(100.0, 0.07, 21, 0.03, ramp_up=5, ramp_down=5, scheduled=[0.0])
    shape = found.payment[1:] / 1.03 ** np.arange(20)
    assert found.payment[0] == 0.0 and found.closing[0] == pytest.approx(107.0)
    assert shape[:6] / shape[5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])
    assert shape[-5:] / shape[5] == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2])
    assert found.closing[-1] == pytest.approx(0.0, abs=1e-9)
    short = f.amortisation_schedule(-30.0, 0.07, 5)
    both = f.layered_amortisation([found, short])
    assert both.opening[0] == pytest.approx(70.0) and len(both.payment) == 21
    np.testing.assert_allclose(both.payment[:5], found.payment[:5] + short.payment)
    np.testing.assert_allclose(both.payment[5:], found.payment[5:])


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-1e6, 1e6), st.lists(st.floats(-0.02, 0.15), min_size=12, max_size=12), st.floats(-0.03, 0.08),
    st.floats(0, 1), st.sampled_from([1, 4, 12]), st.integers(0, 4), st.integers(0, 4),
)  # fmt: skip
def test_a_schedule_as_a_loop(
    balance: float, interest: list[float], growth: float, timing: float, payments: int, up: int, down: int
) -> None:
    """Interest by year, any timing, several payments a year: paid one by one, the balance follows and ends at nothing."""
    found = f.amortisation_schedule(
        balance, interest, 12, growth, timing, payments_per_year=payments, ramp_up=up, ramp_down=down
    )
    left = balance
    for t, rate in enumerate(interest):
        assert found.opening[t] == pytest.approx(left, abs=1e-6 * (1 + abs(balance)))
        left *= 1 + rate
        for part in range(payments):
            left -= found.payment[t] / payments * (1 + rate) ** (1 - (part + timing) / payments)
    assert left == pytest.approx(0.0, abs=1e-6 * (1 + abs(balance)))
    np.testing.assert_allclose(found.opening + found.interest - found.payment, found.closing)
    np.testing.assert_allclose(
        f.amortisation_path(balance, interest, found.payment, timing, payments).closing, found.closing, atol=1e-6 * (1 + abs(balance))
    )  # fmt: skip


@pytest.mark.parametrize("years", [7, 18.5, 30])
def test_period_and_payment_are_inverse(years: float) -> None:
    payment = float(f.amortisation_payment(500.0, 0.0675, years, 0.0275, payments_per_year=12))
    assert f.funding_period(500.0, 0.0675, payment, 0.0275, payments_per_year=12) == pytest.approx(years)


def test_payment_and_schedule_agree() -> None:
    assert f.amortisation_schedule(500.0, 0.0675, 25, 0.0275).payment[0] == pytest.approx(
        float(f.amortisation_payment(500.0, 0.0675, 25, 0.0275))
    )
    first = f.amortisation_schedule(np.array([500.0, -20.0]), 0.0675, 25, 0.0275)
    assert first.payment.shape == (2, 25) and first.payment[1, 0] < 0


def test_a_share_of_payroll_that_is_too_small() -> None:
    with pytest.raises(ValueError, match="payment of 1 never writes off 100"):
        f.funding_period(100.0, 0.07, 1.0, 0.03)
    assert math.isfinite(f.funding_period(100.0, 0.07, 8.0, 0.03))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: f.amortisation_payment(1.0, 0.07, 0), "years is 0; it must be above 0"),
        (lambda: f.amortisation_payment(1.0, 0.07, math.inf), "years is inf"),
        (lambda: f.amortisation_payment(math.nan, 0.07, 5), "balance holds a number that is not finite"),
        (lambda: f.amortisation_schedule(1.0, 0.07, 2.5), "years is 2.5; it must be a whole number"),
        (lambda: f.amortisation_schedule(1.0, [0.07, 0.07], 5), "interest is known for 2 periods, but 5"),
        (lambda: f.amortisation_schedule(1.0, 0.07, 5, timing=1.5), "timing is 1.5"),
        (lambda: f.amortisation_schedule(1.0, 0.07, 5, ramp_up=4, ramp_down=4), "ramps of 4 and 4 years do not fit"),
        (lambda: f.amortisation_schedule(1.0, 0.07, 2, scheduled=[0.1, 0.1]), "scheduled names 2 payments"),
        (lambda: f.amortisation_payment(1.0, 0.07, 5, payments_per_year=0), "payments_per_year is 0"),
        (lambda: f.layered_amortisation([]), "layers is empty"),
        (lambda: f.funding_period(1.0, 0.07, 0.0), "payment is 0; it must be above 0"),
    ],
)  # fmt: skip
def test_bad_input_names_its_variable(call, text: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()
