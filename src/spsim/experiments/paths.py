"""Drawn paths of births, lives and migration: each draw a whole future, a function of (seed, draw number, stream) and of nothing else.

A draw stands, year by year, at a standard normal quantile z; the spread of the quantity (`spread`) turns z into a deviation from the
scenario's own path, so that quantiles over draws are the spread's. How z of one year hangs together with z of the next decides how
wide the population becomes; see `Persistence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spsim.arrays import Array
from spsim.data.demography import Demography
from spsim.data.life_table import life_table_from_rates
from spsim.experiments.spread import Spread, quantile
from spsim.records import record

STREAMS = {"fertility": 0, "mortality": 1, "migration": 2, "economy": 3, "history": 4, "parameters": 5}
"""Each kind of random number has its own stream, so that drawing one more kind leaves the others as they were."""
STRENGTHS = np.linspace(-6.0, 6.0, 97)
"""Shifts of the logarithm of death rates along the country's own pattern of decline, among which a life expectancy is sought."""
MOST_LEAVE = (
    0.25  # of the persons of an age and sex, at most so many emigrate in a year beyond the central path
)


def generator(seed: int, draw: int, stream: str) -> np.random.Generator:
    """The random numbers of one draw for one purpose: a counter-based generator, the same on every machine and in any order."""
    return np.random.Generator(
        np.random.Philox(np.random.SeedSequence(seed, spawn_key=(draw, STREAMS[stream])))
    )


@dataclass(frozen=True)
class Persistence:
    """How the quantile z of a draw hangs together over the years; z is standard normal in every year.

    z(t) = √p · a + √(1 − p) · x(t), a drawn once, x(t) = φ·x(t−1) + √(1 − φ²)·e(t): the share p of the variance is `permanent`,
    the rest fades by φ (`yearly`) a year. With `walk`, x is a random walk over its own standard deviation, W(h)/√h, h years ahead.
    """

    yearly: float = 0.9
    permanent: float = 0.0
    walk: bool = False

    def path(self, random: np.random.Generator, years: int, ahead: float = 1.0) -> Array:
        """z (T,); the first year lies `ahead` years after the last one that is known."""
        once, steps = random.standard_normal(), random.standard_normal(years)
        if self.walk:
            steps[0] *= np.sqrt(ahead)
            moving = np.cumsum(steps) / np.sqrt(ahead + np.arange(years))
        else:
            moving = np.empty(years)
            moving[0] = steps[0]
            fresh = np.sqrt(1.0 - self.yearly**2)
            for t in range(1, years):
                moving[t] = self.yearly * moving[t - 1] + fresh * steps[t]
        return np.asarray(np.sqrt(self.permanent) * once + np.sqrt(1.0 - self.permanent) * moving)


FERTILITY = Persistence(yearly=0.95, permanent=0.6)
MORTALITY = Persistence(walk=True)
MIGRATION = Persistence(yearly=0.85, permanent=0.2)
BETWEEN_SEXES = 0.9


@record(frozen=True)
class People:
    """What drawn populations of one country share: central demography, deviations at the four bounds (T, 4), the patterns by age.

    `ahead` years from the last known one to the first; `lives` (T, 2, 97): life expectancy at each of `STRENGTHS`; `decline` (2, 130)
    pattern of the decline of mortality; `movers` (2, 101) shares of those who move by age at the end of the step; `fertility`,
    `mortality`, `migration`: which are drawn, and how they persist.
    """

    demography: Demography
    ahead: float
    fertility: tuple[Array, Persistence] | None
    men: Array
    women: Array
    mortality: Persistence | None
    migration: tuple[Array, Persistence] | None
    lives: Array
    decline: Array
    movers: Array

    def drawn(self, seed: int, draw: int) -> Demography:
        """The demography of one draw. The first mid-year is as in the tables."""
        demography, years = self.demography, len(self.demography.years)
        if self.fertility is not None:
            deviations, persistence = self.fertility
            z = persistence.path(generator(seed, draw, "fertility"), years, self.ahead)
            ratio = _mid_step(np.exp(quantile(deviations, z)))
            demography = replace(
                demography,
                fertility=demography.fertility * ratio[:, None],
                fertility_before=demography.fertility_by_year()[0],
            )
        if self.mortality is not None:
            demography = demography.with_mortality(self._mortality(seed, draw, years))
        if self.migration is not None:
            deviations, persistence = self.migration
            z = persistence.path(generator(seed, draw, "migration"), years, self.ahead)
            demography = with_movers(demography, _mid_step(quantile(deviations, z)), self.movers)
        return demography

    def _mortality(self, seed: int, draw: int, years: int) -> Array:
        """Death rates (T, 2, 130) along the country's own pattern of decline, to the life expectancy of the draw."""
        assert self.mortality is not None
        random = generator(seed, draw, "mortality")
        both, men, women = (self.mortality.path(random, years, self.ahead) for _ in range(3))
        common, own = np.sqrt(BETWEEN_SEXES), np.sqrt(1.0 - BETWEEN_SEXES)
        strength = np.zeros((years, 2))
        centre = len(STRENGTHS) // 2
        for sex, (deviations, z) in enumerate(((self.men, men), (self.women, women))):
            more = _mid_step(quantile(deviations, common * both + own * z))
            for t in range(1, years):
                lives = self.lives[t, sex]
                strength[t, sex] = np.interp(lives[centre] + more[t - 1], lives, STRENGTHS)
        return np.asarray(self.demography.mortality * np.exp(-strength[..., None] * self.decline))


def people(
    demography: Demography,
    spread: Mapping[str, Spread],
    kinds: Mapping[str, Persistence],
    scales: Mapping[str, float],
    ahead: float,
) -> People:
    """Lay the spreads of a country on the years of its projection; `kinds` says which of fertility, mortality, migration are drawn."""
    years = demography.years
    at = {name: one.at(years.astype(float)) for name, one in spread.items()}
    decline = pattern_of_decline(demography.mortality)
    return People(
        demography,
        ahead,
        (at["fertility"] * scales.get("fertility", 1.0), kinds["fertility"])
        if "fertility" in kinds
        else None,
        at["men"] * scales.get("mortality", 1.0),
        at["women"] * scales.get("mortality", 1.0),
        kinds.get("mortality"),
        (at["migration"] * scales.get("migration", 1.0), kinds["migration"])
        if "migration" in kinds
        else None,
        lives_at(demography.mortality, decline),
        decline,
        age_pattern_of_movers(demography.migration),
    )


def _mid_step(yearly: Array) -> Array:
    """Calendar years (T,) to steps (T − 1,): half of one year and half of the next."""
    return np.asarray((yearly[:-1] + yearly[1:]) / 2)


def pattern_of_decline(mortality: Array) -> Array:
    """How fast the logarithm of mortality falls at each age (2, 130), on average 1 over ages 0-99; from the country's own future path.

    The tables' first against their last step; where they hold mortality still, all ages alike. Rates that would rise do not move.
    """
    fall = np.log(mortality[min(1, len(mortality) - 1)]) - np.log(mortality[-1])
    fall = np.maximum(fall, 0.0)
    mean = fall[:, :100].mean(axis=1, keepdims=True)
    still = mean < 1e-3
    pattern = np.where(still, 1.0, fall / np.where(still, 1.0, mean))
    pattern[:, 100:] = pattern[:, 99:100]
    return np.asarray(pattern)


def lives_at(mortality: Array, decline: Array) -> Array:
    """Life expectancy at birth (T, 2, 97) when the logarithm of the rates is lowered by each of `STRENGTHS` times the pattern."""
    found = np.empty((*mortality.shape[:2], len(STRENGTHS)))
    for k, strength in enumerate(STRENGTHS):
        rates = mortality * np.exp(-strength * decline)
        for sex in (0, 1):
            found[:, sex, k] = life_table_from_rates(rates[:, sex], sex).e[:, 0]
    return found


def age_pattern_of_movers(migration: Array) -> Array:
    """Shares (2, 101) by sex and age of those who move, from the sizes of the country's own net migration, or from the usual curve."""
    size = np.abs(migration).sum(axis=0)
    if size.sum() <= 0:
        size = np.repeat(usual_movers()[None], 2, axis=0)
    return np.asarray(size / size.sum())


def usual_movers() -> Array:
    """Shares by age (101,) of the standard schedule of migration: children, a peak at 20 and a constant.

    Source: A. Rogers and L. J. Castro, Model migration schedules, IIASA RR-81-30 (1981), simplified basic standard.
    """
    age = np.arange(101.0)
    work = 0.06 * np.exp(-0.1 * (age - 20) - np.exp(-0.4 * (age - 20)))
    curve = 0.02 * np.exp(-0.1 * age) + work + 0.003
    return np.asarray(curve / curve.sum())


def with_movers(demography: Demography, share: Array, movers: Array) -> Demography:
    """Net migration changed by a share of the population in each step (T − 1,), spread over ages and sexes as `movers`.

    Walks forward with the people themselves: at no age and sex do more than `MOST_LEAVE` of those alive leave; who cannot leave at one
    age is not made to leave at another.
    """
    persons = demography.base
    migration = demography.migration.copy()
    daughters, sons = 1.0 / (1.0 + demography.srb), demography.srb / (1.0 + demography.srb)
    for t in range(len(share)):
        alive = np.zeros_like(persons)
        alive[:, 1:] = persons[:, :-1] * demography.survival[t, :, 1:]
        alive[:, -1] += persons[:, -1] * demography.survival_open[t]
        moved = migration[t] + share[t] * persons.sum() * movers
        moved[:, 1:] = np.maximum(moved[:, 1:], -MOST_LEAVE * alive[:, 1:])
        mothers = persons[1] + alive[1] + moved[1]
        births = (demography.fertility[t, 1:] * mothers[1:]).sum() / 2
        alive[:, 0] = births * np.array([sons[t], daughters[t]]) * demography.survival[t, :, 0]
        moved[:, 0] = np.maximum(moved[:, 0], -MOST_LEAVE * alive[:, 0])
        migration[t] = moved
        persons = alive + moved
    return replace(demography, migration=migration)
