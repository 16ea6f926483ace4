"""Contributory base and contributions."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Roadmap, Schedule, Sourced, coordinate, keys_of, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import BaseLimit, ContributionAmount, ContributionRate
from spsim.rules.rounding import RoundTo, WageClasses


class ContributionBase(Sourced):
    """Wage on which contributions are due: no less than the floor, no more than the ceiling (monthly). No growth unless their value says so."""

    floor: BaseLimit = 0.0
    ceiling: BaseLimit | None = None
    above: BaseLimit = Field(0.0, description="only the part of the wage above this counts")
    bands: Schedule | Roadmap | None = Field(
        None,
        description="standard wage of each band, by wage; floor and ceiling then limit the standard wage",
    )

    round_to: WageClasses | None = Field(
        None, description="wage classes of equal width that may end, before floor and ceiling"
    )

    @model_validator(mode="after")
    def _bands_go_by_wage(self) -> ContributionBase:
        if self.bands is not None and self.round_to is not None:
            text = "bands and round_to both say the standard wage"
            raise ScenarioProblem(("round_to",), text, "keep one of them")
        if self.bands is not None:
            if self.bands.by != "wage":
                raise ScenarioProblem(("bands", "by"), "bands go by the wage", "write by: wage")
            if isinstance(self.bands, Schedule) and self.bands.mode != "step":
                raise ScenarioProblem(("bands", "mode"), "a band has one standard wage", "write mode: step")
            if isinstance(self.bands, Schedule) and self.bands.in_units_of is not None:
                raise ScenarioProblem(
                    ("bands", "in_units_of"), "bands are amounts of money", "write them out"
                )
        return self

    def band_steps(self) -> tuple[Array, Array]:
        """Wages (n,) at which a band begins, and the standard wages (n + 1,) before the first, and from each on."""
        bands = self.bands
        if isinstance(bands, Schedule):
            x, y = bands.sorted_points()
            return np.array(x[1:]), np.array(y)
        assert isinstance(bands, Roadmap)
        count = int(np.ceil((bands.until - bands.from_) / bands.increment - 1e-9)) + 1
        edges = coordinate("wage", bands.start) + bands.every * np.arange(count)
        return edges, np.concatenate([bands.read(edges[:1] - 1.0), bands.read(edges)])

    def limits(self, moments: Moments) -> tuple[Array, Array]:
        """Monthly floor and ceiling (T,); the ceiling is infinite if there is none."""
        years = moments.months.shape[1]
        floor = np.broadcast_to(on(self.floor, moments)[:, 0, 0, 0, 0], (years,))
        ceiling = np.inf if self.ceiling is None else on(self.ceiling, moments)[:, 0, 0, 0, 0]
        return floor, np.broadcast_to(ceiling, (years,))

    def of_wage(self, wage: Array | float, moments: Moments) -> Array:
        """The base (T,) of one with this monthly wage: min(max(w, floor), ceiling), of the standard wage where there are bands."""
        floor, ceiling = self.limits(moments)
        standard = wage if self.bands is None else self.bands.read(np.asarray(wage))
        standard = standard if self.round_to is None else self.round_to.of_wage(standard)
        limited = np.minimum(np.maximum(standard, floor), ceiling)
        return np.asarray(np.maximum(limited - self.threshold(moments), 0.0))

    def threshold(self, moments: Moments) -> Array:
        """Monthly wage (T,) up to which nothing counts."""
        return np.broadcast_to(on(self.above, moments)[:, 0, 0, 0, 0], (moments.months.shape[1],))

    @model_validator(mode="after")
    def _cap_above_floor(self) -> ContributionBase:
        if (
            isinstance(self.floor, float | int)
            and isinstance(self.ceiling, float | int)
            and self.ceiling < self.floor
        ):
            raise ValueError(
                f"the ceiling {self.ceiling:g} is below the floor {self.floor:g}; exchange them or mend one"
            )
        return self


class ExperienceRating(Sourced):
    """Who has had no claim for so many months of contribution pays so much less; or enterprises in which nobody has claimed for so long."""

    months: int = Field(ge=1, le=480)
    by: float = Field(gt=0, le=1, description="share of the contribution that is not asked")
    enterprises: dict[str | int, float] | None = Field(
        None,
        min_length=1,
        description="enterprises are rated: share of the insured by the number of insured of their enterprise",
    )

    @model_validator(mode="after")
    def _shares_of_all(self) -> ExperienceRating:
        for size, share in (self.enterprises or {}).items():
            if not str(size).isdigit() or int(size) < 1 or not 0 <= share <= 1:
                text = f"{size}: {share:g} is no share of the insured in enterprises of so many"
                raise ScenarioProblem(("enterprises", str(size)), text, "write {5: 0.3, 100: 0.7}")
        total = sum((self.enterprises or {1: 1.0}).values())
        if abs(total - 1) > 1e-6:
            raise ScenarioProblem(("enterprises",), f"the shares add to {total:g}", "bring them to 1")
        return self

    def without_claims(self, claims: Array, insured: Array) -> Array:
        """Share of the insured (M,) whose enterprise has had no claim in the months before: Σ w_s exp(−s · Σ claims / insured).

        Claims fall on the insured by chance; the months before the first are like the mean of the first year.
        """
        rate = claims / np.maximum(insured, 1e-300)
        before = np.concatenate([np.full(self.months, rate[:12].mean()), rate])
        added = np.cumsum(before)
        expected = added[self.months - 1 : -1] - np.concatenate([[0.0], added[: len(claims) - 1]])
        sizes = (self.enterprises or {}).items()
        return np.asarray(
            sum((share * np.exp(-float(size) * expected) for size, share in sizes), np.zeros(len(claims)))
        )


class CyclicalRate(Sourced):
    """A rate that answers to the state of the scheme, read each January: `{by: reserve_ratio, points: {0: 0.03, 1: 0.02, 2: 0.01}}`.

    `reserve_ratio`: reserve of the fund on 1 January over its outgo of the year before. `beneficiary_ratio`: beneficiaries per contributor
    of the year before. In the first year, of that year itself.
    """

    by: Literal["reserve_ratio", "beneficiary_ratio"]
    mode: Literal["step", "linear"] = "step"
    points: dict[str | int | float, Annotated[float, Field(ge=0, le=1)]] = Field(
        min_length=2, description="ratio: rate from there on (linear: straight lines between)"
    )

    @model_validator(mode="after")
    def _ratios_can_be_read(self) -> CyclicalRate:
        for ratio in self.points:
            try:
                known = 0 <= float(ratio) < np.inf
            except ValueError:
                known = False
            if not known:
                raise ScenarioProblem(
                    ("points", str(ratio)), f"{ratio} is no ratio", "write 0 or a number above 0"
                )
        return self

    def read(self, ratio: Array) -> Array:
        """Rates at ratios of any shape; below the first point its rate holds."""
        pairs = sorted((float(ratio), rate) for ratio, rate in self.points.items())
        ratios, rates = (np.array(part) for part in zip(*pairs, strict=True))
        if self.mode == "linear":
            return np.interp(ratio, ratios, rates)
        return np.asarray(rates[np.clip(np.searchsorted(ratios, ratio, side="right") - 1, 0, None)])

    def read_at(self, reserve: Array, outgo: Array, signal: Array) -> Array:
        """The rate of a year: by the reserve over the outgo of the year before, or by the signal."""
        if self.by == "beneficiary_ratio":
            return self.read(signal)
        ratio = np.divide(reserve, outgo, out=np.full(np.shape(reserve), np.inf), where=outgo > 0)
        return self.read(ratio)


class Contribution(Sourced):
    """What one party pays into one fund each month: rate × contributory wage between a minimum and a maximum, and a flat amount.

    A rate keyed by `wage` holds for the whole wage, not for a slice of it: at 1,500 the rate of 1,500 applies to all of it.
    """

    party: Literal["employee", "employer", "state", "fund"]
    rate: ContributionRate = 0.0
    amount: ContributionAmount = Field(0.0, description="so much a month for every contributor")
    minimum: ContributionAmount = Field(0.0, description="least contribution of a month")
    maximum: ContributionAmount | None = Field(
        None, description="most that the rate brings in a month: a match up to a limit"
    )
    fund: str | None = Field(None, description="id of the fund; by default the fund of the scheme")
    from_fund: str | None = Field(
        None, description="id of the fund that pays; `party: fund` says that no one else does"
    )
    cyclical: CyclicalRate | None = Field(
        None, description="a rate that answers to the reserve or to unemployment, in place of `rate`"
    )
    reduced_after: ExperienceRating | None = Field(
        None, description="less for those without a claim of unemployment benefit for long"
    )
    round_to: RoundTo | None = Field(None, description="the contribution of a month in whole units of money")

    @property
    def is_plain_rate(self) -> bool:
        """Whether the contribution is a rate that does not look at the wage, and nothing else."""
        plain = self.amount == 0 and self.minimum == 0 and self.round_to is None
        plain = plain and self.cyclical is None and self.reduced_after is None and self.maximum is None
        return plain and "wage" not in keys_of(self.rate)

    def on(self, moments: Moments) -> Array:
        """Rate over (T, sex, age), where it does not look at the wage."""
        return on(self.rate, moments)[..., 0, 0]

    def monthly(self, moments: Moments, wage: Array) -> Array:
        """Contribution of a month (T, sex, age, class) of those with this contributory wage (T, sex, age, class).

        Rounded for a person; for the cells of a projection changed by the mean of the rounding where anything is due.
        """
        by_wage = replace(moments, wage=wage[None, ..., None])
        rate, amount, least = (on(value, by_wage)[..., 0] for value in (self.rate, self.amount, self.minimum))
        by_rate = np.maximum(rate * wage, least)
        if self.maximum is not None:
            by_rate = np.minimum(by_rate, on(self.maximum, by_wage)[..., 0])
        due = np.asarray(by_rate + amount)
        if self.round_to is None:
            return due
        return (
            self.round_to.exactly(due) if moments.person else np.where(due > 0, due + self.round_to.mean, due)
        )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Contribution:
        if (
            self.cyclical is None
            and self.rate == 0
            and self.amount == 0
            and self.minimum == 0
            and self.model_fields_set.isdisjoint({"rate"})
        ):
            raise ValueError(
                "a contribution without a rate and without an amount; write rate: 0.08 or amount: 480"
            )
        return self

    @model_validator(mode="after")
    def _answers_alone(self) -> Contribution:
        fixed = {
            "rate",
            "amount",
            "minimum",
            "maximum",
            "reduced_after",
            "from_fund",
            "round_to",
        } & self.model_fields_set
        if self.cyclical is not None and (fixed or self.party in ("state", "fund")):
            what = (
                f"a rate that answers cannot stand beside {min(fixed)}" if fixed else f"party: {self.party}"
            )
            text = what if fixed else f"the contribution of `{what}` cannot answer to the reserve"
            raise ScenarioProblem(
                ("cyclical",),
                text,
                "give the answering rate a contribution of its own, of employees or employers",
            )
        return self

    @model_validator(mode="after")
    def _pays_from_somewhere(self) -> Contribution:
        if (self.from_fund is None) == (self.party == "fund"):
            text = (
                "a fund pays, but none is named"
                if self.from_fund is None
                else f"{self.party} and a fund both pay"
            )
            raise ScenarioProblem(
                ("party",), text, "write party: fund and from_fund: ID together, or neither"
            )
        return self
