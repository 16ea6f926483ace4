"""What the law of a social pension gives each kind of person: profiles of the behaviour × pensions of other schemes of the run.

Comes in: the scheme's law, the profiles, pensions by earnings class. Goes out: `Due` by class of the law. The law itself is
`SocialLaw.amounts`, the same that one person is answered with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PartOf, Profile, SocialPensionBehaviour, Spread
from spsim.dated import at
from spsim.grid import Moments
from spsim.records import record
from spsim.rules.social_tests import Claimant
from spsim.schemes import SocialPensionScheme

CELLS = 10
"""Equal parts into which the persons of a spread figure are cut, besides the cuts where a test jumps or bends."""


@record(frozen=True)
class Due:
    """What a class of the law gets of all persons of the age: the share who are paid, and the mean amount a month over everybody.

    Both (months, T, 2, 101), broadcastable.
    """

    share: Array
    amount: Array


@record(frozen=True)
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
    profiles = list(behaviour.profiles.values()) or [
        Profile.model_construct(share=1.0, has=list(scheme.requires))
    ]
    found: dict[str, tuple[Array, Array]] = {}
    for profile in profiles:
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
    middle, width = _cuts(scheme, profile, moments)
    for in_group, other, pension in others.groups():
        figures = _figures(scheme, profile, other, _from(pension, youngest), moments, middle)
        *_, (_, amounts) = scheme.amounts(Claimant(frozenset(profile.has), figures), moments)
        held = share * _from(in_group, youngest)
        positive = amounts > 0
        paid = 1.0 if positive.all() else _mean(positive.astype(float), width)
        yield held * paid, held * _mean(amounts, width)


def _mean(values: Array, width: Array) -> Array:
    """Mean over the persons of a profile, who lie in parts of these widths along the axis of classes: (months, T, sex, age)."""
    return np.asarray(np.einsum("...kj,...kj->...", values, width))


def _cuts(scheme: SocialPensionScheme, profile: Profile, moments: Moments) -> tuple[Array, Array]:
    """Middle and width of the parts of the persons of a profile, from 0 (lowest figures) to 1, along the axis of classes."""
    if not any(isinstance(figure, Spread) for figure in profile.figures.values()):
        return np.full((1,) * 6, 0.5), np.ones((1,) * 6)
    ends = [np.full((1,) * 6, place / CELLS) for place in range(CELLS + 1)]
    for test in scheme.tests.values():
        for name, edge in test.edges(moments) if test.holds(frozenset(profile.has)) else ():
            ends += _place_of(profile, name, edge, moments)
    shape = np.broadcast_shapes(*(end.shape for end in ends))
    line = np.sort(np.concatenate([np.broadcast_to(end, shape) for end in ends], axis=4), axis=4)
    return (line[..., 1:, :] + line[..., :-1, :]) / 2.0, np.diff(line, axis=4)


def _place_of(profile: Profile, name: str, edge: Array, moments: Moments) -> list[Array]:
    """Where among the persons of the profile, 0 to 1, a figure that is spread reaches an amount; nowhere for other figures."""
    figure, times = profile.figures.get(name), 1.0
    if isinstance(figure, PartOf):
        times = figure.times
        figure = profile.figures.get(figure.part_of)
    if not isinstance(figure, Spread) or times == 0:
        return []
    low, high = at(figure.lowest, moments), at(figure.highest, moments)
    gap = np.where(high == low, np.inf, high - low)
    return [np.clip((edge / times - low) / gap, 0.0, 1.0)]


def _figures(
    scheme: SocialPensionScheme,
    profile: Profile,
    other: str,
    pension: Array,
    moments: Moments,
    middle: Array,
) -> dict[str, Array]:
    """Figures of the persons of a profile, at places `middle`, in a group with a `pension` of the scheme `other`, over six axes."""
    found = {}
    for name, figure in scheme.figures.items():
        if figure.pensions_of:
            monthly = pension if other in figure.pensions_of else np.zeros((1, 1, 1))
            found[name] = monthly[None, :, :, :, None, None]
    for name, given in profile.figures.items():
        if isinstance(given, Spread):
            low, high = at(given.lowest, moments), at(given.highest, moments)
            found[name] = np.asarray(low + (high - low) * middle)
        elif not isinstance(given, PartOf):
            found[name] = at(given, moments)
    for name, given in profile.figures.items():
        if isinstance(given, PartOf):
            found[name] = given.times * found[given.part_of]
    return found


def _from(values: Array, youngest: int) -> Array:
    """The last axis, ages, from `youngest` on, if it has any."""
    return values if values.shape[-1] == 1 else values[..., youngest:]


def _padded(values: Array, youngest: int) -> Array:
    """Nobody below `youngest`; an axis of one cell stays."""
    if values.shape[-1] == 1:
        return values
    return np.concatenate([np.zeros((*values.shape[:-1], youngest)), values], axis=-1)
