"""Quantities of a file in the unit that is wanted; what is in no such unit is found."""

from __future__ import annotations

from labd.domain.errors import InvalidInput
from labd.protocols.findings import Findings
from labd.protocols.quantities import Amount, convert, registry, unit
from labd.protocols.written import Written


def in_unit(part: Written, key: str, said: Amount | None, of_unit: str, findings: Findings, *keys: str) -> float | None:
    """The entry `key` of a part as a number in the unit; a bare number is in that unit already."""
    if said is None or not said.unit:
        return said.value if said else None
    try:
        return convert(said.value, said.unit, of_unit)
    except InvalidInput as error:
        findings.error(part.at(key, *keys), f"{said}: {error.message}", error.hint)
        return None


def distance(part: Written, key: str, said: Amount | None, of_unit: str, findings: Findings) -> float | None:
    """How far apart, in the unit: 2 K are 2 degC apart, although 2 K is no 2 degC."""
    far = in_unit(part, key, said, of_unit, findings)
    if said is None or far is None or not said.unit:
        return far
    return far - convert(0.0, said.unit, of_unit)


def rate(part: Written, key: str, said: Amount, of_unit: str, findings: Findings) -> float | None:
    """So much of the unit a second: 5 K/min of what is in degC are 0.083 a second."""
    base = registry().Quantity
    wanted = f"{of_unit}/s" if of_unit else "1/s"
    if unit(said.unit).dimensionality != unit(of_unit).dimensionality / unit("s").dimensionality:
        findings.error(
            part.at(key), f"{said} is no change of {of_unit or 'a number'} in time.", f"Write it in {wanted}."
        )
        return None
    one = base(1.0, unit(of_unit)).to_base_units().magnitude - base(0.0, unit(of_unit)).to_base_units().magnitude
    return float(base(said.value, unit(said.unit)).to_base_units().magnitude / one)
