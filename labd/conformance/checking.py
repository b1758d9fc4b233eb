"""Rule by rule: a broker, a state directory and a driver process for each, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from labd.conformance.report import RuleReport, Skipped, Violated
from labd.conformance.rules import RULES, Broker, Rule
from labd.conformance.subject import Choice, Launch, Subject
from labd.domain.errors import InvalidInput

Brokers = Callable[[Path], AbstractAsyncContextManager[Broker]]
"""Starts a broker that keeps what it must in the directory."""


async def check(
    launch: Launch, directory: Path, brokers: Brokers, choice: Choice, wanted: Sequence[str] = ()
) -> AsyncIterator[RuleReport]:
    """What becomes of each wanted rule, as it is found out; by default of all. Never two processes at once.

    Raises `InvalidInput` for an unknown rule, for a command that cannot be run, and for a choice that the driver has
    not.
    """
    for rule in chosen_rules(wanted):
        here = directory / rule.id
        async with brokers(here / "broker") as broker:
            yield await _looked_at(rule, Subject(launch, choice, broker.url, here / "state"), broker)


def chosen_rules(wanted: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of these ids, in our order; all where none is named. Raises `InvalidInput`."""
    known = {rule.id: rule for rule in RULES}
    if unknown := [each for each in wanted if each not in known]:
        raise InvalidInput(f"There is no rule {', '.join(unknown)}.", f"The rules: {', '.join(known)}.")
    return tuple(rule for rule in RULES if not wanted or rule.id in wanted)


async def _looked_at(rule: Rule, subject: Subject, broker: Broker) -> RuleReport:
    try:
        async with subject:
            await rule.look(subject, broker)
    except Violated as error:
        return RuleReport(id=rule.id, title=rule.title, passed=False, message=str(error), remedy=rule.remedy)
    except Skipped as error:
        return RuleReport(id=rule.id, title=rule.title, passed=False, skipped=True, message=str(error))
    return RuleReport(id=rule.id, title=rule.title, passed=True)
