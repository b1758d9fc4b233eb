"""How much bad news the journal takes: a device that babbles must not fill the disk."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

AN_HOUR = timedelta(hours=1)
KEPT_OF_A_TOPIC = 100
"""So many messages of one topic are quarantined within an hour."""
TOPICS = 1000
"""So many topics are counted by themselves; all others share one count."""


class Patience:
    """Says of each message that would go into quarantine whether it still may. Begins anew each hour."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._counts: Counter[str] = Counter()

    def left(self, topic: str, at: datetime) -> int:
        """How many of that topic, this one included, may still be kept within the hour; 0 or less: it may not."""
        if self._since is None or not timedelta(0) <= at - self._since < AN_HOUR:
            self._since, self._counts = at, Counter()
        if topic not in self._counts and len(self._counts) >= TOPICS:
            topic = ""
        left = KEPT_OF_A_TOPIC - self._counts[topic]
        self._counts[topic] += 1
        return left
