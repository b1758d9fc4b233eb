"""What kind of step a step is: an order to an instrument, a question to a person, a way of labware, a template."""

from __future__ import annotations

from collections.abc import Iterator

from labd.protocols.drafts import waits
from labd.protocols.findings import Findings, Place
from labd.protocols.written import StepWritten

_OWN = {"person": ("options", "note", "photo"), "move": ("to",), "use": ("with", "repeat")}
"""What only a step of that kind has."""
_OTHERS = ("role", "capability", "instrument", "also", "on", "arguments", "consumes", "per")
_FAILING = ("retries", "cool_down", "recover", "otherwise")
_FOREIGN = {
    "person": (*(each for each in _OTHERS if each != "per"), *_FAILING),
    "move": ("on",),
    "use": (*_OTHERS, *_FAILING, "timeout"),
}
"""What a step of that kind has not."""
_CALLED = {
    "person": "A step for a person",
    "move": "A way of labware",
    "use": "A step that uses a template",
}
_REMEDY = {
    "person": "Take it out, or let an instrument do the step.",
    "move": "Take it out: `move` says what stands where.",
    "use": "Write it at a step of the template.",
}


def check_kind(step: StepWritten, key: Place, findings: Findings) -> bool:
    """Find what does not belong together in a step; whether it is a step of one kind."""
    said = [kind for kind in _OWN if step.entry(kind) is not None]
    if len(said) > 1:
        message = f"A step has either {said[0]} or {said[1]}."
        findings.error(step.key(said[1]), message, "Make two steps of it.")
        return False
    for kind, keys in _OWN.items():
        for each in keys:
            if kind not in said and step.entry(each) is not None:
                remedy = f"Write `{kind}:` beside it, or take it out."
                findings.error(step.key(each), f"{each} belongs to a step with `{kind}`.", remedy)
    if not said:
        return _check_order(step, key, findings)
    for each in _FOREIGN[said[0]]:
        if step.entry(each) is not None:
            findings.error(step.key(each), f"{_CALLED[said[0]]} has no {each}.", _REMEDY[said[0]])
    if said == ["move"] and step.entry("to") is None:
        findings.error(key, f"{step.move} is moved, but nothing says where to.", "Write `to:` and a location.")
        return False
    return getattr(step, said[0]) is not None


def _check_order(step: StepWritten, key: Place, findings: Findings) -> bool:
    for each, meaning in (("role", "which role of the workcell does it"), ("capability", "what is asked of it")):
        if step.entry(each) is None:
            findings.error(key, f"The key {each} is missing.", f"Write `{each}:` ({meaning}).")
    return step.role is not None and step.capability is not None


def check_details(step: StepWritten, findings: Findings) -> None:
    """Find what is wrong in gaps, options, and in what follows a failure."""
    for place, option in enumerate(step.options):
        if option in step.options[:place]:
            findings.error(step.at("options", place), f"The option {option} is named twice.", "Name it once.")
    for _, gap, where in waits(step):
        if gap is None:
            continue
        most = 0.0 if gap.no_gap else gap.at_most
        if gap.no_gap and gap.at_most:
            findings.error(gap.at("at_most"), "There is both no_gap and at_most.", "Keep one of them.")
        if most is not None and (gap.at_least or 0.0) > most:
            message = f"At least {gap.at_least:g} s and at most {most:g} s cannot both be."
            findings.error(gap.at("at_least"), message, f"Write no more than {most:g} s, or a longer at_most.")
        elif gap.entry("at_least") is None and gap.entry("at_most") is None and not gap.no_gap:
            findings.warning(where, "This gap says nothing.", "Write at_least, at_most or no_gap, or a list of steps.")
    for each in _without_retries(step):
        message = f"{each} is for further attempts, and there are none."
        findings.error(step.key(each), message, "Write `retries:` and how many, or take it out.")


def _without_retries(step: StepWritten) -> Iterator[str]:
    if step.retries == 0 and step.entry("retries") is None:
        yield from (each for each in ("cool_down", "recover") if step.entry(each) is not None)
