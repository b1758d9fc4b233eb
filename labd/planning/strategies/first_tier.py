"""What answers when a strategy is late: expected improvement, times the chance to keep limits, in closed form."""

from __future__ import annotations

from torch import Tensor

from labd.planning.acquisitions.altered import Plus
from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.strategies.limited import Limits
from labd.planning.strategies.question import Question
from labd.planning.strategies.single import Improvement


class FirstTier:
    """Improvement of the objective, or of the weighted sum of several."""

    def __init__(self, question: Question) -> None:
        self.plain = Improvement(question)
        self.limits = Limits(self.plain.data)
        self.data, self.belief, self.importance = self.plain.data, self.plain.belief, self.plain.importance
        self.outcomes = self.limits.beside(*self.plain.outcomes)
        self.good, self.appeal = self.plain.good, self.plain.appeal

    @property
    def method(self) -> str:
        """That of the improvement."""
        return self.plain.method + self.limits.named

    def acquisition(self, waiting: Tensor, seed: int) -> Acquisition:
        """Log expected improvement, and the logarithm of the chance to keep limits."""
        improvement = self.plain.acquisition(waiting, seed)
        return Plus(improvement, self.limits.log_chance) if self.limits.wanted else improvement

    def notes(self, at: Tensor) -> list[str]:
        """The chance that the limits are kept."""
        return self.limits.notes(at)

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """What is expected above the model's best estimate, whether or not limits are kept."""
        inner = acquisition.acquisition if isinstance(acquisition, Plus) else acquisition
        return self.plain.improvement(inner, at)
