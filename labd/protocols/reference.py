"""The reference of the two files, in Markdown, made of the classes that read them."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic.fields import FieldInfo

from labd.protocols import written
from labd.protocols.arithmetic import MAXIMUM_POWER, PUBLIC
from labd.protocols.expressions import MAXIMUM_LENGTH
from labd.protocols.written import ProtocolWritten, WorkcellWritten, Written

_UNITS = """\
## Quantities

A quantity is a number and a unit as [pint](https://pint.readthedocs.io) spells it: `3 mL/min`, `30 degC`, `5 %`. A bare
number is a number without a unit; where a unit is declared beside it (`unit:`), it is in that unit. labd converts
between units of the same kind, and refuses to mix kinds.
"""
_EXPRESSIONS = f"""\
## Expressions

Within the arguments of a step, `${{...}}` is worked out for each run:

- the parameters and constants by name, with their units;
- `run.id` and `trial.id`, which are texts;
- `steps.<step>.<result>`, what an earlier step gave; the step must come `after` that one, directly or not;
- `+ - * / // % **`, comparisons, `and or not`, `a if condition else b`, parentheses;
- the functions {", ".join(f"`{name}`" for name in PUBLIC)} (`log` is the natural logarithm).

A text that is one expression and nothing else has the value of the expression; between other words, the value is
written into the text. An expression has at most {MAXIMUM_LENGTH} characters, and no exponent beyond
{MAXIMUM_POWER}.

Units are part of the value: `${{flow * residence_time}}` is a volume. A bare number beside a quantity in a sum, a
difference, a comparison, `min` or `max` is in that quantity's own unit: with a temperature in degC,
`${{temperature + 5}}` is five degrees more, and with a volume in mL, `${{max(volume, 1)}}` is at least 1 mL. To
multiply or divide a temperature in degC or degF is refused, since its zero is no zero; give the parameter
`unit: kelvin` for that. The result is converted to the unit of the capability's argument. Within lists and mappings
(an argument of type `array` or `object`) a quantity becomes a number in its own unit.
"""


def protocol_reference() -> str:
    """The reference of the protocol file."""
    head = "# The protocol file\n\n" + _opening(ProtocolWritten, "labd/protocols/written/")
    return "\n".join([head, *_sections(ProtocolWritten, "The whole"), _UNITS, _EXPRESSIONS])


def workcell_reference() -> str:
    """The reference of the workcell file."""
    head = "# The workcell file\n\n" + _opening(WorkcellWritten, "labd/protocols/written/")
    return "\n".join([head, *_sections(WorkcellWritten, "The whole"), _UNITS])


def _opening(model: type[Written], source: str) -> str:
    return (
        f"{inspect.getdoc(model)}\n\n"
        "`labd check FILE` says what is wrong in a file: line, column, and what to write instead. Names are made of\n"
        f"small letters, digits and underscores, a letter first. This page is made from `{source}`.\n"
    )


def _sections(root: type[Written], title: str) -> Iterator[str]:
    """A table for each part of the file, the whole first."""
    yield _table(root, title)
    told = {root}
    waiting = [root]
    while waiting:
        for field in waiting.pop(0).model_fields.values():
            for part in _parts(_full(field)):
                if part not in told:
                    told.add(part)
                    waiting.append(part)
                    yield _table(part, _title(part))


def _title(part: type[Written]) -> str:
    name = part.__name__.removesuffix("Written")
    kinds = {"ContinuousWritten", "IntegerWritten", "DiscreteWritten", "CategoricalWritten"}
    return f"Parameter: {name.lower()}" if part.__name__ in kinds else name


def _table(part: type[Written], title: str) -> str:
    lines = [f"## {title}\n", f"{inspect.getdoc(part)}\n", "| key | value | default | meaning |", "|---|---|---|---|"]
    for name, field in part.model_fields.items():
        meaning = " ".join((field.description or "").split())
        default = "**required**" if field.is_required() else _default(field)
        lines.append(f"| `{name}` | {_kind(_full(field))} | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.default in (None, "", [], {}):
        return ""
    if field.metadata and _full(field) == written.Duration:
        return f"`{field.default:g} s`"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _full(field: FieldInfo) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _parts(annotation: Any) -> Iterator[type[Written]]:
    """The parts of a file that an entry is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Written):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _parts(argument)


def _kind(annotation: Any) -> str:
    """What may be written, in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    plain = next((words for known, words in _PLAIN if annotation in (known, known | None)), None)
    if plain or not arguments:
        return plain or _title(annotation).lower()
    if origin in (typing.Union, types.UnionType):
        kinds = dict.fromkeys(_kind(each) for each in arguments if each is not types.NoneType)
        return "a parameter of one of the types below" if len(kinds) > 3 else " or ".join(kinds)
    if origin is Annotated:
        is_name = any(getattr(each, "pattern", None) == written.NAME for each in arguments[1:])
        return "name" if is_name else _kind(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    return f"by name: {_kind(arguments[1])}" if origin is dict else f"list of {_kind(arguments[0])}"


_PLAIN: list[tuple[Any, str]] = [
    (written.Quantity, "quantity"),
    (written.Duration, "duration"),
    (written.Unit, "unit"),
    (written.Name, "name"),
    (str, "text"),
    (int, "whole number"),
    (float, "number"),
    (bool, "`true`, `false`"),
    (Any, "anything"),
]
