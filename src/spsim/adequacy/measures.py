"""What a career is worth: replacement rate, pension wealth, internal rate of return, benefit/cost ratio, break-even age.

Each is one function of plain arrays over consecutive or given months. Symbols: b_m benefit if alive, c_m contribution, l_m chance of
being alive, P_m price level, e the month of the award, r a yearly real rate.

Source: OECD, Pensions at a Glance (definitions of replacement rate and pension wealth); the rest as in any text on the financing
of pensions.
"""

from __future__ import annotations

from spsim.arrays import Array, np

LOWEST_RATE, HIGHEST_RATE = -0.99, 10.0


def discount(months: Array, prices: Array, rate: float, month: int, price: float) -> Array:
    """P_e / P_m · (1 + r)^−(m − e)/12: what one unit of money in each month is worth in month e at the real rate r."""
    return np.asarray(price / prices * (1.0 + rate) ** (-(np.asarray(months) - month) / 12.0))


def present_value(amounts: Array, weights: Array) -> float:
    """Σ amount · weight, the weight being chance of life × discount."""
    return float(np.sum(np.asarray(amounts) * np.asarray(weights)))


def internal_rate(months: Array, flows: Array) -> float | None:
    """Yearly rate r at which Σ flow_m · (1 + r)^−m/12 = 0; None where the flows have no such rate between −99 % and 1,000 %.

    Flows are contributions (below 0) and then benefits (above 0), so that the sum falls in r and has one root at most.
    """
    years = (np.asarray(months) - months[0]) / 12.0

    def value(rate: float) -> float:
        return float(np.sum(flows * (1.0 + rate) ** -years))

    low, high = LOWEST_RATE, HIGHEST_RATE
    if not (value(low) > 0 > value(high)):
        return None
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if value(middle) > 0 else (low, middle)
        if high - low < 1e-14:
            break
    return (low + high) / 2


def break_even(months: Array, worth: Array, paid: float) -> int | None:
    """First month by whose end the benefits received since the award, worth `worth` (months,) each, make up for `paid`; None if never."""
    reached = np.flatnonzero(np.cumsum(worth) >= paid * (1 - 1e-12))
    return int(months[reached[0]]) + 1 if len(reached) else None


def weighted_quantiles(values: Array, weights: Array, shares: Array) -> Array:
    """Quantiles of a distribution in cells: the value below which so large a share of the persons lies, cells spread evenly around
    their own middle rank."""
    order = np.argsort(values, kind="stable")
    value, weight = np.asarray(values)[order], np.asarray(weights)[order]
    rank = (np.cumsum(weight) - weight / 2) / weight.sum()
    return np.interp(shares, rank, value)
