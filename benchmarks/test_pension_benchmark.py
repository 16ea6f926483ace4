"""Speed of the pension kernels. Nothing is asserted about time; the ratios are printed.

    pytest benchmarks/test_pension_benchmark.py --benchmark-only -s
"""

from __future__ import annotations

from typing import Any

import numpy as np


def scheme(X: int = 65, J: int = 56, T: int = 76, K: int = 5, N: int = 1, G: int = 2) -> dict[str, Any]:
    """A scheme of 1.5 million members from age 15: invalidity, retirement from 58, refund; four valuations."""
    r = np.random.default_rng(1)
    S, E, V, M = 2, 3, 4, 1
    age = 15 + np.arange(X)
    j = np.arange(J)
    years_since_15 = np.arange(X)[:, None]
    shape = (G, S, X, K, 1 + M, J)
    base = np.zeros((2, *shape))
    spread = np.exp(-0.5 * ((j - 0.5 * years_since_15) / 4) ** 2) * (j <= years_since_15)
    spread[age >= 66] = 0.0
    base[0, 0, :, :, :, 0] = 2000 * spread[None, :, None] * r.uniform(0.8, 1.2, (S, 1, K, 1))
    base[1, 0, :, :, :, 0] = 0.3 * base[0, 0, :, :, :, 0]
    base[:, :, :, :, :, 1] = base[:, :, :, :, :, 0] * (j + 0.5)
    death = np.minimum(1.0, 0.0004 * np.exp(0.09 * (age - 15.0)))
    by_age = (T, S, X)
    full = base[0, 0, :, :, :, 0].sum((1, 2, 3))[:, None] * np.interp(age, [15, 25, 55, 66], [0.2, 1, 1, 0])
    full = full / np.interp(age, [15, 25, 55, 66], [0.2, 1, 1, 0]).sum()
    growth = 1.005 ** np.arange(T)
    target = np.where(age < 66, full, np.nan)[None] * growth[:, None, None]
    exit_low, exit_high = np.array([0, 43, 5]), np.array([50, X, 60])
    retire = np.where(age < 58, 0.0, np.where(age >= 65, 1.0, 0.2))[:, None] * (j >= 15)
    p = np.zeros((E, T, G, S, X, J))
    p[0] = 0.002
    p[1] = retire
    p[2] = np.where((age >= 58)[:, None] & (j < 15), 0.5, 0.02)
    p *= r.uniform(0.9, 1.0, (E, T, G, S, 1, 1))
    idle = p.copy()
    idle[0] = 0.0
    table = (V, T, S, X, J)
    weight = np.zeros(table)
    weight[0] = j >= 5  # survivors
    weight[1] = j >= 5  # invalidity
    weight[2] = 1.0  # old age
    weight[3] = 1.0  # refund
    flat = np.zeros(table) + 0.1 * (np.arange(V) != 3)[:, None, None, None, None]
    return {
        "contributors0": base[0], "dormant0": base[1],
        "death": death * r.uniform(0.95, 1.05, (N, T, S, 1)), "leave": np.full(by_age, 0.02),
        "density": np.full(by_age, 0.85), "increment": r.uniform(0.8, 1.2, (N, *by_age, K, M)),
        "exit_contributor": p, "exit_dormant": idle, "exit_age_low": exit_low, "exit_age_high": exit_high,
        "target": target * r.uniform(0.98, 1.02, (N, T, 1, 1)), "class_share": np.full(K, 1 / K),
        "reentry_share": np.full(by_age, 0.3), "entry_cohort": np.minimum(np.arange(T) // 10, G - 1),
        "valuation_exit": np.array([-1, 0, 1, 2]), "heads_weight": weight, "flat": flat,
        "reference": r.uniform(0.5, 2.0, (N, V, *by_age, K)), "per_right": np.full(table, 0.015),
        "right_of": np.zeros(V, np.int64), "floor": np.full((V, T), 0.2), "cap": np.full((V, T), 2.0),
    }  # fmt: skip
