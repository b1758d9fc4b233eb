"""Trials that share a run: how many samples, in which wells, with which controls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from labd.domain.errors import InvalidInput
from labd.domain.matter import LabwareType
from labd.domain.problem import Categorical, Integer, Scalar
from labd.domain.samples import Batch, Control
from labd.domain.workcell import Workcell
from labd.protocols.compilation import Parameter
from labd.protocols.findings import Findings, instead
from labd.protocols.matter import type_of
from labd.protocols.quantities import amount, convert
from labd.protocols.space import Space
from labd.protocols.written import BatchWritten, ControlWritten, ProtocolWritten, WellsWritten

PLATE = LabwareType(rows=32, columns=48)
"""The largest there is: what wells may be called where the type of the labware is not known."""


def batch(written: ProtocolWritten, space: Space, workcell: Workcell | None, findings: Findings) -> Batch | None:
    """The batch, without what is wrong in it; None where there is none."""
    each = written.batch
    if each is None:
        _check_lone(written, findings)
        return None
    known = written.names("labware")
    if each.labware is not None and each.labware not in known:
        remedy = instead(each.labware, known) or "Write it into `labware:`, with its type and where it starts."
        findings.error(each.at("labware"), f"The protocol has no labware {each.labware}.", remedy)
        return None
    kind = type_of(written, each.labware, workcell)
    wells = _wells_in_use(each, kind, findings)
    if each.size is None and each.labware is None:
        findings.error(each.key(), "Nothing says how many samples go in.", "Write `size:`, or `labware:`.")
        return None
    if not wells and each.labware is not None and kind is not None:
        return None
    if each.size is None and kind is None and not wells:
        return Batch(size=1, labware=each.labware)  # the wells are not known until there is a workcell
    size = each.size or len(wells)
    used = wells[:size]
    controls = tuple(
        control
        for name, of in each.controls.items()
        if (control := _control(name, of, each, used, kind, space, findings))
    )
    _check_room(each, size, wells, controls, findings)
    return Batch(
        size=size,
        labware=each.labware,
        wells=tuple(wells[:size]),
        controls=controls,
        replicates=each.replicates,
        layout=each.layout,
    )


def _check_lone(written: ProtocolWritten, findings: Findings) -> None:
    """Without a batch nothing belongs to one."""
    for section in ("parameters", "preparation", "steps", "clean_up"):
        for name, part in getattr(written, section).items():
            if part.entry("per") is not None:
                message = f"There is no batch that {name} could be for."
                findings.warning(part.key("per"), message, "Write `batch:`, or take it out.")


def _wells_in_use(each: BatchWritten, kind: LabwareType | None, findings: Findings) -> list[str]:
    if each.labware is None:
        if each.entry("wells") is not None:
            findings.error(each.key("wells"), "There are no wells without labware.", "Write `labware:` beside it.")
        return []
    if each.entry("wells") is None:
        return list(kind.wells) if kind else []
    return _wells(each, kind or PLATE, findings)


def _wells(part: BatchWritten | ControlWritten, kind: LabwareType, findings: Findings) -> list[str]:
    """The wells that a part names, by row; those that there are."""
    known = kind.wells
    if isinstance(part.wells, list):
        sound = []
        for place, well in enumerate(part.wells):
            if well not in known:
                message = f"There is no well {well}: they go from {known[0]} to {known[-1]}."
                findings.error(part.at("wells", place), message, instead(well, known[:1] + known[-1:]))
            elif well in part.wells[:place]:
                findings.error(part.at("wells", place), f"The well {well} is named twice.", "Name it once.")
            else:
                sound.append(well)
        return [well for well in known if well in sound] if isinstance(part, BatchWritten) else sound
    return _rectangle(part.wells, kind, findings)


def _rectangle(part: WellsWritten, kind: LabwareType, findings: Findings) -> list[str]:
    letters = list(dict.fromkeys(re.sub(r"\d", "", well) for well in kind.wells))
    numbers = [str(each) for each in range(1, kind.columns + 1)]
    rows = _range(part, "rows", part.rows, letters, findings)
    columns = _range(part, "columns", None if part.columns is None else str(part.columns), numbers, findings)
    return [f"{row}{column}" for row in rows for column in columns]


def _range(part: WellsWritten, key: str, said: str | None, known: Sequence[str], findings: Findings) -> list[str]:
    if said is None:
        return list(known)
    first, _, last = (each.strip() for each in said.partition("-"))
    last = last or first
    for end in (first, last):
        if end not in known:
            message = f"There are no {key} {said}: they go from {known[0]} to {known[-1]}."
            findings.error(part.at(key), message, f"Write {known[0]}-{known[-1]} or less of them.")
            return []
    if known.index(first) > known.index(last):
        findings.error(part.at(key), f"{said} is upside down.", f"Write {last}-{first}.")
        return []
    return list(known[known.index(first) : known.index(last) + 1])


# --- controls


def _control(
    name: str,
    each: ControlWritten,
    of: BatchWritten,
    wells: Sequence[str],
    kind: LabwareType | None,
    space: Space,
    findings: Findings,
) -> Control | None:
    own = _wells(each, kind or PLATE, findings) if each.entry("wells") is not None else []
    for well in own:
        if wells and well not in wells:
            findings.error(each.at("wells"), f"The well {well} is not in use.", "Write one of the batch's `wells:`.")
            return None
    if own and of.labware is None:
        findings.error(each.key("wells"), "There are no wells without labware.", "Write `labware:` at the batch.")
        return None
    count = len(own) if own and each.entry("count") is None else each.count
    if own and len(own) != count:
        message = f"{name} has {count} samples and {len(own)} wells."
        findings.error(each.at("count"), message, f"Write count: {len(own)}.")
        return None
    values = _values(name, each, space, findings)
    return Control(name=name, kind=each.kind, parameters=values, count=count, wells=tuple(own))


def _values(name: str, each: ControlWritten, space: Space, findings: Findings) -> dict[str, Scalar]:
    made: dict[str, Scalar] = {}
    for parameter, value in each.parameters.items():
        if parameter not in space.per:
            message = f"There is no parameter {parameter}."
            findings.error(each.key("parameters", parameter), message, instead(parameter, space.per))
        elif space.per[parameter] != "sample":
            message = f"{parameter} is the same for the whole batch, {name} included."
            findings.error(each.key("parameters", parameter), message, "Take it out.")
        elif parameter in space.parameters:
            try:
                made[parameter] = free_value(space.parameters[parameter], value)
            except InvalidInput as error:
                findings.error(each.at("parameters", parameter), error.message, error.hint)
    return made


def free_value(parameter: Parameter, value: Any) -> Scalar:
    """A value in the parameter's unit that need not lie within the bounds of the search. Raises `InvalidInput`."""
    if isinstance(parameter, Categorical):
        if not isinstance(value, str):
            raise InvalidInput(f"{value} is no text.", f'Write "{value}" in quotes.')
        return value
    said = amount(value) if isinstance(value, str) else None
    if said is not None:
        value = convert(said.value, said.unit or parameter.unit, parameter.unit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(
            f"{parameter.name} cannot be {value!r}.", f"Write a number, as in 0 {parameter.unit}.".strip()
        )
    if isinstance(parameter, Integer) and not float(value).is_integer():
        raise InvalidInput(f"{parameter.name} cannot be {value!r}.", "Write a whole number.")
    return int(value) if isinstance(parameter, Integer) else float(value)


def _check_room(
    each: BatchWritten, size: int, wells: Sequence[str], controls: Sequence[Control], findings: Findings
) -> None:
    if wells and size > len(wells):
        message = f"{size} samples do not fit into {len(wells)} wells."
        findings.error(each.at("size"), message, f"Write {len(wells)} or less.")
        return
    claimed: Mapping[str, str] = {}
    for control in controls:
        for well in control.wells:
            if well in claimed:
                message = f"The well {well} is {claimed[well]}'s already."
                findings.error(each.at("controls", control.name, "wells"), message, "Name another one.")
            claimed = {**claimed, well: control.name}
    left = size - sum(control.count for control in controls)
    if left < each.replicates:
        message = f"Of {size} samples {max(left, 0)} are left for trials, and each trial takes {each.replicates}."
        place = each.key("controls") if controls else each.at("replicates")
        findings.error(place, message, "Write fewer controls or replicates, or a larger batch.")
    elif left % each.replicates and len(controls) == len(each.controls):
        message = f"{left % each.replicates} of {size} samples stay empty: {each.replicates} go to each trial."
        findings.warning(each.at("replicates"), message, "Write another size, or another count of controls.")
