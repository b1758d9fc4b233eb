"""What is committed together."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from labd.domain.command import Succeeded
from labd.orchestrator.inbox import ACCEPTED_WAITS_S, Inbox
from labd.ports.instrument_link import Message
from labd.simulation.clock import VirtualLoop
from labd.wire.messages import Report
from tests.scenery import MORNING


def said(accepted: bool, sequence: int = 1) -> Message:
    outcome = None if accepted else Succeeded()
    report = Report(
        command="C1.1.1.mix.1", session="s", sequence=sequence, device_time=MORNING, accepted=accepted, outcome=outcome
    )
    return Message("mixer", report)


def in_virtual_time(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(work)


def test_the_news_of_an_acceptance_goes_with_what_comes_next() -> None:
    async def story() -> None:
        inbox: Inbox[str] = Inbox()
        inbox.arrive(said(accepted=True))
        asyncio.get_running_loop().call_later(ACCEPTED_WAITS_S / 2, inbox.arrive, said(accepted=False, sequence=2))
        group = await inbox.group(10)
        assert group == [said(accepted=True), said(accepted=False, sequence=2)]
        assert asyncio.get_running_loop().time() < ACCEPTED_WAITS_S

    in_virtual_time(story())


def test_it_does_not_wait_for_long() -> None:
    async def story() -> None:
        inbox: Inbox[str] = Inbox()
        inbox.arrive(said(accepted=True))
        assert await inbox.group(10) == [said(accepted=True)]
        assert asyncio.get_running_loop().time() < 2 * ACCEPTED_WAITS_S
        inbox.put("something of the daemon's own")
        assert await inbox.group(10) == ["something of the daemon's own"]

    in_virtual_time(story())


def test_nothing_else_waits() -> None:
    async def story() -> None:
        inbox: Inbox[str] = Inbox()
        inbox.arrive(said(accepted=False))
        assert await inbox.group(10) == [said(accepted=False)]
        assert asyncio.get_running_loop().time() == 0

    in_virtual_time(story())
