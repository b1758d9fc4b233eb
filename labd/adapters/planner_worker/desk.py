"""One child process and the questions that wait for it: a new child when the old one dies."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from labd.adapters.planner_questions.messages import Answered, Declined, Question, Ready, Reply
from labd.adapters.planner_worker.turns import Turns
from labd.domain.errors import LabError, Unavailable

DEATHS = 3
"""A question on which so many workers died is given up."""
LONGEST_ANSWER = 2**28
"""Bytes."""


@dataclass(slots=True, eq=False)
class Open:
    """A question without an answer yet."""

    campaign: str
    line: bytes
    answer: asyncio.Future[Answered]
    deaths: int = 0

    def fail(self, error: LabError) -> None:
        """Unless nobody waits any more."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Desk:
    """Hands its child one question at a time, of each campaign in turn. Start `tend` as a task.

    When the child dies, the question that it had in hand counts a death and is the first that the next child gets.
    """

    def __init__(self, command: Sequence[str], answers_within_s: float) -> None:
        self._command = command
        self._answers_within_s = answers_within_s
        self.child: Process | None = None
        """None between two."""
        self._waiting: Turns[Open] = Turns()
        self._in_hand: Open | None = None
        self._is_ready = False
        self._asked = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None
        self._is_stuck = False

    @property
    def is_busy(self) -> bool:
        """Whether anybody waits for an answer."""
        return any(not each.answer.done() for each in ([self._in_hand] if self._in_hand else []) + list(self._waiting))

    async def ask(self, campaign: str, question: Question) -> Answered:
        """The answer. Raises `LabError`. Cancelled, the question is withdrawn if no child has it yet; if one has, its
        answer is passed over."""
        asked = Open(campaign, question.model_dump_json().encode() + b"\n", asyncio.get_running_loop().create_future())
        self._waiting.put(campaign, asked)
        self._asked.set()
        self._hand_on()
        try:
            return await asked.answer
        finally:
            self._waiting.drop(campaign, asked)

    def fail_all(self, error: LabError) -> None:
        """Nobody gets an answer any more."""
        if self._in_hand is not None:
            self._in_hand.fail(error)
        while (each := self._waiting.take()) is not None:
            each.fail(error)

    def rest(self) -> None:
        """End the child; the next question starts another."""
        self._is_ready = False
        if self.child is not None and self.child.returncode is None:
            self.child.kill()

    async def tend(self) -> None:
        """Keep a child alive, until cancelled; after one that died before it was ready, only when somebody asks."""
        while True:
            self._asked.clear()
            await self._live()
            if not self._is_ready and self._in_hand is None and not any(self._waiting):
                await self._asked.wait()

    async def _live(self) -> None:
        """The life of one child."""
        self._is_ready = self._is_stuck = False
        try:
            # A session of its own: Ctrl-C is for the daemon, which ends its worker.
            child = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, limit=LONGEST_ANSWER, start_new_session=True
            )
        except OSError as error:
            self.fail_all(Unavailable(f"The planner's process cannot be started: {error}."))
            return
        try:
            self.child = child
            self._wait_for(child)
            await self._listen(child)
        finally:
            self.child = None
            self._stop_waiting()
            await _end(child)
            self._mourn()

    async def _listen(self, child: Process) -> None:
        """Pass answers on until the child's output ends, or makes no sense (it died in the middle of a line)."""
        while child.stdout is not None and (line := await child.stdout.readline()):
            try:
                body = Reply.model_validate_json(line).body
            except ValidationError:
                break
            self._stop_waiting()
            asked, self._in_hand = self._in_hand, None
            match body:
                case Ready():
                    self._is_ready = True
                case Answered() if asked is not None and not asked.answer.done():
                    asked.answer.set_result(body)
                case Declined() if asked is not None:
                    asked.fail(body.error())
                case _:
                    pass  # nobody waits for it any more
            self._hand_on()

    def _hand_on(self) -> None:
        """The next question, to a child that has nothing to do."""
        if self.child is None or not self._is_ready or self._in_hand is not None:
            return
        self._in_hand = self._waiting.take()
        while self._in_hand is not None and self._in_hand.answer.done():  # withdrawn a moment ago
            self._in_hand = self._waiting.take()
        if self._in_hand is not None and self.child.stdin is not None and not self.child.stdin.is_closing():
            self.child.stdin.write(self._in_hand.line)  # a child that is gone is noticed at the end of its output
            self._wait_for(self.child)

    def _wait_for(self, child: Process) -> None:
        """One that takes longer than can be is stuck."""

        def give_up() -> None:
            self._is_stuck = True
            if child.returncode is None:
                child.kill()

        self._patience = asyncio.get_running_loop().call_later(self._answers_within_s, give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    def _mourn(self) -> None:
        """What the child had in hand is asked again first, unless too many died on it, or it is stuck; one that was
        never ready concerns all that wait."""
        asked, self._in_hand = self._in_hand, None
        if asked is not None and not asked.answer.done():
            self._waiting.put_back(asked.campaign, asked)
        for each in [asked] if asked else [] if self._is_ready else list(self._waiting):
            each.deaths += 1
            if self._is_stuck:
                each.fail(
                    Unavailable(
                        f"The planner did not answer within {self._answers_within_s:g} s; it was started anew.",
                        "Resume the campaign to ask it again.",
                    )
                )
            elif each.deaths >= DEATHS:
                each.fail(Unavailable(f"The planner died {DEATHS} times on this question.", "See the daemon's log."))
            if each.answer.done():
                self._waiting.drop(each.campaign, each)


async def _end(child: Process) -> None:
    """No process is left, whatever it was doing: it keeps nothing that could be lost."""
    if child.returncode is None:
        child.kill()
    if child.stdin is not None:
        child.stdin.close()
    await child.wait()
