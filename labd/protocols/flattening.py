"""From the three phases of the file to one list of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labd.domain.steps import Gap, Phase
from labd.protocols.drafts import Draft, gap_of, waits
from labd.protocols.failures import with_failures
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.kinds import check_details, check_kind
from labd.protocols.results import OF_CONTROLS, OF_PARAMETERS
from labd.protocols.written import ProtocolWritten, StepWritten

PHASES: Mapping[Phase, str] = {"preparation": "preparation", "main": "steps", "clean_up": "clean_up"}
"""By phase: the key of the file."""
RESERVED = (OF_PARAMETERS, OF_CONTROLS)


def names(written: ProtocolWritten) -> list[str]:
    """All steps of the file, of those that are wrong too."""
    return [name for key in PHASES.values() for name in written.names(key)]


def flatten(written: ProtocolWritten, findings: Findings) -> list[Draft]:
    """The steps of all phases, without those that are wrong."""
    known = names(written)
    drafts: dict[str, Draft] = {}
    for phase, key in PHASES.items():
        steps: dict[str, StepWritten] = getattr(written, key)
        for name, step in steps.items():
            place = written.key(key, name)
            if name in RESERVED or "__" in name:
                what = "means something else in the analysis" if name in RESERVED else "has a double underscore"
                findings.error(place, f"{name} {what}.", "Choose another name.")
            if name in drafts:
                findings.error(place, f"There is a step {name} in another phase.", "Choose another name.")
                continue
            check_details(step, findings)
            if step.use is not None:
                findings.error(step.key("use"), "Templates are not taken yet.", "Write the steps out.")
                continue
            after = dict(_waits(name, phase, step, written, known, findings))
            if check_kind(step, place, findings):
                drafts[name] = _draft(name, phase, step, place, after)
    return with_failures(list(drafts.values()), known, findings)


def _draft(name: str, phase: Phase, step: StepWritten, place: Place, after: Mapping[str, Gap]) -> Draft:
    return Draft(
        name=name,
        written=step,
        phase=phase,
        key=place,
        after=after,
        when=step.when or "",
        person=step.person,
        arguments=step.arguments,
        consumes=step.consumes,
    )


def _waits(
    name: str, phase: Phase, step: StepWritten, written: ProtocolWritten, known: list[str], findings: Findings
) -> Iterator[tuple[str, Gap]]:
    """What a step waits for, without what it cannot wait for."""
    of = {other: each for each, key in PHASES.items() for other in written.names(key)}
    order = list(PHASES)
    for other, gap, place in waits(step):
        if other not in of:
            findings.error(place, f"There is no step {other}.", instead(other, known))
        elif order.index(of[other]) > order.index(phase):
            message = f"{name} can never begin: {other} belongs to the {_shown(of[other])}, which comes later."
            findings.error(place, message, f"Take {other} out, or move one of the two.")
        elif phase == "clean_up" and of[other] != phase:
            message = f"The clean-up begins after all else, whatever became of {other}."
            findings.error(place, message, f"Take {other} out: that goes without saying.")
        else:
            yield other, gap_of(gap)


def _shown(phase: Phase) -> str:
    return {"preparation": "preparation", "main": "steps", "clean_up": "clean-up"}[phase]
