"""The design's table of bad data, row by row: what an instrument reports over the real wire, and what comes of it."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import psutil
import pytest

from labd.lifecycles.history import ENOUGH
from tests.system.hand_instruments import Hand, furnish, hand, reading
from tests.system.lab_process import LabProcess

Row = Callable[[Hand], Awaitable[str]]
"""Plays a row to its end; returns the kind of the event that is its trail."""
ROWS: dict[str, Row] = {}
PLAIN = reading()


def row(name: str) -> Callable[[Row], Row]:
    """A row of the table, under its own words."""

    def put(played: Row) -> Row:
        ROWS[name] = played
        return played

    return put


# --- failed measurements, never zero


def failed(result: str, why: str) -> Row:
    async def play(it: Hand) -> str:
        order = await it.begin(PLAIN)
        await it.finish(order, result)
        event = await it.until("command_finished")
        assert event["outcome"] == {"kind": "failed", "failure": "validation", "message": why}
        assert (await it.until("message_quarantined"))["reason"] == why
        again = await it.order()
        assert again.command == f"{order.run}.read.2", "the step's own policy: ordered again"
        await it.finish(again, '{"mass": 7}')
        assert (await it.until("trial_observed"))["outcomes"]["mass"]["mean"] == 7, "and no zero"
        return "message_quarantined"

    return play


ROWS["NaN is a failed measurement"] = failed('{"mass": NaN}', "mass is not a number")
ROWS["OVRFLW is a failed measurement"] = failed('{"mass": "OVRFLW"}', "mass is 'OVRFLW', which is no number")
ROWS["nothing is a failed measurement"] = failed('{"mass": null}', "mass is None, which is no number")


# --- taken, in the declared unit and up to the limits


def taken(result: str, mean: float, censored: str | None) -> Row:
    async def play(it: Hand) -> str:
        await it.finish(await it.begin(PLAIN), result)
        expected = {"mean": pytest.approx(mean), "standard_error": None, "censored": censored}
        assert (await it.until("trial_observed"))["outcomes"]["mass"] == expected
        assert (await it.trial())["outcomes"]["mass"] == expected
        return "trial_observed"

    return play


ROWS["saturated: censored, with the limit"] = taken('{"mass": 950}', 400, "above")
ROWS["below detection: censored, with the limit"] = taken('{"mass": 0.02}', 0.1, "below")
ROWS["the instrument says that it is a limit"] = taken('{"mass": {"value": 40, "censored": "above"}}', 40, "above")
ROWS["another unit that it says: converted"] = taken('{"mass": {"value": 0.005, "unit": "g"}}', 5, None)


# --- quarantined, for a person


async def is_held(it: Hand, why: str, count: int = 1) -> Mapping[str, Any]:
    """The result of the count-th command is held, and the page asks about it."""
    event = await it.until("command_finished", count)
    assert why in event["doubt"]
    assert event["outcome"]["kind"] == "succeeded", "as it was reported: nothing is lost"
    (question,) = await it.questions()
    assert (question["command"], question["status"]) == (event["command"], "implausible")
    assert why in question["message"]
    return event


@row("physically impossible: held, and taken as a person corrects it")
async def impossible(it: Hand) -> str:
    order = await it.begin(PLAIN)
    await it.finish(order, '{"mass": 5000}')
    await is_held(it, "mass is 5000 mg, above 1000 mg: physically impossible")
    await it.post(f"commands/{order.command}/resolve", resolution="done", result={"mass": 5.0})
    assert (await it.until("trial_observed"))["outcomes"]["mass"]["mean"] == 5.0
    assert await it.questions() == []
    return "command_resolved"


@row("a physically impossible outcome: held, and rejected by a person")
async def impossible_outcome(it: Hand) -> str:
    order = await it.begin(PLAIN.replace("read.mass", "read.current"))
    await it.finish(order, '{"current": 800}')
    assert (await it.until("run_analysed"))["doubt"] == "mass is 800 mg, above 500 mg: physically impossible"
    assert [each["command"] for each in await it.questions()] == [order.run]
    await it.post(f"commands/{order.run}/resolve", resolution="discard")
    assert "rejected by Ada: looked" in (await it.until("trial_failed"))["reason"]
    return "run_resolved"


@row("a physically impossible outcome: held, and corrected by a person")
async def corrected_outcome(it: Hand) -> str:
    order = await it.begin(PLAIN.replace("read.mass", "read.current"))
    await it.finish(order, '{"current": 800}')
    await it.until("run_analysed")
    with pytest.raises(HTTPError, match="422"):
        await it.post(f"commands/{order.run}/resolve", resolution="done", result={"colour": 80})
    await it.post(f"commands/{order.run}/resolve", resolution="done", result={"mass": 80})
    assert (await it.until("trial_observed"))["outcomes"]["mass"]["mean"] == 80
    return "run_resolved"


@row("a unit of another kind: held")
async def wrong_unit(it: Hand) -> str:
    await it.finish(await it.begin(PLAIN), '{"mass": {"value": 3, "unit": "second"}}')
    await is_held(it, "mass is in second, which is no mg")
    return "command_finished"


@row("a wrong unit, by the history: held")
async def wrong_by_history(it: Hand) -> str:
    order = await it.begin(PLAIN.replace("trials: 1", f"trials: {ENOUGH + 1}"))
    for number in range(ENOUGH):
        await it.finish(order, f'{{"mass": 7, "current": {20 + number}}}')
        order = await it.order()
    await it.finish(order, '{"mass": 7, "current": 25000}')
    await is_held(it, "is it in another unit, by a factor of 1000?", ENOUGH + 1)
    return "command_finished"


@row("a wrong unit, by the set point: held")
async def wrong_by_set_point(it: Hand) -> str:
    order = await it.begin(PLAIN)
    aim = order.arguments["temperature"]
    assert isinstance(aim, float)
    await it.finish(order, f'{{"mass": 7, "temperature": {aim + 273.15}}}')
    await is_held(it, "is it in K?")
    return "command_finished"


@row("older than its own order, by the device's clock: held")
async def older_than_its_order(it: Hand) -> str:
    order = await it.begin(PLAIN)
    await it.accept(order)
    await it.until("command_accepted")
    await it.finish(order, '{"mass": 7}', device_time=datetime.now(UTC) - timedelta(minutes=5))
    await is_held(it, "before it accepted the order")
    await it.post(f"commands/{order.command}/resolve", resolution="not_done")
    again = await it.order()
    assert again.command == f"{order.run}.read.2"
    await it.finish(again, '{"mass": 7}')
    return "command_resolved"


@row("unknown trial: quarantined")
async def unknown_trial(it: Hand) -> str:
    order = await it.begin(PLAIN)
    await it.finish(order, '{"mass": 7}', command="01J00000000000000000000000.9.1.read.1")
    assert "was ever issued" in (await it.until("message_quarantined"))["reason"]
    assert (await it.trial())["status"] == "pending"
    await it.finish(order, '{"mass": 7}')
    return "message_quarantined"


@row("same id with other content: quarantined")
async def other_content(it: Hand) -> str:
    order = await it.begin(PLAIN)
    await it.finish(order, '{"mass": 7}')
    await it.finish(order, '{"mass": 70}')
    bad = await it.until("message_quarantined")
    assert bad["reason"] == "another outcome of this command is recorded already"
    assert '"mass":70' in bad["excerpt"]
    assert (await it.until("trial_observed"))["outcomes"]["mass"]["mean"] == 7
    return "message_quarantined"


# --- again, late, out of order, in part


@row("same id and same content: counted and ignored")
async def same_content(it: Hand) -> str:
    counted = (await it.now())["laboratory"]["repeats"]
    order = await it.begin(PLAIN)
    for _ in range(4):
        await it.finish(order, '{"mass": 7}')
    assert (await it.now())["laboratory"]["repeats"] == counted + 3
    assert [each["command"] for each in it.on_disk() if each["kind"] == "command_finished"] == [order.command]
    assert not [each for each in it.on_disk() if each["kind"] == "message_quarantined"]
    return "command_finished"


@row("late, after its time: taken")
async def overdue(it: Hand) -> str:
    order = await it.begin(reading(more="timeout: 1 s"))
    await it.accept(order)
    await it.until("timer_fired")
    await it.finish(order, '{"mass": 7}')
    assert (await it.until("trial_observed"))["outcomes"]["mass"]["mean"] == 7
    return "trial_observed"


@row("late, after the end of the campaign: taken")
async def after_the_stop(it: Hand) -> str:
    order = await it.begin(PLAIN)
    await it.post(f"campaigns/{it.campaign}/stop")
    await it.until("trial_abandoned")
    await it.finish(order, '{"mass": 7}')
    assert (await it.until("trial_observed"))["outcomes"]["mass"]["mean"] == 7
    assert (await it.trial())["status"] == "observed"
    return "trial_observed"


@row("late, after the trial has failed: kept")
async def after_the_failure(it: Hand) -> str:
    first = await it.begin(reading(more="retries: 0", second="retries: 0"))
    orders = {each.step: each for each in (first, await it.order())}
    await it.finish(orders["other"], '{"mass": "OVRFLW"}')
    await it.until("trial_failed")
    await it.finish(orders["read"], '{"mass": 7}')
    late = await it.until("command_finished", 2)
    assert (late["command"], late["outcome"]["result"]) == (orders["read"].command, {"mass": 7})
    assert (await it.trial())["status"] == "failed"
    return "command_finished"


@row("out of order: placed by id")
async def out_of_order(it: Hand) -> str:
    first = await it.begin(reading(second="retries: 0"))
    orders = {each.step: each for each in (first, await it.order())}
    await it.finish(orders["other"], '{"mass": 9}')
    await it.finish(orders["read"], '{"mass": 7}')
    await it.accept(orders["read"])  # overtaken by its own outcome
    assert (await it.until("trial_observed"))["outcomes"]["mass"]["mean"] == 7, "of the step that is analysed"
    assert not [each for each in it.on_disk() if each["kind"] == "command_accepted"]
    return "trial_observed"


@row("part of a plate: taken by the well")
async def part_of_a_plate(it: Hand) -> str:
    plate = (
        PLAIN.replace("  mass: {unit: mg, low: 0, high: 500}", "  mass: {unit: mg}\n  a2: {}\n  a3: {}\n  a4: {}")
        .replace("read.mass", "read.wells")
        .replace("{mass: value}", "{mass: A1, a2: A2, a3: A3, a4: A4}")
    )
    await it.finish(await it.begin(plate), '{"wells": {"A1": 7, "A2": null, "A3": NaN, "A4": "OVRFLW", "B1": 3}}')
    outcomes = (await it.until("trial_observed"))["outcomes"]
    assert {name: each["mean"] for name, each in outcomes.items()} == {"mass": 7}
    event = await it.until("command_finished")
    assert event["outcome"]["result"]["wells"] == {"A1": 7, "A2": None, "A3": None, "A4": "OVRFLW", "B1": 3}
    return "trial_observed"


# --- where and when it truly was


@row("read-back differs from set point: learnt at the read-back")
async def read_back(it: Hand) -> str:
    order = await it.begin(PLAIN)
    aim = order.arguments["temperature"]
    assert isinstance(aim, float)
    await it.finish(order, f'{{"mass": 7, "temperature": {aim - 5}}}')
    event = await it.until("trial_observed")
    assert event["achieved"] == {"temperature": pytest.approx(aim - 5)}
    assert "temperature was" in event["note"]
    trial = await it.trial()
    assert trial["parameters"]["temperature"] == pytest.approx(aim), "the suggestion stays as it was"
    assert (trial["achieved"], trial["note"]) == (event["achieved"], event["note"])
    view = await asyncio.to_thread(it.lab.get, f"campaigns/{it.campaign}")
    assert view["campaign"]["best"]["parameters"] == event["achieved"], "what is learnt is learnt there"
    return "trial_observed"


@row("clock skew: device time and receive time are both kept")
async def clock_skew(it: Hand) -> str:
    order = await it.begin(PLAIN)
    wrong = datetime(2000, 1, 1, 0, 3, tzinfo=UTC)
    await it.accept(order, wrong - timedelta(seconds=30))
    await it.finish(order, '{"mass": 7}', device_time=wrong)
    event = await it.until("command_finished")
    assert datetime.fromisoformat(event["device_time"]) == wrong
    received = datetime.fromisoformat(event["at"])
    assert abs(datetime.now(UTC) - received) < timedelta(minutes=5)
    await it.until("trial_observed")  # a wrong clock is no reason to doubt
    with closing(sqlite3.connect(f"file:{it.lab.directory}/.labd/lab.sqlite?mode=ro", uri=True)) as rows:
        asked = "SELECT device_time, ended_at FROM command WHERE id = ?"
        (found,) = rows.execute(asked, (order.command,)).fetchall()
    assert [datetime.fromisoformat(each) for each in found] == [wrong, received]
    return "command_finished"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    """One daemon for all rows: whatever came before, it is up."""
    directory = tmp_path_factory.mktemp("bad_data")
    furnish(directory)
    with LabProcess(directory, "--i-know") as running:
        yield running


@pytest.mark.needs("mosquitto")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ROWS)
def test_bad_data(name: str, lab: LabProcess) -> None:
    daemon = psutil.Process(lab.pid)

    async def play() -> None:
        async with hand(lab) as it:
            trail = await ROWS[name](it)
            assert trail in {each["kind"] for each in it.on_disk()}, "the trail is in the journal"
            assert (await it.now())["laboratory"]["trouble"] == ""

    asyncio.run(play())
    assert daemon.is_running(), "the daemon is up"
    assert daemon.status() != psutil.STATUS_ZOMBIE
