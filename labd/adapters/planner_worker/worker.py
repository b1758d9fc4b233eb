"""The planner on this machine: one process for suggestions, and one for all other questions while there are any."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from types import TracebackType

from labd.adapters.planner_questions.kinds import A, Kind, R
from labd.adapters.planner_questions.messages import Question
from labd.adapters.planner_questions.suggesting import Suggesting
from labd.adapters.planner_worker.desk import Desk
from labd.domain.errors import Unavailable
from labd.domain.problem import Effort

COMMAND = (sys.executable, "-m", "labd.adapters.planner_worker.child")
"""What is started."""
ANSWERS_WITHIN_S = 3600.0
"""A worker that takes longer for what takes seconds is stuck: it is ended, and the question given up."""
LEISURE_FOR_S = 300.0
"""The process for other questions ends after so long without one: it holds hundreds of megabytes."""


class PlannerWorker(Suggesting):
    """The planner behind `labd.ports.Planner`: `async with PlannerWorker() as planner: ...`.

    The process for suggestions starts at once and warms up in the background. Campaigns take turns. When the process
    dies, the questions that are open are asked again of the next.
    """

    def __init__(self, command: Sequence[str] = COMMAND, *, answers_within_s: float = ANSWERS_WITHIN_S) -> None:
        self._urgent = Desk(command, answers_within_s)
        self._leisure = Desk((*command, "--leisure"), answers_within_s)
        self._tending: dict[Desk, asyncio.Task[None]] = {}
        self._is_open = False
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the present child that makes suggestions; None between two."""
        return None if self._urgent.child is None else self._urgent.child.pid

    async def __aenter__(self) -> PlannerWorker:
        """Start the child in the background."""
        self._is_open = True
        self._tend(self._urgent)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the children; questions that are still open fail with `Unavailable`."""
        self._is_open = False
        if self._idle is not None:
            self._idle.cancel()
        for each in self._tending.values():
            each.cancel()
        await asyncio.gather(*self._tending.values(), return_exceptions=True)
        for desk in (self._urgent, self._leisure):
            desk.fail_all(Unavailable("The planner was shut down before it answered."))

    async def ask(self, kind: Kind[A, R], asked: A, campaign: str = "") -> tuple[R, Effort]:
        """A question of any kind. Raises `Unavailable` when the child died three times on it, or is stuck."""
        if not self._is_open:
            raise Unavailable("The planner is not running.", "Ask it inside `async with PlannerWorker()`.")
        desk = self._urgent if kind.urgent else self._leisure
        if self._idle is not None and desk is self._leisure:
            self._idle.cancel()
        self._tend(desk)
        try:
            answered = await desk.ask(campaign, Question(kind=kind.name, asked=asked.model_dump_json()))
        finally:
            if desk is self._leisure:
                self._rest()
        return kind.answer.model_validate_json(answered.answer), answered.took

    def _tend(self, desk: Desk) -> None:
        if desk not in self._tending:
            self._tending[desk] = asyncio.create_task(desk.tend(), name="planner worker")

    def _rest(self) -> None:
        """End the process for other questions, unless somebody asks one in good time."""
        if self._is_open and not self._leisure.is_busy:
            self._idle = asyncio.get_running_loop().call_later(LEISURE_FOR_S, self._leisure.rest)
