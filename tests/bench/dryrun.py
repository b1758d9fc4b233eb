"""A campaign of 96-well plates on virtual time: how many steps of it are settled in a second.

A plate has 100 steps: each of its wells is dosed by one of the dispensers, one after the other, and then the whole
plate is sealed, shaken, incubated and read.
"""

import time

from labd.domain.capability import Capability, Slot
from labd.domain.problem import Continuous, Objective, PlannerSettings, Problem
from labd.domain.protocol import Analysis, OutcomeSpec, Protocol, Stopping
from labd.domain.steps import Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.simulation.dry_run import dry_run
from tests.scenery import MORNING

WELLS = 96
PLATE = ("seal", "shake", "incubate", "read")


def _done_once(name: str, typical_s: float) -> Capability:
    return Capability(name=name, results={"signal": Slot(low=0, high=4)}, typical_s=typical_s)


ROOM = Workcell(
    name="plates",
    roles={
        "dispenser": Role(
            capabilities=(Capability(name="dose", arguments={"volume": Slot(unit="uL", low=0)}, typical_s=6),)
        ),
        **{
            name: Role(capabilities=(_done_once(name, typical_s),))
            for name, typical_s in zip(PLATE, (20, 60, 1800, 90), strict=True)
        },
    },
    instruments={
        **{f"dispenser_{n}": WorkcellInstrument(roles=("dispenser",)) for n in (1, 2)},
        **{name: WorkcellInstrument(roles=(name,)) for name in PLATE},
    },
)


def assay(trials: int) -> Protocol:
    """The plate as plain steps."""
    dosed = tuple(
        Step(
            name=f"dose_{well}",
            role="dispenser",
            capability="dose",
            arguments={"volume": "${volume}"},
            after=(f"dose_{well - 1}",) if well > 1 else (),
        )
        for well in range(1, WELLS + 1)
    )
    before = (dosed[-1].name, *PLATE)
    whole = tuple(
        Step(name=name, role=name, capability=name, after=(earlier,))
        for name, earlier in zip(PLATE, before, strict=False)
    )
    return Protocol(
        name="assay",
        problem=Problem(
            parameters=(Continuous(name="volume", low=10, high=100, unit="uL"),),
            objectives=(Objective(outcome="signal"),),
            settings=PlannerSettings(parallel=4),
        ),
        steps=dosed + whole,
        analysis=(Analysis(function="value", inputs={"measurements": "read.signal"}, outcomes={"signal": "value"}),),
        outcomes={"signal": OutcomeSpec()},
        stopping=Stopping(trials=trials),
    )


async def measure(trials: int) -> dict[str, object]:
    began = time.process_time()
    account = dry_run(ROOM, [assay(trials)], start=MORNING)
    return {
        "dry_run_steps_per_s": round(account.steps / account.wall_s),
        "cpu_s": round(time.process_time() - began, 2),
        "steps": account.steps,
        "wall_s": round(account.wall_s, 2),
        "makespan_h": round(account.makespan_s / 3600, 1),
        "trials": account.campaigns[0].trials["observed"],
        "clean": not account.stuck and account.campaigns[0].trials["observed"] == trials,
    }
