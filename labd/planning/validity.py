"""Whether a problem can be asked at all: what is wrong with it, in one sentence, and what to do.

Single values check themselves (`labd.domain.problem`); here is what no value can see alone: names that mean nothing,
values that another part does not have, parts that contradict one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Continuous,
    Cost,
    Discrete,
    Excluded,
    Goal,
    Integer,
    Linear,
    Nonlinear,
    Parameter,
    Problem,
    Scalar,
    is_same,
)
from labd.domain.problem.formula import names

_LEARNT = {Goal.LEVEL, Goal.MAP}
"""What is asked for here is knowledge, and not a best point."""


def check(problem: Problem) -> None:
    """Raises `InvalidInput` for the first thing that is wrong with the problem."""
    known = {each.name: each for each in problem.parameters}
    _no_name_twice([each.name for each in problem.parameters], "parameters", "Give one of them another name.")
    _no_name_twice([each.outcome for each in problem.objectives], "objectives", "Keep one of them.")
    _no_name_twice([each.outcome for each in problem.limits], "limits", "Write one, with a low and a high.")
    _no_name_twice([each.name for each in problem.earlier], "earlier campaigns", "Give one of them another name.")
    for parameter in problem.parameters:
        _check_scale(parameter)
        _check_condition(parameter, known)
    for constraint in problem.constraints:
        match constraint:
            case Linear():
                _check_sum(constraint, known)
            case Nonlinear():
                _check_formula(constraint, known)
            case Excluded():
                for name, values in constraint.values.items():
                    for value in values:
                        _check_value(_known(name, known, "an exclusion"), value, "an exclusion")
    _check_goals(problem)
    _check_context(problem, known)
    _check_fidelity(problem, known)
    if problem.cost is not None:
        _check_cost(problem.cost, problem, known)
    _check_pool(problem)


def nothing_known_safe(problem: Problem) -> InvalidInput:
    """The error where no point is known to keep all hard limits."""
    hard = sorted({each.outcome for each in problem.limits if each.safe is not None})
    return InvalidInput(
        f"No point is known to keep the hard limit of {', '.join(hard)} surely enough.",
        "Begin with an observation of every outcome, well within it, made by hand; or leave `safe` out.",
    )


def nothing_may_be_tried(problem: Problem) -> InvalidInput:
    """What is raised where no point keeps all constraints."""
    if problem.pool is not None:
        message = "No point of the pool lies within the parameters' bounds and keeps the constraints."
        return InvalidInput(message, "Widen the bounds, mend the constraints, or add points to the pool.")
    return InvalidInput("No point was found that keeps all constraints.", "Take one of them out, or widen the bounds.")


def _no_name_twice(said: Sequence[str], what: str, remedy: str) -> None:
    for name in said:
        if said.count(name) > 1:
            raise InvalidInput(f"Two {what} have the name {name}.", remedy)


def _known(name: str, known: dict[str, Parameter], where: str) -> Parameter:
    if name not in known:
        near = get_close_matches(name, known, n=1)
        remedy = f"Write {near[0]}." if near else f"There are {', '.join(known)}."
        raise InvalidInput(f"There is no parameter {name}, which {where} names.", remedy)
    return known[name]


def _number(name: str, known: dict[str, Parameter], where: str) -> Continuous | Integer | Discrete:
    parameter = _known(name, known, where)
    if isinstance(parameter, Categorical):
        raise InvalidInput(f"{name} has options, and {where} takes numbers.", f"Take {name} out.")
    return parameter


def _check_value(parameter: Parameter, value: Scalar, where: str) -> None:
    if isinstance(parameter, Categorical):
        if value not in parameter.options:
            message = f"{value!r}, in {where}, is no option of {parameter.name}."
            raise InvalidInput(message, f"There are {', '.join(parameter.options)}.")
    elif isinstance(value, str):
        raise InvalidInput(f"{value!r}, in {where}, is no number, and {parameter.name} is one.", "Write a number.")


def _ends(parameter: Continuous | Integer | Discrete) -> tuple[float, float]:
    if isinstance(parameter, Discrete):
        return parameter.values[0], parameter.values[-1]
    return parameter.low, parameter.high


def _check_scale(parameter: Parameter) -> None:
    if isinstance(parameter, Categorical) and parameter.ordered and (parameter.descriptors or parameter.smiles):
        message = f"The options of {parameter.name} are told apart by their order and by what describes them."
        raise InvalidInput(message, "Keep one of them.")


def _check_condition(parameter: Parameter, known: dict[str, Parameter]) -> None:
    if parameter.when is None:
        return
    where = f"the condition of {parameter.name}"
    other = _known(parameter.when.parameter, known, where)
    for value in parameter.when.values:
        _check_value(other, value, where)
    if parameter.per == "batch" and other.per == "sample":
        message = f"{parameter.name} is the same for a whole batch, but depends on {other.name}, which is not."
        raise InvalidInput(message, f"Make {other.name} per batch, too, or {parameter.name} per sample.")
    if parameter.context:
        raise InvalidInput(f"{parameter.name} is given, and cannot depend on {other.name}.", "Take one of them out.")
    way = [parameter.name]
    while other.when is not None and other.name not in way:
        way.append(other.name)
        other = _known(other.when.parameter, known, f"the condition of {other.name}")
    if other.name == parameter.name:
        raise InvalidInput(f"{' and '.join(way)} depend on one another.", "Take one condition out.")


def _check_sum(sum_: Linear, known: dict[str, Parameter]) -> None:
    for name in sum_.weights:
        parameter = _number(name, known, "a sum")
        if isinstance(parameter, Continuous | Integer) and parameter.log:
            raise InvalidInput(
                f"{name} cannot be part of a sum: its scale is logarithmic.", "Write the sum as a formula."
            )
    if sum_.low is None and sum_.high is None:
        raise InvalidInput(f"Nothing bounds the sum of {', '.join(sum_.weights)}.", "Give it a low or a high.")
    _check_order(f"the sum of {', '.join(sum_.weights)}", sum_.low, sum_.high)


def _check_formula(formula: Nonlinear, known: dict[str, Parameter]) -> None:
    for name in sorted(names(formula.expression)):
        _number(name, known, f"the formula {formula.expression}")
    _check_order(f"the formula {formula.expression}", formula.low, formula.high)
    if formula.low is not None and formula.low == formula.high:
        message = f"The formula {formula.expression} has no room: no rounded point is exactly {formula.low:g}."
        raise InvalidInput(message, "Give it a low and a high that are apart.")


def _check_order(what: str, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise InvalidInput(f"The lower bound of {what}, {low:g}, is above the upper one, {high:g}.", "Change them.")


def _check_goals(problem: Problem) -> None:
    goals = {each.goal for each in problem.objectives}
    if goals & _LEARNT and (len(goals) > 1 or (len(problem.objectives) > 1 and Goal.LEVEL in goals)):
        named = " and ".join(f"{each.goal} {each.outcome}" for each in problem.objectives)
        raise InvalidInput(f"Nobody can {named} at once.", "Keep one of them, or make two campaigns of it.")


def _check_context(problem: Problem, known: dict[str, Parameter]) -> None:
    for name, value in problem.context.items():
        parameter = _known(name, known, "the context")
        if not parameter.context:
            raise InvalidInput(f"{name} is chosen, and the context gives it.", f"Mark {name} as context, or leave it.")
        _check_within(parameter, value, "the context")
    for parameter in problem.parameters:
        if parameter.context and parameter.name not in problem.context:
            message = f"{parameter.name} is given and not chosen, but the context does not say what it is."
            raise InvalidInput(message, f"Give the context a value for {parameter.name}.")


def _check_within(parameter: Parameter, value: Scalar, where: str) -> None:
    """That the parameter can have this value."""
    _check_value(parameter, value, where)
    if isinstance(parameter, Categorical):
        return
    low, high = _ends(parameter)
    if not low <= float(value) <= high:
        remedy = f"It goes from {low:g} to {high:g}: widen it, or give another value."
        raise InvalidInput(f"{value:g}, in {where}, lies outside {parameter.name}.", remedy)
    if isinstance(parameter, Discrete) and not any(is_same(float(value), each) for each in parameter.values):
        listed = ", ".join(f"{each:g}" for each in parameter.values)
        raise InvalidInput(f"{value:g}, in {where}, is no value of {parameter.name}.", f"There are {listed}.")
    if isinstance(parameter, Integer) and not float(value).is_integer():
        raise InvalidInput(f"{value:g}, in {where}, is no whole number.", f"Write {round(float(value))}.")


def _check_fidelity(problem: Problem, known: dict[str, Parameter]) -> None:
    fidelity = problem.fidelity
    if fidelity is None:
        return
    parameter = _known(fidelity.parameter, known, "the fidelity")
    _check_within(parameter, fidelity.target, "the fidelity's target")
    if parameter.context or parameter.when is not None:
        what = "given by the context" if parameter.context else "without meaning elsewhere"
        raise InvalidInput(f"{parameter.name} is the fidelity, and {what}.", "A fidelity is chosen for each trial.")


def _check_cost(cost: Cost, problem: Problem, known: dict[str, Parameter]) -> None:
    least = cost.fixed
    for name, weight in cost.weights.items():
        low, high = _ends(_number(name, known, "the cost of a unit"))
        least += min(weight * (high - low), 0.0)
    for name, options in cost.options.items():
        parameter = _known(name, known, "the cost of an option")
        if not isinstance(parameter, Categorical):
            raise InvalidInput(f"{name} is a number, and the cost names its options.", "Give a cost for each unit.")
        for option in options:
            _check_value(parameter, option, "the cost")
        least += min(options.get(each, 0.0) for each in parameter.options)
    if least <= 0:
        unit = f" {problem.cost.unit}" if problem.cost and problem.cost.unit else ""
        raise InvalidInput(
            f"A trial could cost {least:g}{unit}.", "Raise the fixed part, so that each costs something."
        )


def _check_pool(problem: Problem) -> None:
    """That its points name the parameters and nothing else; their values the space looks at. Quick for a million."""
    if problem.pool is None:
        return
    named = {each.name for each in problem.parameters}
    for row in problem.pool:
        if row.keys() != named:
            missing, unknown = sorted(named - row.keys()), sorted(row.keys() - named)
            if missing:
                raise InvalidInput(f"A point of the pool lacks the parameter {missing[0]}.", "Every point names all.")
            raise InvalidInput(f"A point of the pool names {unknown[0]}, which is no parameter.", "Take it out.")
