"""The workcell file: from text to `Workcell`."""

from __future__ import annotations

from labd.domain.capability import Capability, Recovery, Slot
from labd.domain.workcell import DriverProcess, Role, Workcell, WorkcellInstrument
from labd.protocols.amounts import distance, in_unit
from labd.protocols.document import parse
from labd.protocols.findings import Finding, Findings, instead
from labd.protocols.quantities import same_dimension
from labd.protocols.reading import read_file
from labd.protocols.room import labware_types, locations, stock
from labd.protocols.safety import incompatible, interlocks, joint_limits, policy, rate_limits
from labd.protocols.written import CapabilityWritten, ResultWritten, SlotWritten, WorkcellWritten


def load_workcell(text: str, file: str = "workcell.yaml") -> Workcell:
    """The workcell that the text says. Raises `InvalidFile` with all that is wrong."""
    findings = Findings(file)
    workcell = _workcell(text, findings)
    findings.refuse_errors()
    if workcell is None:
        raise AssertionError("a file without errors says a workcell")
    return workcell


def check_workcell(text: str, file: str = "workcell.yaml") -> tuple[Finding, ...]:
    """All that is wrong, and the warnings, from the top of the file to its end."""
    findings = Findings(file)
    _workcell(text, findings)
    return findings.in_order()


def _workcell(text: str, findings: Findings) -> Workcell | None:
    tree = parse(text, findings, "workcell")
    if tree is None:
        return None
    written = read_file(WorkcellWritten, tree, findings)
    roles = {
        name: Role(
            capabilities=tuple(_capability(each, of, findings) for each, of in role.capabilities.items()),
            costs={each: of.cost for each, of in role.capabilities.items() if of.cost},
        )
        for name, role in written.roles.items()
        if role.capabilities
    }
    _check_instruments(written, findings)
    matter = {
        "locations": locations(written, findings),
        "labware": labware_types(written),
        "stock": stock(written, findings),
    }
    envelope = {
        "joint_limits": joint_limits(written, roles, findings),
        "rate_limits": rate_limits(written, roles, findings),
        "incompatible": incompatible(written, roles, findings),
        "interlocks": interlocks(written, findings),
        "hazard": policy(written),
    }
    if any(each.severity == "error" for each in findings.found):
        return None
    instruments = {
        name: WorkcellInstrument(
            roles=tuple(each.roles),
            driver=DriverProcess(type=each.driver.type, options=each.driver.options) if each.driver else None,
            location=each.location,
        )
        for name, each in written.instruments.items()
    }
    head = {"name": written.workcell, "title": written.title}
    return Workcell.model_validate({**head, "roles": roles, "instruments": instruments, **matter, **envelope})


def _check_instruments(written: WorkcellWritten, findings: Findings) -> None:
    known = written.names("roles")
    filled = set()
    for name, instrument in written.instruments.items():
        for place, role in enumerate(instrument.roles):
            filled.add(role)
            if role not in known:
                message = f"{name} fills the role {role}, which is not among the roles."
                findings.error(instrument.at("roles", place), message, instead(role, known))
    for name in written.roles:
        if name not in filled:
            remedy = f"Write {name} among the roles of an instrument, or take the role out."
            findings.warning(written.key("roles", name), f"No instrument fills the role {name}.", remedy)


def _capability(name: str, written: CapabilityWritten, findings: Findings) -> Capability:
    if written.typical > written.maximum:
        message = f"It usually takes {written.typical:g} s, more than its maximum of {written.maximum:g} s."
        findings.error(written.at("typical"), message, "Write a longer maximum.")
    return Capability(
        name=name,
        description=written.description,
        arguments={each: _slot(of, findings) for each, of in written.arguments.items()},
        results={each: _result(each, of, written, findings) for each, of in written.results.items()},
        typical_s=written.typical,
        maximum_s=written.maximum,
        recovery=Recovery(written.recovery),
        cancellable=written.cancellable,
    )


def _result(name: str, written: ResultWritten, of: CapabilityWritten, findings: Findings) -> Slot:
    slot = _slot(written, findings)
    limits = {
        key: in_unit(written, key, said, written.unit, findings)
        for key, said in (("detection", written.detection), ("saturation", written.saturation))
    }
    detection, saturation = limits.values()
    if detection is not None and saturation is not None and detection >= saturation:
        message = f"The detection limit {written.detection} is not below saturation, {written.saturation}."
        findings.error(written.at("detection"), message, "Exchange the two.")
        limits = {}
    if any(limits.values()) and written.type not in ("number", "integer"):
        message = f"{name} is of type {written.type}: only a number is censored."
        findings.error(written.key("detection" if detection else "saturation"), message, "Take it out.")
    if written.reads_back and written.reads_back not in of.arguments:
        message = f"{name} reads back {written.reads_back}, which is not among the arguments."
        findings.error(written.at("reads_back"), message, instead(written.reads_back, of.names("arguments")))
    elif written.reads_back and not _alike(written, of.arguments[written.reads_back]):
        message = f"{name} reads back {written.reads_back}, but is no number of the same kind."
        findings.error(written.at("reads_back"), message, "Give both units of the same dimension.")
    tolerance = distance(written, "tolerance", written.tolerance, written.unit, findings)
    if written.tolerance and not written.reads_back:
        findings.error(written.key("tolerance"), f"{name} reads nothing back.", "Write `reads_back:` and an argument.")
    return slot.model_copy(update={**limits, "reads_back": written.reads_back or "", "tolerance": tolerance})


def _alike(result: ResultWritten, argument: SlotWritten) -> bool:
    numbers = {"number", "integer"}
    return {result.type, argument.type} <= numbers and same_dimension(result.unit, argument.unit)


def _slot(written: SlotWritten | ResultWritten, findings: Findings) -> Slot:
    low = in_unit(written, "low", written.low, written.unit, findings)
    high = in_unit(written, "high", written.high, written.unit, findings)
    if written.options and written.type != "string":
        findings.error(written.key("options"), f"A {written.type} has no options.", "Write type: string.")
    if low is not None and high is not None and low > high:
        message = f"The lower bound {written.low} is above the upper bound {written.high}."
        findings.error(written.at("low"), message, f"Write low: {written.high}, high: {written.low}.")
        low = high = None
    return Slot(
        type=written.type,
        unit=written.unit,
        low=low,
        high=high,
        options=tuple(written.options),
        optional=written.optional,
        description=written.description,
    )
