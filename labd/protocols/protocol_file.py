"""The protocol file: from text to `Protocol`."""

from __future__ import annotations

from labd.domain.problem import PlannerSettings, Problem
from labd.domain.protocol import Protocol, Stopping
from labd.domain.workcell import Workcell
from labd.protocols.argument_checks import Space
from labd.protocols.document import parse
from labd.protocols.findings import Finding, Findings
from labd.protocols.goals import Signatures, analysis, objectives, outcomes
from labd.protocols.points import constants, parameters, pool
from labd.protocols.reading import read_file
from labd.protocols.steps import steps
from labd.protocols.written import ProtocolWritten


def load_protocol(
    text: str, file: str = "protocol.yaml", workcell: Workcell | None = None, analysis: Signatures | None = None
) -> Protocol:
    """The protocol that the text says. Raises `InvalidFile` with all that is wrong.

    Against a `workcell` the steps are checked, against the signatures in `analysis` (by function) the analysis.
    """
    findings = Findings(file)
    protocol = _protocol(text, workcell, analysis, findings)
    findings.refuse_errors()
    if protocol is None:
        raise AssertionError("a file without errors says a protocol")
    return protocol


def check_protocol(
    text: str, file: str = "protocol.yaml", workcell: Workcell | None = None, analysis: Signatures | None = None
) -> tuple[Finding, ...]:
    """All that is wrong, and the warnings, from the top of the file to its end."""
    findings = Findings(file)
    _protocol(text, workcell, analysis, findings)
    return findings.in_order()


def _protocol(
    text: str, workcell: Workcell | None, signatures: Signatures | None, findings: Findings
) -> Protocol | None:
    tree = parse(text, findings, "protocol")
    if tree is None:
        return None
    written = read_file(ProtocolWritten, tree, findings)
    _check_head(written, workcell, findings)
    known = parameters(written, findings)
    fixed = constants(written, findings)
    points = pool(written, known, findings)
    space = Space(known, fixed, points, [*written.names("parameters"), *written.names("constants")])
    done = steps(written, space, workcell, findings)
    measured = outcomes(written, findings)
    learnt = analysis(written, workcell, signatures, findings)
    wanted = objectives(written, findings)
    if any(each.severity == "error" for each in findings.found):
        return None
    settings = written.planner
    stopping = written.stopping
    return Protocol(
        name=written.protocol,
        title=written.title,
        description=written.description,
        version=written.version,
        workcell=written.workcell,
        problem=Problem(
            parameters=tuple(known.values()),
            objectives=wanted,
            pool=points,
            settings=PlannerSettings(initial=settings.initial, parallel=settings.parallel)
            if settings
            else PlannerSettings(),
        ),
        constants={name: value for name, (value, _) in fixed.items()},
        constant_units={name: unit for name, (_, unit) in fixed.items() if unit},
        steps=done,
        analysis=learnt,
        outcomes=measured,
        stopping=Stopping(trials=stopping.trials, consecutive_failures=stopping.consecutive_failures)
        if stopping
        else Stopping(),
        runs_per_trial=written.runs_per_trial,
    )


def _check_head(written: ProtocolWritten, workcell: Workcell | None, findings: Findings) -> None:
    if workcell is not None and written.workcell is not None and written.workcell != workcell.name:
        message = f"This protocol is written for the workcell {written.workcell}, and this one is {workcell.name}."
        findings.error(written.at("workcell"), message, f"Write {workcell.name}, or load the other workcell.")
    if written.entry("stopping") is None:
        message = "Nothing stops this campaign but a person."
        findings.warning(written.key("protocol"), message, "Write `stopping: {trials: 30}` or the like.")
