"""Devices that babble, results that are no numbers, text that is no text: the daemon stays up, and stays small."""

import json

import pytest

from labd.domain import events as e
from labd.domain.command import Failed, Resolution, Succeeded
from labd.domain.errors import InvalidInput
from labd.domain.events import Event
from labd.lifecycles.trial import TrialStatus
from labd.orchestrator import requests
from labd.orchestrator.lanes import BOUND
from labd.orchestrator.patience import KEPT_OF_A_TOPIC, TOPICS, Patience
from labd.ports.instrument_link import Rejected
from labd.simulation.clock import run_virtual
from labd.simulation.journal import SimulatedJournal
from labd.wire.messages import Report, content_hash
from labd.wire.topics import topic
from tests.scenario.night import Night, check_books, long_protocol, night
from tests.scenery import MORNING, later

BABBLE = 5000


def quarantined(history: list[Event]) -> list[e.MessageQuarantined]:
    return [each for each in history if isinstance(each, e.MessageQuarantined)]


def say(it: Night, report: Report) -> None:
    it.bench.link.publish(topic("bench", "meter_1", "report"), report.model_dump_json().encode())


def report(command: str, **more: object) -> Report:
    said = {"command": command, "session": "S1", "sequence": 1, "device_time": MORNING, **more}
    return Report.model_validate(said)


def test_a_device_that_babbles_does_not_fill_the_journal() -> None:
    async def evening() -> None:
        async with night(SimulatedJournal()) as it:
            for number in range(BABBLE):
                it.bench.link.publish(topic("bench", "meter_1", "report"), b"rubbish %d" % number)
            await it.begin(long_protocol(4))
            await it.until("finished")
            await it.settle_down()
            kept = quarantined(await it.history())
            assert len(kept) == KEPT_OF_A_TOPIC
            assert "no more is kept" in kept[-1].reason
            await check_books(it)

    run_virtual(evening())


def test_results_of_unknown_orders_are_acknowledged_only_when_they_are_kept() -> None:
    async def evening() -> None:
        async with night(SimulatedJournal()) as it:
            outcome = Succeeded(result={"signal": 1.0})
            for number in range(BABBLE):
                key = f"X.{number}.1.read.1"
                say(it, report(key, outcome=outcome, content_hash=content_hash(key, outcome)))
            await it.settle_down()
            kept = {json.loads(each.excerpt)["command"] for each in quarantined(await it.history())}
            assert len(kept) == KEPT_OF_A_TOPIC
            assert it.bench.acknowledged == kept

    run_virtual(evening())


def test_progress_of_orders_that_nobody_gave_is_not_kept() -> None:
    async def evening() -> None:
        async with night(SimulatedJournal()) as it:
            for number in range(BABBLE):
                say(it, report(f"X.{number}.1.read.1", progress=0.5))
            await it.settle_down()
            assert not it.lab.progress

    run_virtual(evening())


def test_while_the_disk_is_full_what_comes_again_does_not_pile_up() -> None:
    async def evening() -> None:
        journal = SimulatedJournal()
        async with night(journal) as it:
            await it.begin(long_protocol(2))
            await it.until_observed(1)
            journal.full = True
            while not it.lab.trouble:
                await it.lab.changed(it.lab.revision)
            for number in range(BABBLE):
                it.bench.link.arrive(Rejected(f"topic {number}", "rubbish", "", 7))
            await it.settle_down()
            journal.full = False
            await it.until("finished")
            await it.settle_down()
            assert BOUND - 100 < len(quarantined(await it.history())) <= BOUND
            await check_books(it)

    run_virtual(evening())


@pytest.mark.parametrize("digits", [400, 4200])
def test_a_number_beyond_all_numbers_is_a_failed_measurement(digits: int) -> None:
    async def evening() -> None:
        async with night(SimulatedJournal()) as it:
            await it.begin(long_protocol(1, parallel=1))
            command = f"{it.campaign}.1.1.mix.1"
            while command not in it.lab.state.commands:
                await it.lab.changed(it.lab.revision)
            outcome = Succeeded(result={"volume": 10**digits})
            name = it.lab.state.commands[command].order.instrument
            said = report(command, outcome=outcome, content_hash=content_hash(command, outcome))
            it.bench.link.publish(topic("bench", name, "report"), said.model_dump_json().encode())
            await it.until("finished")
            finished = [each for each in await it.history() if isinstance(each, e.CommandFinished)]
            assert isinstance(finished[0].outcome, Failed)

    run_virtual(evening())


def test_what_cannot_be_written_down_is_refused_to_who_said_it() -> None:
    async def evening() -> None:
        async with night(SimulatedJournal()) as it:
            await it.begin(long_protocol(1, parallel=1))
            command = f"{it.campaign}.1.1.mix.1"
            while command not in it.lab.state.commands:
                await it.lab.changed(it.lab.revision)
            it.bench.mute.add(it.lab.state.commands[command].order.instrument)
            await it.settle_down()
            with pytest.raises(InvalidInput):
                await requests.resolve(it.lab, command, Resolution.DONE, result={"note": "\ud800"})
            it.bench.mute.clear()
            await it.until("finished")
            assert it.lab.state.trials[f"{it.campaign}.1"].status is TrialStatus.OBSERVED

    run_virtual(evening())


def test_patience_begins_anew_each_hour_and_when_the_clock_jumps_back() -> None:
    patience = Patience()
    assert [patience.left("a", later(0)) for _ in range(KEPT_OF_A_TOPIC + 1)][-2:] == [1, 0]
    assert patience.left("b", later(0)) == KEPT_OF_A_TOPIC
    assert patience.left("a", later(3600)) == KEPT_OF_A_TOPIC
    assert patience.left("a", later(-5)) == KEPT_OF_A_TOPIC


def test_made_up_topics_share_what_is_left() -> None:
    patience = Patience()
    left = [patience.left(f"topic {number}", MORNING) for number in range(TOPICS + 2 * KEPT_OF_A_TOPIC)]
    assert sum(each > 0 for each in left) == TOPICS + KEPT_OF_A_TOPIC
