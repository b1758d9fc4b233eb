"""A proposer behind HTTP: one POST a question, JSON both ways.

    -> {"labd": 1, "problem": {...}, "observations": [...], "pending": [{...}], "count": 2, "seed": 7}
    <- {"suggestions": [{"parameters": {...}, "reason": "...", "method": "..."}]}

The question is `labd.domain.problem` as JSON; of an answer only `parameters` is needed. What it proposes is checked by
who asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import httpx
from pydantic import Field, ValidationError

from labd.domain.errors import InvalidInput, Unavailable
from labd.domain.problem import Observation, Parameters, Prediction, Problem, Scalar, Suggestion
from labd.domain.value import Value

LONGEST_ANSWER = 2**20
"""Bytes."""


class Asked(Value):
    """What a proposer is asked."""

    labd: int = 1
    """The version of this question."""
    problem: Problem
    observations: tuple[Observation, ...]
    pending: tuple[dict[str, Scalar], ...]
    """The points that are being tried."""
    count: int
    seed: int


class Proposed(Value):
    """One point that it wants tried."""

    parameters: dict[Annotated[str, Field(max_length=64)], Scalar] = Field(max_length=1000)
    method: str = Field(default="service", pattern=r"^[a-z0-9][a-z0-9+_.-]*$", max_length=64)
    reason: str = Field(default="", max_length=2000)
    predicted: dict[str, Prediction] = Field(default={}, max_length=100)


class Answer(Value):
    """What it answers."""

    suggestions: tuple[Proposed, ...] = Field(max_length=10_000)


class HttpProposer:
    """`labd.ports.ProposingService` over HTTP."""

    async def propose(
        self,
        url: str,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
        *,
        within_s: float,
    ) -> Sequence[Suggestion]:
        """Ask it. Raises `Unavailable` where it does not answer in time or at all, `InvalidInput` for nonsense."""
        asked = Asked(
            problem=problem,
            observations=tuple(observations),
            pending=tuple(dict(each) for each in pending),
            count=count,
            seed=seed,
        )
        body = await self._post(url, asked.model_dump_json().encode(), within_s)
        try:
            answer = Answer.model_validate_json(body)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole"
            raise InvalidInput(f"its answer makes no sense: {where}: {first['msg']}") from None
        return [
            Suggestion(parameters=each.parameters, method=each.method, reason=each.reason, predicted=each.predicted)
            for each in answer.suggestions
        ]

    async def _post(self, url: str, body: bytes, within_s: float) -> bytes:
        """The body of its answer, which is bounded in size and in time as a whole."""
        try:
            async with (
                asyncio.timeout(within_s),
                httpx.AsyncClient(timeout=within_s, trust_env=False) as client,
                client.stream("POST", url, content=body, headers={"content-type": "application/json"}) as response,
            ):
                said = bytearray()
                async for chunk in response.aiter_bytes():
                    said += chunk
                    if len(said) > LONGEST_ANSWER:
                        raise InvalidInput(f"its answer is longer than {LONGEST_ANSWER} bytes")
                if response.status_code != httpx.codes.OK:
                    words = bytes(said[:200]).decode(errors="replace").strip()
                    raise Unavailable(f"it answered {response.status_code}: {words}")
                return bytes(said)
        except (TimeoutError, httpx.TimeoutException):
            raise Unavailable(f"it did not answer within {within_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"it cannot be reached: {error or type(error).__name__}") from None
