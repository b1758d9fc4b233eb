"""How a campaign is planned."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from labd.domain.problem.parameters import Name, Scalar
from labd.domain.value import Value


class Cost(Value):
    """What a trial costs, known beforehand: a sum of a fixed part and of parts that hang on the parameters."""

    fixed: float = Field(default=1.0, ge=0)
    weights: dict[Name, float] = {}
    """By numeric parameter: the cost of each of its units above its lowest value."""
    options: dict[Name, dict[str, float]] = {}
    """By categorical parameter: the cost of each option; of one that is not named, nothing."""
    unit: str = ""


class Fidelity(Value):
    """A parameter that says how true a measurement is (a shorter run, a cheaper assay); its cost is the problem's."""

    parameter: Name
    target: Scalar
    """The value at which the outcome counts."""


class Share(Value):
    """Who else proposes, and how many of the suggestions are theirs."""

    name: Name
    kind: Literal["planner", "sobol", "grid", "random", "person", "agent", "service"]
    share: float = Field(gt=0)
    """Shares are brought to sum 1."""
    url: str = ""
    """Of a service: where it is asked, over HTTP."""
    answers_within_s: float = Field(default=60.0, gt=0)
    """Of a service: one that takes longer is passed over."""

    @model_validator(mode="after")
    def _reachable(self) -> Share:
        if (self.kind == "service") != bool(self.url):
            raise ValueError(f"{self.name}: a service has a url, and nothing else has one")
        return self


class PlannerSettings(Value):
    """How a campaign is planned."""

    initial: int | None = Field(default=None, ge=1)
    """Space-filling suggestions before the model speaks; by default the number of parameters and two
    more, and no more than ten."""
    parallel: int = Field(default=1, ge=1, le=1000)
    """How many trials may be open at once."""
    ahead: int = Field(default=0, ge=0, le=1000)
    """So many suggestions more are made ready, so that no instrument waits for the planner."""
    strategy: str | None = None
    """The name of a strategy (`labd.planning.strategies`); by default the problem chooses."""
    robust: bool | None = None
    """Whether single measurements may be wrong altogether; by default the measurements say so themselves."""
    deadline_s: float | None = Field(default=None, gt=0)
    """A strategy that takes longer than this is given up, and the first tier answers, and says so."""
    apart: float = Field(default=0.0, ge=0, lt=1)
    """No suggestion comes nearer than this to one that is open, as a share of the parameters' ranges."""
    proposers: tuple[Share, ...] = ()
    """Who proposes, and how much; by default the planner, everything."""
    learn_from: tuple[str, ...] = ()
    """Earlier campaigns, by name or id: what they are when the campaign is started goes into the problem."""

    @model_validator(mode="after")
    def _distinct(self) -> PlannerSettings:
        names = [each.name for each in self.proposers]
        if len(set(names)) != len(names):
            raise ValueError("two proposers have the same name")
        return self
