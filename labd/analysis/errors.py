"""Why a reading is no measurement."""

from labd.domain.errors import InvalidInput


class AnalysisError(InvalidInput):
    """The results of a run give no outcome: `message` says why, `hint` where to look. Never a zero in its place."""
