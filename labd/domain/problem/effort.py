"""What planning takes."""

from __future__ import annotations

from pydantic import Field

from labd.domain.value import Value


class Effort(Value):
    """What an answer of the planner took. Efforts add up."""

    cpu_s: float = Field(default=0.0, ge=0)
    """Processor time of the planner's process."""
    device: str = ""
    """Where the tensors lived: `cpu`, or `cuda` where the graphics processor had a part in it; empty: not known."""
    gpu_s: float = Field(default=0.0, ge=0)
    """For how long the question held the graphics processor."""
    energy_j: float | None = Field(default=None, ge=0)
    """What the graphics processor consumed while the question held it, all that used it together; None where that
    cannot be read."""

    def __add__(self, other: Effort) -> Effort:
        """Both together."""
        known = [each for each in (self.energy_j, other.energy_j) if each is not None]
        devices = [each for each in (self.device, other.device) if each]
        return Effort(
            cpu_s=self.cpu_s + other.cpu_s,
            device=max(devices, default="", key=lambda each: each != "cpu"),
            gpu_s=self.gpu_s + other.gpu_s,
            energy_j=sum(known) if known else None,
        )
