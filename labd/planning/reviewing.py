"""What the model believes of a campaign, and how far it has been right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labd.domain.problem import (
    Insight,
    ModelCard,
    Observation,
    OutcomeInsight,
    Prediction,
    Problem,
    Recommendation,
)
from labd.planning.arguments import observed
from labd.planning.explanations.calibration import calibration
from labd.planning.explanations.card import in_its_unit, members
from labd.planning.explanations.caveats import caveats
from labd.planning.explanations.explain import importance
from labd.planning.explanations.explanation import Outlook
from labd.planning.explanations.interactions import interactions
from labd.planning.explanations.leverage import Optima
from labd.planning.explanations.slices import slices
from labd.planning.recommending import recommend
from labd.planning.spaces.axes import Array
from labd.planning.strategies.choosing import choose
from labd.planning.strategies.data import Learnt, having
from labd.planning.strategies.question import Question, question_of
from labd.planning.strategies.strategy import Kind, Strategy
from labd.planning.surrogates.transfer import trust
from labd.planning.threads import one_thread
from labd.planning.validity import check


def insight(
    problem: Problem,
    observations: Sequence[Observation],
    predictions: Mapping[str, Mapping[str, Prediction]] | None = None,
    seed: int = 0,
) -> Insight:
    """What the strategy that would suggest next believes of the campaign: the same question gets the same answer.

    `predictions` are what each trial's suggestion expected of each outcome, by trial and outcome: they were made before
    the result came, and are compared with it. As long as there is nothing to learn from, the card alone says so. Raises
    `InvalidInput` as `labd.planning.suggest` does.
    """
    check(problem)
    with one_thread():
        question = question_of(problem, observed(observations))
        kind = choose(problem)
        if not kind.ready(question):
            return Insight(card=_card(question, kind, None))
        strategy = kind.make(question)
        outcomes = tuple(_of_outcome(strategy, each, predictions or {}, seed) for each in strategy.outcomes)
        return Insight(card=_card(question, kind, strategy), best=_best(question), outcomes=outcomes)


def _of_outcome(
    strategy: Strategy, learnt: Learnt, predictions: Mapping[str, Mapping[str, Prediction]], seed: int
) -> OutcomeInsight:
    question = strategy.data.question
    space, outlook = question.space, Outlook(learnt.name, learnt.belief, learnt.standard)
    noise = in_its_unit(outlook, sum(weight * gp.hyper.noise for weight, gp in learnt.belief.parts))
    objective = next((each for each in question.problem.objectives if each.outcome == learnt.name), None)
    known = [each for each in question.observations if not each.failed and learnt.name in each.outcomes]
    optima = None if objective is None else Optima(space, outlook, objective, learnt.rows, _keeping(strategy), seed)
    trials = [each.trial for each in known] if len(known) == len(learnt.rows) else []
    return OutcomeInsight(
        outcome=learnt.name,
        measured=len(learnt.rows),
        sensitivity=importance(space, learnt.belief, seed),
        interactions=interactions(space, learnt.belief, seed),
        slices=tuple(slices(space, outlook, strategy.good(1)[0])),
        optimum=None if optima is None else optima.best(),
        leverage=() if optima is None else optima.leverage(trials),
        calibration=calibration(learnt.name, question.observations, predictions, noise),
        members=tuple(members(question.problem, outlook)),
    )


def _keeping(strategy: Strategy) -> Callable[[Array], NDArray[np.bool_]]:
    """Which rows count as an answer: expected to keep the limits, and at the fidelity at which an outcome counts."""
    problem, space = strategy.data.question.problem, strategy.data.space
    limits = [(each, learnt) for each in problem.limits for learnt in strategy.outcomes if learnt.name == each.outcome]
    full = problem.fidelity

    def keeps(rows: Array) -> NDArray[np.bool_]:
        kept = np.ones(len(rows), dtype=bool)
        for limit, learnt in limits:
            expected = learnt.predict(strategy.data.features(rows))
            kept &= np.array([limit.is_kept(each.mean) for each in expected], dtype=bool)
        if full is not None:
            place = space.names.index(full.parameter)
            kept &= np.isclose(rows[:, place], space.axes[place].coordinates([full.target])[0])
        return kept

    return keeps


def _best(question: Question) -> Recommendation | None:
    """None where no best is sought, or no trial has every outcome that is wanted."""
    wanted = question.problem.objectives
    known = all(each.has_best for each in wanted) and having(question, [each.outcome for each in wanted])
    return recommend(question.problem, question.observations) if known else None


def _card(question: Question, kind: Kind, strategy: Strategy | None) -> ModelCard:
    seen = question.observations
    wanted = [each.outcome for each in question.problem.objectives]
    failed = sum(each.failed for each in seen)
    whole = [each for each in seen if not each.failed and all(name in each.outcomes for name in wanted)]
    return ModelCard(
        method="" if strategy is None else strategy.method,
        strategy=kind.name,
        about=kind.about,
        observations=len(seen),
        failed=failed,
        censored=sum(any(each.outcomes[name].censored is not None for name in wanted) for each in whole),
        incomplete=len(seen) - failed - len(whole),
        doubted=() if strategy is None else tuple(strategy.data.doubted),
        earlier={} if strategy is None else dict(trust(strategy.belief)),
        device="" if strategy is None else strategy.data.device.type,
        caveats=tuple(_caveats(question, strategy)),
    )


def _caveats(question: Question, strategy: Strategy | None) -> Iterator[str]:
    if strategy is None:
        yield "No model has spoken yet: there is nothing to learn from."
    else:
        yield from caveats(question.problem, question.observations, strategy.belief)
