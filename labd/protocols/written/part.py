"""A part of a file, which knows where it stands."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PrivateAttr

from labd.protocols.document import Node
from labd.protocols.findings import Place


class Written(BaseModel):
    """A part of a file, and where it stands."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)
    _node: Node = PrivateAttr()

    def at(self, *keys: str | int) -> Place:
        """Where the value of an entry of this part stands; the part itself if the entry is absent."""
        return self._nearest(keys).place

    def key(self, *keys: str | int) -> Place:
        """Where the key of an entry stands."""
        return self._nearest(keys).key

    def entry(self, *keys: str | int) -> Node | None:
        """The entry of this part, if it is there."""
        node: Node | None = self._node
        for key in keys:
            node = node.child(key) if node else None
        return node

    def names(self, key: str) -> list[str]:
        """The keys of an entry, of those that are wrong too."""
        entry = self.entry(key)
        return [name for name, _ in entry.entries()] if entry else []

    def is_sound(self, key: str) -> bool:
        """Whether an optional entry is absent, or what it says was taken."""
        return self.entry(key) is None or key in self.model_fields_set

    def is_quoted(self, *keys: str | int) -> bool:
        """Whether an entry stands in quotes."""
        entry = self.entry(*keys)
        return entry is not None and entry.quoted

    def _nearest(self, keys: tuple[str | int, ...]) -> Node:
        node = self._node
        for key in keys:
            node = node.child(key) or node
        return node
