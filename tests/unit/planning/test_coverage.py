"""What the planner tells of its doubt is true: `python -m tests.bench calibration` in small."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.bench.calibration import CASES, LEAST, MOST, Case, at_random


def shares(cases: tuple[Case, ...], count: int) -> Iterator[float]:
    for case in cases:
        for seed in range(3):
            yield float(np.mean(at_random(case, count, seed)))


@pytest.mark.parametrize("count", [5, 15, 50])
def test_the_truth_lies_within_95_percent_intervals_as_often_as_it_should(count: int) -> None:
    assert LEAST <= np.mean(list(shares(CASES, count))) <= MOST
