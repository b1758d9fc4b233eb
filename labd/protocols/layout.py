"""Which sample of a run stands where, and of which trial it is: the layout of a plate, drawn from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from labd.domain.errors import InvalidInput
from labd.domain.identifiers import TrialId
from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Scalar
from labd.domain.protocol import Protocol
from labd.domain.samples import Batch, Control, Sample

Parameter = Continuous | Integer | Discrete | Categorical


def lay_out(protocol: Protocol, trials: Sequence[TrialId], seed: str) -> tuple[Sample, ...]:
    """The samples of a run of these trials, with their controls and replicates, numbered by place: well by well in the
    order of the batch. The same seed gives the same layout. Empty for a protocol without batches.

    Raises `InvalidInput` for more trials than fit.
    """
    batch = protocol.batch
    if batch is None:
        return ()
    if len(trials) > batch.trials:
        raise InvalidInput(f"{len(trials)} trials do not fit into a run, which takes {batch.trials}.")
    standing: dict[str, Sample] = {}
    others: list[Sample] = []
    for control in batch.controls:
        samples = _samples_of(protocol, control)
        if control.wells:
            standing |= dict(zip(control.wells, samples, strict=True))
        else:
            others += samples
    others += [Sample(number=1, trial=each, replicate=1 + n) for each in trials for n in range(batch.replicates)]
    wells = _places(batch)
    free = [each for each in wells if each not in standing][: len(others)]
    if batch.layout == "randomised":
        free = _shuffled(free, seed)
    standing |= dict(zip(free, others, strict=True))
    taken = [each for each in wells if each in standing]
    return tuple(
        standing[each].model_copy(update={"number": number, "well": each if batch.wells else ""})
        for number, each in enumerate(taken, 1)
    )


def _places(batch: Batch) -> tuple[str, ...]:
    """Where samples can stand, in their order: the wells in use, or numbers where samples are only counted."""
    return batch.wells or tuple(str(number) for number in range(1, batch.size + 1))


def _samples_of(protocol: Protocol, control: Control) -> list[Sample]:
    """Its samples, each with all parameters per sample: the control's own, else the lowest value or first option."""
    point = {
        each.name: control.parameters.get(each.name, _lowest(each))
        for each in protocol.problem.parameters
        if each.per == "sample"
    }
    return [Sample(number=1, control=control.name, replicate=1 + n, parameters=point) for n in range(control.count)]


def _lowest(parameter: Parameter) -> Scalar:
    match parameter:
        case Categorical(options=options):
            return options[0]
        case Discrete(values=values):
            return values[0]
        case Continuous(low=low) | Integer(low=low):
            return low


def _shuffled(places: Iterable[str], seed: str) -> list[str]:
    """The places in an order that the seed draws: by their hashes, for the core knows no chance."""
    return sorted(places, key=lambda each: hashlib.sha256(f"{seed}/{each}".encode()).digest())
