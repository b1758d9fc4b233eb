"""A true mosquitto with the generated files: who is let in, who may say what, and what those hear who are not."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labd.adapters.broker import certificates
from labd.adapters.broker.certificates import Identity
from labd.adapters.broker.rotation import rotate
from labd.domain.errors import NotFound, Unavailable
from labd.mqtt import Arrived, Credentials, Down, read_credentials
from tests.chaos.accounts import compared
from tests.chaos.books import read
from tests.system.lab_process import LabProcess, furnish, journal
from tests.system.mqtt_client import client
from tests.system.secured_broker import SecuredBroker, free_port, running, why_not

pytestmark = pytest.mark.needs("mosquitto")
TRIALS = 5
REPORT_1, REPORT_2 = "labd/1/bench/pump_1/report", "labd/1/bench/pump_2/report"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[SecuredBroker]:
    made = SecuredBroker(tmp_path / "secured", "bench", ["pump_1", "pump_2"])
    async with running(made):
        yield made


# --- who may say and hear what


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_who_speaks_under_another_name_is_not_heard(
    broker: SecuredBroker, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        client(broker.user("labd-daemon"), "daemon", "labd/1/bench/#") as daemon,
        client(f"{broker.user('pump_1')}&version={version}", "pump") as pump,
    ):
        for topic in (REPORT_2, "labd/1/bench/stop", "labd/1/bench/heartbeat", "labd/1/kitchen/pump_1/report", "other"):
            # Only MQTT 5 says that it was denied; before, a denied publish looked like any other.
            assert await pump.publish(topic, b"false", retain=True) is (version == "3.1.1")
        assert await pump.publish(REPORT_1, b"true")
        assert await daemon.arrived() == Arrived(REPORT_1, b"true")
    denied = [each.getMessage() for each in caplog.records if "does not let pump_1 publish" in each.getMessage()]
    assert len(denied) == (5 if version == "5" else 0)


async def test_a_driver_with_anothers_credentials_says_so(broker: SecuredBroker, tmp_path: Path) -> None:
    (tmp_path / "idle.py").write_text("from labd.driver_kit import Driver\nclass Idle(Driver):\n    pass\n")
    words = ("idle:Idle", "--workcell", "bench", "--name", "pump_1", "--state", str(tmp_path))
    driver = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "labd.driver_kit", *words, "--broker", broker.user("pump_2")),
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    assert driver.stderr is not None
    said: list[str] = []
    async with asyncio.timeout(60):
        while "does not let" not in (line := (await driver.stderr.readline()).decode()):
            assert line, said
            said.append(line)
    driver.terminate()
    await driver.communicate()
    assert "ERROR the broker does not let pump_2 publish on labd/1/bench/pump_1/descriptor: Not authorized" in line


async def test_an_instrument_hears_its_own_and_what_is_said_to_the_room(broker: SecuredBroker) -> None:
    async with (
        client(broker.user("labd-daemon"), "daemon") as daemon,
        client(broker.user("pump_1"), "pump", "#") as pump,
    ):
        heard = ["labd/1/bench/stop", "labd/1/bench/pump_1/command", "labd/1/bench/heartbeat"]
        for topic in ("labd/1/bench/pump_2/command", REPORT_2, *heard):
            assert await daemon.publish(topic, b"")
        assert [(await pump.arrived()).topic for _ in heard] == heard


async def test_a_viewer_hears_all_and_says_nothing(broker: SecuredBroker) -> None:
    async with (
        client(broker.user("labd-viewer"), "viewer", "labd/1/bench/#") as viewer,
        client(broker.user("pump_1"), "pump") as pump,
    ):
        assert not await viewer.publish("labd/1/bench/pump_1/command", b"")
        assert await pump.publish(REPORT_1, b"")
        assert await viewer.arrived() == Arrived(REPORT_1, b"")


async def test_a_button_says_stop_and_nothing_else(broker: SecuredBroker) -> None:
    async with (
        client(broker.user("labd-daemon"), "daemon", "labd/1/bench/#") as daemon,
        client(broker.user("labd-button"), "button", "#") as button,
    ):
        for topic in ("labd/1/bench/heartbeat", "labd/1/bench/pump_1/command", REPORT_1):
            assert not await button.publish(topic, b"")
        assert await button.publish("labd/1/bench/stop", b"true")
        assert await daemon.arrived() == Arrived("labd/1/bench/stop", b"true")


# --- who is let in


async def test_a_wrong_password_is_said(broker: SecuredBroker, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"username": "pump_1", "passwords": ["wrong"]}')
    reason = await why_not(f"{broker.place}&credentials={wrong}")
    assert reason == "The broker does not let pump_1 in: it does not know that name, or not with this password."
    assert "without a name" in await why_not(broker.place)


async def test_a_broker_of_another_authority_is_not_trusted(broker: SecuredBroker, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    other.write_bytes(certificates.new_authority("other", datetime.now(UTC)).certificate)
    for place in (broker.place.partition("?")[0], broker.place.replace(str(broker.files.ca), str(other))):
        reason = await why_not(place)
        assert reason.startswith(f"The certificate of mqtts://localhost:{broker.plan.port} is not trusted: ")
        assert "local issuer" in reason or "self-signed" in reason


@pytest.mark.parametrize(
    ("host", "years", "complaint"),
    [("localhost", 4, "certificate has expired"), ("other.example", 0, "Hostname mismatch")],
)
async def test_a_certificate_that_does_not_count_is_said(tmp_path: Path, host: str, years: int, complaint: str) -> None:
    broker = SecuredBroker(tmp_path / "secured", "bench", ["pump_1"])
    authority = Identity(broker.files.ca.read_bytes(), (broker.files.authority / "ca.key").read_bytes())
    wrong = certificates.new_certificate(authority, [host], datetime.now(UTC) - timedelta(days=365 * years))
    port, certificate, key = free_port(), tmp_path / "wrong.crt", tmp_path / "wrong.key"
    certificate.write_bytes(wrong.certificate)
    key.write_bytes(wrong.key)
    async with running(broker, f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}"):
        reason = await why_not(broker.user("pump_1").replace(f":{broker.plan.port}", f":{port}"))
    assert reason.startswith(f"The certificate of mqtts://localhost:{port} is not trusted: {complaint}")


async def test_without_tls_where_there_is_tls_and_the_other_way_round(tmp_path: Path) -> None:
    plain = free_port()
    broker = SecuredBroker(tmp_path / "secured", "bench", ["pump_1"])
    async with running(broker, f"listener {plain} 127.0.0.1"):
        credentials = broker.files.credentials("pump_1")
        assert "write mqtts://" in await why_not(f"mqtt://localhost:{broker.plan.port}?credentials={credentials}")
        encrypted = broker.user("pump_1").replace(f":{broker.plan.port}", f":{plain}")
        assert "does not speak TLS as we do" in await why_not(encrypted)
        assert "There is no WebSocket" in await why_not(f"ws://localhost:{plain}?credentials={credentials}")


async def test_through_a_websocket_in_order_and_at_any_size(tmp_path: Path) -> None:
    port = free_port()
    broker = SecuredBroker(tmp_path / "secured", "bench", ["pump_1"])
    async with running(broker, f"listener {port} 127.0.0.1", "protocol websockets"):
        credentials = [f"credentials={broker.files.credentials(user)}" for user in ("labd-daemon", "pump_1")]
        async with (
            client(f"ws://localhost:{port}?{credentials[0]}", "daemon", "labd/1/bench/#") as daemon,
            client(f"ws://localhost:{port}/mqtt?{credentials[1]}", "pump") as pump,
        ):
            payloads = [*(b"%d" % each for each in range(300)), bytes(30_000), b"last"]
            for payload in payloads:
                assert await pump.publish(REPORT_1, payload)
            for payload in payloads:
                assert await daemon.arrived() == Arrived(REPORT_1, payload)


async def test_through_an_encrypted_websocket(tmp_path: Path) -> None:
    port = free_port()
    broker = SecuredBroker(tmp_path / "secured", "bench", ["pump_1"])
    files = broker.files.broker
    tls = (f"certfile {files}/server.crt", f"keyfile {files}/server.key")
    async with running(broker, f"listener {port} 127.0.0.1", "protocol websockets", *tls):
        url = broker.user("pump_1").replace("mqtts://", "wss://").replace(f":{broker.plan.port}", f":{port}")
        async with client(url, "pump", "labd/1/bench/pump_1/#") as pump:
            for payload in (b"small", bytes(30_000)):
                assert await pump.publish(REPORT_1, payload)
                assert await pump.arrived() == Arrived(REPORT_1, payload)


# --- new passwords


async def test_a_new_password_while_all_runs(broker: SecuredBroker) -> None:
    before = [read_credentials(broker.files.credentials(user)).passwords for user in ("pump_1", "pump_2")]
    async with (
        client(broker.user("labd-daemon"), "daemon", "labd/1/bench/+/report") as daemon,
        client(broker.user("pump_1"), "pump") as pump,
    ):
        assert await rotate(broker.files, ["pump_1"], broker.reload_command) == ("pump_1",)
        assert isinstance(await pump.next(), Down)
        await pump.up()
        assert await pump.publish(REPORT_1, b"again")
        assert await daemon.arrived() == Arrived(REPORT_1, b"again"), "whose password stayed, stays"
    after = [read_credentials(broker.files.credentials(user)).passwords for user in ("pump_1", "pump_2")]
    assert after[1] == before[1]
    assert len(after[0]) == 1
    assert after[0] != before[0]
    old = broker.files.directory / "old.json"
    old.write_text(Credentials(username="pump_1", passwords=before[0]).model_dump_json())
    assert "does not let pump_1 in" in await why_not(f"{broker.place}&credentials={old}")


async def test_a_broker_that_does_not_reload_costs_nothing(broker: SecuredBroker, tmp_path: Path) -> None:
    before = read_credentials(broker.files.credentials("pump_1")).passwords
    async with client(broker.user("pump_1"), "pump") as pump:
        with pytest.raises(Unavailable, match="ended with code 3"):
            await rotate(broker.files, ["pump_1"], "sh -c 'exit 3'")
        meanwhile = read_credentials(broker.files.credentials("pump_1")).passwords
        assert meanwhile[1:] == before
        async with client(broker.user("pump_1"), "another"):
            assert await pump.publish(REPORT_1, b"")
        assert await rotate(broker.files, [], broker.reload_command) == (
            "labd-button",
            "labd-daemon",
            "labd-viewer",
            "pump_1",
            "pump_2",
        )
    assert read_credentials(broker.files.credentials("pump_1")).passwords == meanwhile[:1], "what was begun was ended"


async def test_who_is_not_known_gets_no_password(broker: SecuredBroker) -> None:
    with pytest.raises(NotFound, match="The broker knows no pump_3"):
        await rotate(broker.files, ["pump_3"], "")
    broker.files.plan.unlink()
    with pytest.raises(NotFound, match="There is no broker"):
        await rotate(broker.files, [], "")


# --- a laboratory on it


def test_a_campaign_goes_on_while_all_passwords_change(tmp_path: Path) -> None:
    protocol = furnish(tmp_path, speed=1000.0, seed=3, trials=TRIALS)
    instruments = ["hplc_1", "pump_station", "reactor_1", "reactor_2"]
    broker = SecuredBroker(tmp_path / "secured", "flow_bench", instruments)
    broker.start()
    try:
        from_here = broker.url.replace(
            str(tmp_path), os.path.relpath(tmp_path)
        )  # the daemon works in another directory
        with LabProcess(tmp_path, "--broker", from_here) as lab:
            order = {"protocol": protocol.read_text(), "file": protocol.name, "seed": 1, "start": True, "by": "test"}
            key = lab.post("campaigns", order)["id"]
            rotations = 0
            for event in lab.events():
                if event["kind"] == "trial_observed" and rotations < 3:
                    rotated = [sys.executable, "-m", "labd.cli", "broker", "rotate", str(broker.files.directory)]
                    subprocess.run([*rotated, "--reload", broker.reload_command], check=True, timeout=60)
                    rotations += 1
                if event["kind"] == "campaign_finished":
                    break
            final = lab.get(f"campaigns/{key}")["campaign"]
            lines = " ".join(word for child in lab.children() for word in child.cmdline())
    finally:
        broker.end()
    assert (final["status"], final["observed"]) == ("finished", TRIALS)
    assert rotations == 3
    kept = journal(tmp_path)
    assert sum(each["kind"] == "link_lost" for each in kept) >= 3, "nobody was asked for the new password"
    for passwords in (read_credentials(broker.files.credentials(each)).passwords for each in instruments):
        assert len(passwords) == 1
        assert passwords[0].get_secret_value() not in lines
    assert compared(read(tmp_path, tmp_path / "world" / "physical")).clean


def test_a_password_in_the_address_is_seen_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(tmp_path, speed=1000.0, seed=3, trials=1)
    broker = SecuredBroker(tmp_path / "secured", "flow_bench", ["hplc_1"])
    password = read_credentials(broker.files.credentials("labd-daemon")).passwords[0].get_secret_value()
    monkeypatch.setenv("LABD_BROKER", broker.place.replace("//", f"//labd-daemon:{password}@"))
    broker.start()
    try:
        with LabProcess(tmp_path) as lab:
            idle = set()
            for event in lab.events():
                if event["kind"] == "instrument_state_reported" and event["status"] == "idle":
                    idle.add(event["instrument"])
                if len(idle) == 4:
                    break
            seen = [*lab.said_before, json.dumps(lab.get("now")), json.dumps(journal(tmp_path))]
            seen += [word for child in lab.children() for word in child.cmdline()]
            seen += [status(tmp_path)]
            monkeypatch.delenv("LABD_BROKER")
            broker.process.kill()  # what the drivers say when they are lost
            broker.process.wait()
            next(event for event in lab.events() if event["kind"] == "link_lost")
    finally:
        broker.end()
    assert f"mqtts://labd-daemon@localhost:{broker.plan.port}" in seen[-1]
    logs = [path for path in (tmp_path / ".labd").rglob("*") if path.is_file()]
    assert any(b"lost" in path.read_bytes() for path in logs if path.suffix == ".log")
    for text in (*seen, *(path.read_bytes().decode(errors="replace") for path in logs)):
        assert password not in text


def status(lab: Path) -> str:
    """What `labd status` says."""
    command = [sys.executable, "-m", "labd.cli", "status", "--lab", str(lab)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
