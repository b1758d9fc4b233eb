"""A whole laboratory is stopped in the middle of its work, killed, started again, and released by a person."""

import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.lab_process import LabProcess, furnish, journal, physical


def until(lab: LabProcess, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The laboratory, once it is so."""
    now: dict[str, Any] = lab.get("now")
    if fits(now):
        return now
    for _ in lab.events(now["version"]):
        now = lab.get("now")
        if fits(now):
            return now
    raise AssertionError("the daemon ended")


def at_work(now: dict[str, Any]) -> bool:
    return any(each["doing"] and each["doing"]["status"] == "accepted" for each in now["instruments"])


def answers(now: dict[str, Any]) -> set[str]:
    return set(now["stop"]["answers"].values())


@pytest.mark.needs("mosquitto")
def test_a_stop_survives_the_death_of_everybody_and_is_released_by_a_person(tmp_path: Path) -> None:
    protocol = furnish(tmp_path, speed=150.0, seed=4, trials=4)
    lab = LabProcess(tmp_path)
    with lab:
        body = {"protocol": protocol.read_text(), "file": protocol.name, "seed": 1, "start": True, "by": "test"}
        name = lab.post("campaigns", body)["name"]
        until(
            lab, lambda now: any(each["doing"] and each["doing"]["status"] == "accepted" for each in now["instruments"])
        )
        stopped = lab.post("stop?wait_s=20", {"by": "ada", "reason": "smoke"})
        assert set(stopped["answers"].values()) == {"obeyed"}
        before = len([line for line in physical(tmp_path) if line["event"] == "begun"])
        lab.kill()  # and with it its broker, which remembers nothing, and, in a moment, the drivers
        lab.start()
        now = until(lab, lambda now: answers(now) == {"obeyed"})
        assert now["stop"]["pressed"]["reason"] == "smoke"
        with pytest.raises(urllib.error.HTTPError):
            lab.post(f"campaigns/{name}/resume", {"by": "ada"})
        with pytest.raises(urllib.error.HTTPError):
            lab.post("release", {"by": "ada", "reason": " "})
        lab.post("release", {"by": "ada", "reason": "it was toast"})
        now = until(lab, lambda now: {each["status"] for each in now["instruments"]} == {"idle"})
        assert [each["status"] for each in now["campaigns"]] == ["paused"]
        assert len([line for line in physical(tmp_path) if line["event"] == "begun"]) == before
        lab.post(f"campaigns/{name}/resume", {"by": "ada"})
        until(lab, at_work)
        lab.post("stop", {"by": "ada", "reason": "again"})
        lab.kill()  # in the middle of it: no instrument need have heard
        lab.start()
        now = until(lab, lambda now: answers(now) == {"obeyed"})
        assert now["stop"]["pressed"]["reason"] == "again"
        assert [each["status"] for each in now["campaigns"]] == ["paused"]
    kinds = [each["kind"] for each in journal(tmp_path)]
    assert "command_issued" not in kinds[kinds.index("laboratory_stopped") : kinds.index("laboratory_released")]
