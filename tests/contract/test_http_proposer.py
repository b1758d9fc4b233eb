"""A proposer behind HTTP, on a real socket: what it is asked, and what becomes of an answer that is none."""

import asyncio
from typing import Any

import pytest

from labd.adapters.http_proposer import LONGEST_ANSWER, HttpProposer
from labd.domain.errors import InvalidInput, LabError, Unavailable
from labd.domain.problem import Continuous, Measurement, Objective, Observation, Problem, Suggestion
from tests.proposing import service

PROBLEM = Problem(parameters=(Continuous(name="heat", low=0, high=9),), objectives=(Objective(outcome="gain"),))
SEEN = Observation(trial="1", parameters={"heat": 3.0}, outcomes={"gain": Measurement(mean=2.0)})


async def ask(url: str, within_s: float = 10.0) -> list[Suggestion]:
    return list(await HttpProposer().propose(url, PROBLEM, [SEEN], [{"heat": 4.0}], 2, 7, within_s=within_s))


async def test_it_is_asked_with_all_that_the_planner_knows() -> None:
    asked: list[dict[str, Any]] = []

    async def respond(question: dict[str, Any]) -> tuple[int, bytes]:
        asked.append(question)
        return 200, b'{"suggestions": [{"parameters": {"heat": 5}, "reason": "a hunch"}]}'

    async with service(respond) as url:
        (made,) = await ask(url)
    assert (made.parameters, made.method, made.reason) == ({"heat": 5}, "service", "a hunch")
    (question,) = asked
    assert Problem.model_validate(question["problem"]) == PROBLEM
    assert Observation.model_validate(question["observations"][0]) == SEEN
    assert (question["pending"], question["count"], question["seed"]) == ([{"heat": 4.0}], 2, 7)


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (200, b"hello", InvalidInput, "makes no sense: the whole"),
        (200, b'{"suggestions": [{"heat": 5}]}', InvalidInput, "makes no sense: suggestions.0"),
        (200, b'{"suggestions": [{"parameters": {"heat": NaN}}]}', InvalidInput, "makes no sense"),
        (200, b" " * (LONGEST_ANSWER + 1), InvalidInput, "longer than"),
        (503, b"busy", Unavailable, "answered 503: busy"),
    ],
    ids=["no JSON", "no point", "no number", "no end", "not now"],
)
async def test_a_bad_answer_is_refused_with_a_reason(
    status: int, body: bytes, kind: type[LabError], message: str
) -> None:
    async def respond(_: dict[str, Any]) -> tuple[int, bytes]:
        return status, body

    async with service(respond) as url:
        with pytest.raises(kind, match=message):
            await ask(url)


async def test_one_that_takes_too_long_is_not_waited_for() -> None:
    gone = asyncio.Event()

    async def respond(_: dict[str, Any]) -> tuple[int, bytes]:
        await gone.wait()
        return 200, b"{}"

    async with service(respond) as url:
        with pytest.raises(Unavailable, match=r"did not answer within 0\.2 s"):
            await ask(url, within_s=0.2)
        gone.set()


async def test_one_that_is_not_there_is_said_so() -> None:
    async with service(lambda _: asyncio.sleep(0, (200, b"{}"))) as url:
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        await ask(url)
