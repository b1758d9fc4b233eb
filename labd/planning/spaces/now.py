"""The part of a space that is open to the next trial: no further from the latest than ramps allow."""

from __future__ import annotations

from labd.domain.problem import Constraint, Continuous, Linear, Nonlinear, Problem
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space

ROUNDING = 4e-5
"""What a bound of a ramp is moved in by, as a share of the larger end: sums are kept to within rounding only."""


def open_now(space: Space, tried: Array, waiting: Array) -> Space:
    """The part of a space that may be tried next: each ramp from the latest trial on, which is the last that is open,
    or else the last that was observed."""
    problem = space.problem
    latest = waiting[-1] if len(waiting) else tried[-1] if len(tried) else None
    ramps = [] if latest is None else _ramps(problem, space, latest)
    if not ramps:
        return space
    held = {k: each.only for k, each in enumerate(space.axes) if each.only is not None}
    return Space(problem.model_copy(update={"constraints": (*problem.constraints, *ramps)}), space.whole, held)


def _ramps(problem: Problem, space: Space, latest: Array) -> list[Constraint]:
    """Each ramp as bounds of its parameter."""
    found: list[Constraint] = []
    for k, each in enumerate(problem.parameters):
        if not isinstance(each, Continuous) or each.ramp is None or each.context:
            continue
        at = float(space.axes[k].value(float(latest[k])))
        low, high = max(at - each.ramp, each.low), min(at + each.ramp, each.high)
        inside = min(ROUNDING * max(abs(low), abs(high)), 0.25 * (high - low))
        bounds = {"low": low + inside, "high": high - inside}
        found.append(
            Nonlinear(expression=each.name, **bounds) if each.log else Linear(weights={each.name: 1.0}, **bounds)
        )
    return found
