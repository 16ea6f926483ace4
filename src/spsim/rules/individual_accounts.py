"""Individual accounts: what is credited to a member, how the balance grows, when a member may draw on it. Provident and notional alike."""

from __future__ import annotations

from spsim.dated import Sourced
from spsim.places import AllocationRate, DrawingAge, Share
from spsim.rules.reference_earnings import Crediting
from spsim.rules.service import ServiceCondition


class Drawing(Sourced):
    """A right to draw on an account while a member: from an age, after so many years, a share of the balance at most.

    What the law lets one person do (`spsim person --event drawing:ACCOUNT.NAME`); what all members do says the behaviour
    (`account_withdrawals`), which may not draw before the first of these ages.
    """

    title: str = ""
    from_age: DrawingAge = 0.0
    service: ServiceCondition = ServiceCondition.model_construct()
    most_share: Share = 1.0


class Account(Sourced):
    """A balance of each member: a share of every contributory wage is credited, and the balance grows by a rule.

    Real money or notional: what the scheme collects stands under `contributions`, what is credited to the member here.
    """

    title: str = ""
    allocation: AllocationRate
    crediting: Crediting
    drawings: dict[str, Drawing] = {}
