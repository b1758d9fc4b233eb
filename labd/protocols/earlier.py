"""What one campaign can learn from another: its observations, in the units of the one that learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Earlier, Measurement, Observation, Scalar
from labd.domain.protocol import Protocol
from labd.protocols.quantities import convert, same_dimension


def earlier(protocol: Protocol, name: str, its: Protocol, observations: Sequence[Observation]) -> Earlier:
    """What the campaign `name` of the protocol `its` has observed, for a campaign of `protocol`: the parameters and
    outcomes that have the same names in both, in the units of `protocol`.

    Raises `InvalidInput` where they have no parameter or no outcome of the same kind in common.
    """
    parameters = _units(
        {each.name: None if isinstance(each, Categorical) else each.unit for each in its.problem.parameters},
        {each.name: None if isinstance(each, Categorical) else each.unit for each in protocol.problem.parameters},
    )
    outcomes = _units(
        {each: spec.unit for each, spec in its.outcomes.items()},
        {each: spec.unit for each, spec in protocol.outcomes.items()},
    )
    for what, found in (("parameter", parameters), ("outcome", outcomes)):
        if not found:
            raise InvalidInput(
                f"There is nothing to learn from {name}: no {what} of it is one of {protocol.name}, too.",
                "Name a campaign that varies and measures something of the same.",
            )
    return Earlier(name=name, observations=tuple(_in_units(each, parameters, outcomes) for each in observations))


Units = Mapping[str, tuple[str, str] | None]
"""By name: from which unit to which; None: an option, which has none."""


def _units(its: Mapping[str, str | None], ours: Mapping[str, str | None]) -> Units:
    return dict(_in_common(its, ours))


def _in_common(
    its: Mapping[str, str | None], ours: Mapping[str, str | None]
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    for name in its.keys() & ours.keys():
        one, other = its[name], ours[name]
        if one is None and other is None:
            yield name, None
        elif one is not None and other is not None and same_dimension(one, other):
            yield name, (one, other)


def _in_units(seen: Observation, parameters: Units, outcomes: Units) -> Observation:
    measured = {name: _measured(each, outcomes[name]) for name, each in seen.outcomes.items() if name in outcomes}
    given = {name: _scalar(each, parameters[name]) for name, each in seen.parameters.items() if name in parameters}
    return seen.model_copy(update={"parameters": given, "outcomes": measured})


def _scalar(value: Scalar, units: tuple[str, str] | None) -> Scalar:
    if units is None or isinstance(value, str) or units[0] == units[1]:
        return value
    return convert(float(value), *units)


def _measured(measured: Measurement, units: tuple[str, str] | None) -> Measurement:
    if units is None or units[0] == units[1]:
        return measured
    mean, error = convert(measured.mean, *units), measured.standard_error
    far = None if error is None else abs(convert(measured.mean + error, *units) - mean)
    return measured.model_copy(update={"mean": mean, "standard_error": far})
