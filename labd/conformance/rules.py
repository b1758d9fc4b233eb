"""The rules of the wire, each with what to do where it is broken. Each is looked at with a driver of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from labd.conformance import dying, fetching, holding, ordering, presence
from labd.conformance.report import Violated
from labd.conformance.subject import Subject
from labd.wire.messages import Birth, State


class Broker(Protocol):
    """A broker for one rule, which is started again when it dies."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def pid(self) -> int:
        """Of its process."""


class Rule(NamedTuple):
    """`look` raises `Violated` or `Skipped`, or the driver keeps the rule."""

    id: str
    title: str
    remedy: str
    look: Callable[[Subject, Broker], Awaitable[None]]


async def descriptor_first(subject: Subject, broker: Broker) -> None:  # noqa: ARG001 - each rule has this signature
    """A retained birth, before anything else, in the session of the state."""
    await subject.started()
    if not isinstance(subject.said[0], Birth):
        raise Violated(f"The first message is a {type(subject.said[0]).__name__.lower()}.")
    await subject.retained("descriptor")


async def state_retained(subject: Subject, broker: Broker) -> None:  # noqa: ARG001
    """A retained state."""
    await subject.started()
    await subject.retained("state")


async def broker_loss(subject: Subject, broker: Broker) -> None:
    """The broker dies and comes back, with nothing in its memory."""
    await subject.started()
    downs, ups = subject.downs, subject.ups
    os.kill(broker.pid, signal.SIGKILL)
    await subject.until(lambda: subject.downs > downs, "The broker does not die.")
    since = len(subject.said)
    await subject.until(lambda: subject.ups > ups, "The broker does not come back.")
    await subject.first(Birth, lambda _: True, "No descriptor came after the broker was back.", after=since)
    await subject.first(State, lambda _: True, "No state came after the broker was back.", after=since)


def _alone(look: Callable[[Subject], Awaitable[None]]) -> Callable[[Subject, Broker], Awaitable[None]]:
    """A rule that leaves the broker alone."""

    async def rule(subject: Subject, broker: Broker) -> None:  # noqa: ARG001
        await look(subject)

    return rule


RULES = (
    Rule(
        "descriptor-first",
        "It says what it is, retained, before anything else",
        "At each connect publish `descriptor` with retain, then `state`, both with the session of this process.",
        descriptor_first,
    ),
    Rule(
        "state-retained",
        "Its state is there for whoever connects later",
        "Publish `state` with retain, at each connect and at each change.",
        state_retained,
    ),
    Rule(
        "last-will",
        "When it vanishes it is offline, in the session that vanished; the next process is another session",
        "Set a retained last will on `state`: status offline, with the session of the descriptor; new at each start.",
        _alone(dying.last_will),
    ),
    Rule(
        "accepts-and-reports",
        "An order is accepted, then its outcome is reported, with the right hash",
        "Report `accepted` when the order is on disk, then `outcome` with its `content_hash` as"
        " docs/how-to-write-a-driver.md says, and number all messages of a session upwards.",
        _alone(ordering.accepts_and_reports),
    ),
    Rule(
        "duplicate-moves-nothing",
        "The same order twice is one action",
        "Keep each command's id and outcome on disk; an id that is known is answered from there and nothing moves.",
        _alone(ordering.duplicate_moves_nothing),
    ),
    Rule(
        "refuses-unknown-capability",
        "An order for what it cannot do is refused",
        "Report the outcome `refused` for a capability that the descriptor does not have.",
        _alone(ordering.refuses_unknown_capability),
    ),
    Rule(
        "refuses-out-of-bounds",
        "Arguments beyond the limits of its descriptor are refused, before anything moves",
        "Compare each argument with its limits and options before accepting; report the outcome `refused`.",
        _alone(ordering.refuses_out_of_bounds),
    ),
    Rule(
        "refuses-late-order",
        "An order whose deadline has passed is refused",
        "Compare an order's `deadline` with the time before accepting; report the outcome `refused`, `not_ready`.",
        _alone(ordering.refuses_what_is_late),
    ),
    Rule(
        "resends-until-acked",
        "An outcome is sent again until it is acknowledged",
        "Send an outcome again and again, with back-off, until an `ack` with its hash comes.",
        _alone(ordering.resends_until_acked),
    ),
    Rule(
        "stops-resending-after-ack",
        "An acknowledged outcome is not sent again",
        "Stop sending an outcome when an `ack` with its command and hash comes.",
        _alone(ordering.stops_resending_after_ack),
    ),
    Rule(
        "answers-ask",
        "Asked what became of a command, it knows",
        "Answer an `ask`: `never_seen`, `in_hand`, or the recorded outcome as a report.",
        _alone(ordering.answers_ask),
    ),
    Rule(
        "stale-epoch-refused",
        "An order of an earlier daemon is refused, also after a restart",
        "Keep the highest epoch that was seen on disk; refuse an order of a lower one.",
        _alone(dying.stale_epoch_refused),
    ),
    Rule(
        "rubbish-survived",
        "Rubbish on its topics ends nothing",
        "Catch every error in reading a message, log it, and go on.",
        _alone(dying.rubbish_survived),
    ),
    Rule(
        "restart-in-the-middle",
        "Killed in the middle of an action it does not do it again by itself, unless that is declared harmless",
        "Write the command to disk before the action begins. After a restart report `unknown` for what was begun and"
        " has no outcome, or do what its declared recovery says.",
        _alone(dying.restart_in_the_middle),
    ),
    Rule(
        "broker-loss",
        "After the broker was away it says what it is and how it is again",
        "Connect again by yourself, with back-off and jitter, and publish `descriptor` and `state` anew.",
        broker_loss,
    ),
    Rule(
        "numbers-without-gaps",
        "States and reports are numbered from 1, without gaps, as they are published",
        "Count the states and reports of a session together, one by one, in the order in which they are published.",
        _alone(presence.numbers_without_gaps),
    ),
    Rule(
        "echoes-heartbeats",
        "A heartbeat of the daemon is echoed at once",
        "Subscribe to the workcell's `heartbeat`; publish `echo` with its number and its `at` as it came, the session,"
        " the time, and the number of the last state or report.",
        _alone(presence.echoes_heartbeats),
    ),
    Rule(
        "rebirth",
        "Asked for a rebirth, it says everything again",
        "Upon `control` with the action `rebirth` publish `descriptor`, `state` and every unacknowledged outcome.",
        _alone(presence.rebirth),
    ),
    Rule(
        "laboratory-stop",
        "While the laboratory is stopped nothing begins, also after a restart",
        "Subscribe to the workcell's `stop`; keep the id of a stop on disk, make the instrument safe, say the id in"
        " `state`, and refuse orders until a release with the same id or a later one.",
        _alone(holding.laboratory_stop),
    ),
    Rule(
        "lock",
        "While it is locked nothing begins, also after a restart",
        "Upon `control` with the action `lock` keep who and why on disk, say it as `lock` in `state`, and refuse orders"
        " until `unlock`.",
        _alone(holding.lock),
    ),
    Rule(
        "large-results",
        "What an outcome refers to can be fetched in parts until the outcome is acknowledged, also after a restart",
        "Keep the data on disk before the outcome that refers to it; upon `fetch` publish the bytes that are asked for"
        " on `chunk/<sha256>/<offset>`.",
        _alone(fetching.large_results),
    ),
)
