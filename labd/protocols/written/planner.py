"""How a campaign is planned, as it is written: by whom, at what cost, how true."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Duration, Name


class CostWritten(Written):
    """What a trial costs, known beforehand. By default all cost the same."""

    fixed: Annotated[float, Field(ge=0)] = 1.0
    """What each costs."""
    weights: dict[Name, float] = {}
    """By numeric parameter: what each of its units costs, above its lowest value."""
    options: dict[Name, dict[str, float]] = {}
    """By parameter with options: what each of them costs; what is not named costs nothing."""
    unit: str = ""
    """What it is counted in, for whoever reads it: `EUR`, `hour`."""


class FidelityWritten(Written):
    """A parameter that says how true a measurement is: a shorter run, a cheaper assay. `cost` says what it saves."""

    parameter: Name
    """Which parameter."""
    target: Any
    """Its value at which an outcome counts: the best trial is one of these."""


class ProposerWritten(Written):
    """Who else proposes trials, and how many of them."""

    kind: Literal["planner", "sobol", "grid", "random", "person", "agent", "service"] | None = None
    """What it is; not needed where its name says so. `sobol`, `grid` and `random` fill the space; a `service` is asked
    over HTTP; a `person` or an `agent` proposes with `labd suggest --by NAME`, and nothing waits for them."""
    share: Annotated[float, Field(gt=0)] = 1.0
    """How many of the trials are its own, in proportion to the shares of the others."""
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    """Of a service: where it is asked, such as `http://127.0.0.1:8400/propose`."""
    answers_within: Duration | None = None
    """Of a service: one that takes longer is passed over, and another is asked; by default a minute."""


class PlannerWritten(Written):
    """How a campaign is planned."""

    initial: Annotated[int, Field(ge=1)] | None = None
    """Space-filling suggestions before the model speaks; by default the number of parameters and two
    more, and no more than ten."""
    parallel: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many trials may be open at once."""
    ahead: Annotated[int, Field(ge=0, le=1000)] = 0
    """So many more are made ready, so that no instrument waits for the planner; they know less than those that wait."""
    strategy: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)] | None = None
    """A strategy by its name; by default the problem chooses."""
    robust: bool | None = None
    """Whether single measurements may be wrong altogether; by default the measurements say so themselves."""
    deadline: Duration | None = None
    """A strategy that takes longer than this is given up: the simplest one answers, and says so."""
    apart: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """No suggestion comes nearer than this to one that is open, as a share of the parameters' ranges."""
    proposers: dict[Name, ProposerWritten] = {}
    """Who proposes trials, by name; by default the planner, all of them."""
    learn_from: list[str] = []
    """Earlier campaigns to learn from, by name or id, as they are when this one is started."""
