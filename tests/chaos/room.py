"""The room of ten instruments, and what is done in it."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.chaos.instrument import Instrument

WORKCELL = "storm"
ROLES = {"doser": ("dose", 3), "mixer": ("mix", 2), "heater": ("heat", 2), "meter": ("measure", 3)}
"""By role: the action that it is asked for, and how many instruments fill it."""
INSTRUMENTS = tuple(f"{role}_{i}" for role, (_, count) in ROLES.items() for i in range(1, count + 1))
TRIALS, PARALLEL, RETRIES, RUNS = 8, 4, 20, 10
"""Each fault may cost a step an attempt; what is tried here is not how soon a protocol gives up."""

STEPS: dict[str, dict[str, tuple[str, ...]]] = {
    "diamond": {"doser": (), "mixer": ("doser",), "heater": ("doser",), "meter": ("mixer", "heater")},
    "chain": {"doser": (), "mixer": ("doser",), "heater": ("mixer",), "meter": ("heater",)},
    "twins": {"doser": (), "mixer": (), "meter": ("doser", "mixer")},
}
"""Three protocols: a step for each role named, after those."""


def furnish(directory: Path, machines: Path, seed: int) -> None:
    """Write the workcell file."""
    declared = {each.name: each for each in Instrument.declaration.capabilities}
    content = {
        "workcell": WORKCELL,
        "roles": {
            role: {
                "capabilities": {
                    action: {
                        "arguments": {"sample": {"type": "string"}},
                        "results": {"value": {"type": "number"}},
                        "recovery": declared[action].recovery.value,
                    }
                }
            }
            for role, (action, _) in ROLES.items()
        },
        "instruments": {
            name: {
                "roles": [name.rpartition("_")[0]],
                "driver": {
                    "type": f"{Instrument.__module__}:{Instrument.__qualname__}",
                    "options": {"name": name, "device": str(machines), "seed": seed},
                },
            }
            for name in INSTRUMENTS
        },
    }
    with (directory / "workcell.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(content, file)


def protocol(name: str) -> dict[str, Any]:
    """One of the three, as an operator writes it."""
    return {
        "protocol": name,
        "parameters": {"share": {"type": "continuous", "low": 0, "high": 1}},
        "steps": {
            role: {
                "role": role,
                "capability": ROLES[role][0],
                "arguments": {"sample": "${run.id}"},
                "after": list(after),
                "retries": RETRIES,
            }
            for role, after in STEPS[name].items()
        },
        "outcomes": {"signal": {}},
        "analysis": [{"function": "value", "inputs": {"measurements": "meter.value"}, "outcomes": {"signal": "value"}}],
        "objectives": [{"maximise": "signal"}],
        "stopping": {"trials": TRIALS, "consecutive_failures": TRIALS + 1},
        "planner": {"initial": TRIALS, "parallel": PARALLEL},
        "runs_per_trial": RUNS,
    }
