"""Quantities as operators write them: `3 mL/min`, `30 degC`, `5 %`. pint knows the units; it is loaded on first use.

pint's own parser evaluates powers of any height, so only text that looks like a unit reaches it.
"""

from __future__ import annotations

import difflib
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from labd.domain.errors import InvalidInput

if TYPE_CHECKING:
    import pint

_NAME = r"[A-Za-zµμ°ΩΩÅ%_][A-Za-zµμ°ΩΩÅ%_0-9]{0,39}"
_FACTOR = rf"\(*{_NAME}(?:\s?(?:\^|\*\*)\s?-?\d)?\)*(?:(?:\^|\*\*)-?\d)?"
_UNIT = re.compile(rf"(?:1\s?/\s?)?{_FACTOR}(?:\s?[*/]\s?{_FACTOR}){{0,7}}")
NUMBER = r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?"
"""A number as a pattern; bounded, so that no text takes long."""
_QUANTITY = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*")


_COMMON = re.findall(
    r"\S+",
    "s min hour day nL uL mL L ng ug mg g kg mol mmol nm um mm cm m degC kelvin Pa kPa mbar bar percent ppm rpm V mV "
    "A mA W J Hz degree second minute liter milliliter meter gram watt volt ampere degree_Celsius",
)
"""What a misspelt unit is compared with: pint knows thousands, and one of them is always near."""


_MAKING = threading.Lock()
"""Files are read in a thread while runs are compiled in another: neither makes a second registry."""


class Amount(NamedTuple):
    """A number and the unit it was written with; an empty unit where none was written."""

    value: float
    unit: str

    def __str__(self) -> str:
        """As an operator would write it."""
        return f"{self.value:g} {self.unit}".strip()


def registry() -> pint.UnitRegistry[Any]:
    """The one registry of units of this process: quantities of two registries do not mix."""
    with _MAKING:
        return _registry()


@cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    return pint.UnitRegistry()


@cache
def unit(text: str) -> pint.Unit:
    """pint's unit; raises `InvalidInput` when there is no such unit."""
    import pint

    if text and not _UNIT.fullmatch(text):
        raise InvalidInput(f"{text[:60]!r} is no unit.", "Write one as in mL/min, degC, mol/L or m^2.")
    try:
        return registry().parse_units(text)
    except pint.UndefinedUnitError as error:
        wrong = str(error).partition("'")[2].partition("'")[0]
        raise InvalidInput(f"There is no unit {wrong}.", _unit_instead(wrong)) from error
    except Exception as error:  # pint's parser raises what its tokenizer raises
        raise InvalidInput(f"{text!r} is no unit.", "Write one as in mL/min, degC, mol/L or m^2.") from error


def amount(text: str) -> Amount | None:
    """The quantity that a text says, or None when it does not begin with a number.

    Raises `InvalidInput` when what follows the number is no unit.

    >>> amount("3 mL/min"), amount("L3")
    (Amount(value=3.0, unit='mL/min'), None)
    """
    match = _QUANTITY.fullmatch(text) if len(text) <= 200 else None
    if match is None:
        return None
    unit(match[2])
    return Amount(float(match[1]), match[2])


def same_dimension(one: str, other: str) -> bool:
    """Whether a quantity in one unit can be written in the other."""
    return bool(unit(one).dimensionality == unit(other).dimensionality)


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """The value in another unit; raises `InvalidInput` when the dimensions differ.

    >>> convert(30, "degC", "K"), convert(10, "min", "s")
    (303.15, 600.0)
    """
    if from_unit == to_unit:
        return value
    if not same_dimension(from_unit, to_unit):
        wanted = f"a quantity in {to_unit}" if to_unit else "a number without a unit"
        raise InvalidInput(f"{from_unit or 'a number without a unit'} is not {wanted}.", f"Write it in {to_unit}.")
    return float(registry().Quantity(value, unit(from_unit)).to(unit(to_unit)).magnitude)


def _unit_instead(wrong: str) -> str:
    near = difflib.get_close_matches(wrong, _COMMON, n=2)
    return (
        f"Write {' or '.join(near)}."
        if near
        else "Write a unit as pint spells it, such as mL/min, degC, mol/L or percent."
    )
