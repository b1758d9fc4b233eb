"""What holds of every adapter of the planner's port, and the questions that are asked of it; starts without torch."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Goal, Measurement, Objective, Observation, Parameters, Problem
from labd.ports import Planner

PROBLEM = Problem(
    parameters=(
        Continuous(name="temperature", low=20, high=120, unit="degC"),
        Categorical(name="solvent", options=("water", "ethanol", "toluene")),
    ),
    objectives=(Objective(outcome="yield"),),
)
SLOW = Problem(
    parameters=tuple(Continuous(name=f"x{i}", low=0, high=1) for i in range(6)),
    objectives=(Objective(outcome="yield"),),
)
"""Asked for many suggestions at once, it keeps the worker busy."""

TWO = Problem(
    parameters=tuple(Continuous(name=f"x{i}", low=0, high=1) for i in range(4)),
    objectives=(Objective(outcome="yield"), Objective(outcome="waste", goal=Goal.MINIMISE)),
)
"""Asked of BoTorch."""


def two_observations() -> list[Observation]:
    points = [{f"x{k}": ((11 * i + 5 * k * i) % 23) / 23 for k in range(4)} for i in range(16)]
    outcomes = [
        {"yield": Measurement(mean=sum(at.values())), "waste": Measurement(mean=at["x0"] ** 2 + at["x1"])}
        for at in points
    ]
    return [
        Observation(trial=str(i), parameters=dict(at), outcomes=found)
        for i, (at, found) in enumerate(zip(points, outcomes, strict=True))
    ]


def observations(count: int = 8) -> list[Observation]:
    return [
        Observation(
            trial=str(i),
            parameters={"temperature": 20.0 + 9.7 * i, "solvent": ("water", "ethanol", "toluene")[i % 3]},
            outcomes={"yield": Measurement(mean=50.0 - (i - 4) ** 2, standard_error=0.5)},
        )
        for i in range(count)
    ]


def slow_observations() -> list[Observation]:
    return [
        Observation(
            trial=str(i),
            parameters={f"x{k}": ((7 * i + 3 * k * i) % 31) / 31 for k in range(6)},
            outcomes={"yield": Measurement(mean=float((5 * i) % 13))},
        )
        for i in range(60)
    ]


async def check_that_concurrent_questions_each_get_what_a_direct_call_answers(planner: Planner) -> None:
    from labd.planning import suggest

    pending: list[Parameters] = [{"temperature": 61.0, "solvent": "ethanol"}]
    asked = [planner.suggest(PROBLEM, observations(7 + k), pending, 2, k) for k in range(5)]
    answers = await asyncio.gather(*asked)
    assert [each.suggestions for each in answers] == [
        tuple(suggest(PROBLEM, observations(7 + k), pending, 2, k)) for k in range(5)
    ]


async def check_that_neither_a_cancelled_nor_a_wrong_question_disturbs_the_next(planner: Planner) -> None:
    from labd.planning import suggest

    wrong = observations()[0].model_copy(update={"parameters": {"temperature": 30.0}})
    asked = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 6, 3))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    with pytest.raises(InvalidInput, match="solvent"):
        await planner.suggest(PROBLEM, [wrong], [], 1, 0)
    made = await planner.suggest(PROBLEM, observations(), [], 1, 0)
    assert list(made.suggestions) == suggest(PROBLEM, observations(), [], 1, 0)


async def check_that_a_question_of_several_megabytes_is_answered(planner: Planner) -> None:
    pool = tuple({"temperature": 20 + i / 1000, "solvent": "water"} for i in range(60_000))
    problem = PROBLEM.model_copy(update={"pool": pool})
    assert len(problem.model_dump_json()) > 2_000_000
    (made,) = (await planner.suggest(problem, observations(), [], 1, 0)).suggestions
    assert made.parameters in pool


async def check_that_a_campaign_with_many_open_questions_keeps_no_other_waiting(planner: Planner) -> None:
    answered: list[str] = []

    async def ask(campaign: str, seed: int) -> None:
        await planner.suggest(PROBLEM, observations(), [], 1, seed, campaign=campaign)
        answered.append(campaign)

    async with asyncio.TaskGroup() as asking:
        for seed in range(20):
            asking.create_task(ask("eager", seed + 100))
        await asyncio.sleep(0)
        asking.create_task(ask("modest", 0))
        asking.create_task(ask("modest", 1))
    assert answered[:8].count("modest") == 2


async def check_that_a_question_that_is_withdrawn_is_never_worked_on(planner: Planner) -> None:
    long = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 2, 3))
    await asyncio.sleep(0)
    superseded = [asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 500, k)) for k in range(3)]
    await asyncio.sleep(0)
    for each in superseded:
        each.cancel()
    assert (await planner.suggest(PROBLEM, observations(), [], 1, 0)).suggestions
    await long
    await asyncio.wait(superseded)


async def check_that_an_answer_says_what_it_took(planner: Planner) -> None:
    took = (await planner.suggest(SLOW, slow_observations(), [], 1, 0)).took
    assert took.cpu_s > 0
    assert took.device == "cpu"
    assert took.gpu_s == 0
    assert took.energy_j is None


CHECKS: list[Callable[[Planner], Awaitable[None]]] = [
    check_that_concurrent_questions_each_get_what_a_direct_call_answers,
    check_that_neither_a_cancelled_nor_a_wrong_question_disturbs_the_next,
    check_that_a_question_of_several_megabytes_is_answered,
    check_that_a_campaign_with_many_open_questions_keeps_no_other_waiting,
    check_that_a_question_that_is_withdrawn_is_never_worked_on,
    check_that_an_answer_says_what_it_took,
]
