"""From a tree to the classes of `written`, part by part, so that one mistake hides no other.

What is wrong is found, and left out: an optional entry falls back to its default, a part without a required entry is
dropped. Whether a name is *known* is therefore asked of the tree, which has the dropped parts too.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from labd.protocols.document import Node
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.written import Name, Written

AnyWritten = TypeVar("AnyWritten", bound=Written)
_ABSENT = object()
_NAME: TypeAdapter[str] = TypeAdapter(Name)


def read_file(model: type[AnyWritten], node: Node, findings: Findings) -> AnyWritten:
    """The whole file, without what is wrong in it; a required entry that is missing or wrong is empty."""
    return _construct(model, node, _fields(model, node, findings))


def read(model: type[AnyWritten], node: Node, findings: Findings) -> AnyWritten | None:
    """The part that the node says, without what is wrong in it; None when what is left is too little."""
    if not isinstance(node.value, dict):
        findings.error(node.place, f"{_said(node)} is not keys and values.", f"Write {_example(model)}.")
        return None
    values = _fields(model, node, findings)
    if any(field.is_required() and name not in values for name, field in model.model_fields.items()):
        return None
    return _construct(model, node, values)


def _construct(model: type[AnyWritten], node: Node, values: dict[str, Any]) -> AnyWritten:
    required = {name: field for name, field in model.model_fields.items() if field.is_required()}
    empty: dict[str, Any] = {
        name: {dict: {}, list: []}.get(_bare(field.annotation)[0], "") for name, field in required.items()
    }
    part = model.model_construct(**empty | values)
    part._node = node  # set here and nowhere else
    return cast("AnyWritten", part)


def _fields(model: type[Written], node: Node, findings: Findings) -> dict[str, Any]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    for name, entry in node.entries():
        if name not in fields:
            findings.error(entry.key, f"There is no key {name} here.", instead(name, fields))
    values = {name: _field(name, field, node, findings) for name, field in fields.items()}
    return {name: value for name, value in values.items() if value is not _ABSENT}


def _field(name: str, field: FieldInfo, node: Node, findings: Findings) -> Any:
    entry = node.get(name)
    if entry is not None and entry.wrong:
        return _ABSENT
    if entry is None or (entry.value is None and not field.is_required()):
        if field.is_required():
            remedy = f"Write `{name}:`{_meaning(field)}."
            findings.error(node.key, f"The key {name} is missing.", remedy)
        return _ABSENT
    value = _value(field.annotation, entry, findings)
    sized = isinstance(value, dict | list) and isinstance(entry.value, dict | list)
    if sized and not entry.value and any(getattr(each, "min_length", 0) for each in field.metadata):
        findings.error(entry.place, f"{name} is empty.", "Write at least one entry.")
        return _ABSENT
    if value is _ABSENT or (sized and entry.value and not value and field.is_required()):
        return _ABSENT
    if sized or isinstance(value, Written):
        return value
    whole = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return _leaf(whole, entry, findings)


def _value(annotation: Any, node: Node, findings: Findings) -> Any:
    """A part, a mapping of values or a list of values, read one by one; None for a leaf."""
    annotation, arguments = _bare(_shaped(annotation, node))
    if _is_part(annotation):
        part = read(annotation, node, findings)
        return _ABSENT if part is None else part
    if annotation is dict:
        return _mapping(arguments[0], arguments[1], node, findings)
    if annotation is list:
        if not isinstance(node.value, list):
            findings.error(node.place, f"{_said(node)} is no list.", "Write a list, as in [a, b].")
            return _ABSENT
        values = [_entry(arguments[0], item, findings) for item in node.items()]
        if any(value is _ABSENT for value in values) and not _is_part(arguments[0]):
            return _ABSENT  # plain values have no place of their own: their index must be that in the file
        return [value for value in values if value is not _ABSENT]
    return None


def _shaped(annotation: Any, node: Node) -> Any:
    """Of a union of lists, mappings and a text: the one that the node is; the first where it is none of them."""
    members = _members(annotation)
    filled = [each for each in members if _is_part(each) or _bare(each)[0] in (list, dict)]
    if len(members) < 2 or not filled or any(each is not str for each in members if each not in filled):
        return annotation
    if isinstance(node.value, str) and str in members:
        return str
    fitting = [each for each in filled if (_bare(each)[0] is list) == isinstance(node.value, list)]
    return fitting[0] if isinstance(node.value, list | dict) and fitting else filled[0]


def _members(annotation: Any) -> list[Any]:
    """What a union is made of, but for `None`."""
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return []
    return [each for each in typing.get_args(annotation) if each is not types.NoneType]


def _is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Written)


def _mapping(names: Any, inner: Any, node: Node, findings: Findings) -> Any:
    if not isinstance(node.value, dict):
        findings.error(node.place, f"{_said(node)} is not keys and values.", "Write entries, as in {name: value}.")
        return _ABSENT
    entries: dict[str, Any] = {}
    for name, entry in node.entries():
        if names is not str and not is_name(name):
            remedy = "Write small letters, digits and underscores, a letter first, 64 at most."
            findings.error(entry.key, f"{name[:80]!r} cannot be a name.", remedy)
            continue
        value = _entry(inner, entry, findings)
        if value is not _ABSENT:
            entries[name] = value
    return entries


def is_name(text: str) -> bool:
    """Whether the text can be a name."""
    try:
        _NAME.validate_python(text)
    except ValidationError:
        return False
    return True


def _entry(annotation: Any, node: Node, findings: Findings) -> Any:
    if node.wrong:
        return _ABSENT
    if node.value is None and types.NoneType in typing.get_args(annotation):
        return None
    choices = _choices(annotation)
    if choices:
        kind = node.get("type")
        chosen = choices.get(str(kind.value)) if kind else None
        if isinstance(node.value, dict) and chosen is None:
            place = kind.place if kind else node.key
            message = f"There is no type {kind.value}." if kind else "The key type is missing."
            findings.error(place, message, instead(str(kind.value) if kind else "", choices))
            return _ABSENT
        annotation = chosen or next(iter(choices.values()))
    value = _value(annotation, node, findings)
    if value is None:
        return _leaf(annotation, node, findings)
    return value


def _choices(annotation: Any) -> dict[str, type[Written]]:
    """The classes of a union that is told apart by `type`."""
    origin = typing.get_origin(annotation)
    members = _members(typing.get_args(annotation)[0] if origin is Annotated else annotation)
    classes = [each for each in members if _is_part(each)]
    if len(classes) < 2:
        return {}
    return {typing.get_args(each.model_fields["type"].annotation)[0]: each for each in classes}


def _bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The class behind `Annotated` and `| None`, and its arguments."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _bare(arguments[0])
    if origin in (typing.Union, types.UnionType):
        rest = _members(annotation)
        return _bare(rest[0]) if len(rest) == 1 else (annotation, ())
    return (origin or annotation), arguments


def _leaf(annotation: Any, node: Node, findings: Findings) -> Any:
    if annotation is Any:
        return node.plain()
    try:
        return TypeAdapter(annotation, config={"strict": True}).validate_python(node.plain())
    except ValidationError as error:
        first = error.errors()[0]
        message, remedy = _told(first, node)
        findings.error(_within(node, first["loc"]), message, remedy)
        return _ABSENT


def _within(node: Node, loc: tuple[int | str, ...]) -> Place:
    for key in loc:
        inner = node.get(key) if isinstance(key, str) else None
        node = inner or node
    return node.place


def _told(error: Any, node: Node) -> tuple[str, str]:
    context, said = error.get("ctx", {}), _said(node)
    if error["type"] == "labd":
        return context["message"], context["remedy"]
    remedies = {
        "literal_error": f"Write one of: {context.get('expected', '')}.",
        "string_type": f'Write text, in quotes: "{said}".',
        "bool_type": "Write true or false.",
        "int_type": "Write a whole number.",
        "float_type": "Write a number.",
        "greater_than": f"Write a number above {context.get('gt')}.",
        "less_than": f"Write a number below {context.get('lt')}.",
        "greater_than_equal": f"Write {context.get('ge')} or more.",
        "less_than_equal": f"Write {context.get('le')} or less.",
    }
    if error["type"] == "string_pattern_mismatch" and ":" in str(context.get("pattern")):
        return f"{said} names no driver class.", "Write package.module:Class."
    if error["type"].startswith("string_"):
        remedy = remedies.get(error["type"], "Write small letters, digits and underscores, a letter first, 64 at most.")
        return f"{said} is not what is wanted here.", remedy
    return f"{said} is not what is wanted here.", remedies.get(error["type"], f"{error['msg']}.")


def _said(node: Node) -> str:
    if isinstance(node.value, list | dict):
        return "A list" if isinstance(node.value, list) else "A mapping"
    return "Nothing" if node.value is None else str(node.value)[:60]


def _meaning(field: FieldInfo) -> str:
    text = (field.description or "").strip().rstrip(".")
    return f" ({text[:1].lower()}{text[1:]})" if text and len(text) < 80 else ""


def _example(model: type[Written]) -> str:
    keys: Iterator[str] = (name for name, field in model.model_fields.items() if field.is_required())
    return ", ".join(f"`{key}:`" for key in keys) or "`key: value`"
