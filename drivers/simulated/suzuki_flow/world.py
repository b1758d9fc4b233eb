"""The matter of the bench: one vial a sample, as a small file that is replaced as a whole and survives a power cut."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from labd.driver_kit import DeviceError

from ..durable import replace_file


class Standing(StrEnum):
    """How far a sample is.

    dosing -> prepared -> reacting -> reacted; a dose that was cut off stays `dosing` and is flushed by the next one,
    a reaction that was cut off stays `reacting`: what was in the reactor then is lost for good.
    """

    DOSING = "dosing"
    PREPARED = "prepared"
    REACTING = "reacting"
    REACTED = "reacted"


@dataclass(frozen=True, slots=True)
class Sample:
    """A vial and what is in it: true values, which no instrument knows."""

    name: str
    standing: Standing
    ligand: str = ""
    loading: float = 0.0
    """mol% of the aryl halide."""
    standard_m: float = 0.0
    """Internal standard, mol/L; so are the following."""
    aryl_halide_m: float = 0.0
    boronic_acid_m: float = 0.0
    product_m: float = 0.0
    arene_m: float = 0.0
    volume_ul: float = 0.0

    def now(self, standing: Standing, **changes: float | str) -> Sample:
        """The sample after something was done to it."""
        return replace(self, standing=standing, **changes)  # type: ignore[arg-type]


class World:
    """The samples in a directory."""

    def __init__(self, directory: Path) -> None:
        self._samples = directory / "samples"

    def find(self, name: str) -> Sample | None:
        """The sample of that name, if there is one."""
        try:
            fields = json.loads(self._path(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Sample(**(fields | {"standing": Standing(fields["standing"])}))

    def take(self, name: str, standing: Standing) -> Sample:
        """The sample, which must be in that state. Raises `DeviceError`: what is not there cannot be handled."""
        sample = self.find(name)
        if sample is None:
            raise DeviceError(f"there is no sample {name}")
        if sample.standing is not standing:
            raise DeviceError(f"sample {name} is {sample.standing}, not {standing}")
        return sample

    def put(self, sample: Sample) -> None:
        """The sample is now like this; on disk when this returns."""
        replace_file(self._path(sample.name), json.dumps(asdict(sample)))

    def _path(self, name: str) -> Path:
        return self._samples / f"{quote(name, safe='')}.json"
