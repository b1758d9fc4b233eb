"""Nights and weeks of a whole daemon, in seconds: what a laboratory goes through when nobody is there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from random import Random

import pytest

from labd.domain import events as e
from labd.domain.errors import JournalError
from labd.domain.events import Event
from labd.lifecycles import Laboratory, evolve
from labd.orchestrator import Orchestrator, requests
from labd.orchestrator.orchestrator import SNAPSHOT_EVERY
from labd.ports.journal import Recorded
from labd.simulation.clock import run_virtual
from labd.simulation.journal import SimulatedJournal
from tests.scenario.night import HEARTBEAT_S, TOOK, Night, analyse, check_books, long_protocol, night

HOUR_S = 3600.0


# --- a week


def test_a_week_of_two_hundred_trials() -> None:
    journal = SimulatedJournal()

    async def week() -> Laboratory:
        async with night(journal) as it:
            began = it.clock.now()
            await it.begin(long_protocol(200))
            await it.until("finished")
            assert timedelta(days=5) < it.clock.now() - began < timedelta(days=8)
            assert it.mixing.trials == 200
            assert len(it.mixing.observations) == 200
            assert not it.lab.state.runs
            assert not it.lab.state.commands
            assert not it.lab.state.quarantined
            await it.settle_down()
            await check_books(it)
            await equal_after_a_restart(it, journal)
            return it.lab.state

    state = run_virtual(week())
    assert state.version > SNAPSHOT_EVERY


async def equal_after_a_restart(it: Night, journal: SimulatedJournal) -> None:
    """From the snapshot, from the beginning and as it ran: one state."""
    survivor = journal.survivor()
    snapshot = await survivor.latest_snapshot()
    assert snapshot is not None
    assert snapshot[0] >= SNAPSHOT_EVERY
    restarted = Orchestrator(survivor, it.bench.link, it.planner, it.clock, analyse, it.store, release="test")
    await restarted.open()
    folded = Laboratory()
    for event in await it.history():
        folded = evolve(folded, event)
    assert restarted.state == folded == it.lab.state


class NoRoomForSnapshots(SimulatedJournal):
    """There is room for events, and none for more."""

    async def save_snapshot(self, sequence: int, state: str) -> None:
        raise JournalError("The disk is full.", "Make room.")


def test_a_snapshot_that_cannot_be_kept_stops_nothing() -> None:
    async def week() -> None:
        async with night(NoRoomForSnapshots()) as it:
            await it.begin(long_protocol(160))
            await it.until("finished")
            assert it.lab.state.version > SNAPSHOT_EVERY
            await it.settle_down()
            await check_books(it)

    run_virtual(week())


# --- crashes


class FragileJournal:
    """A journal whose daemon dies at one of its commits: right before it, or right after."""

    def __init__(self, journal: SimulatedJournal, commit: int, *, after: bool) -> None:
        self._journal, self._left, self._after = journal, commit, after
        self.dying = asyncio.Event()

    async def append(self, events: Sequence[Event]) -> Sequence[Recorded]:
        self._left -= 1
        if self._left > 0:
            return await self._journal.append(events)
        if self._after:
            await self._journal.append(events)
        self.dying.set()
        await asyncio.Event().wait()  # the process is gone before this returns
        raise AssertionError("unreachable")

    def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        return self._journal.read(after)

    async def latest_snapshot(self) -> tuple[int, str] | None:
        return await self._journal.latest_snapshot()

    async def save_snapshot(self, sequence: int, state: str) -> None:
        await self._journal.save_snapshot(sequence, state)

    async def outcome_hash(self, command: str) -> str | None:
        return await self._journal.outcome_hash(command)


@pytest.mark.parametrize("seed", range(12))
def test_a_crash_at_any_commit_loses_nothing_and_repeats_nothing(seed: int) -> None:
    chance = Random(seed)

    async def bad_night() -> None:
        journal = SimulatedJournal()
        async with night(journal, seed) as it:
            await it.begin(long_protocol(12))
            for _ in range(6):
                await it.kill()
                journal = journal.survivor()
                fragile = FragileJournal(journal, chance.randrange(3, 25), after=chance.random() < 0.5)
                await it.start(fragile)
                ended = asyncio.create_task(it.until("finished"))
                dying = asyncio.create_task(fragile.dying.wait())
                await asyncio.wait({ended, dying}, return_when=asyncio.FIRST_COMPLETED)
                for task in (ended, dying):
                    task.cancel()
                await asyncio.sleep(chance.choice([0.0, 1.0, 3 * HOUR_S]))
            await it.kill()
            await it.start(journal.survivor())
            await it.until("finished")
            assert len(it.mixing.observations) == 12
            await it.settle_down()
            await check_books(it)

    run_virtual(bad_night())


@pytest.mark.parametrize("seed", range(4))
def test_a_broker_that_comes_and_goes(seed: int) -> None:
    chance = Random(seed)

    async def bad_night() -> None:
        async with night(SimulatedJournal(), seed) as it:
            await it.begin(long_protocol(10))
            for _ in range(8):
                await asyncio.sleep(chance.uniform(1, 2 * HOUR_S))
                it.bench.link.cut()
                await asyncio.sleep(chance.uniform(1, 2 * HOUR_S))
                it.bench.link.restore()
                it.bench.plug(it.bench.link)
            await it.until("finished")
            await it.settle_down()
            await check_books(it)

    run_virtual(bad_night())


# --- a full disk


def test_a_full_disk_holds_everything_back_and_then_it_goes_on() -> None:
    async def bad_night() -> None:
        journal = SimulatedJournal()
        async with night(journal) as it:
            await it.begin(long_protocol(8))
            await it.until_observed(2)
            journal.full = True
            before = len(await it.history())
            begun = sum(it.bench.performed.values())
            await asyncio.sleep(2 * HOUR_S)
            assert "full" in it.lab.trouble
            assert len(await it.history()) == before
            assert sum(it.bench.performed.values()) == begun, "what is not on disk was let out"
            journal.full = False
            await asyncio.sleep(60)
            assert it.lab.trouble == ""
            assert len(await it.history()) > before
            await it.until("finished")
            await it.settle_down()
            await check_books(it)

    run_virtual(bad_night())


# --- an instrument that says nothing


def test_an_instrument_beyond_its_time_is_asked_and_its_late_result_taken() -> None:
    async def bad_night() -> None:
        async with night(SimulatedJournal()) as it:
            await it.begin(long_protocol(3, parallel=1))
            await it.until_observed(1)
            await asyncio.sleep(60)
            it.bench.mute = {"mixer_1", "mixer_2"}
            command = f"{it.campaign}.2.1.mix.1"
            await asyncio.sleep(3 * HOUR_S)
            assert it.lab.state.commands[command].status == "overdue"
            assert it.bench.asked[command] > 0
            assert it.bench.performed[command] == 1
            it.bench.mute.clear()
            await it.until("finished")
            assert it.lab.state.trials[f"{it.campaign}.2"].status == "observed"
            assert it.lab.state.trials[f"{it.campaign}.2"].runs == 1
            await it.settle_down()
            await check_books(it)

    run_virtual(bad_night())


def test_a_silent_instrument_is_given_nothing_and_goes_on_where_it_was() -> None:
    async def bad_night() -> None:
        async with night(SimulatedJournal()) as it:
            await it.begin(long_protocol(8))
            await it.until_observed(2)
            it.bench.mute = {"mixer_1"}
            before = await it.lab.changed(0)
            while it.lab.state.instruments["mixer_1"].status != "silent":
                before = await it.lab.changed(before)
            await asyncio.sleep(3 * HOUR_S)
            history = await it.history()
            (fell,) = [each for each in history if isinstance(each, e.InstrumentFellSilent)]
            later = history[history.index(fell) :]
            assert not [
                each for each in later if isinstance(each, e.CommandIssued) and each.order.instrument == "mixer_1"
            ]
            assert timedelta(0) < fell.at - fell.since <= timedelta(seconds=5 * HEARTBEAT_S)
            it.bench.mute.clear()
            await asyncio.sleep(2 * HEARTBEAT_S)
            assert it.lab.state.instruments["mixer_1"].status in ("idle", "busy")
            await it.until("finished")
            await it.settle_down()
            await check_books(it)

    run_virtual(bad_night())


# --- a planner that cannot


def test_a_planner_that_cannot_pauses_the_campaign_until_a_person_resumes_it() -> None:
    async def bad_night() -> None:
        async with night(SimulatedJournal()) as it:
            await it.begin(long_protocol(6, parallel=1))
            await it.until_observed(3)
            it.planner.broken = "The GPU fell off the bus."
            await it.until("paused")
            assert "fell off the bus" in it.mixing.note
            asked = it.planner.asked
            await asyncio.sleep(12 * HOUR_S)
            assert it.planner.asked == asked, "a paused campaign asks nobody"
            assert it.mixing.trials == 3
            it.planner.broken = ""
            await requests.resume(it.lab, "mixing", by="ada", reason="put back")
            await it.until("finished")
            assert it.mixing.trials == 6
            await it.settle_down()
            await check_books(it)

    run_virtual(bad_night())


def test_a_question_of_a_campaign_that_was_stopped_is_withdrawn() -> None:
    async def short_night() -> None:
        async with night(SimulatedJournal()) as it:
            await it.begin(long_protocol(6, parallel=1))
            await it.until_observed(2)
            assert it.planner.asked == 3
            await requests.stop(it.lab, "mixing", by="ada", reason="enough")
            await it.settle_down()
            assert it.planner.withdrawn == 1
            assert it.mixing.effort == TOOK + TOOK

    run_virtual(short_night())


# --- people


def test_pause_resume_and_stop() -> None:
    async def long_day() -> None:
        async with night(SimulatedJournal()) as it:
            await it.begin(long_protocol(50))
            await it.until_observed(3)
            await requests.pause(it.lab, "mixing", by="ada", reason="lunch")
            await asyncio.sleep(4 * HOUR_S)
            assert not [each for each in it.lab.state.commands.values() if each.status in ("issued", "accepted")]
            begun = sum(it.bench.performed.values())
            await asyncio.sleep(12 * HOUR_S)
            assert sum(it.bench.performed.values()) == begun, "a paused campaign moves nothing"

            await requests.resume(it.lab, "mixing", by="ada")
            seen = len(it.mixing.observations)
            await it.until_observed(seen + 2)
            out = [each.order for each in it.lab.state.commands.values() if each.status in ("issued", "accepted")]
            assert out
            stopped = await requests.stop(it.lab, "mixing", by="ada", reason="enough")
            assert stopped.status == "stopped"
            await it.settle_down()
            await check_books(it)
            assert not it.lab.state.open_trials(it.campaign)
            assert not it.lab.state.runs
            reading = [order for order in out if order.step == "read"]
            for order in reading:  # a late result still counts
                assert it.lab.state.trials[order.run.rpartition(".")[0]].status == "observed"
            history = await it.history()
            assert [each.by for each in history if isinstance(each, e.CampaignStopped)] == ["ada"]

    run_virtual(long_day())
