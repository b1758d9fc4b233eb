"""What a board remembers: a file of lines, each appended and flushed before anything follows from it.

A line that the power cut in two is not there. Littlefs, which boards have by default, keeps a file that is flushed, and
renames in one step; FAT does not: do not use it.
"""

import binascii
import os

from labd_json import loads, text

KEPT = 64
"""Commands that are remembered after the daemon has their outcome: an order that comes again comes soon."""
STANDING = ("id", "epoch", "stopped", "stop", "released", "lock")
"""This ledger's own name; the newest daemon's; a stop of this instrument; the stop of the laboratory that it obeys, and
the last one that was released; who keeps it for themselves."""
LINES = 400
"""From this many on the file is written anew."""


class Ledger:
    """Which commands began, what became of them, and whether the daemon knows.

    `commands` has, by id, a list: the outcome (None while it is in hand), when it ended, and whether it is acknowledged.
    """

    def __init__(self, path):
        self.path = path
        self.id, self.epoch = "", 0
        self.stopped, self.stop, self.released, self.lock = False, "", "", ""
        self.commands, self.ids, self.lines = {}, [], 0
        whole = self.load()
        if not self.id:
            self.id = binascii.hexlify(os.urandom(13)).decode()
            whole = False
        if not whole:
            self.compact()

    def load(self):
        """Read the file; whether it ends as it should. What is there and cannot be read is an error, and kept."""
        if not exists(self.path):
            return False
        with open(self.path) as file:
            for line in file:
                if not line.endswith("\n"):
                    return False
                self.apply(*loads(line))
                self.lines += 1
        return True

    def apply(self, what, *rest):
        """Make one line part of the memory."""
        if what == "begun":
            self.commands[rest[0]] = [None, "", False]
            self.ids.append(rest[0])
        elif what == "ended":
            command, outcome, at = rest
            if command not in self.commands:
                self.ids.append(command)
            self.commands[command] = [outcome, at, False]
        elif what == "acked":
            self.commands[rest[0]][2] = True
        elif what in STANDING:
            setattr(self, what, rest[0])

    def write(self, *record):
        """Append a line. It is on the flash when this returns; then it is part of the memory."""
        append(self.path, "a", [record])
        self.apply(*record)
        self.lines += 1
        if self.lines > LINES:
            self.compact()

    def compact(self):
        """Write the file anew, without what is long done."""
        done = [each for each in self.ids if self.commands[each][2]]
        for command in done[: max(0, len(done) - KEPT)]:
            self.ids.remove(command)
            del self.commands[command]
        records = [(name, getattr(self, name)) for name in STANDING]
        for command in self.ids:
            outcome, at, acked = self.commands[command]
            records.append(("begun", command))
            if outcome is not None:
                records.append(("ended", command, outcome, at))
            if acked:
                records.append(("acked", command))
        append(self.path + ".new", "w", records)
        os.rename(self.path + ".new", self.path)
        self.lines = len(records)

    def obey(self, epoch):
        """Remember the newest epoch."""
        if epoch > self.epoch:
            self.write("epoch", epoch)

    def keep(self, name, value):
        """Remember something that stands until it is changed: one of `STANDING`."""
        if value != getattr(self, name):
            self.write(name, value)

    def begin(self, command):
        """The action is about to begin."""
        self.write("begun", command)

    def end(self, command, outcome, at):
        """The action came to its end, or was refused."""
        self.write("ended", command, outcome, at)

    def acknowledge(self, command):
        """The daemon has the outcome."""
        self.write("acked", command)

    def unfinished(self):
        """What was begun and has no outcome, oldest first."""
        return [each for each in self.ids if self.commands[each][0] is None]

    def unacknowledged(self):
        """What the daemon may not have, oldest first."""
        return [each for each in self.ids if self.commands[each][0] is not None and not self.commands[each][2]]


def exists(path):
    """Whether there is such a file."""
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def append(path, mode, records):
    """Write lines, and see to it that they are on the flash."""
    with open(path, mode) as file:
        for record in records:
            file.write(text(record) + "\n")
        file.flush()
        if hasattr(os, "fsync"):  # where the system would keep it in memory; a board does not
            os.fsync(file.fileno())
