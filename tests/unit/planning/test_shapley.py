"""Attributions sum to the difference, and treat equals as equals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labd.planning.explanations.shapley import EXACT, attributions
from labd.planning.spaces.axes import Array


def bumpy(rows: Array) -> Array:
    """Every coordinate has to do with every other."""
    return np.asarray(np.sin(rows @ np.arange(1, rows.shape[1] + 1)) + 10 * rows.prod(1) - np.square(rows).sum(1))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 14), st.integers(0, 2**16))
def test_the_parts_sum_to_the_difference(size: int, seed: int) -> None:
    start, end = np.random.default_rng(seed).normal(size=(2, size))
    parts = attributions(bumpy, start, end)
    assert parts.sum() == pytest.approx(float(bumpy(end[None])[0] - bumpy(start[None])[0]), abs=1e-9)


@pytest.mark.parametrize("size", [3, EXACT, EXACT + 4])
def test_what_adds_up_gives_each_its_own_and_what_stays_or_changes_nothing_gets_nothing(size: int) -> None:
    start, end = np.random.default_rng(size).normal(size=(2, size))
    end[1] = start[1]
    worth = np.arange(size, dtype=float)  # the first changes nothing
    parts = attributions(lambda rows: rows @ worth, start, end)
    assert parts == pytest.approx(worth * (end - start), abs=1e-9)
    assert parts[1] == 0


def test_equals_get_equal_parts_of_what_they_do_together() -> None:
    parts = attributions(lambda rows: rows[:, 0] * rows[:, 1] * rows[:, 2], np.zeros(4), np.ones(4))
    assert parts == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], abs=1e-12)


def test_several_values_are_attributed_at_once() -> None:
    start, end = np.random.default_rng(3).normal(size=(2, 5))
    both = attributions(lambda rows: np.stack([bumpy(rows), rows.sum(1)], 1), start, end)
    assert both[:, 0] == pytest.approx(attributions(bumpy, start, end), abs=1e-12)
    assert both[:, 1] == pytest.approx(end - start, abs=1e-12)


def test_the_same_point_has_nothing_to_attribute() -> None:
    assert attributions(bumpy, np.ones(3), np.ones(3)).tolist() == [0, 0, 0]
