"""What people do within the law: assumptions, kept apart from the rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from spsim.dated import Sourced, Strict, Value
from spsim.errors import ScenarioProblem
from spsim.places import (
    AgeShare,
    BalanceGain,
    CreditedYears,
    DeclaredShare,
    Dependants,
    Factor,
    MonthlyChance,
    ProfileFigure,
    UseShare,
    YearsSinceEntry,
    place,
)
from spsim.places import Share as PathShare
from spsim.rules.amounts import Dependant
from spsim.rules.shocks import Shock

Share = Annotated[float, Field(ge=0, le=1)]


Parents = Annotated[Value, place("age", "event_date", high=4, sexes=True)]
PayRatio = Annotated[Value, place("age", "event_date", low=0.01, high=10, sexes=True)]
WageRatio = Annotated[Value, place("event_date", low=0.01, high=5)]


AgeRatio = Annotated[Value, place("age", "event_date", high=20, sexes=True)]


class Family(Sourced):
    """Average family of a member who dies. Children follow the fertility of the population; parents and spouses these shares."""

    married: AgeShare = Field(0.75, description="share with a living spouse, by age and sex of the deceased")
    husband_older_years: int = Field(3, ge=-10, le=15)
    own_pension: AgeRatio = Field(
        0.0,
        description="mean own pension of spouses per unit of their survivors pension, by age and sex of the spouse (beside_own_pension)",
    )
    spouse_without_income: Share = Field(
        0.5, description="share of spouses of the entitled age who meet the income test"
    )
    children_claim: Share = 1.0
    dependent_parents: Parents = Field(0.0, description="entitled parents per deceased, by age and sex")
    parents_older_years: int = Field(27, ge=15, le=45)


class WorkingPensioners(Sourced):
    """Pensioners of old age who work, for a pension that is stopped beside work."""

    share: AgeShare = Field(description="share who work, by age")
    pay: PayRatio = Field(
        description="their mean pay over the average wage of the members; classes earn more or less as members of their age do"
    )


class PensionBehaviour(Sourced):
    """Careers and choices of the members of a pension scheme, yearly.

    `use` gives, for tiers where the law leaves a choice, the yearly chance of using them: `{old_age: {early: 0.02}}`; others are used by all.
    """

    kind: Literal["pension"]
    leaving_rate: AgeShare = Field(0.0, description="contributors who stop contributing in a year")
    contribution_density: AgeShare = Field(
        1.0, description="months contributed in a year by a contributor, as a share"
    )
    reentry_share: AgeShare = Field(0.0, description="share of vacancies filled by former contributors")
    reentry_limit: Share = Field(
        0.5, description="share of the former contributors of a cell who can return in a year"
    )
    declared_share: DeclaredShare = Field(1.0, description="declared wage as a share of the wage")
    invalidity_rate: AgeShare = 0.0
    use: dict[str, dict[str, UseShare]] = {}
    account_withdrawals: dict[str, AgeShare] = Field(
        {}, description="share of the balance of an account that members draw out in a year without leaving"
    )
    balance_gains: dict[str, BalanceGain] = Field(
        {},
        description="what the balance of an account gains in a year by interest layers and transfers, on average",
    )
    dependants: dict[Dependant, Dependants] = Field(
        {}, description="mean number of dependants of new pensioners, for supplements (for_each)"
    )
    credited_years: dict[str, CreditedYears] = Field(
        {}, description="mean years credited to members at the event, by id of the credit"
    )
    years_since_entry: YearsSinceEntry | None = Field(
        None,
        description="mean years from first insurance to the award, for averages by date of first insurance",
    )
    former_qualifying: AgeShare = Field(
        0.0,
        description="share of those who have stopped contributing who meet `recent` and `density` of death and survivors benefits",
    )
    working_pensioners: WorkingPensioners | None = Field(
        None, description="pensioners of old age who work, for a `work_test`"
    )
    family: Family = Family.model_construct()


class FindingElasticity(Sourced):
    """Claimants find work at chance × (replacement rate / reference)^−benefit × (months granted / reference)^−duration.

    Replacement rate: benefit of the month over the wage before, of the stratum. At the references the chance is that of `job_finding`.
    """

    benefit: float = Field(0.0, ge=0, le=3)
    duration: float = Field(0.0, ge=0, le=3)
    reference_rate: float = Field(0.5, gt=0, le=2)
    reference_months: float = Field(6.0, gt=0, le=60)

    @model_validator(mode="after")
    def _answers_to_something(self) -> FindingElasticity:
        if self.benefit == 0 and self.duration == 0:
            raise ScenarioProblem(
                (), "an elasticity of 0 changes nothing", "write benefit: 0.5, or delete it"
            )
        return self


class UnemploymentBehaviour(Sourced):
    """Flows of the insured, monthly.

    `job_finding` is the monthly chance by month since separation; `to_insured_work` the share of job finders whose new job is insured.
    """

    kind: Literal["unemployment"]
    separation_rate: AgeShare = Field(description="separations a month per insured, all causes")
    separation_by_class: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(
        None, description="factor on separations for each earnings class"
    )
    covered_share: PathShare = Field(description="share of separations for a covered cause")
    take_up: PathShare
    other_causes: dict[str, PathShare] = Field(
        {}, description="share of separations for each cause of `other_causes` of the scheme"
    )
    other_take_up: dict[str, PathShare] = Field(
        {}, description="take-up by cause; by default that of `take_up`"
    )
    termination_rate: MonthlyChance = Field(
        0.0, description="monthly share of claims ended for refusing work or not reporting, by month of claim"
    )
    suspended_share: PathShare = Field(
        0.0, description="share of the months of benefit that are not paid, and not made up for later"
    )
    several_jobs: PathShare = Field(
        0.0, description="losses of one of several jobs as a share of the claims that begin"
    )
    lost_job_wage: WageRatio = Field(0.5, description="wage of that job as a share of the claimants' wage")
    bonus_take_up: PathShare = Field(
        1.0, description="share of those who earn a re-employment bonus that get it"
    )
    job_finding: MonthlyChance = Field(
        description="monthly chance of finding work, by month since separation (key claim_month)"
    )
    to_insured_work: PathShare = 0.7
    withdrawal_rate: AgeShare = Field(
        0.0, description="monthly chance of leaving the labour force, for the insured"
    )
    returning_share: PathShare = Field(0.5, description="share of vacancies filled by persons with a record")
    wage_before_separation: WageRatio = Field(
        1.0, description="claimant's wage as a share of the insured's of the same age and class"
    )
    crisis: Factor = Field(1.0, description="factor on separations by date")
    job_finding_factor: Factor = Field(1.0, description="factor on the chance of finding work by date")
    finding_elasticity: FindingElasticity | None = Field(
        None, description="what level and duration of the benefit do to the claimants' chance of finding work"
    )
    arrears: PathShare = Field(
        0.0, description="share of the contributions of employees and employers that is never paid, by date"
    )
    shocks: dict[str, Shock] = Field({}, description="crises and disasters month by month, by id")

    @model_validator(mode="after")
    def _someone_separates(self) -> UnemploymentBehaviour:
        if self.separation_by_class is not None and not sum(self.separation_by_class) > 0:
            text = "no class ever separates: all factors are 0"
            raise ScenarioProblem(("separation_by_class",), text, "write 1 for the average class")
        return self


class Spread(Strict):
    """A figure spread evenly over the persons of a profile: `{lowest: 0, highest: 500000}`.

    A person stands at the same place between the two in every figure of the profile.
    """

    lowest: ProfileFigure
    highest: ProfileFigure


class PartOf(Strict):
    """A figure that goes with another one: `{part_of: national_pension, times: 0.5}`."""

    part_of: str
    times: Annotated[float, Field(ge=0, le=10)] = 1.0


def _form(node: object) -> str:
    """Which form of a profile's figure a YAML node is."""
    if isinstance(node, Spread) or (isinstance(node, dict) and {"lowest", "highest"} & set(node)):
        return "spread"
    if isinstance(node, PartOf) or (isinstance(node, dict) and "part_of" in node):
        return "part_of"
    return "value"


FigureOfProfile = Annotated[
    Annotated[ProfileFigure, Tag("value")]
    | Annotated[Spread, Tag("spread")]
    | Annotated[PartOf, Tag("part_of")],
    Discriminator(_form),
]


class Profile(Sourced):
    """Persons whom the law of a social pension treats alike: how many they are, the facts that hold, their figures."""

    share: AgeShare = Field(description="share of the persons of the age")
    has: list[str] = Field([], description="facts that hold for them; the others do not")
    figures: dict[str, FigureOfProfile] = Field(
        {}, description="their figures by id; tests of others are met in full"
    )


class SocialPensionBehaviour(Sourced):
    """Who, of the persons of the age, gets a social pension."""

    kind: Literal["social_pension"]
    eligible_share: AgeShare = Field(
        1.0,
        description="share that meets the tests of residence, means or affluence that the scheme does not name",
    )
    profiles: dict[str, Profile] = Field(
        {},
        description="kinds of persons by id, for facts and figures that the scheme asks; nobody else gets anything",
    )
    take_up: AgeShare = Field(1.0, description="share of the entitled who claim")


Behaviour = Annotated[
    PensionBehaviour | UnemploymentBehaviour | SocialPensionBehaviour, Field(discriminator="kind")
]
