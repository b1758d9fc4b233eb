"""Outcomes with large results: a true orchestrator asks, and the test answers for the instrument, part by part."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from labd.domain import events as e
from labd.domain.command import Failed, Order, Succeeded
from labd.orchestrator import Orchestrator
from labd.orchestrator.fetching import CHUNK_BYTES, TRIES, WINDOW
from labd.ports.instrument_link import Message
from labd.simulation.clock import VirtualClock, run_virtual
from labd.simulation.journal import SimulatedJournal
from labd.simulation.link import SimulatedLink
from labd.simulation.store import SimulatedStore
from labd.wire.chunks import Chunk
from labd.wire.decoding import ToDriver
from labd.wire.messages import Ack, Birth, Command, Fetch, Report, State, content_hash
from tests.scenario.night import PlayedPlanner, analyse
from tests.scenery import MORNING, WORKCELL, descriptor, protocol

CONTENT = bytes(range(256)) * 4096 + b"the end"
"""A megabyte and a bit: five parts."""
PARTS = -(-len(CONTENT) // CHUNK_BYTES)
assert PARTS == 5


def named(content: bytes, **more: Any) -> dict[str, Any]:
    """A reference, as a driver gives it."""
    name = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"blob": name, "size_bytes": len(content), "media_type": "image/tiff", "name": "a.tif", **more}


class Room:
    """One daemon after the other on the same journal and store; the test is the instruments."""

    def __init__(self) -> None:
        self.clock, self.journal, self.store = VirtualClock(MORNING), SimulatedJournal(), SimulatedStore()
        self.link: SimulatedLink
        self.lab: Orchestrator
        self.session = "S1"

    @asynccontextmanager
    async def daemon(self, largest_bytes: int = 100_000_000) -> AsyncIterator[None]:
        self.link = SimulatedLink()
        ports = (self.journal, self.link, PlayedPlanner(), self.clock, analyse, self.store)
        self.lab = Orchestrator(*ports, release="test", largest_bytes=largest_bytes)
        await self.lab.open()
        ready = asyncio.Event()
        running = asyncio.create_task(self.lab.run(workcell=WORKCELL, ready=ready))
        await ready.wait()
        for name in WORKCELL.instruments:
            self.link.arrive(Message(name, Birth(descriptor=descriptor(name))))
            self.link.arrive(Message(name, State(session="S1", sequence=1, status="idle")))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def ordered(self, parallel: int = 1) -> list[Order]:
        """So many orders, to as many mixers."""
        made = protocol(trials=parallel, parallel=parallel)
        await self.lab.submit(lambda _, at: e.CampaignDrafted(at=at, campaign="C", name="m", protocol=made))
        await self.lab.submit(lambda _, at: e.CampaignStarted(at=at, campaign="C"))
        return [(await self.next(Command)).order for _ in range(parallel)]

    async def next(self, kind: type[Any]) -> Any:
        """The next thing of that kind that the daemon says."""
        while True:
            _, body = await self.said()
            if isinstance(body, kind):
                return body

    async def said(self) -> tuple[str, ToDriver]:
        return await asyncio.wait_for(self.link.sent.get(), 1000)

    async def fetches(self, count: int) -> list[Fetch]:
        """So many, and then nothing more."""
        found = [await self.next(Fetch) for _ in range(count)]
        await asyncio.sleep(0.1)
        rest = [self.link.sent.get_nowait().body for _ in range(self.link.sent.qsize())]
        assert not [each for each in rest if isinstance(each, Fetch)]
        return found

    def outcome(self, order: Order, *references: dict[str, Any]) -> str:
        """The instrument says that it is done; the hash of what it says."""
        result = {"volume": 1.0, **{f"image_{i}": each for i, each in enumerate(references)}}
        outcome = Succeeded(result=result)
        digest = content_hash(order.command, outcome)
        report = Report(
            command=order.command,
            session=self.session,
            sequence=2,
            device_time=datetime.now(UTC),
            outcome=outcome,
            content_hash=digest,
        )
        self.link.arrive(Message(order.instrument, report))
        return digest

    def answer(self, instrument: str, fetch: Fetch, content: bytes = CONTENT) -> None:
        part = content[fetch.offset : fetch.offset + fetch.length]
        name = fetch.blob.removeprefix("sha256:")
        self.link.arrive(Chunk(instrument=instrument, sha256=name, offset=fetch.offset, data=part))

    async def serve(self, instrument: str, contents: dict[str, bytes]) -> Ack:
        """Answer all that is fetched until the outcome is acknowledged."""
        while True:
            _, body = await self.said()
            match body:
                case Fetch():
                    self.answer(instrument, body, contents[body.blob])
                case Ack():
                    return body

    async def finished(self) -> list[e.CommandFinished]:
        return [each.event async for each in self.journal.read() if isinstance(each.event, e.CommandFinished)]

    async def quarantined(self) -> str:
        """Why something is kept for a person."""
        revision = -1
        while not self.lab.state.quarantine:
            revision = await asyncio.wait_for(self.lab.changed(revision), 1000)
        return self.lab.state.quarantine[-1].reason

    def content(self, name: str = named(CONTENT)["blob"]) -> bytes:
        with self.store.open(name.removeprefix("sha256:")) as file:
            return file.read()


def test_an_outcome_is_taken_after_its_data_are_in_the_store() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            digest = room.outcome(order, named(CONTENT))
            asked = await room.fetches(WINDOW)
            assert [each.offset for each in asked] == [CHUNK_BYTES * i for i in range(WINDOW)]
            assert not await room.finished()
            for each in asked:
                room.answer(order.instrument, each)
            (last,) = await room.fetches(1)
            assert (last.offset, last.length) == (WINDOW * CHUNK_BYTES, len(CONTENT) - WINDOW * CHUNK_BYTES)
            assert not await room.finished()
            room.answer(order.instrument, last)
            assert await room.next(Ack) == Ack(command=order.command, content_hash=digest)
            assert [each.command for each in await room.finished()] == [order.command]
            assert room.content() == CONTENT

    run_virtual(story())


def test_the_same_content_is_fetched_once() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            first, second = await room.ordered(parallel=2)
            room.outcome(first, named(CONTENT), named(CONTENT, name="b.tif"))
            await room.serve(first.instrument, {named(CONTENT)["blob"]: CONTENT})
            room.outcome(second, named(CONTENT))
            while not isinstance(body := (await room.said())[1], Ack):
                assert not isinstance(body, Fetch)

    run_virtual(story())


def test_parts_in_any_order_twice_and_of_others_make_the_same_whole() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            asked = await room.fetches(WINDOW)
            stranger = Chunk(instrument="meter_1", sha256=asked[0].blob[7:], offset=0, data=bytes(CHUNK_BYTES))
            room.link.arrive(stranger)
            room.link.arrive(stranger.model_copy(update={"instrument": order.instrument, "sha256": "00" * 32}))
            room.link.arrive(stranger.model_copy(update={"instrument": order.instrument, "offset": 77}))
            for each in reversed(asked):
                room.answer(order.instrument, each)
                room.answer(order.instrument, each)
            await room.serve(order.instrument, {named(CONTENT)["blob"]: CONTENT})
            assert room.content() == CONTENT

    run_virtual(story())


def test_a_small_and_an_empty_content_are_contents() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(b"x"), named(b""))
            await room.serve(order.instrument, {named(b"x")["blob"]: b"x"})
            assert (room.content(named(b"x")["blob"]), room.content(named(b"")["blob"])) == (b"x", b"")

    run_virtual(story())


def test_an_outcome_that_is_said_again_asks_for_what_is_missing_alone() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            asked = await room.fetches(WINDOW)
            room.answer(order.instrument, asked[0])
            await room.fetches(1)
            room.outcome(order, named(CONTENT))
            await room.fetches(0)  # a part came since: what is on its way is not asked for twice
            room.outcome(order, named(CONTENT))
            again = await room.fetches(WINDOW)
            assert [each.offset for each in again] == [CHUNK_BYTES * i for i in range(1, PARTS)]

    run_virtual(story())


def test_another_life_of_the_driver_and_a_new_link_are_asked_again() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            for each in (await room.fetches(WINDOW))[:2]:
                room.answer(order.instrument, each)
            await room.fetches(1)
            room.link.cut()
            room.link.restore()
            assert (await room.fetches(3))[0].offset == 2 * CHUNK_BYTES

    run_virtual(story())


def test_a_new_daemon_goes_on_behind_what_is_here() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            for each in (await room.fetches(WINDOW))[:3]:
                room.answer(order.instrument, each)
            await room.fetches(1)
        async with room.daemon():
            room.outcome(order, named(CONTENT))
            asked = await room.fetches(2)
            assert [each.offset for each in asked] == [3 * CHUNK_BYTES, 4 * CHUNK_BYTES]
            for each in asked:
                room.answer(order.instrument, each)
            await room.next(Ack)
            assert room.content() == CONTENT

    run_virtual(story())


async def _wrong(room: Room, order: Order) -> None:
    for _ in range(TRIES * PARTS):
        room.answer(order.instrument, await room.next(Fetch), bytes(len(CONTENT)))


async def _gone(room: Room, order: Order) -> None:
    for _ in range(TRIES):
        asked = [await room.next(Fetch) for _ in range(WINDOW)]
        room.answer(order.instrument, asked[0], b"")


@pytest.mark.parametrize(
    ("happens", "reason"),
    [(_wrong, "came 3 times with another content"), (_gone, "mixer_1: it does not have it any more")],
)
def test_data_that_cannot_be_had_are_left_to_a_person(
    happens: Callable[[Room, Order], Awaitable[None]], reason: str
) -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            await happens(room, order)
            assert reason in await room.quarantined()
            room.outcome(order, named(CONTENT))
            await room.fetches(0)
            assert not await room.finished()
            assert room.lab.state.quarantined == 1
        async with room.daemon():  # a person has mended it
            room.outcome(order, named(CONTENT))
            await room.serve(order.instrument, {named(CONTENT)["blob"]: CONTENT})
            assert room.content() == CONTENT

    run_virtual(story())


def test_what_is_too_large_is_left_to_a_person_and_taken_with_another_limit() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon(largest_bytes=1_000_000):
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            assert "a.tif (sha256:" in (reason := await room.quarantined())
            assert f"has {len(CONTENT):,} bytes; this laboratory takes at most 1,000,000" in reason
            await room.fetches(0)
            assert not await room.finished()
        async with room.daemon():
            room.outcome(order, named(CONTENT))
            await room.serve(order.instrument, {named(CONTENT)["blob"]: CONTENT})

    run_virtual(story())


def test_an_order_that_a_person_has_answered_for_is_not_fetched_for() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            await room.fetches(WINDOW)
            await room.lab.submit(lambda _, at: e.CommandResolved(at=at, command=order.command, resolution="discard"))
            room.outcome(order, named(CONTENT))
            while not isinstance(body := (await room.said())[1], Ack):
                assert not isinstance(body, Fetch)

    run_virtual(story())


def test_a_lie_about_the_size_writes_nothing_over_good_data() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            first, second = await room.ordered(parallel=2)
            room.outcome(first, named(CONTENT, size_bytes=10))
            for _ in range(TRIES):
                room.answer(first.instrument, await room.next(Fetch))
            assert "another content" in await room.quarantined()
            room.outcome(second, named(CONTENT))
            await room.serve(second.instrument, {named(CONTENT)["blob"]: CONTENT})
            assert room.content() == CONTENT

    run_virtual(story())


def test_what_is_no_reference_is_a_failed_measurement() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT, size_bytes=-1))
            await room.next(Ack)
            (finished,) = await room.finished()
            assert isinstance(finished.outcome, Failed)
            assert "image_0 is no reference to data" in finished.outcome.message

    run_virtual(story())


def test_a_full_disk_is_said_and_goes_on_by_itself() -> None:
    async def story() -> None:
        room = Room()
        async with room.daemon():
            (order,) = await room.ordered()
            room.outcome(order, named(CONTENT))
            asked = await room.fetches(WINDOW)
            room.store.full = True
            for each in asked:
                room.answer(order.instrument, each)
            revision = -1
            while not room.lab.trouble:
                revision = await room.lab.changed(revision)
            assert "the disk is full" in room.lab.trouble
            await asyncio.sleep(3600)
            assert not await room.finished()
            room.store.full = False
            await room.serve(order.instrument, {named(CONTENT)["blob"]: CONTENT})
            assert (room.lab.trouble, room.content()) == ("", CONTENT)

    run_virtual(story())
