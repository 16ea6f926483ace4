"""Individual accounts as a whole: what members draw out without leaving, what all of them hold, what their pensions are worth.

Comes in: the setting, the rights, the kernel's flows. Goes out: shares drawn for the kernel; `Owed`. Called by `stocks.pension`; read by
`automatic_balance`.

The kernel counts rights only where they are drawn out. Every account is therefore drawn by a share so small that nothing changes (less than
rounding over a hundred years), and what is drawn over that share is what is held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from spsim.arrays import Array
from spsim.dated import Value, on
from spsim.increases import increases
from spsim.kernels.pension import MemberProjection
from spsim.records import record
from spsim.rules.automatic_balance import AssetsToLiabilities
from spsim.schemes import PensionScheme
from spsim.stocks.base import Base
from spsim.stocks.payments import Pension
from spsim.stocks.rights import Rights, account_name, account_unit_in_july, balance_gains
from spsim.stocks.setting import Setting

UNFELT = 1e-13
"""Share of a balance drawn so that it is counted."""


def balanced_by_assets(scheme: PensionScheme) -> bool:
    """Whether automatic balancing asks what pensions in payment are worth beside the balances."""
    rule = scheme.automatic_balance
    return rule is not None and isinstance(rule.ratio, AssetsToLiabilities)


def drawn_shares(setting: Setting, rights: Rights) -> Array:
    """Share of each right that members draw out in a step (T, S, X, M); of accounts alone."""
    grid, scheme = setting.grid, setting.scheme
    shares = np.zeros((*grid.shape[:3], len(rights.right)))
    for name, value in setting.behaviour.account_withdrawals.items():
        shares[..., rights.right[account_name(name)]] = _profile(value, setting)
    for name in scheme.accounts:
        place = rights.right[account_name(name)]
        shares[..., place] = np.maximum(shares[..., place], UNFELT)
    return shares


@record(frozen=True)
class Owed:
    """What a scheme of accounts owes on each 1 July (T,): `balances` of members, and the value of `pensions` in payment."""

    balances: Array
    pensions: Array


def owed(
    setting: Setting, rights: Rights, flows: MemberProjection, base: Base, pensions: Iterable[Pension]
) -> Owed | None:
    """Both, where there are accounts; the value of pensions only where balancing asks for it."""
    if not setting.scheme.accounts:
        return None
    value = np.zeros(setting.grid.shape[0])
    if balanced_by_assets(setting.scheme):
        annuity = annuity_in_payment(setting)
        value = sum(((one.amount * annuity).sum(axis=(1, 2)) for one in pensions), value)
    return Owed(total_balances(setting, rights, flows, base), value)


def total_balances(setting: Setting, rights: Rights, flows: MemberProjection, base: Base) -> Array:
    """Balances of all accounts on each 1 July (T,), after what was drawn in the step.

    Held at the end of a step: what is left to those who stay, and half of the year's credit of those who come in or come back then.
    """
    shares, total = drawn_shares(setting, rights), np.zeros(setting.grid.shape[0])
    new = flows.entrants[0] + flows.reentrants[0]
    for name, account in setting.scheme.accounts.items():
        m = rights.right[account_name(name)]
        share = shares[..., m, None]
        stayed = flows.drawn_out[0][..., m] * (1.0 - share) / share
        by_cell = (stayed + 0.5 * rights.increments[..., m] * new).sum(axis=-1)
        by_cell[0] = sum(
            stock[..., 1 + m, :].sum(axis=(0, 3, 4)) for stock in (base.contributors, base.dormant)
        )
        units = (by_cell * balance_gains(setting, name)).sum(axis=(1, 2))
        total += units * account_unit_in_july(setting, account.crediting)
    return total


def annuity_in_payment(setting: Setting) -> Array:
    """Years' pensions that a pension in payment is worth on 1 July of each year by sex and age (T, 2, 101), if the year's rates stayed.

    The pension is paid through the year, so half of this year's is still due: ½ + Σ_k kp · c^k, with c = growth of pensions over growth of
    accounts, both without balancing, which takes the same from both.
    """
    (account,) = setting.scheme.accounts.values()
    unit = account_unit_in_july(replace(setting, balance=None), account.crediting)
    growth = np.concatenate([unit[1:2] / unit[:1], unit[1:] / unit[:-1]])
    c = (increases(setting.scheme.indexation, setting.paths).rise / growth)[:, None]
    lives = 1.0 - setting.members.pensioner_death
    value = np.ones_like(lives)
    value[..., -1] = 1.0 / np.maximum(1.0 - lives[..., -1] * c, 1e-3)
    for x in range(value.shape[-1] - 2, -1, -1):
        value[..., x] = 1.0 + lives[..., x + 1] * c * value[..., x + 1]
    return value - 0.5


def _profile(value: Value, setting: Setting) -> Array:
    return np.broadcast_to(on(value, setting.steps)[..., 0, 0], setting.grid.shape[:3])
