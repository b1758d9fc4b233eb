"""The parent's side: one child process, questions by number, a new child when the old one dies."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from pydantic import ValidationError

from labd.adapters.planner_worker.messages import Answered, Declined, Question, Ready, Reply
from labd.domain.errors import InvalidInput, LabError, Unavailable
from labd.domain.problem import Observation, Parameters, Problem, Suggestion

COMMAND = (sys.executable, "-m", "labd.adapters.planner_worker.child")
"""What is started."""
DEATHS = 3
"""A question on which so many workers died is given up."""
ANSWERS_WITHIN_S = 3600.0
"""A worker that takes longer for what takes seconds is stuck: it is ended, and the question given up."""
LONGEST_ANSWER = 2**28
"""Bytes."""


@dataclass(slots=True)
class _Open:
    """A question without an answer yet."""

    line: bytes
    answer: asyncio.Future[Sequence[Suggestion]]
    deaths: int = 0


class PlannerWorker:
    """The planner behind `labd.ports.Planner`: `async with PlannerWorker() as planner: ...`.

    The child starts at once and warms up in the background. It answers in order; when it dies, the questions that are
    open are asked again of the next child, and the one that it was working on counts a death.
    """

    def __init__(self, command: Sequence[str] = COMMAND, *, answers_within_s: float = ANSWERS_WITHIN_S) -> None:
        self._command = command
        self._answers_within_s = answers_within_s
        self._child: Process | None = None
        self._open: dict[int, _Open] = {}
        self._numbers = 0
        self._asked = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the present child; None between two."""
        return None if self._child is None else self._child.pid

    async def __aenter__(self) -> PlannerWorker:
        """Start the child in the background."""
        self._supervisor = asyncio.create_task(self._supervise(), name="planner worker")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child; questions that are still open fail with `Unavailable`."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        for each in self._open.values():
            _fail(each, Unavailable("The planner was shut down before it answered."))

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
    ) -> Sequence[Suggestion]:
        """`labd.planning.suggest`, in the child. Raises `Unavailable` when it died three times on this question, or is
        stuck."""
        if self._supervisor is None or self._supervisor.done():
            raise Unavailable("The planner is not running.", "Ask it inside `async with PlannerWorker()`.")
        self._numbers += 1
        number = self._numbers
        question = Question(
            number=number,
            problem=problem,
            observations=tuple(observations),
            pending=tuple(dict(each) for each in pending),
            count=count,
            seed=seed,
        )
        line = question.model_dump_json().encode() + b"\n"
        asked = _Open(line, asyncio.get_running_loop().create_future())
        self._open[number] = asked
        self._asked.set()
        if self._child is not None:
            _write(self._child, line)
        try:
            return await asyncio.wait_for(asked.answer, self._answers_within_s)
        except TimeoutError:
            if self._child is not None and self._child.returncode is None:
                self._child.kill()
            raise Unavailable(
                f"The planner did not answer within {self._answers_within_s:g} s; it was started anew.",
                "Resume the campaign to ask it again.",
            ) from None
        finally:
            self._open.pop(number, None)

    async def _supervise(self) -> None:
        """Keep a child alive; after one that died before it was ready, only when somebody asks."""
        while True:
            self._asked.clear()
            ready = await self._live()
            if not ready and not self._open:
                await self._asked.wait()

    async def _live(self) -> bool:
        """The life of one child, whether it ever was ready."""
        try:
            # A session of its own: Ctrl-C is for the daemon, which ends its worker.
            child = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, limit=LONGEST_ANSWER, start_new_session=True
            )
        except OSError as error:
            for each in self._open.values():
                _fail(each, Unavailable(f"The planner's process cannot be started: {error}."))
            self._open.clear()
            return False
        try:
            self._child = child
            for each in self._open.values():
                _write(child, each.line)
            return await self._listen(child)
        finally:
            self._child = None
            await _end(child)
            self._count_death()

    async def _listen(self, child: Process) -> bool:
        """Pass answers on until the child's output ends, or makes no sense (it died in the middle of a line)."""
        ready = False
        while child.stdout is not None and (line := await child.stdout.readline()):
            try:
                reply = Reply.model_validate_json(line)
            except ValidationError:
                break
            match reply.body:
                case Ready():
                    ready = True
                case Answered(number=number, suggestions=suggestions):
                    self._settle(number, suggestions)
                case Declined() as declined:
                    self._settle(declined.number, _error(declined))
        return ready

    def _settle(self, number: int, answer: Sequence[Suggestion] | LabError) -> None:
        """Answer a question; a number that nobody waits for any more is passed over."""
        asked = self._open.pop(number, None)
        if asked is None:
            return
        if isinstance(answer, LabError):
            _fail(asked, answer)
        elif not asked.answer.done():
            asked.answer.set_result(answer)

    def _count_death(self) -> None:
        """The child worked on the oldest question when it died."""
        number = next(iter(self._open), None)
        if number is None:
            return
        asked = self._open[number]
        asked.deaths += 1
        if asked.deaths >= DEATHS:
            del self._open[number]
            _fail(asked, Unavailable(f"The planner died {DEATHS} times on this question.", "See the daemon's log."))


def _error(declined: Declined) -> LabError:
    return (InvalidInput if declined.invalid else LabError)(declined.message, declined.hint)


def _fail(asked: _Open, error: LabError) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(error)


def _write(child: Process, line: bytes) -> None:
    """Hand a line to the pipe's buffer; a child that is gone is noticed at the end of its output."""
    if child.stdin is not None and not child.stdin.is_closing():
        child.stdin.write(line)


async def _end(child: Process) -> None:
    """No process is left, whatever it was doing: it keeps nothing that could be lost."""
    if child.returncode is None:
        child.kill()
    if child.stdin is not None:
        child.stdin.close()
    await child.wait()
