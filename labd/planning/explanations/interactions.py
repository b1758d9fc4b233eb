"""What pairs of parameters do together that neither does alone."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from labd.domain.problem import Interaction
from labd.planning.explanations.explain import two_samples
from labd.planning.spaces.space import Space
from labd.planning.surrogates.belief import Belief

MOST = 15
"""With more parameters than this there are too many pairs to look at."""
TOLD = 6
"""So many are told."""
LEAST = 0.005
"""A smaller share is not told."""


def interactions(space: Space, belief: Belief, seed: int) -> tuple[Interaction, ...]:
    """The pairs that interact, the strongest first, each with its share in the variance of the posterior mean.

    A quarter of the mean square of f(x) - f(x with i anew) - f(x with j anew) + f(x with both anew).
    Source: R. Liu and A. B. Owen, Estimating mean dimension of analysis of variance decompositions, 2006, theorem 1.
    """
    size = len(space.axes)
    first, second = two_samples(space, seed)
    if not 1 < size <= MOST or len(first) < 2:
        return ()
    pairs = list(combinations(range(size), 2))
    sets = [first]
    for changed in [*((k,) for k in range(size)), *pairs]:
        mixed = first.copy()
        mixed[:, changed] = second[:, changed]
        sets.append(mixed)
    mean = belief.predict(space.features(np.concatenate(sets)).to(belief.main.x.device))[0].cpu().numpy()
    plain, *others = mean.reshape(len(sets), len(first))
    singles, doubles = others[:size], others[size:]
    total = float(plain.var())
    found = []
    for (i, j), both in zip(pairs, doubles, strict=True):
        share = float(np.square(plain - singles[i] - singles[j] + both).mean()) / 4 / total if total > 1e-24 else 0.0
        if share >= LEAST:
            found.append(Interaction(first=space.names[i], second=space.names[j], share=share))
    return tuple(sorted(found, key=lambda each: -each.share)[:TOLD])
