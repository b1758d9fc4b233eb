"""Matter: things of one kind, each a small file that is replaced as a whole and survives a power cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from labd.driver_kit import DeviceError

from .durable import replace_file

Thing = dict[str, Any]
"""What is true of a thing, which no instrument knows."""


class Things:
    """The things of one kind in a world, by name."""

    def __init__(self, world: Path, kind: str) -> None:
        self.kind = kind
        self._directory = world / f"{kind}s"

    def find(self, name: str) -> Thing | None:
        """The thing of that name, if there is one."""
        try:
            found: Thing = json.loads(self._path(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def get(self, name: str) -> Thing:
        """The thing. Raises `DeviceError`: what is not there cannot be handled."""
        found = self.find(name)
        if found is None:
            raise DeviceError(f"there is no {self.kind} {name}")
        return found

    def put(self, name: str, thing: Thing) -> None:
        """The thing is now like this; on disk when this returns."""
        replace_file(self._path(name), json.dumps(thing))

    def names(self) -> list[str]:
        """Of all things, in the order of their names."""
        return sorted(unquote(path.stem) for path in self._directory.glob("*.json"))

    def _path(self, name: str) -> Path:
        return self._directory / f"{quote(name, safe='')}.json"
