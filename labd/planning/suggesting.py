"""The question and the answer: which experiments next?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labd.domain.problem import Observation, Parameters, Problem, Suggestion
from labd.planning import arguments
from labd.planning.device import again_on_cpu
from labd.planning.explanations.explain import listed
from labd.planning.proposers import FILLERS
from labd.planning.spaces.axes import Array
from labd.planning.spaces.now import open_now
from labd.planning.spaces.space import Space, key
from labd.planning.strategies.answering import Answering
from labd.planning.strategies.beginning import MISLED, SOONER, begin, misleads
from labd.planning.strategies.choosing import choose
from labd.planning.strategies.data import having
from labd.planning.strategies.earlier import promising
from labd.planning.strategies.question import Question, question_of
from labd.planning.threads import one_thread
from labd.planning.validity import check, nothing_known_safe, nothing_may_be_tried


def suggest(
    problem: Problem,
    observations: Sequence[Observation],
    pending: Sequence[Parameters] = (),
    n: int = 1,
    seed: int = 0,
) -> list[Suggestion]:
    """The `n` points to try next: the same question gets the same answer, bit for bit.

    Trials that share a run share what is per batch: the first suggestion of each run says what, and the others are
    sought there. Fewer than `n`, down to none, when a pool or a finite space has no point left that was not observed
    and is not pending. Raises `InvalidInput` when the problem is none (`labd.planning.validity`), when nothing at all
    may be tried, when nothing is known to keep a hard limit, when a point lacks a parameter or has text for a number,
    when the settings name a strategy that there is not or that does not fit, and when `n` or `seed` is below zero or
    something is not of the type that it must be; nothing else.
    """
    check(problem)
    seen, waiting = arguments.observed(observations), arguments.points(pending)
    count, start = arguments.whole("n", n), arguments.whole("seed", seed)
    made, again = again_on_cpu(lambda: _suggest(problem, seen, waiting, count, start))
    if not again:
        return made
    told = "The GPU has too little memory for this question: computed on the processor."
    return [each.model_copy(update={"reason": f"{each.reason} {told}"}) for each in made]


def _suggest(
    problem: Problem, observations: Sequence[Observation], pending: Sequence[Parameters], n: int, seed: int
) -> list[Suggestion]:
    with one_thread():
        question = question_of(problem, observations)
        space, tried = question.space, question.tried
        waiting = space.rows(pending)
        taken = {key(row) for row in [*tried, *waiting]}
        fills = problem.settings.strategy if problem.settings.strategy in FILLERS else None
        kind = None if fills else choose(problem)
        taught = not fills and problem.settings.initial is None and promising(question, space.features(waiting))
        initial = SOONER if taught else problem.initial
        ready = kind is not None and kind.ready(question)
        careful = any(each.safe is not None for each in problem.limits)
        if careful and not ready and n > 0:
            raise nothing_known_safe(problem)
        answering = None if kind is None else Answering(kind, question)
        made: list[Suggestion] = []
        shared, left = space, 0  # where the others of this run are sought, and how many it still takes
        while len(made) < n:
            now = int(np.random.SeedSequence([seed, len(tried) + len(waiting)]).generate_state(1)[0])
            count = len(tried) + len(waiting)
            here = open_now(shared, tried, waiting)
            if answering is None or not ready or (count < initial and not careful):
                proposal = begin(question, here, waiting, taken, now) if taught and count % 2 == 0 else None
                if proposal is None:
                    reason = FILLERS[fills][1] if fills else _reason(question, count, initial)
                    proposal = _fill(here, np.concatenate([tried, waiting]), taken, now, fills or "sobol", reason)
            else:
                proposal = answering.propose(here, waiting, taken, now)
                if taught and count < problem.initial and not careful and misleads(answering.strategy):
                    proposal = _fill(here, np.concatenate([tried, waiting]), taken, now, "sobol", MISLED)
            if proposal is None and shared is not space:
                shared, left = space, 0  # nothing more fits into this run: the next one begins
                continue
            if proposal is None:
                break
            row, suggestion = proposal
            shared, left = (space.within(row), problem.batch - 1) if left == 0 else (shared, left - 1)
            shared = shared if left else space
            made.append(suggestion)
            waiting = np.concatenate([waiting, row[None]])
            taken.add(key(row))
        if n > 0 and not made and careful:
            raise nothing_known_safe(problem)
        if n > 0 and not made and space.is_empty():
            raise nothing_may_be_tried(problem)
        return made


def _fill(
    space: Space, tried: Array, taken: set[bytes], seed: int, method: str, reason: str
) -> tuple[Array, Suggestion] | None:
    row = FILLERS[method][0](space, tried, taken, seed)
    return None if row is None else (row, Suggestion(parameters=_point(space, row), method=method, reason=reason))


def _reason(question: Question, count: int, initial: int) -> str:
    """Why nothing that was learnt speaks yet."""
    if count < initial:
        return f"Space-filling start, {count + 1} of {initial}: far from everything tried before."
    problem = question.problem
    needed = dict.fromkeys([*(each.outcome for each in problem.objectives), *(each.outcome for each in problem.limits)])
    missing = [name for name in needed if not having(question, [name])]
    what = listed(missing) if missing else f"{listed(list(needed))} together"
    return f"No trial has given {what} yet, to learn from: far from everything tried before."


def _point(space: Space, row: Array) -> dict[str, float | int | str]:
    if space.pool is None or space.table is None:
        return space.parameters(row)
    place = int(np.flatnonzero((space.table == row).all(1))[0])
    return dict(space.pool[place])
