"""How a campaign is planned: what trials cost, how true they are, what is given, and who proposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Cost, Fidelity, PlannerSettings, Scalar, Share
from labd.protocols.compilation import Parameter
from labd.protocols.findings import Findings, instead
from labd.protocols.points import scalar
from labd.protocols.written import CostWritten, PlannerWritten, ProposerWritten, ProtocolWritten

KINDS = ("planner", "sobol", "grid", "random", "person", "agent", "service")


def settings(written: PlannerWritten | None, findings: Findings) -> PlannerSettings:
    """How a campaign is planned."""
    if written is None:
        return PlannerSettings()
    shares = [_share(name, each, findings) for name, each in written.proposers.items()]
    named = [each for each in shares if each is not None]
    if named and all(each.kind in ("person", "agent") for each in named):
        message = "Nothing waits for persons and agents: somebody must propose while they do not."
        findings.error(written.key("proposers"), message, "Add `planner: {share: 1}`.")
    return PlannerSettings(
        initial=written.initial,
        parallel=written.parallel,
        ahead=written.ahead,
        strategy=written.strategy,
        robust=written.robust,
        deadline_s=written.deadline,
        apart=written.apart,
        proposers=tuple(named),
        learn_from=tuple(dict.fromkeys(written.learn_from)),
    )


def _share(name: str, each: ProposerWritten, findings: Findings) -> Share | None:
    kind = each.kind or (name if name in KINDS else None)
    if not each.is_sound("kind") or not each.is_sound("url"):
        return None
    if kind is None:
        message = f"It is not said what {name} is."
        findings.error(each.key(), message, f"Write `kind:`, one of {', '.join(KINDS)}.")
        return None
    if kind == "service" and not each.url:
        findings.error(each.key(), f"{name} is a service, and nothing says where it is asked.", "Write `url:`.")
        return None
    if kind != "service" and each.url:
        findings.error(each.key("url"), f"A {kind} is not asked over HTTP.", "Write `kind: service`, or take it out.")
        return None
    if kind != "service" and each.answers_within is not None:
        message = f"Nobody waits for an answer of a {kind} over HTTP."
        findings.error(each.key("answers_within"), message, "Write `kind: service`, or take it out.")
        return None
    made = Share(name=name, kind=kind, share=each.share, url=each.url or "")
    return made if each.answers_within is None else made.model_copy(update={"answers_within_s": each.answers_within})


def cost(written: CostWritten | None, known: Mapping[str, Parameter], findings: Findings) -> Cost | None:
    """What a trial costs; None where all cost the same."""
    if written is None:
        return None
    for name in written.weights:
        if name not in known:
            findings.error(written.key("weights", name), f"There is no parameter {name}.", instead(name, known))
        elif isinstance(known[name], Categorical):
            message = f"{name} is no number."
            findings.error(written.key("weights", name), message, "Write it under `options:`, with a cost for each.")
    for name, costs in written.options.items():
        parameter = known.get(name)
        if parameter is None:
            findings.error(written.key("options", name), f"There is no parameter {name}.", instead(name, known))
        elif not isinstance(parameter, Categorical):
            findings.error(written.key("options", name), f"{name} has no options.", "Write it under `weights:`.")
        else:
            for option in costs:
                if option not in parameter.options:
                    message = f"{name} has no option {option}."
                    findings.error(written.key("options", name, option), message, instead(option, parameter.options))
    return Cost(fixed=written.fixed, weights=written.weights, options=written.options, unit=written.unit)


def fidelity(written: ProtocolWritten, known: Mapping[str, Parameter], findings: Findings) -> Fidelity | None:
    """Which parameter says how true a measurement is."""
    each = written.fidelity
    if each is None:
        return None
    if each.parameter not in written.names("parameters"):
        message = f"There is no parameter {each.parameter}."
        findings.error(each.at("parameter"), message, instead(each.parameter, written.names("parameters")))
    if each.parameter not in known:
        return None
    try:
        return Fidelity(parameter=each.parameter, target=scalar(known[each.parameter], each.target))
    except InvalidInput as error:
        findings.error(each.at("target"), error.message, error.hint)
        return None


def context(written: ProtocolWritten, known: Mapping[str, Parameter], findings: Findings) -> dict[str, Scalar]:
    """What the parameters are that are given and not chosen."""
    given: dict[str, Scalar] = {}
    for name, value in written.context.items():
        parameter = known.get(name)
        if name not in written.names("parameters"):
            message = f"There is no parameter {name}."
            findings.error(written.key("context", name), message, instead(name, written.names("parameters")))
        elif parameter is not None and not parameter.context:
            message = f"{name} is chosen, and not given."
            findings.error(written.key("context", name), message, f"Write `context: true` at {name}.")
        elif parameter is not None:
            given |= _given(written, parameter, value, findings)
    for name, parameter in known.items():
        if parameter.context and name not in written.context:
            message = f"{name} is given, and nothing says what it is."
            findings.error(written.key("parameters", name), message, f"Write `context: {{{name}: ...}}`.")
    return given


def _given(written: ProtocolWritten, parameter: Parameter, value: Any, findings: Findings) -> dict[str, Scalar]:
    try:
        return {parameter.name: scalar(parameter, value)}
    except InvalidInput as error:
        findings.error(written.at("context", parameter.name), error.message, error.hint)
        return {}
