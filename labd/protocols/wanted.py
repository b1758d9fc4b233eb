"""What is wanted of the outcomes, and what they must keep; each number in its outcome's own unit."""

from __future__ import annotations

import math
from collections.abc import Mapping

from labd.domain.problem import Goal, Limit, Objective
from labd.domain.protocol import OutcomeSpec
from labd.protocols.amounts import distance, in_unit
from labd.protocols.findings import Findings, instead
from labd.protocols.written import ObjectiveWritten, OutcomeLimitWritten, ProtocolWritten

GOALS = tuple(goal.value for goal in Goal)
_WITH_TARGET = ("match", "level")


def objectives(written: ProtocolWritten, findings: Findings) -> tuple[Objective, ...]:
    """What is wanted of which outcomes."""
    made: dict[str, Objective] = {}
    for each in written.objectives:
        objective = _objective(each, written, findings)
        if objective is None:
            continue
        if objective.outcome in made:
            message = f"{objective.outcome} is an objective already."
            findings.error(each.at(), message, "Keep one of them.")
        made[objective.outcome] = objective
    if len(written.objectives) > 1:
        _check_together(written, findings)
    return tuple(made.values())


def _check_together(written: ProtocolWritten, findings: Findings) -> None:
    """What wants to know an outcome everywhere leaves nothing for another objective."""
    for each in written.objectives:
        for key in ("level", "map"):
            if each.entry(key) is not None:
                message = f"`{key}` is a goal of its own, and stands beside no other."
                findings.error(each.key(key), message, "Make a campaign of it.")


def _objective(each: ObjectiveWritten, written: ProtocolWritten, findings: Findings) -> Objective | None:
    said = {goal: name for goal in GOALS if (name := getattr(each, goal)) is not None}
    if len(said) != 1:
        named = " and ".join(said)
        message = f"An objective has both {named}." if said else "An objective names no outcome."
        if all(each.entry(goal) is None for goal in GOALS) or len(said) > 1:
            findings.error(each.at(), message, "Write either `maximise:` or `minimise:`, and an outcome.")
        return None
    ((key, outcome),) = said.items()
    known = written.names("outcomes")
    if outcome not in known:
        findings.error(each.at(key), f"There is no outcome {outcome}.", instead(outcome, known))
        return None
    before = len(findings.found)
    _check_entries(each, key, written, findings)
    of = written.outcomes.get(outcome)
    unit = of.unit if of else ""
    target = in_unit(each, "target", each.target, unit, findings)
    tolerance = distance(each, "tolerance", each.tolerance, unit, findings)
    if tolerance is not None and tolerance <= 0:
        findings.error(each.at("tolerance"), f"{each.tolerance} is nothing at all.", "Write more than that.")
    reference = in_unit(each, "reference", each.reference, unit, findings)
    if len(findings.found) > before or (key in _WITH_TARGET and target is None):
        return None
    return Objective(
        outcome=outcome,
        goal=Goal(key),
        weight=each.weight,
        target=target,
        tolerance=tolerance,
        reference=reference,
    )


def _check_entries(each: ObjectiveWritten, key: str, written: ProtocolWritten, findings: Findings) -> None:
    """Whether what stands beside the goal belongs to it."""
    if key in _WITH_TARGET and each.entry("target") is None:
        findings.error(each.key(key), f"To {key} an outcome takes a target.", "Write `target:` and the value.")
    if key == "map" and each.entry("target") is not None:
        findings.error(each.key("target"), "What is mapped has no target.", "Write `level:` in place of `map:`.")
    if key != "match" and each.entry("tolerance") is not None:
        findings.error(each.key("tolerance"), f"To {key} has no tolerance.", "Write `match:`, or take it out.")
    if each.entry("reference") is not None and len(written.objectives) < 2:
        message = "A reference says something only among several objectives."
        findings.error(each.key("reference"), message, "Take it out, or write a second objective.")


def limits(written: ProtocolWritten, measured: Mapping[str, OutcomeSpec], findings: Findings) -> tuple[Limit, ...]:
    """What outcomes must keep."""
    made: dict[str, Limit] = {}
    for each in written.limits:
        known = written.names("outcomes")
        if each.outcome not in known:
            findings.error(each.at("outcome"), f"There is no outcome {each.outcome}.", instead(each.outcome, known))
            continue
        if each.outcome in made:
            message = f"{each.outcome} has a limit already."
            findings.error(each.at("outcome"), message, "Write `at_least` and `at_most` into one of them.")
            continue
        limit = _limit(each, measured.get(each.outcome, OutcomeSpec()), findings)
        if limit is not None:
            made[each.outcome] = limit
    return tuple(made.values())


def _limit(each: OutcomeLimitWritten, of: OutcomeSpec, findings: Findings) -> Limit | None:
    before = len(findings.found)
    low = in_unit(each, "at_least", each.at_least, of.unit, findings)
    high = in_unit(each, "at_most", each.at_most, of.unit, findings)
    if len(findings.found) > before or not each.is_sound("at_least") or not each.is_sound("at_most"):
        return None
    if low is None and high is None:
        findings.error(each.at(), f"Nothing bounds {each.outcome}.", "Write `at_least:` or `at_most:`.")
        return None
    if low is not None and high is not None and low >= high:
        message = f"The lower bound {each.at_least} is not below the upper bound {each.at_most}."
        findings.error(each.at("at_least"), message, f"Write at_least: {each.at_most}, at_most: {each.at_least}.")
        return None
    key, bound = ("at_least", low) if low is not None else ("at_most", high)
    possible = (-math.inf if of.low is None else of.low, math.inf if of.high is None else of.high)
    if (low is not None and low > possible[1]) or (high is not None and high < possible[0]):
        message = f"{each.outcome} is never {bound:g} {of.unit}".rstrip()
        remedy = f"It is between {possible[0]:g} and {possible[1]:g}."
        findings.error(each.at(key), f"{message}: it is physically impossible.", remedy)
        return None
    return Limit(outcome=each.outcome, low=low, high=high, safe=each.safe)
