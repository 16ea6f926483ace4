"""The scenario: everything a run needs, as validated by pydantic. No arrays here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.behaviour import Behaviour
from spsim.dated import Sourced, Strict
from spsim.economy import Economy
from spsim.errors import IDENTIFIER, ScenarioProblem
from spsim.labour import Labour
from spsim.people import Adjustment
from spsim.places import Share
from spsim.schemes import Scheme

Identifier = Annotated[str, Field(pattern=IDENTIFIER)]


class Meta(Strict):
    """Name of the scenario and of the law it stands for."""

    id: Identifier
    title: str
    country: str = Field("", description="ISO 3166 alpha-3 code")
    currency: str = Field("", description="ISO 4217 code")
    law: str = ""
    description: str = ""
    allow_unverified: bool = Field(False, description="run although some parameters of law are unverified")


class Horizon(Strict):
    """First and last year of the projection."""

    start: int = Field(ge=1950, le=2150)
    end: int = Field(ge=1951, le=2250)

    @model_validator(mode="after")
    def _runs_forward(self) -> Horizon:
        if self.end <= self.start:
            raise ValueError(f"the end {self.end} is not after the start {self.start}")
        return self


class Population(Strict):
    """Bundled tables of a country, or a folder of the user's own in the same format."""

    country: str | None = Field(None, description="ISO 3166 alpha-3 code")
    tables: str | None = Field(None, description="folder of CSV tables, relative to this file")
    variant: Literal["medium", "low", "high"] = "medium"
    adjust: Adjustment | None = Field(
        None, description="another future than the tables': factors, and years of life expectancy added"
    )

    @model_validator(mode="after")
    def _names_a_source(self) -> Population:
        if self.country is None and self.tables is None:
            raise ValueError(
                "no population named; write `country: VNM` for bundled tables or `tables: path/to/folder`"
            )
        return self


class Administration(Sourced):
    """Cost of administration, as a share of contributions and of benefits."""

    of_contributions: Share = 0.0
    of_benefits: Share = 0.0


class Fund(Sourced):
    """A fund: reserve on 1 January of the first year, administration, investment."""

    title: str = ""
    opening_reserve: Annotated[float, Field(ge=0)] = 0.0
    administration: Administration = Administration.model_construct()
    deficit_paid_by_state: bool = Field(
        False,
        description="the State pays what income and reserve do not cover, so that the reserve never falls below 0",
    )
    deficit_paid_by_employers: bool = Field(
        False,
        description="the same, paid by employers: severance pay, which each of them owes as it falls due",
    )

    @property
    def guaranteed(self) -> bool:
        """Whether someone pays what income and reserve do not cover."""
        return self.deficit_paid_by_state or self.deficit_paid_by_employers

    @model_validator(mode="after")
    def _one_guarantor(self) -> Fund:
        if self.deficit_paid_by_state and self.deficit_paid_by_employers:
            text = "two guarantors of one deficit"
            raise ScenarioProblem(
                ("deficit_paid_by_employers",), text, "leave the State or the employers, not both"
            )
        return self


class Scenario(Strict):
    """One file that says a country's schemes, people and economy: `spsim run scenario.yaml`."""

    meta: Meta
    horizon: Horizon
    population: Population | None = None
    labour: Labour | None = None
    economy: Economy | None = None
    funds: dict[Identifier, Fund] = {}
    schemes: dict[Identifier, Scheme] = {}
    behaviour: dict[Identifier, Behaviour] = {}
    sources: dict[str, str] = Field({}, description="short keys of sources and what they stand for")


Scenario.model_rebuild()  # built here, once and whole: messages read its schema to tell keys from tags
