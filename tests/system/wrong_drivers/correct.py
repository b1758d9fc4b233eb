"""A driver of the wire labd/1 that knows nothing of labd: the base of the wrong ones, and itself without a mistake.

python -m tests.system.wrong_drivers.correct      where it belongs is in LABD_BROKER, LABD_WORKCELL, ...
"""

import hashlib
import json
import os
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

ACTION_S = 0.3
FIRST_WAIT_S, LAST_WAIT_S = 0.3, 5.0
LOW, HIGH = 0, 10

Json = dict[str, Any]


class Correct:
    """Pours: accepts, waits a moment, reports until it is acknowledged, and remembers all of it in a file."""

    def __init__(self) -> None:
        self.workcell, self.name = os.environ["LABD_WORKCELL"], os.environ["LABD_NAME"]
        self.file = Path(os.environ["LABD_STATE"]) / "ledger.json"
        self.ledger: Json = {"epoch": 0, "commands": {}, "stop": "", "lock": "", "id": uuid.uuid4().hex}
        if self.file.exists():
            self.ledger = json.loads(self.file.read_text(encoding="utf-8"))
        self.session, self.sequence = uuid.uuid4().hex, 0
        self.in_hand: list[str] = []
        self.one = threading.RLock()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self.client.on_connect, self.client.on_message = self.connected, self.arrived
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.will()

    def run(self) -> None:
        self.settle()
        broker = urlsplit(os.environ["LABD_BROKER"])
        self.client.connect(str(broker.hostname), broker.port or 1883)
        self.client.loop_forever(retry_first_connection=True)

    def will(self) -> None:
        offline = {"session": self.session, "sequence": 0, "status": "offline"}
        self.client.will_set(self.topic("state"), json.dumps(offline), qos=1, retain=True)

    # --- what it remembers

    def save(self) -> None:
        new = self.file.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(self.ledger, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.file)

    def settle(self) -> None:
        """What was begun and has no outcome: nobody knows."""
        for command, entry in self.ledger["commands"].items():
            if entry["outcome"] is None:
                self.record(command, {"kind": "unknown", "message": "it was killed in the middle"})

    def record(self, command: str, outcome: Json) -> None:
        now = datetime.now(UTC).isoformat()
        digest = self.digest(command, outcome)
        self.ledger["commands"][command] = {"outcome": outcome, "hash": digest, "at": now, "acked": False}
        self.save()

    def digest(self, command: str, outcome: Json) -> str:
        content = {"command": command, "outcome": outcome}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    # --- what it says

    def topic(self, leaf: str) -> str:
        return f"labd/1/{self.workcell}/{self.name}/{leaf}"

    def say(self, leaf: str, body: Json, *, retain: bool = False) -> None:
        self.client.publish(self.topic(leaf), json.dumps(body), qos=1, retain=retain)

    def birth(self) -> None:
        volume = {"unit": "mL", "low": LOW, "high": HIGH}
        pour = {"name": "pour", "arguments": {"volume": volume}, "typical_s": ACTION_S}
        descriptor = {"instrument": self.name, "session": self.session, "capabilities": [pour]}
        more = {"protocol": "1.1", "epoch": self.ledger["epoch"], "ledger": self.ledger["id"]}
        self.say("descriptor", {"descriptor": descriptor, **more}, retain=True)

    def state(self) -> None:
        status = "busy" if self.in_hand else "stopped" if self.ledger["stop"] else "idle"
        held = {"stop": self.ledger["stop"], "lock": self.ledger["lock"]}
        self.say("state", {**self.numbered(), "status": status, "commands": self.in_hand, **held}, retain=True)

    def numbered(self) -> Json:
        self.sequence += 1
        return {"session": self.session, "sequence": self.sequence}

    def report(self, command: str, at: str = "", **more: Any) -> None:
        now = at or datetime.now(UTC).isoformat()
        self.say("report", {"command": command, **self.numbered(), "device_time": now, **more})

    def send_outcome(self, command: str) -> None:
        entry = self.ledger["commands"][command]
        self.report(command, entry["at"], outcome=entry["outcome"], content_hash=entry["hash"])

    def send_until_acked(self, command: str, wait_s: float = FIRST_WAIT_S) -> None:
        with self.one:
            if not self.ledger["commands"][command]["acked"]:
                self.send_outcome(command)
                self.later(wait_s, self.send_until_acked, command, min(2 * wait_s, LAST_WAIT_S))

    def later(self, wait_s: float, what: Any, *arguments: Any) -> None:
        timer = threading.Timer(wait_s, what, arguments)
        timer.daemon = True
        timer.start()

    # --- what it hears

    def connected(self, client: mqtt.Client, *_: Any) -> None:
        with self.one:
            client.subscribe([(self.topic(leaf), 1) for leaf in ("command", "ack", "ask", "control", "fetch")])
            client.subscribe([(f"labd/1/{self.workcell}/{leaf}", 1) for leaf in ("heartbeat", "stop")])
            self.introduce()

    def introduce(self) -> None:
        self.birth()
        self.state()
        for command, entry in self.ledger["commands"].items():
            if entry["outcome"] is not None:
                self.send_until_acked(command)

    def arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self.heard(message)
        except Exception as error:  # noqa: BLE001 - what is rubbish is ignored
            print("ignored:", type(error).__name__, str(error)[:200], flush=True)

    def heard(self, message: mqtt.MQTTMessage) -> None:
        body = json.loads(message.payload)
        with self.one:
            match message.topic.rsplit("/", 1)[-1]:
                case "command":
                    self.ordered(int(body["epoch"]), body["order"])
                case "ack":
                    self.acknowledged(body["command"], body["content_hash"])
                case "ask" if isinstance(body["command"], str):
                    self.asked(body["command"])
                case "control":
                    self.controlled(body["action"], f"{body.get('by')}: {body.get('reason')}")
                case "fetch":
                    self.fetched(body["blob"].removeprefix("sha256:"), body["offset"], body["length"])
                case "heartbeat":
                    self.beat(body["number"], body["at"])
                case "stop":
                    self.stop(body["id"], stopped=body["stopped"])

    def fetched(self, wanted: str, offset: int, length: int) -> None:
        found = [self.data(command) for command in self.ledger["commands"]]
        data = next((each for each in found if hashlib.sha256(each).hexdigest() == wanted), b"")
        self.client.publish(self.topic(f"chunk/{wanted}/{offset}"), data[offset : offset + length], qos=1)

    def data(self, command: str) -> bytes:
        """What was recorded while it poured: too much for a message, and here always the same."""
        return f"{command} pours;".encode() * 10_000

    def controlled(self, action: str, who: str) -> None:
        if action == "rebirth":
            self.introduce()
        elif action in ("lock", "unlock"):
            self.keep("lock", who if action == "lock" else "")

    def beat(self, number: int, at: str) -> None:
        now = datetime.now(UTC).isoformat()
        body = {"session": self.session, "number": number, "at": at, "device_time": now, "sequence": self.sequence}
        self.say("echo", body)

    def stop(self, stop: str, *, stopped: bool) -> None:
        if stopped or stop >= self.ledger["stop"]:
            self.keep("stop", stop if stopped else "")

    def keep(self, name: str, value: str) -> None:
        self.ledger[name] = value
        self.save()
        self.state()

    def ordered(self, epoch: int, order: Json) -> None:
        if order["instrument"] != self.name:
            return
        if order["command"] in self.ledger["commands"]:
            self.known(order)
            return
        objection = self.objection(epoch, order)
        self.ledger["epoch"] = max(epoch, self.ledger["epoch"])
        if objection:
            self.end(order["command"], {"kind": "refused", "message": objection})
        else:
            self.begin(order)

    def objection(self, epoch: int, order: Json) -> str:
        """Why nothing may move; empty when nothing is against it."""
        return self.stale(epoch) or self.strange(order) or self.beyond(order) or self.late(order) or self.held()

    def late(self, order: Json) -> str:
        deadline = order.get("deadline")
        return "late" if deadline and datetime.fromisoformat(deadline) < datetime.now(UTC) else ""

    def held(self) -> str:
        return "busy" if self.in_hand else self.ledger["stop"] or self.ledger["lock"]

    def stale(self, epoch: int) -> str:
        return "of an earlier daemon" if epoch < self.ledger["epoch"] else ""

    def strange(self, order: Json) -> str:
        return "" if order["capability"] == "pour" else "no such capability"

    def beyond(self, order: Json) -> str:
        return "" if LOW <= order["arguments"]["volume"] <= HIGH else "beyond the limits"

    def known(self, order: Json) -> None:
        if self.ledger["commands"][order["command"]]["outcome"] is not None:
            self.send_outcome(order["command"])

    def begin(self, order: Json) -> None:
        self.ledger["commands"][order["command"]] = {"outcome": None}
        self.save()
        self.report(order["command"], accepted=True)
        self.in_hand = [order["command"]]
        self.state()
        data = self.data(order["command"])
        record = {"blob": f"sha256:{hashlib.sha256(data).hexdigest()}", "size_bytes": len(data)}
        self.later(ACTION_S, self.end, order["command"], {"kind": "succeeded", "result": {"record": record}})

    def end(self, command: str, outcome: Json) -> None:
        with self.one:
            self.record(command, outcome)
            self.in_hand = []
            self.send_until_acked(command)
            self.state()

    def acknowledged(self, command: str, digest: str) -> None:
        entry = self.ledger["commands"].get(command)
        if entry and entry.get("hash") == digest:
            entry["acked"] = True
            self.save()

    def asked(self, command: str) -> None:
        entry = self.ledger["commands"].get(command)
        if entry and entry["outcome"] is not None:
            self.send_outcome(command)
        else:
            standing = "in_hand" if entry else "never_seen"
            self.say("answer", {"command": command, "session": self.session, "standing": standing})


if __name__ == "__main__":
    Correct().run()
