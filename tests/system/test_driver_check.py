"""`labd driver check`: right drivers pass, and each wrong one breaks the rule that it is wrong about."""

import asyncio
import sys
from pathlib import Path

import pytest

from labd.adapters.broker import EmbeddedBroker
from labd.conformance import RULES, Choice, Launch, RuleReport, check

WRONG = "tests.system.wrong_drivers"
MISTAKES = {
    "descriptor_not_retained": "descriptor-first",
    "state_not_retained": "state-retained",
    "no_last_will": "last-will",
    "hash_of_another_text": "accepts-and-reports",
    "does_it_twice": "duplicate-moves-nothing",
    "does_anything": "refuses-unknown-capability",
    "knows_no_limits": "refuses-out-of-bounds",
    "sends_once": "resends-until-acked",
    "never_stops_sending": "stops-resending-after-ack",
    "answers_nothing": "answers-ask",
    "obeys_earlier_daemons": "stale-epoch-refused",
    "forgets_the_epoch": "stale-epoch-refused",
    "dies_of_rubbish": "rubbish-survived",
    "begins_again_by_itself": "restart-in-the-middle",
    "forgets_what_it_began": "restart-in-the-middle",
    "silent_after_broker_loss": "broker-loss",
}
SHORT_OF_PATIENCE_S = 3.0


async def reports(directory: Path, command: list[str], *rules: str, patience_s: float = 20.0) -> list[RuleReport]:
    choice = Choice(patience_s=patience_s)
    return [each async for each in check(Launch(command), directory, EmbeddedBroker, choice, rules)]


def kit_driver(cls: str, *options: str) -> list[str]:
    """The command of a driver of the kit, with its options."""
    places = ("--workcell", "{workcell}", "--name", "{name}", "--broker", "{broker}", "--state", "{state}")
    given = [word for option in options for word in ("--option", option)]
    return [sys.executable, "-m", "labd.driver_kit", f"labd_drivers.simulated.{cls}", *places, *given]


def test_there_is_a_wrong_driver_for_each_rule() -> None:
    assert set(MISTAKES.values()) == {rule.id for rule in RULES}
    here = Path(__file__).parent / "wrong_drivers"
    assert {file.stem for file in here.glob("*.py")} == {"correct", *MISTAKES}


@pytest.mark.parametrize(("mistake", "rule"), MISTAKES.items(), ids=list(MISTAKES))
async def test_a_wrong_driver_breaks_its_rule(mistake: str, rule: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", f"{WRONG}.{mistake}"]
    (report,) = await reports(tmp_path, command, rule, patience_s=SHORT_OF_PATIENCE_S)
    assert (report.id, report.passed, report.skipped) == (rule, False, False), report
    assert report.message
    assert report.remedy


async def test_right_drivers_break_no_rule(tmp_path: Path) -> None:
    flow, pace = "suzuki_flow", ("world={state}/world", "speed=40")
    drivers = {
        "correct": [sys.executable, "-m", f"{WRONG}.correct"],
        "pump_station": kit_driver(f"{flow}.pump_station:PumpStation", *pace),
        "reactor": kit_driver(f"{flow}.reactor:Reactor", *pace),
        "hplc": kit_driver(f"{flow}.hplc:Hplc", *pace),
    }
    found = await asyncio.gather(*(reports(tmp_path / name, command) for name, command in drivers.items()))
    verdicts = dict(zip(drivers, found, strict=True))
    broken = {name: [each for each in rules if not (each.passed or each.skipped)] for name, rules in verdicts.items()}
    assert not any(broken.values()), broken
    skipped = {name: {each.id for each in rules if each.skipped} for name, rules in verdicts.items()}
    assert not skipped["correct"] | skipped["pump_station"]
