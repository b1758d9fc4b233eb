"""What this MicroPython lacks of a board's: chance, and a poll that knows of the bridge. Then the driver, as it is."""

import os as real
import random
import sys

import bridge


class Os:
    rename, stat = real.rename, real.stat

    def urandom(self, count):
        return bytes(random.getrandbits(8) for _ in range(count))


class Poll:
    def register(self, sock, events):
        pass

    def poll(self, wait_ms):
        return bridge.pending()


class Select:
    POLLIN = 1
    poll = Poll


random.seed(bridge.seed())
sys.modules["os"], sys.modules["select"] = Os(), Select()

from labd_wire import Station  # noqa: E402
from main import Heater  # noqa: E402

station = Station(Heater(), bridge.host, bridge.workcell, bridge.name, port=bridge.port, ledger="/flash/ledger.jsonl")
