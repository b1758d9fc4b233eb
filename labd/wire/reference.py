"""The reference of the wire, in Markdown, made of the models and the topic tree that the code goes by."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pydantic import JsonValue
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from labd.domain.capability import Recovery
from labd.domain.command import FailureKind
from labd.domain.value import Value
from labd.wire.asyncapi import CHUNKS, LEAVES, PARAMETERS, Leaf, meanings, models, summary
from labd.wire.chunks import MAXIMUM_CHUNK_BYTES, Chunk
from labd.wire.messages import MAXIMUM_BYTES
from labd.wire.topics import PROTOCOL, ROOT, TELEMETRY, topic, topic_of_all

_HEAD = f"""\
# The wire, `{ROOT}`

What the daemon and a driver say to each other: JSON over MQTT 5 or 3.1.1, on topics under `{ROOT}`. This page is made
from `labd/wire/`; `labd wire asyncapi` prints the same as an AsyncAPI 3 document, for code generators and viewers.
[How to write a driver](../how-to-write-a-driver.md) tells what the Python kit does of it by itself, and
`labd driver check` looks whether a driver, in any language, keeps it.

A payload has at most {MAXIMUM_BYTES:,} bytes. An unknown key (but see Versions),
a NaN, an infinity, or a text over its length makes the
whole message invalid: the daemon keeps it in quarantine with its reason, a driver logs and ignores it. A moment is
ISO 8601. A key that has a default may be left out.
"""
_SEQUENCE = """\
## One command, from order to acknowledgement

```mermaid
sequenceDiagram
    participant J as Journal
    participant D as Daemon
    participant R as Driver
    participant L as Ledger of the driver
    R->>D: descriptor (retained)
    R->>D: state: idle (retained)
    D->>J: the command is issued
    D->>R: command
    R->>L: begun
    R->>D: report: accepted
    R->>D: state: busy
    R->>D: report: progress
    R->>L: the outcome
    R->>D: report: outcome, content_hash
    R->>D: state: idle
    D->>J: the command has finished
    D->>R: ack: content_hash
    R->>L: acknowledged
```

What is on disk comes first, on both sides: a driver begins after its ledger has the order, and reports after the ledger
has the outcome; the daemon sends after its journal has the command, and acknowledges after the journal has the outcome.
The state and the report of the outcome may come in either order.

## What is sent again, and when

| what | who | sent again | until |
|---|---|---|---|
| `descriptor`, `state` | driver | at each connect, the descriptor first; `state` also at each change | |
| last will (`state: offline`) | broker | when the driver vanishes; one of an earlier session is not believed | |
| `report` with an outcome | driver | with back-off, at each connect, if asked or ordered again | `ack` with its hash |
| `report` accepted | driver | when the same order comes again while it is in hand | |
| `report` progress, `telemetry` | driver | never | |
| `ack` | daemon | for each copy of an outcome that is committed | |
| `ask` | daemon | when a command that is out is silent, after a restart or reconnect | an outcome or an `answer` |
| `stop` | daemon | at each connect while it is stopped, and when another word stands on the topic | |
| `control` lock, unlock | daemon | when a `state` shows another lock than is wanted | the `state` shows it |
| `command` | daemon | after each `answer` `never_seen`, unless the driver had accepted it | `report` |
| `fetch` | daemon | when the outcome comes again and nothing came meanwhile; after a reconnect | `chunk` |
| `chunk` | driver | when it is fetched again | |

A report or an answer counts in the session of the last `descriptor` alone: what is of another one settles nothing, is
kept for a person and not acknowledged. With MQTT 5 a broker says when it does not let a driver publish; in 3.1.1 it
does not.

MQTT 5 properties say again, for tools that look on, what the payloads say: an order's response topic is the
instrument's `report`, a question's is `answer`; orders, questions, acknowledgements, reports and answers have the
command's id as correlation data; an order with a deadline expires with it. Nobody needs them, and MQTT 3.1.1 goes
without.

A command whose id the driver knows moves nothing: it is answered from the ledger. A command that was accepted and that
the driver then has `never_seen` is never sent again: nobody knows whether it happened, and a person decides.

### Large results

A value in a result may be a reference, `{"blob": "sha256:<hex>", "size_bytes": ..., "media_type": ..., "name": ...}`:
the driver keeps that content until the outcome is acknowledged. The daemon fetches it part by part, each with a
`fetch`, and acknowledges the outcome after the whole is on its disk and has that hash. An empty chunk says that the
driver does not have the content (any more).

### The hashes

`content_hash` is the SHA-256, in hexadecimal, of the JSON `{"command": ..., "outcome": ...}` with sorted keys, no
spaces and all but ASCII escaped; the outcome has each of its keys. `order_hash` is that of the `order`
with each of its keys.
"""
_VERSIONS = f"""\
## Versions

This is protocol {PROTOCOL}. The first number is the second level of each topic, `{ROOT}`: to take a key away, or to
change what one means, is another of those. The second grows with each key and each message that is added. A birth
and a heartbeat say which protocol their sender speaks; without it, it is 1.0.

| daemon | driver | what happens |
|---|---|---|
| {PROTOCOL} | 1.0 | As with 1.0: it answers no heartbeat, is never silent, and no gap is looked for. |
| {PROTOCOL} | later within 1 | Keys that the daemon does not know are ignored, once the birth is heard. |
| later within 1 | {PROTOCOL} | Keys that the driver does not know are ignored, once a heartbeat is heard. |
| 1.0 | {PROTOCOL} | Its birth has keys that such a daemon refuses: upgrade the daemon first. |
| 1 | 2 | Not understood: its birth is put into quarantine, with the reason, for a person; it is given no order. |

- An `order` and an `outcome` are covered by hashes, so that their unknown keys are never ignored: an order with one
  moves nothing, and an outcome with one stays with its driver until the daemon knows it.
- From a sender of the same or an older protocol an unknown key is rubbish: the daemon puts the message into
  quarantine, a driver logs and ignores it.
- **A daemon of another major version** is not heard by the driver: its orders move nothing. Nor is its `stop`:
  press the hard-wired one.

## The heartbeat

The daemon says `heartbeat` every five seconds (`labd serve --heartbeat`); a driver says `echo` at once. An
instrument that leaves three unanswered is silent: it is given nothing, until it says something. The round trip and
the difference of the clocks are taken from the quickest of the last eight echoes, and are right to half that round
trip. A driver reckons deadlines by the daemon's clock, as the heartbeats tell it. A driver that hears neither
broker nor, once there was a heartbeat, daemon for as long as its watchdog says brings its instrument into its safe
state.

States and reports of a session are numbered in the order in which they are published. When a number is missing,
when an echo tells of a later one than was heard, or when a session speaks that was never born, the daemon says
`rebirth`: at once, and again after 1, 2, 4 and at last 64 heartbeats. A birth makes good whatever was missing
before it.
"""


def wire_reference() -> str:
    """The reference of the wire."""
    bodies = {leaf.body for leaf in LEAVES}
    parts = [_part(model) for model in models() if model not in bodies]
    topics = [
        _topics(),
        *(_leaf(leaf) for leaf in LEAVES),
        _chunk(),
        "## Parts of payloads\n",
        *parts,
        *map(_words, (FailureKind, Recovery)),
    ]
    return "\n".join([_HEAD, _SEQUENCE, *topics, _VERSIONS])


def _topics() -> str:
    names = [f"- `{name}`: {text}" for name, text in PARAMETERS.items()]
    rows = [
        f"| [`{leaf.name}`](#{leaf.channel}) | {_publisher(leaf)} | {'yes' if leaf.retained else 'no'} | {leaf.qos} |"
        for leaf in (*LEAVES, CHUNKS)
    ]
    head = ["| leaf | who publishes | retained | QoS |", "|---|---|---|---|"]
    tree, whole = topic("{workcell}", "{instrument}", "{leaf}"), topic_of_all("{workcell}", "{leaf}")
    return "\n".join(
        [f"## Topics\n\n`{tree}`, and `{whole}` for what is said to all instruments.\n", *names, "", *head, *rows, ""]
    )


def _publisher(leaf: Leaf) -> str:
    return "driver" if leaf.by_driver else "daemon"


def _leaf(leaf: Leaf) -> str:
    kept = ", retained" if leaf.retained else ""
    some = " A daemon listens to the channels that its interlocks name." if leaf.channel == TELEMETRY else ""
    head = [f"## {leaf.channel}\n", f"`{leaf.address}`, by the {_publisher(leaf)}{kept}, QoS {leaf.qos}.{some}\n"]
    examples = [f"```json\n{example.model_dump_json(indent=2)}\n```\n" for _, example in leaf.examples]
    return "\n".join([*head, f"{summary(leaf.body)}\n", *_table(leaf.body), "", *examples])


def _chunk() -> str:
    return f"""\
## {CHUNKS.channel}

`{CHUNKS.address}`, by the driver, QoS {CHUNKS.qos}.

{summary(Chunk)}

The payload is no JSON: it is at most {MAXIMUM_CHUNK_BYTES:,} bytes from that offset on, as many as `fetch` asked for,
or fewer where the whole ends. A chunk that nobody asked for is ignored.
"""


def _part(model: type[Value]) -> str:
    return "\n".join([f"### Type `{model.__name__}`\n", f"{summary(model)}\n", *_table(model), ""])


def _words(kind: type[StrEnum]) -> str:
    said = meanings(kind)
    rows = [f"| `{member.value}` | {said.get(member.name, '')} |" for member in kind]
    return "\n".join(
        [f"### Type `{kind.__name__}`\n", f"{summary(kind)}\n", "| word | meaning |", "|---|---|", *rows, ""]
    )


def _table(model: type[Value]) -> Iterator[str]:
    said = meanings(model)
    yield from ("| key | type | default | meaning |", "|---|---|---|---|")
    for name, field in model.model_fields.items():
        meaning = said.get(name, "")
        yield f"| `{name}` | {_kind(field.annotation)}{_limits(field)} | {_default(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default is PydanticUndefined:
        return "**required**"
    return "" if field.default in (None, "", (), {}) else f"`{str(field.default).lower()}`"


def _limits(field: FieldInfo) -> str:
    """The bounds of a number or a text, as the model has them."""
    words = {"ge": "at least", "gt": "more than", "le": "at most", "max_length": "length at most"}
    found = [f"{words[key]} {getattr(each, key)}" for each in field.metadata for key in words if hasattr(each, key)]
    return "".join(f", {each}" for each in found)


def _kind(annotation: Any) -> str:
    """The type of a value, in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is JsonValue:
        return "any JSON"
    if origin in (typing.Union, types.UnionType):
        kinds = dict.fromkeys(_kind(each) for each in arguments if each is not types.NoneType)
        return " or ".join(kinds) + (" or `null`" if types.NoneType in arguments else "")
    if origin is typing.Annotated:
        return _kind(arguments[0])
    if origin is typing.Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin is dict:
        return f"by name: {_kind(arguments[1])}"
    if origin is tuple:
        return f"list of {_kind(arguments[0])}"
    if isinstance(annotation, type) and issubclass(annotation, Value | StrEnum):
        return f"[{annotation.__name__}](#type-{annotation.__name__.lower()})"
    return _PLAIN.get(annotation, "moment, with its zone")


_PLAIN: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "`true`, `false`"}
