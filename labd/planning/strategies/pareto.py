"""Several objectives without a preference among them: the whole front, so that a person may choose on it."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from labd.planning.acquisitions.hypervolume import HypervolumeImprovement, open_boxes, undominated
from labd.planning.acquisitions.limits import all_kept
from labd.planning.acquisitions.noisy import Noisy
from labd.planning.acquisitions.sampled import sampled
from labd.planning.explanations.explain import listed
from labd.planning.spaces.axes import Array
from labd.planning.strategies.several import Several
from labd.planning.strategies.standing import standing

EFFORT = {2: (32, 32), 3: (24, 8), 4: (16, 4), 5: (10, 4)}
"""By the number of objectives: how many points of the front count, and how many draws. The boxes above a front, and the
time, grow with the power of half the objectives: of five, four draws of ten points leave some thousand boxes."""
BELOW = 0.1
"""A reference that is not given lies so much of the front's reach below its worst."""


class Pareto(Several):
    """Log noisy expected hypervolume improvement over the front of what was measured."""

    @property
    def method(self) -> str:
        """`pareto`, who learnt, and `lognehvi`."""
        return f"pareto-{self.data.learners}-lognehvi" + self.limits.named

    @cached_property
    def known(self) -> tuple[Array, Tensor, Tensor]:
        """The rows at which something was measured, the mean of each objective there (`rows x objectives`), and which
        of them are on the front of those that are likelier than not to keep all limits."""
        rows = np.unique(np.concatenate([each.rows for each in self.wanted]), axis=0)
        at = self.data.features(rows)
        means = torch.stack([each.belief.predict(at)[0] for each in self.wanted], 1)
        kept = self.limits.log_chance(at) >= math.log(0.5) if self.limits.wanted else torch.ones_like(means[:, 0]) > 0
        kept = kept if bool(kept.any()) else torch.ones_like(kept)
        front = undominated([each[:, None] for each in means.T], kept[:, None])[:, 0]
        return rows, means, front

    @cached_property
    def reference(self) -> Tensor:
        """Worse than this is worth nothing; by objective, in standard units. Where it is not given: a little below
        the worst of the front, or of all points as long as the front has no more points than objectives.
        Source: H. Ishibuchi and others, Many-objective test problems to visually examine the behavior of multiobjective
        evolution, 2011 (a tenth of the front's reach)."""
        _, means, front = self.known
        base = means[front] if int(front.sum()) > len(self.wanted) else means
        low, high = base.amin(0), base.amax(0)
        inferred = low - BELOW * torch.where(high - low > 1e-9, high - low, 1.0)
        for k, (objective, learnt) in enumerate(zip(self.objectives, self.wanted, strict=True)):
            if objective.reference is not None:
                inferred[k] = learnt.standard.target(objective.reference)
        return inferred

    def acquisition(self, waiting: Tensor, seed: int) -> Noisy:
        """Hypervolume that a point adds to the front of each draw."""
        m, within = len(self.wanted), self.limits.within
        most, draws = EFFORT[m]
        beliefs = [each.belief for each in self.wanted] + self.limits.beliefs

        def front(draws: list[Tensor]) -> Tensor:
            counts = all_kept(draws[0], draws[m:], within)
            for each, low in zip(draws, self.reference, strict=False):
                counts = counts & (each > low)
            return undominated(draws[:m], counts)

        outcomes = sampled(beliefs, standing(self.data, beliefs, waiting, seed, front, most), seed, draws)
        drawn = [each.drawn for each in outcomes]
        kept = all_kept(drawn[0], drawn[m:], within).T[:, :, None]
        values = torch.stack([each.T for each in drawn[:m]], 2)
        low, high = open_boxes(torch.where(kept, values, self.reference), self.reference)
        return Noisy(tuple(outcomes), HypervolumeImprovement(low, high, within), self.data.success)

    def good(self, count: int) -> Array:
        """Some rows of the front, evenly along the first objective."""
        rows, means, front = self.known
        places = np.flatnonzero(front.cpu().numpy())
        along = places[np.argsort(-means[:, 0].cpu().numpy()[places], kind="stable")]
        few = min(count, len(along))
        return np.asarray(rows[along[((np.arange(few) + 0.5) / few * len(along)).astype(int)]])

    def appeal(self) -> str:
        """What is added, and to which front."""
        size = int(self.known[2].sum())
        names = listed([each.outcome for each in self.objectives])
        found = f"{size} point{'s' if size > 1 else ''}"
        return f"Adds most to the front of {names}, on which the model sees {found} so far"
