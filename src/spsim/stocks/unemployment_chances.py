"""The labour market of the insured as monthly chances by stratum: separation, finding work, leaving, returning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import UnemploymentBehaviour
from spsim.dated import Value, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.rules.shocks import ShockPath
from spsim.schemes import UnemploymentScheme
from spsim.stocks.unemployment_spells import SpellRates
from spsim.stocks.unemployment_strata import Strata, claim_moments


def spell_rates(
    scheme: UnemploymentScheme,
    behaviour: UnemploymentBehaviour,
    strata: Strata,
    months: Array,
    paths: EconomicPaths,
    grid: Grid,
) -> SpellRates:
    """Chances by month and stratum; profiles by age are read at the middle of each band."""
    middles = (strata.edges[:-1] + strata.edges[1:]) / 2.0
    by_band = Moments(months[None, :].astype(float), middles - 0.5, np.zeros(1), references=paths.references)
    classes = len(strata.class_shares)
    factor = (
        np.ones(classes) if behaviour.separation_by_class is None else np.array(behaviour.separation_by_class)
    )
    factor = factor / (factor * strata.class_shares).sum()

    def profile(value: Value) -> Array:
        shape = (len(months), 2, strata.bands, classes)
        return np.broadcast_to(on(value, by_band)[..., 0], shape)

    def path(value: Value) -> Array:
        return np.broadcast_to(on(value, by_band)[:, 0, 0, 0, 0], len(months))[:, None]

    separation = np.minimum(profile(behaviour.separation_rate) * factor, 1.0)
    by_month = claim_moments(months[:1], np.arange(1.0, 61.0), "claim_month", paths)
    chance = on(behaviour.job_finding, by_month)[0, 0, 0, 0, :, None]
    chance = np.broadcast_to(chance, (60, 1))
    # unemployment of a draw: in the steady state u is proportional to separations where work is found as before
    drawn = paths.between(int(months[0] // 12), int(months[-1] // 12)).unemployment.repeat(12)[:, None]
    width = np.diff(strata.edges)
    order = np.arange(2 * strata.bands * classes).reshape(2, strata.bands, classes)
    following = np.full(order.shape, -1)
    following[:, :-1] = order[:, 1:]
    return SpellRates(
        separation=np.minimum(strata.flat(separation) * path(behaviour.crisis) * drawn, 1.0),
        covered=path(behaviour.covered_share),
        take_up=path(behaviour.take_up),
        exits=strata.flat(profile(behaviour.withdrawal_rate)),
        finding_claimants=chance,
        finding_outside=chance,
        insured_share=path(behaviour.to_insured_work),
        finding_multiplier=path(behaviour.job_finding_factor),
        reentry_share=path(behaviour.returning_share),
        ageing=np.broadcast_to((1.0 / (12.0 * width))[None, :, None], order.shape).reshape(1, -1),
        next_stratum=following.ravel(),
        other_causes=tuple(
            (path(behaviour.other_causes[cause]), path(behaviour.other_take_up.get(cause, behaviour.take_up)))
            for cause in scheme.other_causes
        ),
        ending=on(behaviour.termination_rate, by_month)[0, 0, 0, 0],
    )


def shocked(rates: SpellRates, shock: ShockPath, kept: Array | float = 0.0) -> SpellRates:
    """The rates under shocks by month (..., M), of which one more axis is made for the strata; `kept` (M,) of the separations prevented."""

    def by_month(factor: Array) -> Array:
        return np.asarray(factor)[..., None]

    return replace(
        rates,
        separation=np.minimum(np.asarray(rates.separation) * by_month(shock.separations), 1.0)
        * (1.0 - by_month(np.asarray(kept))),
        finding_multiplier=np.asarray(rates.finding_multiplier) * by_month(shock.job_finding),
        insured_share=np.minimum(np.asarray(rates.insured_share) * by_month(shock.to_insured_work), 1.0),
    )


def wage_share(behaviour: UnemploymentBehaviour, moments: Moments) -> Array:
    """Wage of those who separate as a share of the insured's of their age and class, (M, ...)."""
    return on(behaviour.wage_before_separation, moments)[:, 0, 0, :, :]


def earlier(wage: Array, by_months: float) -> Array:
    """Wages so many months before, by straight lines; the first month's before the start."""
    place = np.maximum(np.arange(len(wage)) - by_months, 0.0)
    low = place.astype(int)
    weight = (place - low)[:, None, None]
    return np.asarray(wage[low] * (1 - weight) + wage[np.minimum(low + 1, len(wage) - 1)] * weight)
