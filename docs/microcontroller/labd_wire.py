"""The wire labd/1 for MicroPython: one instrument, one order at a time, and each order once.

It needs `umqtt.simple` and nothing else. What an action does is in a class of its own: see `main.py` beside this file, and
docs/microcontroller.md.
"""

import binascii
import hashlib
import os
import select
import time

from labd_arguments import Refused, fitted
from labd_json import dumps, loads
from labd_ledger import Ledger
from umqtt.simple import MQTTClient

PROTOCOL = "1.1"
TO_DRIVER = ("command", "ack", "ask", "control", "state")
TO_ALL = ("heartbeat", "stop")
KEEP_ALIVE_S = 15
FIRST_PAUSE_MS, LAST_PAUSE_MS = 250, 10000
FIRST_RESEND_MS, LAST_RESEND_MS = 1000, 30000
LONGEST_WAIT_MS = 1000
SILENCE_MS = 30000
"""Without a heartbeat, where there was one: the connection is dead, and nobody has closed it."""
KEPT_TIMERS = ("action", "record", "alone")
"""What goes on without a broker."""


class DeviceError(Exception):
    """The instrument failed in a way that its driver knows."""


class Station:
    """One instrument under its name on one broker. `run` never returns."""

    def __init__(self, instrument, host, workcell, name, port=1883, user=None, password=None, ledger="ledger.jsonl"):
        self.instrument, self.workcell, self.name = instrument, workcell, name
        self.address = (host, port, user, password)
        self.session = binascii.hexlify(os.urandom(13)).decode()
        self.ledger = Ledger(ledger)
        self.sequence = 0
        self.client = None
        self.inbox = []
        self.hand = None
        self.action = None
        self.ended = None
        self.paused = False
        self.ahead = seconds(now()) - time.time()
        self.trouble = ""
        self.said = None
        self.timers = {"connect": time.ticks_ms()}
        self.pauses = {}
        self.at("alone", int(instrument.watchdog_s * 1000))
        for command in self.ledger.unfinished():  # it was switched off in the middle: nobody knows
            self.ledger.end(command, {"kind": "unknown", "message": "switched off in the middle"}, now())

    def run(self):
        """Drive the instrument for ever."""
        while True:
            self.step()

    def step(self, longest_ms=LONGEST_WAIT_MS):
        """Wait until something arrives or is due, at most so long, and do what follows from it."""
        try:
            self.listen(min(self.wait_ms(), longest_ms))
            while self.inbox:
                self.take(*self.inbox.pop(0))
            self.do_what_is_due()
        except (OSError, MemoryError) as error:  # the broker is lost, or sent more than there is memory for
            self.lost(error)

    # --- time

    def at(self, name, in_ms):
        """Have something done in so many milliseconds."""
        self.timers[name] = time.ticks_add(time.ticks_ms(), in_ms)

    def wait_ms(self):
        """How long nothing is due."""
        left = [time.ticks_diff(at, time.ticks_ms()) for at in self.timers.values()]
        return max(0, min([LONGEST_WAIT_MS] + left))

    def do_what_is_due(self):
        """Everything whose time has come: by its name, or the sending of the outcome of that command."""
        doing = {
            "connect": self.connect,
            "ping": self.ping,
            "silence": self.hang_up,
            "action": self.go_on,
            "record": self.record,
            "alone": self.make_safe_alone,
        }
        for name in list(self.timers):
            if name in self.timers and time.ticks_diff(self.timers[name], time.ticks_ms()) <= 0:
                del self.timers[name]
                if name in doing:
                    doing[name]()
                elif name.startswith("read "):
                    self.read(name[5:])
                else:
                    self.send_until_acked(name)

    # --- the broker

    def topic(self, leaf):
        """Where a leaf of this instrument is."""
        return "labd/1/%s/%s/%s" % (self.workcell, self.name, leaf)

    def connect(self):
        """Connect, subscribe, and then say what the instrument is and how it is."""
        host, port, user, password = self.address
        client = MQTTClient(
            "labd-%s-%s" % (self.workcell, self.name), host, port, user, password, keepalive=KEEP_ALIVE_S
        )
        offline = {"session": self.session, "sequence": 0, "status": "offline"}
        client.set_last_will(self.topic("state"), dumps(offline), retain=True, qos=1)
        client.set_callback(lambda topic, payload: self.inbox.append((topic, payload)))
        client.connect()  # raises OSError: then `lost` tries again
        for leaf in TO_DRIVER:
            client.subscribe(self.topic(leaf), qos=1)
        for leaf in TO_ALL:
            client.subscribe("labd/1/%s/%s" % (self.workcell, leaf), qos=1)
        self.client = client
        self.poller = select.poll()
        self.poller.register(client.sock, select.POLLIN)
        self.introduce()
        for channel, (_, every_ms) in self.instrument.channels.items():
            self.at("read " + channel, every_ms)
        self.at("ping", KEEP_ALIVE_S * 1000 // 3)
        self.pauses.pop("connect", None)

    def ping(self):
        """Say to the broker that we are there."""
        self.client.ping()
        self.at("ping", KEEP_ALIVE_S * 1000 // 3)

    def hang_up(self):
        """A connection on which nothing comes any more is none."""
        raise OSError("no heartbeat")

    def lost(self, error):
        """Try again later: twice as long each time, and never all of a room at once."""
        print("no broker:", error)
        if self.client is not None:
            try:
                self.client.sock.close()
            except OSError:
                pass
        self.client = None
        self.inbox.clear()
        self.timers = {name: at for name, at in self.timers.items() if name in KEPT_TIMERS}
        pause = min(self.pauses.get("connect", FIRST_PAUSE_MS), LAST_PAUSE_MS)
        self.pauses["connect"] = 2 * pause
        self.at("connect", pause // 2 + pause * os.urandom(1)[0] // 512)

    def listen(self, wait_ms):
        """Put into the inbox what arrives within the time."""
        if self.client is None:
            time.sleep_ms(wait_ms)
            return
        if self.inbox:
            return
        while self.poller.poll(wait_ms):
            self.client.check_msg()
            wait_ms = 0

    def say(self, leaf, body, retain=False, qos=1):
        """Publish, where there is a broker; whoever is told later is told the state anew."""
        if self.client is not None:
            self.client.publish(self.topic(leaf), dumps(body), retain, qos)

    # --- what it says

    def numbered(self):
        """The session, and the next number in it."""
        self.sequence += 1
        return {"session": self.session, "sequence": self.sequence}

    def introduce(self):
        """All that a daemon needs to know that knows nothing."""
        self.said = None
        self.birth()
        self.state()
        for command in self.ledger.unacknowledged():
            self.pauses.pop(command, None)
            self.send_until_acked(command)

    def birth(self):
        """What the instrument is."""
        instrument = self.instrument
        channels = [
            {"name": name, "unit": unit, "every_s": ms / 1000} for name, (unit, ms) in instrument.channels.items()
        ]
        descriptor = {
            "instrument": self.name,
            "make": instrument.make,
            "model": instrument.model,
            "driver": "micropython",
            "session": self.session,
            "capabilities": [dict(each, name=name) for name, each in instrument.capabilities.items()],
            "channels": channels,
            "safe_state": instrument.safe_state,
        }
        body = {"descriptor": descriptor, "protocol": PROTOCOL, "epoch": self.ledger.epoch, "ledger": self.ledger.id}
        self.say("descriptor", body, retain=True)

    def status(self):
        """The state in one word, and what a person should know."""
        if self.trouble:
            return "error", self.trouble
        if self.ledger.stop:
            return "stopped", "the laboratory is stopped"
        if self.ledger.stopped:
            return "stopped", "stopped; a reset releases it"
        if self.hand:
            return "busy", ""
        return ("stopped", "paused; a resume releases it") if self.paused else ("idle", "")

    def state(self):
        """How the instrument is, where that has changed."""
        status, message = self.status()
        commands = [self.hand] if self.hand else []
        body = {"status": status, "message": message, "commands": commands}
        body.update(stop=self.ledger.stop, lock=self.ledger.lock)
        if self.client is not None and body != self.said:
            self.said = body
            self.say("state", dict(self.numbered(), **body), retain=True)

    def report(self, command, at="", **more):
        """Something about an order."""
        self.say("report", dict(self.numbered(), command=command, device_time=at or now(), **more))

    def send_outcome(self, command):
        """The recorded outcome."""
        outcome, at, _ = self.ledger.commands[command]
        digest = hashlib.sha256(dumps({"command": command, "outcome": outcome})).digest()
        self.report(command, at, outcome=outcome, content_hash=binascii.hexlify(digest).decode())

    def send_until_acked(self, command):
        """The outcome now, and later again, until the daemon has it."""
        outcome, _, acked = self.ledger.commands.get(command, (None, "", True))
        if outcome is not None and not acked and self.client is not None:
            pause = self.pauses.get(command, FIRST_RESEND_MS)
            self.pauses[command] = min(2 * pause, LAST_RESEND_MS)
            self.at(command, pause)
            self.send_outcome(command)

    def read(self, channel):
        """One reading, and the time of the next."""
        unit, every_ms = self.instrument.channels[channel]
        self.at("read " + channel, every_ms)
        try:
            value = getattr(self.instrument, channel)()
        except Exception as error:
            print("cannot be read:", channel, error)
            return
        body = {"session": self.session, "device_time": now(), "value": value, "unit": unit}
        self.say("telemetry/" + channel, body, qos=0)

    # --- what it hears

    def take(self, topic, payload):
        """One message. Rubbish is ignored."""
        leaf = topic.decode().split("/")[-1]
        try:
            body = loads(payload)
            if leaf == "command":
                self.ordered(int(body["epoch"]), body["order"])
            elif leaf == "ack":
                self.acknowledged(body["command"], body["content_hash"])
            elif leaf == "ask":
                self.asked(str(body["command"]))
            elif leaf == "control":
                self.controlled(body["action"], int(body["epoch"]), body)
            elif leaf == "heartbeat":
                self.beat(body)
            elif leaf == "stop":
                self.stop(body["id"], body["stopped"])
            elif leaf == "state" and body["status"] == "offline" and body["session"] != self.session:
                self.said = None  # the late last will of an earlier start, which would stay
                self.state()
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError) as error:
            print("ignored:", leaf, type(error).__name__, error)

    def ordered(self, epoch, order):
        """Begin it, or refuse it, or say again what became of it."""
        command = str(order["command"])
        if order["instrument"] != self.name:
            return
        if command in self.ledger.commands:
            self.answer(command)
            return
        try:
            arguments = self.examined(epoch, order)
        except Refused as error:
            self.ledger.obey(epoch)
            self.ledger.end(command, {"kind": "refused", "message": str(error), "reason": error.reason}, now())
            self.send_until_acked(command)
            return
        self.ledger.obey(epoch)
        self.ledger.begin(command)  # on the flash before anything moves
        self.report(command, accepted=True)
        self.hand = command
        self.action = getattr(self.instrument, order["capability"])(**arguments)
        self.at("action", 0)
        self.state()

    def examined(self, epoch, order):
        """The arguments of an order that may begin. Raises `Refused`."""
        if epoch < self.ledger.epoch:
            raise Refused("The order is of an earlier daemon.", "not_ready")
        deadline = order.get("deadline")
        if deadline and (deadline[-1] != "Z" or seconds(deadline) < time.time() + self.ahead):
            raise Refused("The deadline %s has passed, or is not in UTC." % deadline, "not_ready")
        capability = self.instrument.capabilities.get(order["capability"])
        if capability is None:
            raise Refused("There is no capability %s." % order["capability"])
        arguments = fitted(capability.get("arguments", {}), order["arguments"])
        status, message = self.status()
        if status != "idle" or self.ledger.lock:
            raise Refused("The instrument is not ready: %s %s" % (status, message or self.ledger.lock), "not_ready")
        return arguments

    def answer(self, command):
        """What the ledger says of a command."""
        if command in self.ledger.commands and self.ledger.commands[command][0] is not None:
            self.send_outcome(command)
        else:
            standing = "in_hand" if command in self.ledger.commands else "never_seen"
            body = {"command": command, "session": self.session, "standing": standing, "ledger": self.ledger.id}
            self.say("answer", body)

    asked = answer

    def acknowledged(self, command, digest):
        """The daemon has an outcome."""
        entry = self.ledger.commands.get(command)
        if entry and entry[0] is not None and not entry[2]:
            expected = hashlib.sha256(dumps({"command": command, "outcome": entry[0]})).digest()
            if digest == binascii.hexlify(expected).decode():
                self.ledger.acknowledge(command)
                self.timers.pop(command, None)
                self.pauses.pop(command, None)

    def controlled(self, action, epoch, body):
        """What concerns the instrument as a whole, or the order in hand."""
        if action == "stop":  # whoever says it
            self.halt("stopped", True)
        elif epoch < self.ledger.epoch:
            return
        elif action == "reset":
            self.ledger.keep("stopped", False)
            self.trouble = ""
        elif action in ("lock", "unlock"):
            who = "%s: %s" % (body.get("by") or "somebody", body.get("reason", ""))
            self.ledger.keep("lock", who if action == "lock" else "")
        elif action in ("pause", "resume"):
            self.paused = action == "pause"
        elif action == "cancel" and body["command"] == self.hand:
            self.end_action({"kind": "failed", "failure": "defined", "message": "cancelled"})
        elif action == "rebirth":
            self.introduce()
        self.ledger.obey(epoch)
        self.state()

    def beat(self, body):
        """The daemon is there: it is told so of us, at once."""
        echo = {"session": self.session, "number": body["number"], "at": body["at"]}
        self.say("echo", dict(echo, device_time=now(), sequence=self.sequence), qos=0)
        self.ahead = seconds(body["at"]) - time.time()  # deadlines are by its clock
        self.at("silence", SILENCE_MS)
        self.at("alone", int(self.instrument.watchdog_s * 1000))

    def stop(self, stop, stopped):
        """The stop of the whole laboratory: kept until it, or a later one, is released."""
        if stopped and stop > self.ledger.released and stop >= self.ledger.stop:
            self.halt("stop", stop)
        elif not stopped and stop >= self.ledger.stop:
            self.ledger.keep("released", stop)
            self.ledger.keep("stop", "")
        self.state()

    def halt(self, name, value):
        """Remember why, end what is in hand, and make the instrument safe, even with a flash that is full."""
        try:
            self.ledger.keep(name, value)
        finally:
            self.end_action({"kind": "failed", "failure": "defined", "message": "stopped before its end"})
            self.make_safe()

    # --- the action

    def go_on(self):
        """Let the action go on until it waits, or ends. It yields (milliseconds to wait, part that is done)."""
        try:
            wait_ms, done = next(self.action)
        except StopIteration as end:
            self.end_action({"kind": "succeeded", "result": end.value or {}})
        except DeviceError as error:
            self.end_action({"kind": "failed", "failure": "defined", "message": str(error)})
        except Exception as error:
            self.end_action(
                {"kind": "failed", "failure": "undefined", "message": "%s: %s" % (type(error).__name__, error)}
            )
        else:
            self.at("action", wait_ms)
            if done is not None:
                self.report(self.hand, progress=done)

    def end_action(self, outcome):
        """Let the order in hand come to its end, and then record it."""
        if self.hand is None or self.ended is not None:
            return
        self.timers.pop("action", None)
        try:
            self.action.close()  # its `finally` runs before anything is said
        except Exception as error:
            self.trouble = "could not be ended: %s" % error
        self.ended = outcome
        self.record()

    def record(self):
        """Write down the outcome, and then say it; a flash that is full is tried again."""
        command = self.hand
        try:
            self.ledger.end(command, self.ended, now())
        except OSError as error:
            print("the ledger cannot be written:", error)
            self.at("record", LONGEST_WAIT_MS)
            return
        self.hand = self.action = self.ended = None
        self.send_until_acked(command)
        self.state()

    def make_safe_alone(self):
        """Nobody is there: the instrument is made safe, as soon as nothing is in hand."""
        if self.hand:
            self.at("alone", LONGEST_WAIT_MS)
        else:
            self.make_safe()

    def make_safe(self):
        """Bring the instrument into its safe state, unless an action is going on."""
        if self.hand is None or self.ended is not None:
            try:
                self.instrument.make_safe()
            except Exception as error:
                self.trouble = "could not be made safe: %s" % error
            self.state()


def now():
    """The time, as the wire has it. Set the clock first: `ntptime.settime()`."""
    ns = time.time_ns()
    moment = tuple(time.gmtime(ns // 1000000000)[:6])
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (moment + (ns // 1000000 % 1000,))


def seconds(moment):
    """A time of the wire, in UTC, as a number that can be compared with another."""
    parts = [int(moment[at : at + 2]) for at in (5, 8, 11, 14, 17)]
    return time.mktime(tuple([int(moment[:4])] + parts + [0, 0, 0]))
