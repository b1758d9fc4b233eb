"""`labd driver check`: right drivers pass, and each wrong one breaks the rule that it is wrong about."""

import asyncio
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import labd_drivers
import pytest

from labd.adapters.broker import EmbeddedBroker
from labd.conformance import RULES, Choice, Launch, RuleReport, check
from labd.driver_kit import Driver

WRONG = "tests.system.wrong_drivers"
MISTAKES = {
    "descriptor_not_retained": "descriptor-first",
    "state_not_retained": "state-retained",
    "no_last_will": "last-will",
    "hash_of_another_text": "accepts-and-reports",
    "does_it_twice": "duplicate-moves-nothing",
    "does_anything": "refuses-unknown-capability",
    "knows_no_limits": "refuses-out-of-bounds",
    "does_what_is_late": "refuses-late-order",
    "sends_once": "resends-until-acked",
    "never_stops_sending": "stops-resending-after-ack",
    "answers_nothing": "answers-ask",
    "obeys_earlier_daemons": "stale-epoch-refused",
    "forgets_the_epoch": "stale-epoch-refused",
    "dies_of_rubbish": "rubbish-survived",
    "begins_again_by_itself": "restart-in-the-middle",
    "forgets_what_it_began": "restart-in-the-middle",
    "silent_after_broker_loss": "broker-loss",
    "counts_reports_apart": "numbers-without-gaps",
    "echoes_nothing": "echoes-heartbeats",
    "is_born_once": "rebirth",
    "begins_while_stopped": "laboratory-stop",
    "forgets_the_stop": "laboratory-stop",
    "forgets_the_lock": "lock",
    "forgets_its_data": "large-results",
}
ROOM = """
workcell: bench
roles:
  mover:
    capabilities:
      move: {arguments: {by: {unit: mm}}, results: {moved: {unit: mm}}, typical: 1 s, maximum: 60 s, recovery: ask}
instruments:
  one: {roles: [mover], driver: {type: "syringe_pump:SyringePump", options: {port: here}}}
  two: {roles: [mover], driver: {type: "no_such_module:Pump"}}
  three: {roles: [mover]}
"""
SHORT_OF_PATIENCE_S = 2.0
PLACES = ("--workcell", "{workcell}", "--name", "{name}", "--broker", "{broker}", "--state", "{state}")
SIMULATED = "labd_drivers.simulated."


async def reports(directory: Path, command: list[str], *rules: str, choice: Choice) -> list[RuleReport]:
    return [each async for each in check(Launch(command), directory, EmbeddedBroker, choice, rules)]


def kit_driver(cls: str, *options: str) -> list[str]:
    """The command of a driver of the kit, with its options."""
    given = [word for option in options for word in ("--option", option)]
    return [sys.executable, "-m", "labd.driver_kit", f"{SIMULATED}{cls}", *PLACES, *given]


def data_set(directory: Path) -> Path:
    """One measurement of one parameter."""
    config = {"parameters": [{"name": "x", "type": "continuous"}], "measurements": [{"name": "y"}]}
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "data.csv").write_text("1,2\n")
    return directory


def labd(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    program = [sys.executable, "-m", "labd.cli", *words]
    return subprocess.run(program, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_a_broken_rule_is_told_to_people_and_to_programs(tmp_path: Path) -> None:
    words = ("driver", "check", "--rule", "last-will", "--rule", "answers-ask", "--patience", "3")
    command = (sys.executable, "-m", f"{WRONG}.no_last_will")
    told = labd(*words, "--json", "--", *command, cwd=tmp_path)
    assert told.returncode == 1, told.stderr
    report = json.loads(told.stdout)
    assert not report["passed"]
    assert [(each["id"], each["passed"]) for each in report["rules"]] == [("last-will", False), ("answers-ask", True)]
    shown = labd(*words[:4], "--patience", "1", "--", *command, cwd=tmp_path)
    assert shown.returncode == 1
    assert shown.stdout.startswith("BROKEN  last-will")
    assert report["rules"][0]["remedy"] in shown.stdout


def test_a_rule_that_there_is_not_and_a_command_that_there_is_not(tmp_path: Path) -> None:
    done = labd("driver", "check", "--rule", "lost-will", "--", "true", cwd=tmp_path)
    assert (done.returncode, "There is no rule lost-will." in done.stderr) == (2, True)
    done = labd("driver", "check", "--rule", "last-will", "--", "./no-driver", cwd=tmp_path)
    assert (done.returncode, "cannot be run" in done.stderr) == (2, True)


def test_a_new_driver_passes_and_is_listed(tmp_path: Path) -> None:
    assert labd("driver", "new", "syringe-pump", cwd=tmp_path).returncode == 0
    written = (tmp_path / "syringe_pump.py").read_text(encoding="utf-8").splitlines()
    assert len(written) < 40
    assert max(map(len, written)) <= 120
    again = labd("driver", "new", "syringe-pump", cwd=tmp_path)
    assert (again.returncode, "would be overwritten" in again.stderr) == (2, True)
    rules = ("descriptor-first", "accepts-and-reports", "refuses-out-of-bounds", "restart-in-the-middle")
    wanted = [word for rule in rules for word in ("--rule", rule)]
    done = labd("driver", "check", "--json", *wanted, "syringe_pump:SyringePump", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, [each["passed"] for each in report["rules"]]) == (0, [True] * len(rules)), report
    (tmp_path / "workcell.yaml").write_text(ROOM)
    listed = json.loads(labd("driver", "list", "--lab", ".", "--json", cwd=tmp_path).stdout)
    assert [(each["instrument"], each["ready"]) for each in listed] == [("one", True), ("two", False), ("three", None)]
    assert "no_such_module" in listed[1]["message"]


def test_the_page_tells_each_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to-write-a-driver.md").read_text(encoding="utf-8")
    assert not [rule.id for rule in RULES if f"| `{rule.id}` | {rule.title} |" not in page]


def test_there_is_a_wrong_driver_for_each_rule() -> None:
    assert set(MISTAKES.values()) == {rule.id for rule in RULES}
    here = Path(__file__).parent / "wrong_drivers"
    assert {file.stem for file in here.glob("*.py")} == {"correct", *MISTAKES}


@pytest.mark.parametrize(("mistake", "rule"), MISTAKES.items(), ids=list(MISTAKES))
async def test_a_wrong_driver_breaks_its_rule(mistake: str, rule: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", f"{WRONG}.{mistake}"]
    (report,) = await reports(tmp_path, command, rule, choice=Choice(patience_s=SHORT_OF_PATIENCE_S))
    assert (report.id, report.passed, report.skipped) == (rule, False, False), report
    assert report.message
    assert report.remedy


async def test_large_results_are_fetched(tmp_path: Path) -> None:
    driver = [sys.executable, "-m", "labd.driver_kit", "tests.system.camera_driver:Camera", *PLACES]
    (report,) = await reports(tmp_path, driver, "large-results", choice=Choice())
    assert report.passed, report


def drivers_of_the_repository() -> set[str]:
    """The classes that can be ordered about, as the workcell file names them."""
    found = set()
    for each in pkgutil.walk_packages(labd_drivers.__path__, "labd_drivers."):
        module = importlib.import_module(each.name)
        for name, cls in vars(module).items():
            if isinstance(cls, type) and issubclass(cls, Driver) and cls.__module__ == each.name:
                found |= {f"{each.name}:{name}"} if cls.declaration.capabilities else set()
    return found


LABORATORIES = (
    "strain_assay.liquid_handler:LiquidHandler",
    "strain_assay.incubator:Incubator",
    "strain_assay.plate_reader:PlateReader",
    "strain_assay.plate_robot:PlateRobot",
    "furnace_batch.powders:Balance",
    "furnace_batch.powders:Mill",
    "furnace_batch.furnace:Furnace",
    "furnace_batch.measuring:Diffractometer",
    "furnace_batch.measuring:ImpedanceBridge",
    "beam_line.ring:Ring",
    "beam_line.axes:Magnet",
    "beam_line.axes:Motor",
    "beam_line.camera:Camera",
)


async def test_each_instrument_of_the_laboratories_takes_an_order_and_reports(tmp_path: Path) -> None:
    """The other rules are the kit's, which is the same for all; `labd driver check` looks at all of them."""
    found = await asyncio.gather(
        *(
            reports(
                tmp_path / cls.replace(":", "."),
                kit_driver(cls, "world={state}/world", "speed=inf"),
                "accepts-and-reports",
                choice=Choice(patience_s=30),
            )
            for cls in LABORATORIES
        )
    )
    assert not [each for rules in found for each in rules if not each.passed]


def test_every_driver_is_checked() -> None:
    checked = Path(__file__).read_text(encoding="utf-8") + (Path(__file__).parent / "test_scpi.py").read_text()
    unchecked = {each for each in drivers_of_the_repository() if each.removeprefix(SIMULATED) not in checked}
    assert drivers_of_the_repository()
    assert not unchecked


async def test_right_drivers_break_no_rule(tmp_path: Path) -> None:
    pace = ("world={state}/world", "speed=40")
    drivers = {
        "correct": [sys.executable, "-m", f"{WRONG}.correct"],
        "pump_station": kit_driver("suzuki_flow.pump_station:PumpStation", *pace),
        "reactor": kit_driver("suzuki_flow.reactor:Reactor", *pace),
        "hplc": kit_driver("suzuki_flow.hplc:Hplc", *pace),
        "table": kit_driver("dataset.table:TableInstrument", f"data={data_set(tmp_path)}", *pace),
    }
    patient = Choice(patience_s=20)
    chosen = {"table": replace(patient, arguments={"point": {"x": 1}})}
    found = await asyncio.gather(
        *(reports(tmp_path / name, command, choice=chosen.get(name, patient)) for name, command in drivers.items())
    )
    verdicts = dict(zip(drivers, found, strict=True))
    broken = {name: [each for each in rules if not (each.passed or each.skipped)] for name, rules in verdicts.items()}
    assert not any(broken.values()), broken
    skipped = {name: {each.id for each in rules if each.skipped} for name, rules in verdicts.items()}
    assert not skipped["correct"]
    assert skipped["pump_station"] == {"large-results"}
    assert skipped["table"] == {"refuses-out-of-bounds", "large-results"}
