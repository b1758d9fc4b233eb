"""Four accounts of the same commands, compared: what the machines did, what the drivers hold, journal, projections.

Pure: `tests.chaos.books` reads them from their files. What is asked of them:

    lost           an outcome that a driver's ledger holds and the journal does not, or the journal and no projection;
                   an action that came to its end and of which the journal says neither that nor that nobody knows
    twice          an action that was begun more than once, unless it is declared harmless to repeat; a step of a run
                   that was brought to its end more than once, under whatever id
    wrongly done   done by the journal, or with another value, than by the machine
    disagreement   whatever else does not fit: a thing that moved without an order, an order without an end, an outcome
                   recorded twice or with two hashes, a question that nobody was asked
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

HARMLESS = "mix"
"""The action that is declared `repeat`."""
ASKED = ("unknown", "implausible")
"""What a person is asked about."""


class Line(NamedTuple):
    """Of a machine's log."""

    event: str
    command: str
    action: str
    value: float | None = None


class Row(NamedTuple):
    """Of the projection of commands."""

    status: str
    content_hash: str | None


class Books(NamedTuple):
    """The four accounts."""

    physical: Sequence[Line]
    ledgers: Mapping[str, str | None]
    """By command: the hash of the outcome that its driver recorded."""
    events: Sequence[Mapping[str, Any]]
    """The journal, in order."""
    commands: Mapping[str, Row]
    observed: Mapping[str, str]
    """By trial, in the projection: its status."""


class Verdict(NamedTuple):
    """What the comparison gave."""

    commands: int
    results: int
    unknowns: int
    implausible: int
    """Done by the machine, and held for a person: its clock made it look impossible."""
    resolved: Mapping[str, int]
    repeated: int
    """Begun again as declared."""
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    wrongly_done: tuple[str, ...]
    disagreements: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.twice or self.wrongly_done or self.disagreements)


class _Journal:
    """What the events say of each command."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.orders = {each["order"]["command"]: each["order"] for each in events if each["kind"] == "command_issued"}
        finished = [each for each in events if each["kind"] == "command_finished"]
        self.recorded = Counter(each["command"] for each in finished if each["outcome"]["kind"] != "unknown")
        self.finished = {each["command"]: each for each in finished}
        self.resolved = {each["command"]: each for each in events if each["kind"] == "command_resolved"}
        self.observed = {each["trial"] for each in events if each["kind"] == "trial_observed"}

    def said(self, command: str) -> str:
        """`succeeded`, `failed`, `refused`; `unknown`, or `implausible` for a success that is held; or `nothing`."""
        if command not in self.finished:
            return "nothing"
        event = self.finished[command]
        return "implausible" if event.get("doubt") else str(event["outcome"]["kind"])

    def standing(self, command: str) -> str:
        """What it counts as in the end: a person's word goes last."""
        if command not in self.resolved:
            return self.said(command)
        return "succeeded" if self.resolved[command]["resolution"] == "done" else "failed"

    def is_done(self, command: str) -> bool:
        """Whether it counts as done, by its driver or by a person."""
        return self.standing(command) == "succeeded"


def compared(books: Books) -> Verdict:
    """The verdict over the books of a laboratory that has come to rest."""
    journal = _Journal(books.events)
    begun = Counter(each.command for each in books.physical if each.event == "begun")
    done = {each.command: each for each in books.physical if each.event == "done"}
    actions = {each.command: each.action for each in books.physical}
    return Verdict(
        commands=len(journal.orders),
        results=len(journal.finished),
        unknowns=sum(journal.said(each) == "unknown" for each in journal.orders),
        implausible=sum(journal.said(each) == "implausible" for each in journal.orders),
        resolved=Counter(each["resolution"] for each in journal.resolved.values()),
        repeated=sum(times - 1 for command, times in begun.items() if actions[command] == HARMLESS),
        lost=tuple(_lost(books, journal, done)),
        twice=tuple(_twice(journal, begun, done, actions)),
        wrongly_done=tuple(_wrongly_done(journal, done)),
        disagreements=(*_unfit_moves(books, journal, begun), *_unfit_orders(books, journal)),
    )


def _lost(books: Books, journal: _Journal, done: Mapping[str, Line]) -> Iterator[str]:
    for command, digest in books.ledgers.items():
        if digest is not None and command not in journal.finished:
            yield f"{command}: its driver recorded an outcome, the journal has none"
    for command in done:
        if journal.said(command) not in ("succeeded", *ASKED):
            yield f"{command}: the machine did it, the journal says {journal.said(command)}"
    for command, event in journal.finished.items():
        row = books.commands.get(command)
        if row is None or row.content_hash != event["content_hash"]:
            yield f"{command}: its outcome is not what the projection has"
    for trial in journal.observed:
        if books.observed.get(trial) != "observed":
            yield f"{trial}: it was observed, the projection says {books.observed.get(trial)}"


def _twice(
    journal: _Journal, begun: Mapping[str, int], done: Mapping[str, Line], actions: Mapping[str, str]
) -> Iterator[str]:
    for command, times in begun.items():
        if times > 1 and actions[command] != HARMLESS:
            yield f"{command}: begun {times} times"
    steps = Counter(command.rpartition(".")[0] for command in done)
    yield from (f"{step}: brought to its end {times} times" for step, times in steps.items() if times > 1)


def _wrongly_done(journal: _Journal, done: Mapping[str, Line]) -> Iterator[str]:
    for command in journal.orders:
        if not journal.is_done(command):
            continue
        if command not in done:
            yield f"{command}: the journal says done, the machine did not do it"
        elif journal.said(command) == "succeeded":
            value = journal.finished[command]["outcome"]["result"].get("value")
            if value != done[command].value:
                yield f"{command}: the journal says {value}, the machine gave {done[command].value}"


def _unfit_moves(books: Books, journal: _Journal, begun: Mapping[str, int]) -> Iterator[str]:
    for command in begun:
        if command not in journal.orders:
            yield f"{command}: moved without an order"
        elif command not in books.ledgers:
            yield f"{command}: moved, and its driver's ledger does not know it"
        elif journal.said(command) == "refused":
            yield f"{command}: moved, and the journal says that it was refused"


def _unfit_orders(books: Books, journal: _Journal) -> Iterator[str]:
    for command, times in journal.recorded.items():
        if times > 1:
            yield f"{command}: {times} outcomes"
        digest = books.ledgers.get(command)
        if digest is not None and digest != journal.finished[command]["content_hash"]:
            yield f"{command}: its driver recorded another outcome than the journal"
    for command in journal.orders:
        if journal.said(command) in ("nothing", *ASKED) and command not in journal.resolved:
            yield f"{command}: the journal says {journal.said(command)}, and nobody was asked"
        row = books.commands.get(command)
        if row is None or row.status != journal.standing(command):
            yield f"{command}: the journal says {journal.standing(command)}, the projection {row and row.status}"
