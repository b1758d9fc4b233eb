"""How much instrument time a campaign has had of late: what its fair share is measured by.

An hour of an instrument counts half after another hour, so that a campaign that begins today does not keep an old one
waiting for as long as that has run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

HALF_LIFE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Share:
    """Instrument time, in seconds, as it counted at a moment."""

    seconds: float = 0.0
    at: datetime | None = None

    def by(self, at: datetime) -> float:
        """What is left of it."""
        if self.at is None or not self.seconds:
            return 0.0
        age_s = max((at - self.at).total_seconds(), 0.0)
        return float(self.seconds * 0.5 ** (age_s / HALF_LIFE_S))

    def plus(self, seconds: float, at: datetime) -> Share:
        """With so much more; less, where it was too much."""
        return Share(max(self.by(at) + seconds, 0.0), at)
