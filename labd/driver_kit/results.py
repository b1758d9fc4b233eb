"""What an action ended with, as an outcome: a result that can be reported, or why it failed.

>>> from labd.domain.capability import Capability, Slot
>>> weigh = Capability(name="weigh", results={"mass": Slot(unit="g")})
>>> reported(weigh, {"mass": 1.5})
Succeeded(kind='succeeded', result={'mass': 1.5})
>>> reported(weigh, {"mass": float("nan")}).message
'The result mass is nan, which is not a number.'
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from labd.domain.blob import Blob, is_reference, wrong_reference
from labd.domain.capability import Capability
from labd.domain.command import Failed, FailureKind, Succeeded
from labd.driver_kit.arguments import has_type
from labd.driver_kit.context import DeviceError
from labd.wire.messages import MAXIMUM_BYTES

ENVELOPE_BYTES = 10_000
"""What a report needs beside its outcome."""
MESSAGE_LENGTH = 2000
"""The longest message that is reported, in characters."""


def reported(capability: Capability, raw: object) -> Succeeded | Failed:
    """The outcome of an action that returned. NaN, infinity and what is no JSON are failed measurements, never zero."""
    if not isinstance(raw, Mapping | None):
        return _undefined(f"The action returned {type(raw).__name__} instead of a dict.")
    result = {str(name): _plain(value) for name, value in (raw or {}).items()}
    if wrong := _unfit(capability, result):
        return _undefined(wrong)
    try:
        outcome = Succeeded(result=result)
        size = len(outcome.model_dump_json())
    except (ValidationError, ValueError) as error:
        return _undefined(f"The result cannot be written as JSON: {error}")
    if size + ENVELOPE_BYTES > MAXIMUM_BYTES:
        return _undefined(f"The result has {size} bytes as JSON; at most {MAXIMUM_BYTES - ENVELOPE_BYTES} can be sent.")
    return outcome


def failed(error: BaseException) -> Failed:
    """The outcome of an action that raised."""
    text = clean(str(error)) or type(error).__name__
    match error:
        case DeviceError():
            return Failed(failure=FailureKind.DEFINED, message=text)
        case OSError():
            return Failed(failure=FailureKind.CONNECTION, message=text)
        case _:
            return _undefined(f"{type(error).__name__}: {text}")


def clean(text: str) -> str:
    """The text, short enough and without what JSON cannot carry."""
    return text[:MESSAGE_LENGTH].encode("utf-8", "replace").decode()


def _undefined(message: str) -> Failed:
    return Failed(failure=FailureKind.UNDEFINED, message=clean(message))


def _unfit(capability: Capability, result: dict[str, Any]) -> str:
    for name, value in result.items():
        if where := _not_finite(name, value):
            return where
    if place := wrong_reference(result):
        return f"The result {place} is no reference to data: return what context.attach gave."
    for name, slot in capability.results.items():
        if name not in result and not slot.optional:
            return f"The action gave no {name}."
        value = result.get(name)
        if is_reference(value) and slot.type in ("blob", "array"):
            continue
        if not (value is None and slot.optional) and not has_type(value, slot):
            return f"The result {name} is {str(value)[:80]!r}, which is not of type {slot.type}."
    return ""


def _plain(value: Any) -> Any:
    """Numbers and arrays of numerical libraries, which this package does not import, as plain lists and numbers."""
    if isinstance(value, Blob):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _not_finite(where: str, value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"The result {where} is {value}, which is not a number."
    if isinstance(value, dict):
        return next(filter(None, (_not_finite(f"{where}.{name}", each) for name, each in value.items())), "")
    if isinstance(value, list):
        return next(filter(None, (_not_finite(f"{where}[{place}]", each) for place, each in enumerate(value))), "")
    return ""
