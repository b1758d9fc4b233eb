"""The wire as an AsyncAPI 3.0 document, made of the models of `labd.wire.messages` and of the topic tree."""

from __future__ import annotations

import ast
import inspect
import itertools
import typing
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic.json_schema import models_json_schema

from labd import __version__
from labd.domain.value import Value
from labd.wire.chunks import CHUNK, Chunk
from labd.wire.decoding import FROM_DRIVER_BODIES, TO_ALL_BODIES, TO_DRIVER_LEAVES
from labd.wire.examples import EXAMPLES
from labd.wire.messages import Reading
from labd.wire.topics import AT_ONCE_OR_NEVER, FROM_DRIVER, PROTOCOL, ROOT, TO_ALL, TO_DRIVER, topic, topic_of_all

PARAMETERS = {
    "workcell": "The room: the name of the workcell file.",
    "instrument": "The instrument, as the workcell names it: a-z, 0-9 and _, a letter first.",
    "channel": "The reading, as the descriptor names it.",
    "sha256": "Of the whole large result, 64 hexadecimal digits.",
    "offset": "Where in the whole the part begins, in bytes.",
}
MQTT_BINDING = "0.2.0"
JSON_SCHEMA = "#/components/schemas/{model}"


class Leaf(NamedTuple):
    """One kind of topic, of an instrument or of the workcell as a whole."""

    name: str
    body: type[Value]
    by_driver: bool
    """Whether the driver publishes it; else the daemon does."""
    retained: bool = False
    qos: int = 1
    to_all: bool = False
    """Whether it is the workcell's, and not an instrument's."""

    @property
    def address(self) -> str:
        """The topic, with its parameters in braces."""
        if self.to_all:
            return topic_of_all("{workcell}", self.name)
        return topic("{workcell}", "{instrument}", self.name)

    @property
    def channel(self) -> str:
        """Its name in the document."""
        return self.name.split("/")[0]

    @property
    def examples(self) -> tuple[tuple[str, Value], ...]:
        """What such messages look like, each with what it shows."""
        return EXAMPLES[self.channel]


RETAINED = ("descriptor", "state", "stop")


def _leaf(name: str, body: type[Value], *, by_driver: bool = False, to_all: bool = False) -> Leaf:
    return Leaf(name, body, by_driver, name in RETAINED, 0 if name in AT_ONCE_OR_NEVER else 1, to_all=to_all)


LEAVES = (
    *(_leaf(name, FROM_DRIVER_BODIES[name], by_driver=True) for name in FROM_DRIVER),
    Leaf("telemetry/{channel}", Reading, by_driver=True, qos=0),
    *(_leaf(name, {leaf: body for body, leaf in TO_DRIVER_LEAVES.items()}[name]) for name in TO_DRIVER),
    *(_leaf(name, TO_ALL_BODIES[name], to_all=True) for name in TO_ALL),
)
"""All that is JSON: what a driver says, then what it is told."""
CHUNKS = Leaf(f"{CHUNK}/{{sha256}}/{{offset}}", Chunk, by_driver=True)
"""The one leaf whose payload is no JSON."""


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of the wire: channels, operations of both sides, messages, schemas, examples."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:labd:wire:" + ROOT.split("/")[1],
        "info": {
            "title": ROOT,
            "version": __version__,
            "description": "What a daemon and the drivers of its instruments say to each other, as JSON over MQTT 5 or"
            f" 3.1.1. This is protocol {PROTOCOL}. The payloads carry all that the protocol needs. An operation"
            " `driver...` is the driver's side of a channel, `daemon...` the daemon's.",
        },
        "defaultContentType": "application/json",
        "channels": {leaf.channel: _channel(leaf) for leaf in (*LEAVES, CHUNKS)},
        "operations": {name: operation for leaf in (*LEAVES, CHUNKS) for name, operation in _operations(leaf)},
        "components": {
            "messages": {**{leaf.body.__name__: _message(leaf) for leaf in LEAVES}, Chunk.__name__: _chunk_message()},
            "schemas": schemas(),
        },
    }


def schemas() -> dict[str, Any]:
    """The JSON Schema of every payload and of every part of one, by the model's name.

    As they are sent: `null` stands where there is nothing. Whoever reads may be given less: what has a default.
    """
    _, whole = models_json_schema([(leaf.body, "validation") for leaf in LEAVES], ref_template=JSON_SCHEMA)
    parts = whole["$defs"]
    for model in models():
        for name, said in meanings(model).items():
            parts[model.__name__]["properties"][name]["description"] = said
    return {name: _without_discriminator(part) for name, part in parts.items()}


def models() -> list[type[Value]]:
    """Every model that is a payload or a part of one, in the order in which a reader meets them."""
    found = list(dict.fromkeys(leaf.body for leaf in LEAVES))
    for model in found:  # it grows meanwhile
        inner = (part for field in model.model_fields.values() for part in _parts(field.annotation))
        found.extend(part for part in dict.fromkeys(inner) if part not in found)
    return found


def meanings(model: type[Value | StrEnum]) -> dict[str, str]:
    """The text under each field of a model, or each member of an enumeration, by its name."""
    (body,) = ast.parse(inspect.getsource(model)).body
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"{model} is no class")
    found = {}
    for member, text in itertools.pairwise(body.body):
        match member, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                found[name] = " ".join(said.split())
    return found


def summary(model: type[Value | StrEnum]) -> str:
    """The first line of what a model says of itself."""
    return (inspect.getdoc(model) or "").splitlines()[0]


def _channel(leaf: Leaf) -> dict[str, Any]:
    name = leaf.body.__name__
    return {
        "address": leaf.address,
        "description": summary(leaf.body),
        "parameters": {key: {"description": text} for key, text in PARAMETERS.items() if f"{{{key}}}" in leaf.address},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _operations(leaf: Leaf) -> list[tuple[str, dict[str, Any]]]:
    """What each side does with the channel; the retain flag is the sender's."""
    sender, receiver = ("driver", "daemon") if leaf.by_driver else ("daemon", "driver")
    sides = ((sender, "send"), (receiver, "receive"))
    return [
        (
            f"{side}{action.capitalize()}s{leaf.channel.capitalize()}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{leaf.channel}"},
                "summary": f"The {side} {action}s `{leaf.name}`.",
                "messages": [{"$ref": f"#/channels/{leaf.channel}/messages/{leaf.body.__name__}"}],
                "bindings": {"mqtt": _binding(leaf, sending=action == "send")},
            },
        )
        for side, action in sides
    ]


def _binding(leaf: Leaf, *, sending: bool) -> dict[str, Any]:
    retain = {"retain": leaf.retained} if sending else {}
    return {"qos": leaf.qos, **retain, "bindingVersion": MQTT_BINDING}


def _message(leaf: Leaf) -> dict[str, Any]:
    name = leaf.body.__name__
    return {
        "name": name,
        "title": name,
        "summary": summary(leaf.body),
        "contentType": "application/json",
        "payload": {"$ref": JSON_SCHEMA.format(model=name)},
        "examples": [{"name": what, "payload": example.model_dump(mode="json")} for what, example in leaf.examples],
    }


def _chunk_message() -> dict[str, Any]:
    return {
        "name": Chunk.__name__,
        "title": Chunk.__name__,
        "summary": summary(Chunk),
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
    }


def _parts(annotation: Any) -> Iterator[type[Value]]:
    if isinstance(annotation, type) and issubclass(annotation, Value):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _parts(argument)


def _without_discriminator(schema: Any) -> Any:
    """The schema without OpenAPI's `discriminator`, which is another thing in AsyncAPI; each kind is a constant."""
    match schema:
        case dict():
            return {key: _without_discriminator(each) for key, each in schema.items() if key != "discriminator"}
        case list():
            return [_without_discriminator(each) for each in schema]
    return schema
