"""Checks of individual accounts: accounts that layers of interest, transfers and drawings name, and what a projection makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.behaviour import PensionBehaviour
from spsim.checks_tiers import lowest
from spsim.errors import KeyPath, Problem, problem_at, unknown
from spsim.places import numbers_at
from spsim.plain import highest
from spsim.schemes import PensionScheme


def account_problems(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Everything that the accounts of a scheme contradict."""
    for path, name in _named(scheme):
        if name not in scheme.accounts:
            yield unknown((*at, *path), "account", name, set(scheme.accounts))
    for name, account in scheme.accounts.items():
        for drawing_id, drawing in account.drawings.items():
            if name in drawing.also_from:
                path = ("accounts", name, "drawings", drawing_id, "also_from")
                yield problem_at((*at, *path), f"{name} would be made up from itself", "delete it there")
    for name, rule in scheme.transfers.items():
        if not any(number for _, number in numbers_at(rule.up_to)) and rule.rest_to is None:
            text = "a sum of 0 is kept, and what is above it stays: nothing would ever move"
            yield problem_at((*at, "transfers", name, "up_to"), text, "write the sum, or add rest_to")
    yield from _gains(at, scheme, behaviour)
    yield from _unpaid(at, scheme)


def _named(scheme: PensionScheme) -> Iterator[tuple[KeyPath, str]]:
    """(path, name) of every account that is named."""
    path: KeyPath
    for layer_id, layer in scheme.interest_layers.items():
        yield from ((("interest_layers", layer_id, "counts", name), name) for name in layer.counts)
        yield ("interest_layers", layer_id, "into"), layer.into
    for transfer_id, rule in scheme.transfers.items():
        path = ("transfers", transfer_id)
        yield (*path, "to"), rule.to
        yield from (((*path, "from", number), name) for number, name in enumerate(rule.from_))
        if rule.rest_to is not None:
            yield (*path, "rest_to"), rule.rest_to
    for account_id, account in scheme.accounts.items():
        for drawing_id, drawing in account.drawings.items():
            path = ("accounts", account_id, "drawings", drawing_id, "also_from")
            yield from (((*path, number), name) for number, name in enumerate(drawing.also_from))


def _gains(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Layers of which a projection would know nothing, and gains that come from nowhere."""
    path = ("behaviour", at[-1], "balance_gains")
    for name in behaviour.balance_gains:
        if name not in scheme.accounts:
            yield unknown((*path, name), "account", name, set(scheme.accounts))
    if scheme.interest_layers and not behaviour.balance_gains:
        text = "layers of interest, but no balance gains by them in a projection, which does not tell members apart"
        remedy = f"add `balance_gains: {{account: mean yearly rate}}` under behaviour.{at[-1]}"
        yield problem_at((*at, "interest_layers"), text, remedy)
    if behaviour.balance_gains and not (scheme.interest_layers or scheme.transfers):
        text = "the law has no layers of interest and no transfers by which balances could gain"
        yield problem_at(path, text, "delete it, or raise the crediting of the account")


def _unpaid(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """More credited to accounts that earn interest than anyone pays: the fund would owe money that it never had."""
    earning = [account for account in scheme.accounts.values() if account.crediting.interest != 0]
    credited = sum(lowest(account.allocation) or 0.0 for account in earning)
    paid = sum(highest(rule.rate) or 0.0 for rule in scheme.contributions.values())
    in_money = any(rule.amount or rule.minimum for rule in scheme.contributions.values())
    if credited > paid + 1e-9 and not in_money:
        text = f"accounts that earn the interest of reserves are credited {credited:.4g} of the wage, and contributions pay {paid:.4g}"
        yield problem_at(
            (*at, "accounts"), text, "lower the allocations, or write who pays the rest", "warning"
        )
