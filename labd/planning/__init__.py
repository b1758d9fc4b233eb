"""The planner: from a problem and observations to suggestions. The only home of torch."""

from labd.planning.recommending import recommend
from labd.planning.replaying import replay
from labd.planning.reviewing import insight
from labd.planning.suggesting import suggest

__all__ = ["insight", "recommend", "replay", "suggest"]
