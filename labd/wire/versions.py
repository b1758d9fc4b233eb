"""Speakers of different versions: a newer one within the major version may say what this one does not know."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from labd.domain.command import Order, Outcome
from labd.domain.value import Value
from labd.wire.messages import Birth, Heartbeat
from labd.wire.topics import PROTOCOL, minor

Body = TypeVar("Body", bound=Value)

HASHED: dict[str, TypeAdapter[Any]] = {"order": TypeAdapter(Order), "outcome": TypeAdapter(Outcome)}
"""What the hashes cover has no unknown keys, whoever speaks: nothing moves for half an order."""


def is_newer(protocol: str) -> bool:
    """Whether it is of this major version, and further than this release.

    >>> is_newer("1.99"), is_newer(PROTOCOL), is_newer("2.0"), is_newer("")
    (True, False, False, False)
    """
    return protocol.partition(".")[0] == PROTOCOL.partition(".")[0] and minor(protocol) > minor(PROTOCOL)


def validated(model: type[Body], payload: bytes, protocol: str = "") -> Body:
    """The message. Of a sender of a newer protocol unknown keys are ignored; a birth and a heartbeat say theirs
    themselves. Raises `pydantic.ValidationError`."""
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        if not is_newer(protocol) and not issubclass(model, Birth | Heartbeat):
            raise
        body = model.model_validate_json(payload, extra="ignore")
        if isinstance(body, Birth | Heartbeat) and not is_newer(body.protocol):
            raise error from None
    said = json.loads(payload)
    for key, part in HASHED.items():
        if said.get(key) is not None:
            part.validate_json(json.dumps(said[key]))
    return body
