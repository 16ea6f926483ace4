"""Checks of amounts: averages and accounts that they name, what can be paid in which way, and what nothing pays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.dated import keys_within, numbers_in
from spsim.economy import Economy, ReferenceAmount
from spsim.errors import KeyPath, Problem, problem_at, unknown
from spsim.members import Covered
from spsim.plain import highest, value_on
from spsim.rules.amounts import (
    AccountBalance,
    Amount,
    Annuity,
    Points,
    ProgrammedWithdrawal,
    ending,
    primitives,
    supplements,
)
from spsim.rules.benefits import OldAge, Survivors, Tier
from spsim.rules.reference_earnings import INDICES, CareerAverage, ReferenceEarnings
from spsim.schemes import PensionScheme, Scheme

ONCE = ("account", "months_of_earnings")
MONTHLY = ("annuity", "points", "programmed_withdrawal")


def amount_problems(
    at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour, economy: Economy | None
) -> Iterator[Problem]:
    """Everything that the amounts of a scheme contradict."""
    yield from _indices(at, scheme, economy)
    yield from _by_entry(at, scheme, behaviour)
    used: set[tuple[str, str]] = set()
    for path, amount, pays in _amounts(at, scheme):
        for inner, one in primitives(amount):
            here = (*path, *inner)
            yield from _paid(here, one, pays)
            yield from _named(here, one, scheme)
            used |= {(name, getattr(one, name)) for name in ("of", "account") if getattr(one, name, None)}
    used |= {("account", name) for name in behaviour.account_withdrawals}
    yield from _withdrawals(at, scheme)
    yield from _drawings(at, scheme, behaviour)
    yield from _dependants(at, scheme, behaviour)
    yield from _credits(at, scheme, behaviour)
    yield from _work_tests(at, scheme, behaviour)
    for name in behaviour.account_withdrawals:
        if name not in scheme.accounts:
            path = ("behaviour", at[-1], "account_withdrawals", name)
            yield unknown(path, "account", name, set(scheme.accounts))
    yield from _idle(at, used, ("accounts", "account", scheme.accounts), "an account that nothing pays out")
    others = ("other_earnings", "of", scheme.other_earnings)
    yield from _idle(at, used, others, "an average that no amount names")


def _amounts(at: KeyPath, scheme: PensionScheme) -> Iterator[tuple[KeyPath, Amount, str]]:
    """(path, amount, how it is paid) of every tier, of what is paid beside it and of survivors."""
    for benefit_id, benefit in scheme.benefits.items():
        path = (*at, "benefits", benefit_id)
        if isinstance(benefit, Survivors):
            yield from ((found, amount, "pension") for found, amount in _of_survivors(path, benefit))
            continue
        for tier_id, tier in benefit.tiers.items():
            yield from _of_tier((*path, "tiers", tier_id), tier)


def _of_survivors(path: KeyPath, benefit: Survivors) -> Iterator[tuple[KeyPath, Amount]]:
    """Pensions that the law takes for those who die, with where they stand."""
    found = [((*path, "pension_of_pensioners"), benefit.pension_of_pensioners)]
    found += [((*path, "pension_of_members"), benefit.pension_of_members)]
    for way, other in benefit.otherwise.items():
        found.append(((*path, "otherwise", way, "pension_of_members"), other.pension_of_members))
    yield from ((where, amount) for where, amount in found if amount is not None)


def _of_tier(path: KeyPath, tier: Tier) -> Iterator[tuple[KeyPath, Amount, str]]:
    yield (*path, "amount"), tier.amount, tier.pays
    if tier.with_lump_sum is not None:
        yield (*path, "with_lump_sum"), tier.with_lump_sum, "lump_sum"


def _paid(path: KeyPath, amount: Amount, pays: str) -> Iterator[Problem]:
    """Balances are paid once, annuities and points by the month."""
    if pays == "pension" and amount.kind in ONCE:
        text = f"an amount of kind {amount.kind} is paid once, not as a pension"
        yield problem_at((*path, "kind"), text, "write pays: lump_sum, or kind: annuity")
    if pays == "lump_sum" and amount.kind in MONTHLY:
        text = f"an amount of kind {amount.kind} is a pension, not paid once"
        yield problem_at((*path, "kind"), text, "write pays: pension, or kind: account")


def _withdrawals(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """What would pay more or less of a balance than a programmed withdrawal does: the heirs get the rest of it, to the last unit of money."""
    found = [
        (path, inner)
        for path, amount, _ in _amounts(at, scheme)
        for inner, one in primitives(amount)
        if isinstance(one, ProgrammedWithdrawal)
    ]
    for path, inner in found:
        if inner:
            text = "a programmed withdrawal inside another amount: what is left of the balance would not be known"
            remedy = "write it as the whole amount of a tier; pay the rest with `with_lump_sum`, by `share`"
            yield problem_at((*path, *inner, "kind"), text, remedy)
        elif path[-1] in ("pension_of_members", "pension_of_pensioners"):
            text = "those who die as members have withdrawn nothing yet"
            yield problem_at(
                (*path, "kind"),
                text,
                "write another amount, or a benefit of kind death that pays the balance",
            )
    if found and highest(scheme.pension_floor) != 0:
        text = "a minimum of pensions in payment would pay more than the balance of a programmed withdrawal"
        yield problem_at((*at, "pension_floor"), text, "delete it, or pay an annuity")
    if found and scheme.payments_per_year != 12:
        text = "a programmed withdrawal pays balance ÷ divisor in a year, in twelve payments"
        yield problem_at((*at, "payments_per_year"), text, "delete it: the divisor says how much is paid")


def _drawings(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Members who draw on an account at ages at which no right of the law lets them; ages by the date of the scheme's own values."""
    for name, share in behaviour.account_withdrawals.items():
        account = scheme.accounts.get(name)
        if account is None or not account.drawings:
            continue
        first = min(min(numbers_in(rule.from_age), default=0.0) for rule in account.drawings.values())
        early = [age for age in range(15, int(first)) if (value_on(share, age=float(age)) or 0.0) > 0]
        if early:
            path = ("behaviour", at[-1], "account_withdrawals", name)
            text = f"members draw at {early[0]}, but no right of the account opens before {first:g}"
            yield problem_at(path, text, "draw later, or add the right under `drawings`")


def _dependants(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Supplements for dependants that nobody has, and dependants for whom nothing is paid."""
    asked: set[str] = set()
    for path, amount, pays in _amounts(at, scheme):
        ends = ending(amount)[1] if pays == "pension" else {}
        in_sum = {tuple(step for part in name.split(".") for step in ("parts", part)) for name in ends}
        for inner, one in supplements(amount):
            asked.add(one.dependant)
            if one.until_age is not None and inner not in in_sum and "tiers" in path:
                text = "a supplement that ends stands where it cannot be told from the pension"
                remedy = "make it a part of the sum_of that is the pension, or delete until_age"
                yield problem_at((*path, *inner, "until_age"), text, remedy)
            if one.dependant not in behaviour.dependants:
                text = f"a supplement for each {one.dependant}, but the behaviour gives members none: it would never be paid"
                remedy = f"add `dependants: {{{one.dependant}: mean number}}` under behaviour.{at[-1]}"
                yield problem_at((*path, *inner), text, remedy)
        if in_sum and len(in_sum) == len(getattr(amount, "parts", {})):
            text = "nothing but supplements that end: there is no pension beside them"
            yield problem_at(path, text, "add the pension as a part")
    for name in behaviour.dependants:
        if name not in asked:
            where = ("behaviour", at[-1], "dependants", name)
            yield problem_at(
                where, "no amount pays anything for them", "write an amount of kind for_each, or delete it"
            )


def _work_tests(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Pensions stopped beside work where nobody works, pensioners at work whom no law looks at, parts that a pension does not have."""
    tests = {
        benefit_id: benefit
        for benefit_id, benefit in scheme.benefits.items()
        if isinstance(benefit, OldAge) and benefit.work_test is not None
    }
    for benefit_id, benefit in tests.items():
        path = (*at, "benefits", benefit_id, "work_test")
        if behaviour.working_pensioners is None:
            text = "the behaviour says of no pensioner that they work: nothing would be stopped"
            yield problem_at(path, text, f"add working_pensioners under behaviour.{at[-1]}")
        name = benefit.work_test.part if benefit.work_test is not None else None
        for tier_id, tier in benefit.tiers.items():
            known = set(getattr(tier.amount, "parts", {})) if tier.amount.kind == "sum_of" else set()
            if name is not None and tier.pays == "pension" and name not in known:
                yield unknown((*path, "part"), f"part of the sum_of of the tier {tier_id}", name, known)
    if behaviour.working_pensioners is not None and not tests:
        where = ("behaviour", at[-1], "working_pensioners")
        yield problem_at(where, "no pension is stopped beside work", "write a work_test, or delete it")


def _credits(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Credited years that no member has, that no rule knows, or at earnings that no average takes in."""
    for name, rule in scheme.credits.items():
        if name not in behaviour.credited_years:
            remedy = f"add `credited_years: {{{name}: mean years}}` under behaviour.{at[-1]}"
            yield problem_at((*at, "credits", name), "no member has any of these years", remedy)
        if rule.earnings is not None and not _rates_of_careers(at, scheme):
            text = (
                "earnings of credited years, but no rate of earnings is of an average over the whole career"
            )
            yield problem_at(
                (*at, "credits", name, "earnings"), text, "delete them, or use an average of kind career"
            )
    for name in behaviour.credited_years:
        if name not in scheme.credits:
            path = ("behaviour", at[-1], "credited_years", name)
            yield unknown(path, "credit", name, set(scheme.credits))


def _by_entry(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Averages by date of first insurance without the years since then that a projection takes, or these years for nothing."""
    averages: dict[KeyPath, ReferenceEarnings] = {("reference_earnings",): scheme.reference_earnings}
    averages |= {("other_earnings", name): one for name, one in scheme.other_earnings.items()}
    keyed = [path for path, one in averages.items() if "first_insured_date" in keys_within(one)]
    where = ("behaviour", at[-1], "years_since_entry")
    if keyed and behaviour.years_since_entry is None:
        text = "years by date of first insurance, which a projection does not know of its members"
        remedy = f"add `years_since_entry: 30` under behaviour.{at[-1]}, the mean years from first insurance to the award"
        yield problem_at((*at, *keyed[0], "years"), text, remedy)
    if not keyed and behaviour.years_since_entry is not None:
        yield problem_at(where, "no average goes by the date of first insurance", "delete it")


def _rates_of_careers(at: KeyPath, scheme: PensionScheme) -> bool:
    """Whether some amount is a rate of an average over the career; points are not."""
    named = {
        one.of or ""
        for _, amount, _ in _amounts(at, scheme)
        for _, one in primitives(amount)
        if hasattr(one, "of") and not isinstance(one, Points)
    }
    known = {"": scheme.reference_earnings} | scheme.other_earnings
    return any(known[name].kind == "career" for name in named & known.keys())


def elsewhere_problems(
    at: KeyPath, scheme: PensionScheme, schemes: Mapping[str, Scheme]
) -> Iterator[Problem]:
    """Credits of months in a scheme that is not there, that is this one, or that has no months of contribution."""
    pensions = {name for name, other in schemes.items() if isinstance(other, PensionScheme)} - {at[-1]}
    seen: dict[str, str] = {}
    for name, rule in scheme.credits.items():
        path = (*at, "credits", name, "of_scheme")
        if rule.of_scheme is None:
            continue
        if rule.of_scheme not in pensions:
            yield unknown(path, "other pension scheme", rule.of_scheme, {str(one) for one in pensions})
        elif rule.of_scheme in seen:
            text = f"months in {rule.of_scheme} count as {seen[rule.of_scheme]} already"
            yield problem_at(path, text, "keep one of the two credits")
        seen[rule.of_scheme] = name


def _named(path: KeyPath, amount: Amount, scheme: PensionScheme) -> Iterator[Problem]:
    """Averages and accounts that an amount names."""
    if (
        isinstance(amount, AccountBalance | Annuity | ProgrammedWithdrawal)
        and amount.account not in scheme.accounts
    ):
        yield unknown((*path, "account"), "account", amount.account, set(scheme.accounts))
    of = getattr(amount, "of", None)
    if of is not None and of not in scheme.other_earnings:
        yield unknown((*path, "of"), "average of other_earnings", of, set(scheme.other_earnings))
    elif isinstance(amount, Points):
        rule = scheme.reference_earnings if of is None else scheme.other_earnings[of]
        if not isinstance(rule, CareerAverage):
            text = "points are earned over the whole career, but this average is not"
            yield problem_at((*path, "of"), text, "name an average of kind career")
        elif rule.valorisation in INDICES:
            text = f"a point is a year at a wage in money, but this average goes by {rule.valorisation}"
            remedy = "let its `valorisation` name a reference amount, such as the average insured wage"
            yield problem_at(path if of is None else (*path, "of"), text, remedy)


def _indices(at: KeyPath, scheme: PensionScheme, economy: Economy | None) -> Iterator[Problem]:
    """What past wages are brought up to date with."""
    known = set(INDICES) | set(economy.reference_amounts if economy is not None else ())
    rules = [(("reference_earnings",), scheme.reference_earnings)]
    rules += [(("other_earnings", name), rule) for name, rule in scheme.other_earnings.items()]  # type: ignore[misc]
    for where, rule in rules:
        path = (*at, *where, "valorisation")
        if rule.valorisation not in known:
            yield unknown(path, "index or reference amount", rule.valorisation, known)
        elif economy is not None and rule.valorisation in economy.reference_amounts:
            yield from _history(path, scheme, economy.reference_amounts[rule.valorisation], rule.valorisation)


def _history(path: KeyPath, scheme: PensionScheme, amount: object, name: str) -> Iterator[Problem]:
    """Past wages are divided by an amount that is not known then: its first value would stand for all years before."""
    if not isinstance(amount, ReferenceAmount) or not isinstance(scheme.members, Covered):
        return
    known = min(month_number(date) for date in amount.points) // 12
    begins = max(
        month_number(scheme.start) // 12,
        max(month_number(date) for date in amount.points) // 12 - scheme.members.run_in_years,
    )
    if known > begins + 1:
        text = f"{name} is known from {known} on only, but members look back to {begins}: its first value would stand for all years before"
        yield problem_at(path, text, f"add points to {name} back to {begins}", "warning")


def _idle(
    at: KeyPath, used: set[tuple[str, str]], what: tuple[str, str, Iterable[str]], text: str
) -> Iterator[Problem]:
    block, key, names = what
    for name in names:
        if (key, name) not in used:
            yield problem_at((*at, block, name), text, "name it in an amount, or delete it", "warning")
