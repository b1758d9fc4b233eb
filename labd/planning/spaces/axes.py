"""One axis a parameter: from its values to a coordinate and back, and from coordinates to what the model sees.

The coordinate of a number, and of an option of a scale, lies in 0..1; that of any other option is its place in the
list. Coordinates are what the search moves; `labd.planning.spaces.space` puts the features together.
"""

from __future__ import annotations

import copy
from typing import assert_never

import numpy as np

from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Parameter
from labd.planning.spaces.numeric import Array, ContinuousAxis, LevelAxis, ValuesAxis
from labd.planning.spaces.options import DescribedAxis, OptionAxis, OrderedAxis

__all__ = ["Array", "Axis", "ContinuousAxis", "LevelAxis", "OptionAxis", "OrderedAxis", "ValuesAxis", "axis", "held"]

Axis = ContinuousAxis | LevelAxis | ValuesAxis | OptionAxis | OrderedAxis
"""What the planner needs of a parameter: how many values, their coordinates, the way back, and the features."""


def held(axis: Axis, coordinate: float) -> Axis:
    """The axis, of which nothing but one coordinate is left."""
    made = copy.copy(axis)
    made.only, made.count, made.levels = coordinate, 1, np.array([coordinate])
    return made


def axis(parameter: Parameter) -> Axis:
    """The axis of a parameter. Raises `InvalidInput` where its molecules cannot be read."""
    match parameter:
        case Continuous():
            return ContinuousAxis(parameter)
        case Integer():
            return LevelAxis(parameter)
        case Discrete():
            return ValuesAxis(parameter)
        case Categorical(ordered=True):
            return OrderedAxis(parameter)
        case Categorical():
            return DescribedAxis(parameter) if parameter.descriptors or parameter.smiles else OptionAxis(parameter)
        case _:
            assert_never(parameter)
