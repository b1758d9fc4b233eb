"""What was changed in a campaign since it was loaded: by whom, why, and from what to what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from labd.domain.problem import Problem
from labd.domain.protocol import Stopping
from labd.domain.value import Value
from labd.lifecycles.campaign import Campaign
from labd.web.views.pieces import View, moment_text


def edits_view(campaign: Campaign) -> list[View]:
    """The edits, the first one first; each with what it changed."""
    protocol = campaign.protocol
    states = [(each.problem, each.stopping, each.priority) for each in campaign.edits]
    states.append((protocol.problem, protocol.stopping, campaign.priority))
    return [
        {
            "edit": each.number,
            "at": moment_text(each.at),
            "by": each.by,
            "reason": each.reason,
            "reverts": each.reverts,
            "undone": each.undone,
            "changes": list(_changes(before, after)),
        }
        for each, (before, after) in zip(campaign.edits, pairwise(states), strict=True)
    ]


_Edited = tuple[Problem, Stopping, int]


def _changes(before: _Edited, after: _Edited) -> Iterator[View]:
    old, new = dict(_entries(*before)), dict(_entries(*after))
    for path in {**old, **new}:
        if old.get(path) != new.get(path):
            yield {"path": path, "from": old.get(path), "to": new.get(path)}


def _entries(problem: Problem, stopping: Stopping, priority: int) -> Iterator[tuple[str, object]]:
    for parameter in problem.parameters:
        yield from _fields(f"parameters.{parameter.name}", parameter)
    for objective in problem.objectives:
        yield from _fields(f"objectives.{objective.outcome}", objective)
    for limit in problem.limits:
        yield from _fields(f"limits.{limit.outcome}", limit)
    yield from ((f"context.{name}", value) for name, value in problem.context.items())
    yield from _fields("planner", problem.settings)
    yield from _fields("stopping", stopping)
    yield "priority", priority


def _fields(head: str, part: Value) -> Iterator[tuple[str, object]]:
    for name, value in part.model_dump(mode="json").items():
        yield f"{head}.{name}", value
