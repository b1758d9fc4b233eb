"""Asks for a look ahead, one at a time, and writes down what came of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime

import structlog

from labd.domain import events as e
from labd.lifecycles import Laboratory
from labd.lifecycles.foresight import to_plan
from labd.ports import foresight
from labd.ports.clock import Clock
from labd.scheduling.look_ahead import Problem

DEADLINE_S = 10.0
"""After so long the greedy answer stands."""

log = structlog.get_logger(__name__)


class LookingAhead:
    """Nothing waits for it: what begins meanwhile begins as ever."""

    def __init__(
        self,
        port: foresight.Foresight | None,
        clock: Clock,
        *,
        look: Callable[[], Laboratory],
        record: Callable[[Callable[[datetime], e.Event]], None],
        start: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        self._port, self._clock = port, clock
        self._look, self._record, self._start = look, record, start
        self._busy = False
        self._again = False

    def ask(self) -> None:
        """Plan what is to come, if that pays; while a plan is worked on, once more after it."""
        if self._busy:
            self._again = True
            return
        problem = to_plan(self._look(), self._clock.now()) if self._port is not None else None
        if problem is not None and self._port is not None:
            self._busy = True
            self._start(self._plan(self._port, problem))

    async def _plan(self, port: foresight.Foresight, problem: Problem) -> None:
        try:
            starts_s = await port.look_ahead(problem, DEADLINE_S)
        except OSError as error:  # the greedy scheduler goes on without
            log.warning("look_ahead_failed", reason=str(error))
            starts_s = None
        self._busy = False
        if starts_s:
            found = {key: round(each, 3) for key, each in starts_s.items()}
            self._record(lambda at: e.StepsForeseen(at=at, starts_s=found))
        if self._again:
            self._again = False
            self.ask()
