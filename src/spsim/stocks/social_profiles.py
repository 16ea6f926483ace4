"""What the law of a social pension gives each kind of person: profiles of the behaviour × pensions of other schemes of the run.

Comes in: the scheme's law, the profiles, pensions by earnings class. Goes out: `Due` by class of the law. The law itself is
`SocialLaw.amounts`, the same that one person is answered with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PartOf, Profile, SocialPensionBehaviour, Spread
from spsim.dated import at
from spsim.grid import Moments
from spsim.rules.social_tests import Claimant
from spsim.schemes import SocialPensionScheme

PLACES_IN_SPREAD = 25
"""Persons by whom a figure that is spread evenly is sampled, each in the middle of an equal part."""


@dataclass(frozen=True)
class Due:
    """What a class of the law gets of all persons of the age: the share who are paid, and the mean amount a month over everybody.

    Both (months, T, 2, 101), broadcastable.
    """

    share: Array
    amount: Array


@dataclass(frozen=True)
class OtherPensions:
    """Groups of pensioners of other schemes: `shares` of the population and (scheme, monthly amount), each (T, 2, 101)."""

    shares: tuple[Array, ...] = ()
    amounts: tuple[tuple[str, Array], ...] = ()

    def at_most_one(self) -> OtherPensions:
        """The same with shares that add to no more than all persons of a cell."""
        if not self.shares:
            return self
        scale = np.maximum(np.sum(self.shares, axis=0), 1.0)
        return replace(self, shares=tuple(share / scale for share in self.shares))

    def groups(self) -> Iterator[tuple[Array, str, Array]]:
        """(share, scheme, monthly amount) of each group; first those without any such pension."""
        without = 1.0 - np.sum(self.shares, axis=0) if self.shares else np.ones((1, 1, 1))
        yield without, "", np.zeros((1, 1, 1))
        for share, (scheme, amount) in zip(self.shares, self.amounts, strict=True):
            if share.any():
                yield share, scheme, amount


NO_PENSIONS = OtherPensions()


def due_by_class(
    scheme: SocialPensionScheme,
    behaviour: SocialPensionBehaviour,
    others: OtherPensions,
    moments: Moments,
    youngest: int,
) -> dict[str, Due]:
    """By class ("" for those in none): the sum over profiles and groups of other pensions.

    Ages below `youngest` are nobody's and not looked at.
    """
    old = replace(moments, ages=moments.ages[youngest:])
    everyone = {"all": Profile(share=1.0, has=list(scheme.requires))}
    found: dict[str, tuple[Array, Array]] = {}
    for profile in (behaviour.profiles or everyone).values():
        of_class = scheme.class_of(frozenset(profile.has))
        if of_class is None:
            continue
        for share, amount in _dues(scheme, profile, others, old, youngest):
            before = found.get(of_class, (0.0, 0.0))
            found[of_class] = (before[0] + share, before[1] + amount)
    return {name: Due(*(_padded(part, youngest) for part in pair)) for name, pair in found.items()}


def _dues(
    scheme: SocialPensionScheme, profile: Profile, others: OtherPensions, moments: Moments, youngest: int
) -> Iterator[tuple[Array, Array]]:
    """Share paid and mean amount, over all persons, of a profile with each group of other pensions."""
    share = at(profile.share, moments)[..., 0, 0]
    for in_group, other, pension in others.groups():
        figures = _figures(scheme, profile, other, _from(pension, youngest), moments)
        *_, (_, amounts) = scheme.amounts(Claimant(frozenset(profile.has), figures), moments)
        held = share * _from(in_group, youngest)
        yield held * (amounts > 0).mean(axis=(4, 5)), held * amounts.mean(axis=(4, 5))


def _figures(
    scheme: SocialPensionScheme, profile: Profile, other: str, pension: Array, moments: Moments
) -> dict[str, Array]:
    """Figures of the persons of a profile in a group with a `pension` of the scheme `other`, over six axes."""
    found = {}
    for name, figure in scheme.figures.items():
        if figure.pensions_of:
            monthly = pension if other in figure.pensions_of else np.zeros((1, 1, 1))
            found[name] = monthly[None, :, :, :, None, None]
    for name, given in profile.figures.items():
        if not isinstance(given, PartOf):
            found[name] = _spread(given, moments) if isinstance(given, Spread) else at(given, moments)
    for name, given in profile.figures.items():
        if isinstance(given, PartOf):
            found[name] = given.times * found[given.part_of]
    return found


def _spread(figure: Spread, moments: Moments) -> Array:
    """The figure of persons who stand evenly between two ends; they lie along the axis of classes."""
    places = ((np.arange(PLACES_IN_SPREAD) + 0.5) / PLACES_IN_SPREAD)[:, None]
    low, high = at(figure.lowest, moments), at(figure.highest, moments)
    return np.asarray(low + (high - low) * places)


def _from(values: Array, youngest: int) -> Array:
    """The last axis, ages, from `youngest` on, if it has any."""
    return values if values.shape[-1] == 1 else values[..., youngest:]


def _padded(values: Array, youngest: int) -> Array:
    """Nobody below `youngest`; an axis of one cell stays."""
    if values.shape[-1] == 1:
        return values
    return np.concatenate([np.zeros((*values.shape[:-1], youngest)), values], axis=-1)
