"""YAML text as a tree whose every key and value knows its line and column.

Only plain scalars, lists and mappings with text keys are taken: no tags, no merge keys, no duplicate keys. Size, depth
and the number of values (aliases counted as often as they are used) are bounded, so no text can exhaust the daemon.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from labd.protocols.findings import Findings, Place

MAXIMUM_CHARACTERS = 1_000_000
MAXIMUM_NODES = 60_000
"""Keys and values as they stand in the file."""
MAXIMUM_VALUES = 50_000
"""Values, those that aliases repeat counted each time."""
MAXIMUM_DEPTH = 30
FOLD = "\a"
"""Where ruamel's round-trip loader saw a line of a folded text (`>`) end."""
_PREFIX = "tag:yaml.org,2002:"
_PLAIN = {_PREFIX + kind for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")}


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file and where it stands."""

    value: str | int | float | bool | list[Node] | dict[str, Node] | None
    place: Place
    key: Place
    """Where its key stands; for what has no key, where it stands itself."""
    quoted: bool = False
    wrong: bool = False
    """It was told already that this is no value."""
    block: Place | None = None
    """Of a text in lines of its own (`|`): where the first of them begins; the others begin in the same column."""

    def get(self, key: str) -> Node | None:
        """The entry of a mapping, if this is one and has it."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def child(self, key: str | int) -> Node | None:
        """The entry of a mapping or the item of a list, if it is there."""
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]
        return self.get(key) if isinstance(key, str) else None

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping; nothing if this is none."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def items(self) -> Iterator[Node]:
        """The items of a list; nothing if this is none."""
        if isinstance(self.value, list):
            yield from self.value

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: each.plain() for key, each in self.value.items()}
        if isinstance(self.value, list):
            return [each.plain() for each in self.value]
        return self.value


def parse(text: str, findings: Findings, kind: str) -> Node | None:
    """The tree of a file, or None when it is none; `kind` (protocol, workcell) is for the messages."""
    start = Place(1, 1)
    if len(text) > MAXIMUM_CHARACTERS:
        findings.error(start, f"The file has {len(text)} characters.", f"Keep it under {MAXIMUM_CHARACTERS}.")
        return None
    root = _compose(text, findings)
    if root is None:
        if not findings.found:
            findings.error(start, "The file is empty.", f"Write `{kind}:` and a name as its first line.")
        return None
    try:
        tree = _Builder(findings, text.splitlines()).node(root, _place(root), None)
    except _TooMuchError as error:
        findings.error(error.place, error.message, "Write the values out, and fewer of them.")
        return None
    if not isinstance(tree.value, dict):
        shape = "a list" if isinstance(tree.value, list) else "a single value"
        findings.error(tree.place, f"The file is {shape}, not keys and values.", f"Begin with `{kind}:` and a name.")
        return None
    return tree


def _compose(text: str, findings: Findings) -> Any:
    yaml = YAML(typ="rt")
    yaml.Composer = _BoundedComposer
    yaml.max_depth = MAXIMUM_DEPTH
    yaml.composer.warn_double_anchors = False
    try:
        return yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        problem = " ".join(str(error.problem or error.context).split())
        tab = "\\t" in problem
        remedy = "Indent with spaces." if tab else "Mend the line; look at the quotes, colons and brackets before it."
        findings.error(place, f"This is not YAML: {problem}.", remedy)
    except YAMLError as error:  # a character that no YAML may hold; it knows its position in the text alone
        position = getattr(error, "position", 0)
        before = text[:position]
        place = Place(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)
        findings.error(place, "This is not YAML: it holds a control character.", "Take the character out.")
    return None


def _place(raw: Any, path: str = "") -> Place:
    return Place(raw.start_mark.line + 1, raw.start_mark.column + 1, path)


class _BoundedComposer(Composer):
    """Stops early: ruamel reads some ten thousand values a second."""

    left = MAXIMUM_NODES

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            mark = self.parser.peek_event().start_mark
            raise ComposerError(None, None, f"the file has more than {MAXIMUM_NODES} keys and values", mark)
        return super().compose_node(parent, index)


class _TooMuchError(Exception):
    def __init__(self, place: Place, message: str) -> None:
        self.place, self.message = place, message


@dataclass(slots=True)
class _Builder:
    findings: Findings
    lines: Sequence[str]
    left: int = MAXIMUM_VALUES

    def node(self, raw: Any, key: Place, path: str | None, depth: int = 0) -> Node:
        self.left -= 1
        place = _place(raw, path or "")
        if self.left < 0:
            raise _TooMuchError(place, f"The file has more than {MAXIMUM_VALUES} values.")
        if depth > MAXIMUM_DEPTH:
            raise _TooMuchError(place, f"The file is nested more than {MAXIMUM_DEPTH} levels deep.")
        key = Place(key.line, key.column, place.path)
        if str(raw.tag) not in _PLAIN:
            self.findings.error(place, f"The tag {raw.tag} is not taken.", "Write the value without a tag.")
            return Node(None, place, key, wrong=True)
        if isinstance(raw, MappingNode):
            return Node(self._mapping(raw, path, depth), place, key)
        if isinstance(raw, SequenceNode):
            prefix = path or ""
            items = [self.node(item, _place(item), f"{prefix}[{i}]", depth + 1) for i, item in enumerate(raw.value)]
            return Node(items, place, key)
        before = len(self.findings.found)
        scalar = self._scalar(raw, place)
        wrong = len(self.findings.found) > before
        return Node(scalar, place, key, quoted=raw.style is not None, wrong=wrong, block=self._block(raw, place))

    def _mapping(self, raw: MappingNode, path: str | None, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for raw_key, raw_value in raw.value:
            here = _place(raw_key)
            if not isinstance(raw_key, ScalarNode) or str(raw_key.tag) == f"{_PREFIX}merge":
                self.findings.error(here, "A key must be plain text.", "Write the entries out, each under its own key.")
                continue
            name = str(raw_key.value)
            full = f"{path}.{name}" if path else name
            here = Place(here.line, here.column, full)
            if name in entries:
                first = entries[name].key.line
                self.findings.error(here, f"The key {name} is there twice, first in line {first}.", "Keep one of them.")
                continue
            entries[name] = self.node(raw_value, here, full, depth + 1)
        return entries

    def _block(self, raw: ScalarNode, place: Place) -> Place | None:
        """Where a literal text begins: it is indented by what its lines have before it in the file."""
        if raw.style != "|":
            return None
        number, first = next(((n, line) for n, line in enumerate(raw.value.split("\n")) if line), (0, ""))
        indent = len(self.lines[place.line + number]) - len(first) if first else 0
        return Place(place.line + 1, indent + 1, place.path)

    def _scalar(self, raw: ScalarNode, place: Place) -> str | int | float | bool | None:
        kind = str(raw.tag).removeprefix(_PREFIX)
        text = str(raw.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        if kind not in ("int", "float"):
            return text.replace(FOLD, "") if raw.style == ">" else text
        try:
            number = _number(text.replace("_", ""), kind)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
        self.findings.error(place, f"{text[:40]} is no number that can be used.", "Write a finite number.")
        return None


def _number(text: str, kind: str) -> int | float:
    if kind == "float":
        return float(text)
    whole = int(text, 0 if re.match(r"[-+]?0[xob]", text) else 10)
    float(whole)  # what is beyond every float is refused here, and not where it is first used
    return whole
