"""Whether a question is put as it must be: nobody checks types in a notebook, and what comes of a wrong one is far from
the mistake."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import SupportsIndex

from labd.domain.errors import InvalidInput
from labd.domain.problem import Observation, Parameters
from labd.domain.value import Value


def observed(said: Iterable[Observation]) -> list[Observation]:
    """The observations, if they are that. Raises `InvalidInput`."""
    made: list[Observation] = []
    for each in _listed(said, "The observations"):
        if not isinstance(each, Observation):
            raise InvalidInput(
                f"The observations have a {type(each).__name__} among them.",
                "Make an Observation of it: its trial, its parameters and its outcomes.",
            )
        made.append(each)
    return made


def points(said: Iterable[Parameters]) -> list[Parameters]:
    """Points that are pending, if they are that. Raises `InvalidInput`."""
    made: list[Parameters] = []
    for each in _listed(said, "The pending points"):
        if not isinstance(each, Mapping):
            raise InvalidInput(
                f"What is pending has a {type(each).__name__} among it.",
                "Name values by parameter: the `parameters` of a suggestion, and not the suggestion.",
            )
        made.append(each)
    return made


def whole(name: str, value: SupportsIndex, least: int = 0) -> int:
    """A whole number of at least this. Raises `InvalidInput`."""
    try:
        found = operator.index(value)
    except TypeError:
        raise InvalidInput(f"{name} is {value!r}, and no whole number.", f"Give one from {least} on.") from None
    if found < least:
        raise InvalidInput(f"{name} is {found}.", f"Give a whole number from {least} on.")
    return found


def _listed(said: object, what: str) -> Sequence[object]:
    if isinstance(said, str | Mapping | Value) or not isinstance(said, Iterable):
        raise InvalidInput(
            f"{what} are no list, but of the type {type(said).__name__}.", "Give a list, of one if need be."
        )
    return list(said)
