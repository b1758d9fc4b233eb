"""What a demonstration can show: a shipped laboratory with its simulation, or measured results."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from labd import analysis
from labd.daemon.serving import read_workcell
from labd.domain.errors import InvalidInput
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.protocols import dataset_workcell, from_dataset, load_protocol
from labd.settings import LaboratoryFiles

Options = Mapping[str, float | int | str | bool]
"""For every driver of the demonstration."""
DATA_TRIALS = 30
"""The budget on measured results, where none is given."""


@dataclass(frozen=True)
class Exhibit:
    """What is shown: a room, a protocol, and how to learn the truth about it."""

    workcell: Workcell
    protocol: Protocol
    truth: tuple[str, ...]
    """Module and arguments: `python -m ...` prints what the simulation, or the table, knows and no planner does."""


def simulated(name: str, files: LaboratoryFiles, speed: float, trials: int | None) -> Exhibit:
    """A shipped laboratory: protocol and workcell file, drivers and a truth, all by one name. Its files are put into
    the directory, to be read and changed."""
    shipped = resources.files("labd_protocols")
    protocol_file = files.directory / "protocols" / f"{name}.yaml"
    for path, resource in ((files.workcell, f"{name}_workcell.yaml"), (protocol_file, f"{name}.yaml")):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shipped.joinpath(resource).read_text(encoding="utf-8"), encoding="utf-8")
    workcell = read_workcell(files.workcell)
    text = protocol_file.read_text(encoding="utf-8")
    protocol = load_protocol(text, str(protocol_file), workcell, analysis.signatures())
    if trials is not None:
        stopping = protocol.stopping.model_copy(update={"trials": trials})
        protocol = protocol.model_copy(update={"stopping": stopping})
    return Exhibit(*in_its_time(workcell, protocol, speed), (f"labd_drivers.simulated.{name}.truth",))


def in_its_time(workcell: Workcell, protocol: Protocol, speed: float) -> tuple[Workcell, Protocol]:
    """Both for a laboratory that is so much faster: what the daemon itself waits for takes as much less time.

    How late a step may be at most stays as it is: the daemon and the network are no faster than usual.
    """
    steps = tuple(
        step.model_copy(
            update={
                "cool_down_s": step.cool_down_s / speed,
                "gaps": {
                    name: gap.model_copy(update={"at_least_s": gap.at_least_s / speed})
                    for name, gap in step.gaps.items()
                },
            }
        )
        for step in protocol.steps
    )
    rates = tuple(each.model_copy(update={"per_s": each.per_s * speed}) for each in workcell.rate_limits)
    kept = rates if math.isfinite(speed) else ()  # what takes no time has no rate
    return workcell.model_copy(update={"rate_limits": kept}), protocol.model_copy(update={"steps": steps})


def measured(data: Path, trials: int | None) -> Exhibit:
    """Measured results of a real laboratory: a directory with `config.json` and `data.csv`. Raises `InvalidInput`."""
    try:
        config = json.loads((data / "config.json").read_text(encoding="utf-8"))
        with (data / "data.csv").open(newline="", encoding="utf-8") as table:
            rows = list(csv.reader(table))
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{data} holds no data set: {error}.",
            "Give a directory with config.json and data.csv, in the format of the Olympus data sets.",
        ) from None
    name = data.resolve().name.removeprefix("dataset_").lower().replace("-", "_")
    workcell = dataset_workcell(str(data.resolve()))
    protocol = from_dataset(config, rows, name, trials=trials or DATA_TRIALS)
    module = "labd_drivers.simulated.dataset.truth"
    truth = (module, str(data.resolve()), "--trials", str(protocol.stopping.trials))
    return Exhibit(workcell, protocol, truth)


def check_faults(wanted: Mapping[str, float], workcell: Workcell) -> None:
    """Faults are the numeric options that the workcell's file has for its drivers. Raises `InvalidInput`."""
    drivers = [each.driver for each in workcell.instruments.values() if each.driver is not None]
    known = {name for each in drivers for name, value in each.options.items() if isinstance(value, float)}
    for name in wanted:
        if name not in known:
            hint = f"Faults: {', '.join(sorted(known))}." if known else "This laboratory has none to switch on."
            raise InvalidInput(f"There is no fault {name!r}.", hint)
