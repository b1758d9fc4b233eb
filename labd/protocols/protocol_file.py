"""The protocol file: from text to `Protocol`."""

from __future__ import annotations

from labd.domain.problem import Problem
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.protocols.batch import batch
from labd.protocols.cells import Table
from labd.protocols.conditions import with_conditions
from labd.protocols.constraints import check_choices, check_pool, constraints
from labd.protocols.document import parse
from labd.protocols.findings import Finding, Findings
from labd.protocols.flattening import Flattened, flatten
from labd.protocols.goals import Signatures, analysis, outcomes
from labd.protocols.limits import hazard, stopping
from labd.protocols.matter import labware
from labd.protocols.planned import context, cost, fidelity, settings
from labd.protocols.points import constants, parameters, per
from labd.protocols.pool import pool
from labd.protocols.reading import read_file
from labd.protocols.soundness import unsound
from labd.protocols.space import Space
from labd.protocols.steps import Done, check_steps
from labd.protocols.wanted import limits, objectives
from labd.protocols.written import ProtocolWritten


def load_protocol(
    text: str,
    file: str = "protocol.yaml",
    workcell: Workcell | None = None,
    analysis: Signatures | None = None,
    table: Table | None = None,
) -> Protocol:
    """The protocol that the text says. Raises `InvalidFile` with all that is wrong.

    Against a `workcell` the steps are checked, against the signatures in `analysis` (by function) the analysis. The
    points of a `table` take the place of the pool in the text.
    """
    findings = Findings(file)
    protocol = _protocol(text, workcell, analysis, table, findings)
    findings.refuse_errors()
    if protocol is None:
        raise AssertionError("a file without errors says a protocol")
    return protocol


def check_protocol(
    text: str,
    file: str = "protocol.yaml",
    workcell: Workcell | None = None,
    analysis: Signatures | None = None,
    table: Table | None = None,
) -> tuple[Finding, ...]:
    """All that is wrong, and the warnings, from the top of the file to its end; then those in a `table` of its own."""
    findings = Findings(file)
    _protocol(text, workcell, analysis, table, findings)
    return findings.in_order()


def _protocol(
    text: str, workcell: Workcell | None, signatures: Signatures | None, table: Table | None, findings: Findings
) -> Protocol | None:
    tree = parse(text, findings, "protocol")
    if tree is None:
        return None
    written = read_file(ProtocolWritten, tree, findings)
    _check_head(written, workcell, findings)
    flat = flatten(written, findings)
    space = _space(written, flat, table, findings)
    labwares = labware(written, workcell, findings)
    together = batch(written, space, workcell, findings)
    done = check_steps(written, flat.drafts, space, workcell, findings)
    measured = outcomes(written, findings)
    learnt = analysis(written, done.results, signatures, findings)
    wanted = objectives(written, findings)
    kept = limits(written, measured, findings)
    enough = stopping(written, wanted, workcell, findings)
    planned = settings(written.planner, findings)
    costs = cost(written.cost, space.parameters, findings)
    truth = fidelity(written, space.parameters, findings)
    given = context(written, space.parameters, findings)
    danger = hazard(written, workcell, findings)
    if any(each.severity == "error" for each in findings.found):
        return None
    protocol = Protocol(
        name=written.protocol,
        title=written.title,
        description=written.description,
        version=written.version,
        workcell=written.workcell,
        problem=Problem(
            parameters=tuple(space.parameters.values()),
            objectives=wanted,
            pool=None if space.pool is None else tuple(dict(each) for each in space.pool),
            constraints=tuple(space.constraints),
            batch=together.trials if together else 1,
            limits=kept,
            cost=costs,
            fidelity=truth,
            context=given,
            settings=planned,
        ),
        constants={name: value for name, (value, _) in space.constants.items()},
        constant_units={name: unit for name, (_, unit) in space.constants.items() if unit},
        steps=done.steps(),
        labware=labwares,
        batch=together,
        analysis=learnt,
        outcomes=measured,
        stopping=enough,
        hazard=danger,
        runs_per_trial=written.runs_per_trial,
    )
    if workcell is not None:
        _check_whole(protocol, workcell, written, done, findings)
    return protocol


def _check_whole(
    protocol: Protocol, workcell: Workcell, written: ProtocolWritten, done: Done, findings: Findings
) -> None:
    drafts = {each.name: each for each in done.drafts}
    for each in unsound(protocol, workcell):
        draft = drafts[each.step] if each.step else None
        if draft is None:
            place = written.key(*each.keys)
        else:
            place = draft.written.key(*each.keys) if draft.written.entry(*each.keys[:1]) and each.keys else draft.key
        tell = findings.error if each.severity == "error" else findings.warning
        tell(place, each.message, each.remedy)


def _space(written: ProtocolWritten, flat: Flattened, table: Table | None, findings: Findings) -> Space:
    known = with_conditions(written, parameters(written, findings), findings)
    kept = constraints(written, known, findings)
    check_choices(written, known, kept, findings)
    points = pool(written, table, known, findings)
    check_pool(table.place if table else written.at("pool"), points, kept, findings)
    return Space(
        parameters=known,
        constants={**constants(written, findings), **flat.uses.constants},
        pool=points,
        constraints=kept,
        named=[*written.names("parameters"), *written.names("constants"), *flat.uses.constants, *flat.uses.unknown],
        per={name: per(each) for name, each in written.parameters.items() if each.is_sound("per")},
        has_samples=written.entry("batch") is not None,
    )


def _check_head(written: ProtocolWritten, workcell: Workcell | None, findings: Findings) -> None:
    if workcell is not None and written.workcell is not None and written.workcell != workcell.name:
        message = f"This protocol is written for the workcell {written.workcell}, and this one is {workcell.name}."
        findings.error(written.at("workcell"), message, f"Write {workcell.name}, or load the other workcell.")
    if written.entry("stopping") is None:
        message = "Nothing stops this campaign but a person."
        findings.warning(written.key("protocol"), message, "Write `stopping: {trials: 30}` or the like.")
