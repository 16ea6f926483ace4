"""Claims and benefits of unemployment insurance by cause of separation, for the schemes that know several."""

from __future__ import annotations

from typing import Any

import numpy as np

from spsim.outcome import Outcome
from spsim.schemes import COVERED

Table = dict[str, Any]


def cause_table(outcome: Outcome) -> dict[str, Table]:
    """Claims that began in the year and benefits paid in it, by cause; no table where every scheme has one cause."""
    years, rows = outcome.grid.years, []
    for name, stocks in outcome.unemployment.items():
        for cause, claims in stocks.claims.items() if len(stocks.claims) > 1 else ():
            paid = stocks.items["benefit" if cause == COVERED else cause]
            by_year = [path.reshape(-1, 12).sum(axis=1) for path in (claims, paid)]
            rows.append((np.full(len(years), name), years, np.full(len(years), cause), *by_year))
    columns = ("scheme", "year", "cause", "claims", "amount")
    if not rows:
        return {}
    return {"causes": {name: np.concatenate([row[n] for row in rows]) for n, name in enumerate(columns)}}
