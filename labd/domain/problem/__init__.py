"""What a planner is asked and what it answers: plain values, the same in a notebook and in the daemon."""

from labd.domain.problem.constraints import SUM_SLACK, Constraint, Excluded, Linear, Nonlinear
from labd.domain.problem.effort import Effort
from labd.domain.problem.goals import Goal, Limit, Objective
from labd.domain.problem.insight import (
    Calibration,
    Insight,
    Interaction,
    Leverage,
    Member,
    ModelCard,
    Optimum,
    OutcomeInsight,
    Score,
    Slice,
)
from labd.domain.problem.measurement import Censored, Earlier, Measurement, Observation
from labd.domain.problem.parameters import (
    Categorical,
    Condition,
    Continuous,
    Discrete,
    Integer,
    Name,
    Parameter,
    Parameters,
    Per,
    Scalar,
    is_same,
)
from labd.domain.problem.problem import Problem
from labd.domain.problem.settings import Cost, Fidelity, PlannerSettings, Share
from labd.domain.problem.suggestion import Explanation, Neighbour, Prediction, Recommendation, Suggestion

__all__ = [
    "SUM_SLACK",
    "Calibration",
    "Categorical",
    "Censored",
    "Condition",
    "Constraint",
    "Continuous",
    "Cost",
    "Discrete",
    "Earlier",
    "Effort",
    "Excluded",
    "Explanation",
    "Fidelity",
    "Goal",
    "Insight",
    "Integer",
    "Interaction",
    "Leverage",
    "Limit",
    "Linear",
    "Measurement",
    "Member",
    "ModelCard",
    "Name",
    "Neighbour",
    "Nonlinear",
    "Objective",
    "Observation",
    "Optimum",
    "OutcomeInsight",
    "Parameter",
    "Parameters",
    "Per",
    "PlannerSettings",
    "Prediction",
    "Problem",
    "Recommendation",
    "Scalar",
    "Score",
    "Share",
    "Slice",
    "Suggestion",
    "is_same",
]
