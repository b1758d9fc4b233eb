"""From the three phases of the file to one list of steps: templates written out, loops unrolled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from labd.domain.errors import InvalidInput
from labd.domain.steps import Gap, Phase
from labd.protocols.binding import Bound, written_in
from labd.protocols.drafts import Draft, When, gap_of, waits
from labd.protocols.failures import with_failures
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.kinds import check_details, check_kind
from labd.protocols.loops import check_loop, turn_condition
from labd.protocols.results import OF_CONTROLS, OF_PARAMETERS
from labd.protocols.templates import Uses
from labd.protocols.written import ProtocolWritten, StepWritten, TemplateWritten

PHASES: Mapping[Phase, str] = {"preparation": "preparation", "main": "steps", "clean_up": "clean_up"}
"""By phase: the key of the file."""
RESERVED = (OF_PARAMETERS, OF_CONTROLS)
MAXIMUM_STEPS = 2000
"""When all templates are written out."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where steps are written: in the file itself, or in a template that a step uses."""

    written: ProtocolWritten | TemplateWritten
    key: str
    """Under which key of it."""
    phase: Phase
    siblings: Mapping[str, StepWritten]
    """The steps that they may wait for."""
    phases: Mapping[str, Phase]
    """By sibling, of those that are wrong too."""
    prefix: str = ""
    path: str = ""
    """What they are called before their names: `wash.`."""
    arguments: Mapping[str, Bound] = field(default_factory=dict)
    conditions: tuple[When, ...] = ()
    first: Mapping[str, Gap] = field(default_factory=dict)
    """What those wait for that wait for none of the others."""
    trail: tuple[str, ...] = ()
    """The templates that this is in."""

    @property
    def steps(self) -> Mapping[str, StepWritten]:
        """The steps that are written here."""
        return getattr(self.written, self.key)  # type: ignore[no-any-return]


@dataclass(slots=True)
class Flattened:
    """The steps of all phases, without those that are wrong."""

    written: ProtocolWritten
    findings: Findings
    uses: Uses
    drafts: list[Draft] = field(default_factory=list)


def names(written: ProtocolWritten) -> list[str]:
    """All steps of the file, of those that are wrong too."""
    return [name for key in PHASES.values() for name in written.names(key)]


def flatten(written: ProtocolWritten, findings: Findings) -> Flattened:
    """The steps of all phases."""
    made = Flattened(written, findings, Uses(written, findings))
    phases: dict[str, Phase] = {}
    siblings: dict[str, StepWritten] = {}
    for phase, key in PHASES.items():
        for name in written.names(key):
            if name in phases:
                message = f"There is a step {name} in another phase."
                findings.error(written.key(key, name), message, "Choose another name.")
            elif name in RESERVED:
                message = f"{name} means something else in the analysis."
                findings.error(written.key(key, name), message, "Choose another name.")
            phases.setdefault(name, phase)
        siblings = getattr(written, key) | siblings
    for phase, key in PHASES.items():
        _write_out(made, Scope(written, key, phase, siblings, phases))
    made.drafts = with_failures(made.drafts, findings)
    made.uses.check_all_used()
    return made


def _write_out(made: Flattened, scope: Scope) -> None:
    for name, step in scope.steps.items():
        if scope.siblings.get(name) is not step:
            continue  # of two with one name the first is meant
        key = scope.written.key(scope.key, name)
        if "__" in name:
            made.findings.error(key, f"{name} has a double underscore.", "Choose another name.")
        check_details(step, made.findings)
        after = dict(_waits(made, scope, name, step))
        if not after and name not in _helpers(scope.steps.values()):
            after = dict(scope.first)
        if not check_kind(step, key, made.findings):
            continue
        try:
            inner = replace(scope, conditions=(*scope.conditions, *_own_condition(scope, step)))
            if step.use is None:
                made.drafts.append(_draft(inner, name, step, key, after))
            else:
                _use(made, inner, name, step, after)
        except InvalidInput as error:
            made.findings.error(key, error.message, error.hint)


def _own_condition(scope: Scope, step: StepWritten) -> Iterator[When]:
    node = step.entry("when")
    if step.when is not None and node is not None:
        yield When(written_in(step.when, scope.arguments, scope.path, scope.siblings), node)


def _draft(scope: Scope, name: str, step: StepWritten, key: Place, after: Mapping[str, Gap]) -> Draft:
    arguments, consumes, person = (
        written_in(each, scope.arguments, scope.path, scope.siblings)
        for each in (step.arguments, step.consumes, step.person)
    )
    return Draft(
        name=f"{scope.prefix}{name}",
        written=step,
        phase=scope.phase,
        key=key,
        prefix=scope.prefix,
        siblings=scope.siblings,
        named=tuple(scope.phases),
        after=after,
        alias=f"{scope.path}{name}" if scope.path else "",
        conditions=scope.conditions,
        person=person,
        arguments=arguments,
        consumes=consumes,
    )


def _use(made: Flattened, scope: Scope, name: str, step: StepWritten, after: Mapping[str, Gap]) -> None:
    """The steps of a template, as often as it is repeated."""
    template = made.uses.template(step, scope.trail)
    if template is None:
        return
    path = f"{scope.path}{name}."
    given = written_in(step.with_, scope.arguments, scope.path, scope.siblings)
    arguments = made.uses.arguments(step, template, given, path.replace(".", "__"))
    until = written_in(step.repeat.until if step.repeat else None, scope.arguments, scope.path, scope.siblings)
    check_loop(step, until, path, made.findings)
    first, begun = after, len(made.drafts)
    for turn in range(1, (step.repeat.at_most if step.repeat else 1) + 1):
        prefix = f"{scope.prefix}{name}__" + (f"{turn}__" if step.repeat else "")
        conditions = (*scope.conditions, *turn_condition(step, until, made.drafts[begun:]))
        phases = dict.fromkeys(template.names("steps"), scope.phase)
        inner = Scope(template, "steps", scope.phase, template.steps, phases, prefix, path, arguments, conditions)
        if len(made.drafts) + len(template.steps) > MAXIMUM_STEPS:
            message = f"The templates make more than {MAXIMUM_STEPS} steps."
            made.findings.error(step.key("repeat" if step.repeat else "use"), message, "Repeat less often.")
            return
        _write_out(made, replace(inner, first=first, trail=(*scope.trail, step.use or "")))
        first = dict.fromkeys(made.uses.ends(template, prefix, (*scope.trail, step.use or "")), Gap())


def _helpers(steps: Iterable[StepWritten]) -> set[str]:
    """The steps that are for the failures of others."""
    return {name for each in steps for name in (each.otherwise, *each.recover) if name is not None}


def _waits(made: Flattened, scope: Scope, name: str, step: StepWritten) -> Iterator[tuple[str, Gap]]:
    """What a step waits for, without what it cannot wait for."""
    order = list(PHASES)
    for other, gap, place in waits(step):
        phase = scope.phases.get(other)
        if phase is None:
            made.findings.error(place, f"There is no step {other}.", instead(other, scope.phases))
        elif order.index(phase) > order.index(scope.phase):
            message = f"{name} can never begin: {other} belongs to the {_SHOWN[phase]}, which comes later."
            made.findings.error(place, message, f"Take {other} out, or move one of the two.")
        elif scope.phase == "clean_up" and phase != scope.phase:
            message = f"The clean-up begins after all else, whatever became of {other}."
            made.findings.error(place, message, f"Take {other} out: that goes without saying.")
        else:
            sibling = scope.siblings.get(other)
            ends = [] if sibling is None else made.uses.ends_of(other, sibling, scope.prefix, scope.trail)
            yield from ((end, gap_of(gap)) for end in (ends or [f"{scope.prefix}{other}"]))


_SHOWN: Mapping[Phase, str] = {"preparation": "preparation", "main": "steps", "clean_up": "clean-up"}
