"""What is searched, and for what."""

from __future__ import annotations

from pydantic import Field

from labd.domain.problem.constraints import Constraint
from labd.domain.problem.goals import Limit, Objective
from labd.domain.problem.measurement import Earlier, Observation
from labd.domain.problem.parameters import Parameter, Scalar, is_same
from labd.domain.problem.settings import Cost, Fidelity, PlannerSettings
from labd.domain.value import Value

MOST_INITIAL = 10
"""Of many parameters most do little: to fill their space takes more trials than anybody has, and the model learns
sooner from what it asks for itself."""


class Problem(Value):
    """What is searched, and for what."""

    parameters: tuple[Parameter, ...] = Field(min_length=1)
    objectives: tuple[Objective, ...] = Field(min_length=1)
    pool: tuple[dict[str, Scalar], ...] | None = None
    """The only points that can be tried (each a full set of parameters), or None: the whole space."""
    constraints: tuple[Constraint, ...] = ()
    """What every suggestion must keep."""
    limits: tuple[Limit, ...] = ()
    """What outcomes must keep; it is learnt where they do."""
    fidelity: Fidelity | None = None
    """Which parameter says how true a measurement is."""
    cost: Cost | None = None
    """What a trial costs; by default all cost the same."""
    context: dict[str, Scalar] = {}
    """What the parameters that are given and not chosen are now."""
    earlier: tuple[Earlier, ...] = ()
    """Earlier campaigns to learn from."""
    batch: int = Field(default=1, ge=1)
    """So many suggestions go into one run, and share the parameters that are `per` batch."""
    settings: PlannerSettings = PlannerSettings()

    @property
    def initial(self) -> int:
        """How many points fill the space before the model speaks."""
        return self.settings.initial or min(len(self.parameters) + 2, MOST_INITIAL)

    def counts(self, seen: Observation) -> bool:
        """Whether it was measured as truly as a best must be, and is known to keep every limit."""
        true = self.fidelity is None or (
            self.fidelity.parameter in seen.parameters
            and is_same(seen.parameters[self.fidelity.parameter], self.fidelity.target)
        )
        return true and all(
            each.outcome in seen.outcomes and each.is_kept(seen.outcomes[each.outcome].mean) for each in self.limits
        )
