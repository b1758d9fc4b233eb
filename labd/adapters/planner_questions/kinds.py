"""The kinds of questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import Field

from labd.domain.problem import Insight, Observation, Prediction, Problem, Scalar, Suggestion
from labd.domain.value import Value

A = TypeVar("A", bound=Value)
R = TypeVar("R", bound=Value)


def _as_it_is(answer: R, _sentence: str) -> R:
    return answer


@dataclass(frozen=True, slots=True)
class Kind(Generic[A, R]):
    """A kind of question. It is answered by the handler of its name in `answering.HANDLERS`."""

    name: str
    asked: type[A]
    answer: type[R]
    urgent: bool = False
    """Instruments wait for it. Any other goes to a process of its own, so that no suggestion waits for it."""
    told: Callable[[R, str], R] = _as_it_is
    """The answer with one sentence more on how it came about."""


class Suggest(Value):
    """What `labd.planning.suggest` is asked."""

    problem: Problem
    observations: tuple[Observation, ...] = ()
    pending: tuple[dict[str, Scalar], ...] = ()
    count: int = Field(ge=0)
    seed: int = Field(ge=0)


class Suggested(Value):
    """Its answer."""

    suggestions: tuple[Suggestion, ...]


def _suggested(answer: Suggested, sentence: str) -> Suggested:
    told = (each.model_copy(update={"reason": f"{each.reason} {sentence}".strip()}) for each in answer.suggestions)
    return Suggested(suggestions=tuple(told))


SUGGEST = Kind("suggest", Suggest, Suggested, urgent=True, told=_suggested)
"""Which experiments next?"""


class AskInsight(Value):
    """What `labd.planning.insight` is asked."""

    problem: Problem
    observations: tuple[Observation, ...] = ()
    predictions: dict[str, dict[str, Prediction]] = {}


INSIGHT = Kind("insight", AskInsight, Insight)
"""What does the model believe?"""
