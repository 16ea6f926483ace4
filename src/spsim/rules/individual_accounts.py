"""Individual accounts: what is credited to a member, and how the balance grows. Provident funds and notional accounts alike."""

from __future__ import annotations

from spsim.dated import Sourced
from spsim.places import AllocationRate
from spsim.rules.reference_earnings import Crediting


class Account(Sourced):
    """A balance of each member: a share of every contributory wage is credited, and the balance grows by a rule.

    Real money or notional: what the scheme collects stands under `contributions`, what is credited to the member here.
    """

    title: str = ""
    allocation: AllocationRate
    crediting: Crediting
