"""The one question, what is to be done about an event: each rule of the package registers its answer here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from labd.domain import events as e
from labd.domain.effects import Effect
from labd.lifecycles.laboratory import Laboratory


@singledispatch
def decide(event: e.Happened, state: Laboratory) -> Iterator[Effect]:
    """What is to be done about the event, given the state after it. Nothing, where no rule below says otherwise."""
    yield from ()
