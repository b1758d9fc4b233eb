"""The embedded broker is for demonstrations: it says so, nobody else reaches it, and more is not had by mistake."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
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


def test_a_laboratory_of_which_somebody_else_starts_a_driver_is_refused(tmp_path: Path) -> None:
    without_a_driver(tmp_path)
    serve = [sys.executable, "-m", "labd.cli", "serve", "--lab", str(tmp_path), "--port", "0"]
    refused = subprocess.run(serve, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "starts the driver of hplc_1" in refused.stderr
    assert "labd broker config" in refused.stderr
    assert "--i-know" in refused.stderr


@pytest.mark.parametrize("kind", [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "amqtt"])
def test_it_is_used_by_who_knows_and_says_what_it_is(kind: str, tmp_path: Path) -> None:
    without_a_driver(tmp_path)
    with LabProcess(tmp_path, "--i-know", "--broker", kind) as lab:
        remembered = json.loads((tmp_path / ".labd" / "broker" / "broker.json").read_text())
        words = f"{kind} on 127.0.0.1:{remembered['port']}, for this machine alone, without passwords"
        assert words in lab.get("now")["laboratory"]["broker"]
        status = [sys.executable, "-m", "labd.cli", "status", "--lab", str(tmp_path)]
        assert words in subprocess.run(status, capture_output=True, text=True, timeout=60, check=True).stdout
        assert any(words in line for line in lab.said_before)
        (broker,) = [each for each in lab.children() if each.pid == remembered["pid"]]
        listening = [each.laddr for each in broker.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        assert {(each.ip, each.port) for each in listening} == {("127.0.0.1", remembered["port"])}
