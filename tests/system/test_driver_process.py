"""True driver processes on a true broker: killed, cut off, replaced, lied to. What the instrument did is in a file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from labd.domain.command import Failed, FailureKind, Refused, Succeeded, Unknown
from labd.wire.messages import Ack, Answer, Ask, Birth, Control, Reading, Report, State, content_hash
from tests.system.driver_bench import NAME, DriverBench, kill

pytestmark = pytest.mark.needs("mosquitto")

STARTS_WITHIN_CPU_S = 1.0
IDLES_WITHIN_BYTES = 60_000_000


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DriverBench]:
    async with DriverBench(tmp_path) as bench:
        yield bench


async def test_a_command_from_birth_to_acknowledgement(bench: DriverBench) -> None:
    driver = await bench.started()
    birth = await bench.hear(Birth)
    assert [each.name for each in birth.descriptor.capabilities] == ["pour", "look", "ring"]
    await bench.order("c1")
    command = await bench.gate.begun()
    await bench.hear(Report, lambda each: each.accepted)
    busy = await bench.hear(State, lambda each: each.status == "busy" and each.commands == ("c1",))
    assert busy.session == birth.descriptor.session
    bench.gate.let(command, "0.5")
    report = await bench.outcome("c1")
    assert report.outcome == Succeeded(result={"volume": 2.5})
    assert report.content_hash == content_hash("c1", report.outcome)
    sequences = [each.sequence for each in bench.said if isinstance(each, Report | State) and each.sequence]
    assert sequences == sorted(set(sequences))
    assert (await bench.hear(Reading)).value == 21.5
    await bench.send(Ack(command="c1", content_hash=report.content_hash))
    driver.terminate()
    assert await driver.wait() == 0
    await bench.hear(State, lambda each: each.status == "offline")
    with closing(sqlite3.connect(bench.directory / f"{NAME}.sqlite")) as ledger:
        assert ledger.execute("SELECT command, acked FROM command").fetchall() == [("c1", 1)]


async def test_the_same_command_again_moves_nothing(bench: DriverBench) -> None:
    await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    await bench.order("c1")
    await bench.until(lambda: sum(isinstance(each, Report) and each.accepted for each in bench.said) == 2)
    bench.gate.let("c1")
    first = await bench.outcome("c1")
    await bench.send(Ack(command="c1", content_hash=first.content_hash))
    place = len(bench.said)
    await bench.order("c1")
    again = await bench.outcome("c1", after=place)
    assert again.content_hash == first.content_hash
    assert again.device_time == first.device_time
    assert bench.acts() == ["begun c1"]


async def test_the_same_id_with_other_content_moves_nothing_and_says_so(bench: DriverBench) -> None:
    await bench.started()
    await bench.order("c1")
    bench.gate.let(await bench.gate.begun())
    first = await bench.outcome("c1")
    await bench.order("c1", arguments={"volume": 9})
    noted = await bench.hear(Report, lambda each: "other content" in each.note)
    assert noted.outcome == first.outcome
    assert bench.acts() == ["begun c1"]


async def test_an_outcome_is_sent_until_it_is_acknowledged(bench: DriverBench) -> None:
    await bench.started()
    await bench.order("c1")
    bench.gate.let(await bench.gate.begun(), "fail:pump stalled")
    first = await bench.outcome("c1")
    assert first.outcome == Failed(failure=FailureKind.DEFINED, message="pump stalled")
    await bench.outcome("c1", after=bench.said.index(first) + 1)


async def test_killed_in_the_middle_of_an_action_nobody_knows(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    kill(driver)
    await driver.wait()
    await bench.hear(State, lambda each: each.status == "offline")
    await bench.started()
    report = await bench.outcome("c1")
    assert isinstance(report.outcome, Unknown)
    assert "in the middle of pour" in report.outcome.message
    assert bench.acts() == ["begun c1"]


async def test_killed_in_the_middle_of_a_harmless_action_it_is_repeated(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1", "look")
    await bench.gate.begun()
    kill(driver)
    await driver.wait()
    await bench.start()
    bench.gate.let(await bench.gate.begun(), "7")
    assert (await bench.outcome("c1")).outcome == Succeeded(result={"seen": 7})
    assert bench.acts() == ["begun c1", "begun c1"]


async def test_killed_in_the_middle_the_instrument_that_knows_is_asked(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1", "ring")
    await bench.gate.begun()
    kill(driver)
    await driver.wait()
    await bench.start()
    assert (await bench.outcome("c1")).outcome == Succeeded(result={"rung": 1})
    assert bench.acts() == ["begun c1"]


async def test_killed_before_the_acknowledgement_the_outcome_is_sent_again(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    bench.gate.let(await bench.gate.begun())
    first = await bench.outcome("c1")
    kill(driver)
    await driver.wait()
    place = len(bench.said)
    await bench.start()
    again = await bench.outcome("c1", after=place)
    assert again.content_hash == first.content_hash
    assert again.session != first.session
    assert bench.acts() == ["begun c1"]


async def test_what_became_of_a_command(bench: DriverBench) -> None:
    await bench.started()
    await bench.send(Ask(command="c1"))
    assert (await bench.hear(Answer)).standing == "never_seen"
    await bench.order("c1")
    await bench.gate.begun()
    await bench.send(Ask(command="c1"))
    await bench.hear(Answer, lambda each: each.standing == "in_hand")
    bench.gate.let("c1")
    report = await bench.outcome("c1")
    await bench.send(Ack(command="c1", content_hash=report.content_hash))
    place = len(bench.said)
    await bench.send(Ask(command="c1"))
    assert (await bench.outcome("c1", after=place)).outcome == report.outcome


async def test_a_successor_waits_for_its_predecessor_and_reports_what_it_did(bench: DriverBench) -> None:
    old = await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    new = await bench.start()
    assert old.stdin
    old.stdin.close()  # as when the daemon dies
    await bench.send(Ask(command="c1"))
    answer = await bench.hear(Answer)
    assert answer.standing == "in_hand"
    bench.gate.let("c1")
    assert await asyncio.wait_for(old.wait(), 60) == 0
    report = await bench.hear(Report, lambda each: each.outcome is not None and each.session != answer.session)
    assert report.outcome == Succeeded(result={"volume": 2})
    assert new.returncode is None
    assert bench.acts() == ["begun c1"]


async def test_without_a_daemon_an_idle_driver_and_a_waiting_one_end_at_once(bench: DriverBench) -> None:
    old, waiting = await bench.started(), await bench.start()
    assert waiting.stdin
    waiting.stdin.close()
    assert await asyncio.wait_for(waiting.wait(), 60) == 0
    assert old.stdin
    old.stdin.close()
    assert await asyncio.wait_for(old.wait(), 60) == 0


async def test_sigterm_lets_the_action_come_to_its_end(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    driver.terminate()
    bench.gate.let("c1")
    assert await asyncio.wait_for(driver.wait(), 60) == 0
    await bench.start()
    assert (await bench.outcome("c1")).outcome == Succeeded(result={"volume": 2})


async def test_sigterm_does_not_wait_for_ever(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    driver.terminate()
    assert await asyncio.wait_for(driver.wait(), 60) == 0
    assert bench.acts() == ["begun c1", "safe"]
    await bench.start()
    assert isinstance((await bench.outcome("c1")).outcome, Unknown)


async def test_a_broker_that_dies_in_mid_action_costs_nothing(bench: DriverBench) -> None:
    await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    ups = bench.ups
    psutil.Process(bench.broker.pid).kill()
    await bench.until(lambda: bench.ups > ups)
    bench.gate.let("c1")
    assert (await bench.outcome("c1")).outcome == Succeeded(result={"volume": 2})
    assert bench.acts() == ["begun c1"]


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "out of bounds": ({"arguments": {"volume": 12}}, "volume is 12 mL; it must be between 0 and 10 mL."),
    "wrong type": ({"arguments": {"volume": "much"}}, "volume is 'much', which is not a number."),
    "missing": ({"arguments": {}}, "pour needs volume (between 0 and 10 mL)."),
    "unknown argument": ({"arguments": {"volume": 1, "speed": 2}}, "pour does not take speed; it takes volume."),
    "unknown capability": ({"capability": "fly"}, "The instrument has no capability 'fly'"),
    "late": ({"deadline": datetime.now(UTC) - timedelta(seconds=1)}, "has passed"),
    "stale": ({"epoch": 1}, "a newer one has taken over"),
}


async def test_what_does_not_fit_is_refused_and_moves_nothing(bench: DriverBench) -> None:
    await bench.started()
    for name, (how, message) in REFUSALS.items():
        await bench.order(name, **{"epoch": 2, **how})
        report = await bench.outcome(name)
        assert isinstance(report.outcome, Refused)
        assert message in report.outcome.message
    await bench.order("first", epoch=2)
    await bench.gate.begun()
    await bench.order("second", epoch=2)
    assert (await bench.outcome("second")).outcome == Refused(message="busy with first", reason="not_ready")
    assert bench.acts() == ["begun first"]


async def test_rubbish_is_ignored(bench: DriverBench) -> None:
    driver = await bench.started()
    for leaf in ("command", "ack", "ask", "control"):
        for payload in (b"", b"\xff\xfe", b"{}", b"[" * 10_000, b'{"epoch": NaN}', b" " * 4_000_001):
            await bench.publish(leaf, payload)
    await bench.order("c1")
    bench.gate.let(await bench.gate.begun())
    assert isinstance((await bench.outcome("c1")).outcome, Succeeded)
    assert driver.returncode is None


async def test_a_stop_ends_the_action_makes_safe_and_outlives_a_restart(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    await bench.send(Control(action="stop", epoch=1))
    assert (await bench.outcome("c1")).outcome == Failed(failure=FailureKind.DEFINED, message="stopped before its end")
    await bench.hear(State, lambda each: each.status == "stopped" and not each.commands)
    kill(driver)
    await driver.wait()
    place = len(bench.said)
    await bench.start()
    await bench.hear(State, lambda each: each.status == "stopped", after=place)
    await bench.order("c2")
    assert isinstance((await bench.outcome("c2")).outcome, Refused)
    await bench.send(Control(action="reset", epoch=1))
    await bench.order("c3")
    assert await bench.gate.begun() == "c3"
    assert bench.acts() == ["begun c1", "safe", "safe", "begun c3"], "what happened meanwhile, nobody knows"


async def test_cancel(bench: DriverBench) -> None:
    await bench.started()
    await bench.order("c1", "look")
    await bench.gate.begun()
    await bench.send(Control(action="cancel", epoch=1, command="c1"))
    await bench.hear(Report, lambda each: each.note == "look cannot be cancelled")
    bench.gate.let("c1")
    await bench.outcome("c1")
    await bench.order("c2")
    await bench.gate.begun()
    await bench.send(Control(action="cancel", epoch=1, command="c2"))
    assert (await bench.outcome("c2")).outcome == Failed(failure=FailureKind.DEFINED, message="cancelled")


async def test_a_driver_starts_fast_and_is_small(bench: DriverBench) -> None:
    driver = await bench.started()
    process = psutil.Process(driver.pid)
    cpu, rss = process.cpu_times(), process.memory_info().rss
    assert cpu.user + cpu.system < STARTS_WITHIN_CPU_S
    assert rss < IDLES_WITHIN_BYTES
