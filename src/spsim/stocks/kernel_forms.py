"""What the law pays, in the form that the member kernel reads: amounts as forms and programs, tables in one row.

Comes in: the law laid on the grid, rights. Goes out: the kernel's arrays. Called by `stocks.pension` and `stocks.linear_probe`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.kernels.pension import ADD, LARGER, SMALLER, SUBTRACT
from spsim.rules.amounts import Formula, Held, Linear, Operation, Term
from spsim.stocks.pension_tables import Law, PensionTables, by_cohort
from spsim.stocks.rights import MONEY, SERVICE, Rights, account_name, earnings_name


class Forms:
    """The forms of the member kernel, gathered term by term: amount = reference · (flat · P + per_right · R).

    Career average: R sums the earnings of all years, so rate · R / years is a share of their mean and per_year · R needs no division.
    Other averages: R counts years and the reference holds the earnings. Accounts: R is the balance. Money: reference 1.
    """

    def __init__(self, law: Law, rights: Rights) -> None:
        self._services = np.maximum(law.moments.last, 0.5)
        self._rights = rights
        self.flat: list[Array] = []
        self.per_right: list[Array] = []
        self.right_of: list[int] = []
        self.reference_of: list[int] = []

    def program(self, formulas: Sequence[Formula]) -> list[int]:
        """The kernel's program of an amount whose tables are given for each entry cohort, or once for all."""
        codes: list[int] = []
        for code in formulas[0].program:
            if isinstance(code, int):
                codes += self._of_term([one.terms[code] for one in formulas])
            else:
                codes.append(KERNEL_CODES[code])
        return codes

    def _of_term(self, terms: Sequence[Term]) -> list[int]:
        """A term as one form, or as the sum of money and of a share of earnings."""
        held = [term for term in terms if isinstance(term, Held)]
        if held:
            return [self._held(held)]
        linears = [term for term in terms if isinstance(term, Linear)]
        on_earnings = any(term.rate.any() or term.per_year.any() for term in linears)
        found = [self._on_earnings(linears)] if on_earnings else []
        if not found or any(term.flat.any() for term in linears):
            found.append(self._add([term.flat for term in linears], [NOTHING], MONEY, MONEY))
        return found if len(found) == 1 else [*found, ADD]

    def _held(self, terms: Sequence[Held]) -> int:
        name = earnings_name(terms[0].name) if terms[0].points else account_name(terms[0].name)
        reference = MONEY if terms[0].points else name
        return self._add([NOTHING], [term.share for term in terms], name, reference)

    def _on_earnings(self, terms: Sequence[Linear]) -> int:
        name = earnings_name(terms[0].name)
        if name in self._rights.right:
            shares = [
                term.rate / self._services + term.per_year if term.rate.any() else term.per_year
                for term in terms
            ]
            return self._add([NOTHING], shares, name, name)
        return self._add([term.rate for term in terms], [term.per_year for term in terms], SERVICE, name)

    def _add(self, flat: Sequence[Array], per_right: Sequence[Array], right: str, reference: str) -> int:
        self.flat.append(by_cohort(flat))
        self.per_right.append(by_cohort(per_right))
        self.right_of.append(self._rights.right.get(right, -1))
        self.reference_of.append(self._rights.reference[reference])
        return len(self.flat) - 1


NOTHING = np.zeros((1, 1, 1, 1, 1))
KERNEL_CODES: dict[Operation, int] = {"add": ADD, "larger": LARGER, "smaller": SMALLER, "subtract": SUBTRACT}


def kernel_tables(tables: PensionTables, law: Law, rights: Rights) -> dict[str, Any]:
    """Arrays of `kernels.pension.project_members`."""
    if not tables.laid:
        tables.laid.update(_laid(tables, law, rights))
    return tables.laid | {"reference": rights.references[None]}


def _laid(tables: PensionTables, law: Law, rights: Rights) -> dict[str, Any]:
    """All of them but the references, which are the economy's; `laid` is where the kernel keeps them in one row."""
    found, forms = tables.valuations, Forms(law, rights)
    programs = [forms.program(valuation.formulas) for valuation in found]
    return {
        "exit_contributor": tables.exit_contributor,
        "exit_dormant": tables.exit_dormant,
        "exit_age_low": np.array([window.start for window in tables.windows], dtype=np.int64),
        "exit_age_high": np.array([window.stop for window in tables.windows], dtype=np.int64),
        "valuation_exit": np.array([valuation.event for valuation in found], dtype=np.int64),
        "valuation_status": np.array([valuation.status for valuation in found], dtype=float).reshape(-1, 2),
        "heads_weight": [by_cohort(valuation.weights) for valuation in found],
        "programs": programs,
        "flat": forms.flat,
        "per_right": forms.per_right,
        "right_of": np.array(forms.right_of, dtype=np.int64),
        "reference_of": np.array(forms.reference_of, dtype=np.int64),
        "floor": np.stack([valuation.floor for valuation in found]),
        "cap": np.stack([valuation.cap for valuation in found]),
        "laid": {},
    }
