"""Many crises on one fund of unemployment insurance: the least reserve, and the opening reserve that survives with a stated probability.

Comes in: a scenario and draws of shocks by month. Goes out: the reserve of each draw by year, the least of it, the opening reserve that each
draw needs; quantiles with their Monte-Carlo error. A draw differs from the scenario in the shocks alone. Called by `spsim stress`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from spsim.accounts import reserve_of
from spsim.arrays import Array
from spsim.bookkeeping import flows_of
from spsim.errors import InputError, problem_at
from spsim.experiments.crisis_draws import Draws
from spsim.experiments.variants import Case
from spsim.money import SchemeMoney, unemployment_money
from spsim.outcome import Outcome
from spsim.records import record
from spsim.reserves import Answering, Reserve
from spsim.rules.shocks import ShockPath
from spsim.schemes import UnemploymentScheme
from spsim.stages import unemployment_parts
from spsim.stocks.programmes import ProgrammePath
from spsim.stocks.unemployment import stocks_of
from spsim.stocks.unemployment_case import Case as SchemeCase
from spsim.stocks.unemployment_case import prepared

TOGETHER = 8  # draws that go through the kernel at once: what they hold in memory stays below half a gigabyte
HALVINGS = 50  # of the bracket of an opening reserve
Advance = Callable[[int], None]


@record(frozen=True)
class Stressed:
    """One scheme and its fund under many draws of shocks (N): reserve on 31 December (N, T), the opening reserve that each draw needs (N,).

    `calm` (T,) the reserve without any shock of the draws; `opening` the scenario's own; `years` (T,).
    """

    scheme: str
    fund: str
    years: Array
    opening: float
    calm: Array
    closing: Array
    needed: Array

    @property
    def least(self) -> Array:
        """Least reserve of each draw at the end of any year (N,)."""
        return self.closing.min(axis=1)

    @property
    def least_year(self) -> Array:
        """The year in which it stands (N,)."""
        return self.years[self.closing.argmin(axis=1)]

    @property
    def depletion_year(self) -> Array:
        """First year that closes below 0 (N,); NaN if there is none."""
        below = self.closing < 0
        return np.where(below.any(axis=1), self.years[below.argmax(axis=1)], np.nan)


@dataclass(frozen=True)
class Required:
    """Opening reserve that survives with a probability: the estimate, its standard error, and a 95 % interval without any assumption on the
    distribution. `survived` share of the draws that do not run out with it."""

    probability: float
    reserve: float
    error: float
    low: float
    high: float
    survived: float


def required(needed: Array, probability: float) -> Required:
    """The least opening reserve with which at least this share of the draws survives: an order statistic of what each draw needs (N,).

    Of n draws the k-th smallest, k = ⌈n·p⌉. Standard error: half the distance between the order statistics √(n·p·(1−p)) places below and
    above; 95 % interval: 1.96 times as far. Raises ValueError for a probability outside 0 and 1.
    """
    if not 0 < probability < 1:
        raise ValueError(f"the probability is {probability:g}; it must lie between 0 and 1")
    ordered, count = np.sort(needed), len(needed)
    place = int(np.ceil(count * probability - 1e-9)) - 1
    spread = float(np.sqrt(count * probability * (1 - probability)))

    def at(steps: float) -> float:
        return float(ordered[int(np.clip(np.rint(place + steps), 0, count - 1))])

    reserve = float(ordered[place])
    return Required(
        probability, reserve, (at(spread) - at(-spread)) / 2, at(-1.96 * spread), at(1.96 * spread),
        float((needed <= reserve).mean()),
    )  # fmt: skip


def of_scheme(case: Case, name: str | None) -> str:
    """The scheme of unemployment insurance that is meant: the only one, or the one named. Raises InputError."""
    found = [one for one, scheme in case.scenario.schemes.items() if isinstance(scheme, UnemploymentScheme)]
    if name is None and len(found) == 1:
        return found[0]
    if name in found:
        return str(name)
    there = f"choose among {', '.join(found)}" if found else "choose a scenario that has one"
    what = (
        f"'{name}' is no scheme of unemployment insurance"
        if name
        else f"{len(found)} schemes of unemployment insurance"
    )
    raise InputError([case.document.locate(problem_at(("schemes",), what, f"{there} with --scheme"))])


@dataclass(frozen=True)
class Bench:
    """A scenario made ready for draws: the scheme laid out, the money of all other schemes, the fund that pays."""

    outcome: Outcome
    name: str
    scheme: SchemeCase
    fund: str

    def money(self, shocks: Sequence[ShockPath]) -> SchemeMoney:
        """Money of the scheme under draws with the same extension, stacked (N, T)."""
        law = self.scheme.scheme
        assert self.outcome.paths is not None
        moneys = [
            unemployment_money(
                law, stocks_of(self.scheme, shock, one, _costs(one.programmes)), self.outcome.paths
            )
            for shock, one in zip(shocks, self.scheme.project_draws(list(shocks)), strict=True)
        ]
        return stacked(moneys)

    def reserve(self, money: SchemeMoney, opening: Array | float | None = None) -> Reserve:
        """The fund under stacked draws; nobody pays its deficits."""
        scenario, paths = self.outcome.scenario, self.outcome.paths
        assert paths is not None
        flows = flows_of(scenario, {**self.outcome.money, self.name: money}, self.fund)
        alone = {"deficit_paid_by_state": False, "deficit_paid_by_employers": False}
        fund = scenario.funds[self.fund].model_copy(update=alone)
        return reserve_of(fund, flows, paths, self.outcome.grid, opening)


def _costs(programmes: dict[str, tuple[Array, Array]]) -> dict[str, ProgrammePath]:
    return {name: ProgrammePath(persons, cost, np.zeros(0)) for name, (persons, cost) in programmes.items()}


def bench(case: Case, name: str) -> Bench:
    """Run the scenario once and lay the scheme out for draws."""
    outcome, scheme = case.outcome(), case.scenario.schemes[name]
    assert isinstance(scheme, UnemploymentScheme)
    assert outcome.labour is not None and outcome.paths is not None
    parts = unemployment_parts(case.scenario, name, scheme, outcome.labour, outcome.paths, outcome.grid)
    return Bench(outcome, name, prepared(*parts), scheme.fund)


def stress(
    bench: Bench, draws: Draws, count: int, threads: int = 1, advance: Advance = lambda done: None
) -> Stressed:
    """Draws 0 .. count − 1 through the kernel, and the fund under each. The same for any number of threads, to the last bit."""
    bench.scheme.opening  # noqa: B018 (computed once, before the threads)
    parts = list(_parts(bench, draws, count))

    def money_of(numbers: Array) -> SchemeMoney:
        return bench.money([bench.scheme.with_dated(draws(int(number))) for number in numbers])

    with ThreadPoolExecutor(threads) as pool:
        done, found = 0, []
        for numbers, money in zip(parts, pool.map(money_of, parts), strict=True):
            found.append(money)
            done += len(numbers)
            advance(done)
    order = np.argsort(np.concatenate(parts), kind="stable")
    money = _joined(found, lambda several: np.concatenate(several)[order])
    reserve = bench.reserve(money)
    calm = bench.reserve(bench.money([bench.scheme.with_dated(bench.scheme.calm())])).closing[0]
    fund = bench.outcome.scenario.funds[bench.fund]
    return Stressed(
        bench.name, bench.fund, bench.outcome.grid.years, fund.opening_reserve, calm, reserve.closing,
        opening_needed(bench, money),
    )  # fmt: skip


def _parts(bench: Bench, draws: Draws, count: int) -> Iterator[Array]:
    """Numbers of draws with the same extension of benefit, in parts of TOGETHER."""
    alike: dict[bytes, list[int]] = {}
    for number in range(count):
        path = bench.scheme.with_dated(draws(number))
        alike.setdefault(np.asarray(path.extension, dtype=float).tobytes(), []).append(number)
    for group in alike.values():
        yield from (np.array(group[first : first + TOGETHER]) for first in range(0, len(group), TOGETHER))


def opening_needed(bench: Bench, money: SchemeMoney) -> Array:
    """The opening reserve (N,) with which each draw closes no year below 0, by halving a bracket; 0 where none is needed.

    With rules that look at the reserve (a State contribution, an answering rate) a larger reserve may bring in less; then it is the edge that
    halving finds.
    """
    count = len(money.contributors)
    low, high = np.zeros(count), np.full(count, 1.0)

    def short(opening: Array) -> Array:
        return bench.reserve(money, opening).closing.min(axis=-1) < 0

    fails = short(low)
    for _ in range(80):
        failing = fails & short(high)
        if not failing.any():
            break
        high = np.where(failing, high * 10.0, high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = short(middle)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(fails, high, 0.0)


def stacked(moneys: Sequence[SchemeMoney]) -> SchemeMoney:
    """Money of several draws (T,) as (N, T)."""
    return _joined(moneys, np.stack)


def _joined(moneys: Sequence[SchemeMoney], join: Callable[[list[Array]], Array]) -> SchemeMoney:
    first = moneys[0]
    found: dict[str, Any] = {
        name: {key: join([getattr(money, name)[key] for money in moneys]) for key in getattr(first, name)}
        for name in ("contributions", "benefits", "programmes", "transfers")
    }
    answering = {
        key: Answering(
            rule.rule,
            join([money.answering[key].wages for money in moneys]),
            join([money.answering[key].signal for money in moneys]),
        )
        for key, rule in first.answering.items()
    }
    return SchemeMoney(
        join([money.contributors for money in moneys]),
        join([money.contributory_wages for money in moneys]),
        **found, answering=answering,
    )  # fmt: skip
