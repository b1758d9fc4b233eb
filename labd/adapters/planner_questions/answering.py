"""How questions are answered, in whichever process this runs. What is heavy is imported when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labd.adapters.planner_questions.effort import measured
from labd.adapters.planner_questions.kinds import INSIGHT, SUGGEST, A, AskInsight, Kind, R, Suggest, Suggested
from labd.adapters.planner_questions.messages import Answered, Declined, Question
from labd.domain.errors import InvalidInput, LabError
from labd.domain.problem import Continuous, Insight, Measurement, Objective, Observation, PlannerSettings, Problem


def answer(question: Question) -> Answered | Declined:
    """The answer, or why there is none; never raises."""
    try:
        text, took = measured(lambda: HANDLERS[question.kind](question.asked))
    except LabError as error:
        return Declined(invalid=isinstance(error, InvalidInput), message=error.message, hint=error.hint)
    except Exception as error:  # noqa: BLE001 - the boundary of the process: the daemon is told, and records it
        return Declined(invalid=False, message=f"The planner failed: {error!r}.")
    return Answered(answer=text, took=took)


def warm_up() -> None:
    """Import torch and walk the whole path once, so that the first question does not pay for it."""
    problem = Problem(
        parameters=(Continuous(name="x", low=0, high=1),),
        objectives=(Objective(outcome="y"),),
        settings=PlannerSettings(initial=1),
    )
    seen = Observation(trial="1", parameters={"x": 0.5}, outcomes={"y": Measurement(mean=0.0)})
    _suggest(Suggest(problem=problem, observations=(seen,), pending=({"x": 0.1},), count=1, seed=0))


def further_warm_up() -> Iterator[None]:
    """Import what only some questions need, in steps of which each takes a fraction of a second."""
    from labd.planning.warming import imports

    return imports()


def _suggest(asked: Suggest) -> Suggested:
    from labd.planning import suggest

    made = suggest(asked.problem, asked.observations, asked.pending, asked.count, asked.seed)
    return Suggested(suggestions=tuple(made))


def _insight(asked: AskInsight) -> Insight:
    from labd.planning import insight

    return insight(asked.problem, asked.observations, asked.predictions)


def _handler(kind: Kind[A, R], handle: Callable[[A], R]) -> Callable[[str], str]:
    return lambda asked: handle(kind.asked.model_validate_json(asked)).model_dump_json()


HANDLERS = {SUGGEST.name: _handler(SUGGEST, _suggest), INSIGHT.name: _handler(INSIGHT, _insight)}
"""By kind: from the JSON of what is asked to the JSON of the answer."""
