"""The embedded broker is for demonstrations, and says so wherever brokers are shown."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.system.lab_process import LabProcess, furnish


def without_a_driver(directory: Path) -> None:
    """A laboratory of which somebody else starts one driver."""
    furnish(directory, speed=1000.0, seed=1, trials=1)
    yaml = YAML()
    path = directory / "workcell.yaml"
    workcell = yaml.load(path.read_text(encoding="utf-8"))
    del workcell["instruments"]["hplc_1"]["driver"]
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(workcell, file)


@pytest.mark.needs("mosquitto")
def test_it_is_used_by_who_knows_and_says_what_it_is(tmp_path: Path) -> None:
    without_a_driver(tmp_path)
    with LabProcess(tmp_path, "--i-know") as lab:
        remembered = json.loads((tmp_path / ".labd" / "broker" / "broker.json").read_text())
        words = f"mosquitto on 127.0.0.1:{remembered['port']}, for this machine alone, without passwords"
        assert words in lab.get("now")["laboratory"]["broker"]
        status = [sys.executable, "-m", "labd.cli", "status", "--lab", str(tmp_path)]
        assert words in subprocess.run(status, capture_output=True, text=True, timeout=60, check=True).stdout
        assert any(words in line for line in lab.said_before)
