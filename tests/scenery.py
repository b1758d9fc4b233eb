"""A small laboratory for tests: two mixers, one meter, a protocol of two steps."""

from datetime import UTC, datetime, timedelta

from labd.domain.capability import Capability, Descriptor, Recovery, Slot
from labd.domain.problem import Continuous, Objective, PlannerSettings, Problem
from labd.domain.protocol import Analysis, OutcomeSpec, Protocol, Stopping
from labd.domain.steps import Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument

MORNING = datetime(2026, 1, 5, 8, tzinfo=UTC)

MIX = Capability(
    name="mix",
    arguments={"sample": Slot(type="string"), "share": Slot(low=0, high=1)},
    results={"volume": Slot(unit="mL")},
    typical_s=60,
    maximum_s=600,
)
READ = Capability(
    name="read",
    arguments={"sample": Slot(type="string")},
    results={"signal": Slot()},
    typical_s=30,
    maximum_s=300,
    recovery=Recovery.DISCARD,
)
WORKCELL = Workcell(
    name="bench",
    roles={"mixer": Role(capabilities=(MIX,)), "meter": Role(capabilities=(READ,))},
    instruments={
        "mixer_1": WorkcellInstrument(roles=("mixer",)),
        "mixer_2": WorkcellInstrument(roles=("mixer",)),
        "meter_1": WorkcellInstrument(roles=("meter",)),
    },
)
PROBLEM = Problem(
    parameters=(Continuous(name="share", low=0, high=1),),
    objectives=(Objective(outcome="signal"),),
    settings=PlannerSettings(parallel=2),
)


def protocol(*, trials: int = 4, parallel: int = 2, retries: int = 1, runs: int = 2) -> Protocol:
    """Mix, then read; the signal is what is learnt."""
    return Protocol(
        name="mixing",
        problem=PROBLEM.model_copy(update={"settings": PlannerSettings(parallel=parallel)}),
        steps=(
            Step(
                name="mix",
                role="mixer",
                capability="mix",
                arguments={"sample": "${run.id}", "share": "${share}"},
                retries=retries,
            ),
            Step(name="read", role="meter", capability="read", arguments={"sample": "${run.id}"}, after=("mix",)),
        ),
        analysis=(Analysis(function="value", inputs={"measurements": "read.signal"}, outcomes={"signal": "value"}),),
        outcomes={"signal": OutcomeSpec()},
        stopping=Stopping(trials=trials, consecutive_failures=5),
        runs_per_trial=runs,
    )


def descriptor(instrument: str, session: str = "S1") -> Descriptor:
    """What that instrument says of itself."""
    role = WORKCELL.instruments[instrument].roles[0]
    return Descriptor(instrument=instrument, session=session, capabilities=WORKCELL.roles[role].capabilities)


def later(seconds: float) -> datetime:
    """So long after the morning."""
    return MORNING + timedelta(seconds=seconds)
