"""A small laboratory with plates: a pipette fills wells, a stove heats the whole plate, a reader reads wells."""

from collections.abc import Sequence

from labd.domain.capability import Capability, Descriptor, Slot
from labd.domain.matter import LabwareType, Location
from labd.domain.problem import Continuous, Objective, PlannerSettings, Problem
from labd.domain.protocol import Analysis, LabwareUse, OutcomeSpec, Protocol, Stopping
from labd.domain.samples import Batch, Control
from labd.domain.steps import Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument

FILL = Capability(
    name="fill",
    arguments={"well": Slot(type="string"), "volume": Slot(unit="uL", low=0, high=200)},
    results={"dispensed": Slot(unit="uL")},
    typical_s=5,
)
HEAT = Capability(name="heat", arguments={"temperature": Slot(unit="degC")}, typical_s=600)
READ = Capability(
    name="read", arguments={"well": Slot(type="string")}, results={"signal": Slot(detection=0.01)}, typical_s=2
)
SCAN = Capability(
    name="scan", arguments={"volumes": Slot(type="object", unit="uL")}, results={"signals": Slot(type="object")}
)
PLATE_WORKCELL = Workcell(
    name="plates",
    roles={
        "pipette": Role(capabilities=(FILL,)),
        "stove": Role(capabilities=(HEAT,)),
        "reader": Role(capabilities=(READ, SCAN)),
    },
    instruments={
        "pipette_1": WorkcellInstrument(roles=("pipette",)),
        "stove_1": WorkcellInstrument(roles=("stove",)),
        "reader_1": WorkcellInstrument(roles=("reader",)),
    },
    locations={"bench": Location(), "hotel_1": Location(group="hotel"), "hotel_2": Location(group="hotel")},
    labware={"plate_96": LabwareType(rows=8, columns=12), "plate_8": LabwareType(rows=2, columns=4)},
)
WELLS = PLATE_WORKCELL.labware["plate_96"].wells

fill = Step(
    name="fill",
    role="pipette",
    capability="fill",
    arguments={"well": "${sample.well}", "volume": "${volume}"},
    per="sample",
)
heat = Step(
    name="heat",
    role="stove",
    capability="heat",
    arguments={"temperature": "${temperature}"},
    after=("fill",),
    per="batch",
)
read = Step(
    name="read",
    role="reader",
    capability="read",
    arguments={"well": "${sample.well}"},
    after=("heat",),
    per="sample",
)
scan = Step(
    name="scan",
    role="reader",
    capability="scan",
    arguments={"volumes": {"per_well": "${volume}"}},
    after=("heat",),
    per="batch",
)


def plates(
    wells: Sequence[str] = WELLS[:8],
    *,
    trials: int = 8,
    parallel: int = 1,
    replicates: int = 1,
    controls: Sequence[Control] = (),
    steps: Sequence[Step] = (fill, heat, read),
    runs: int = 1,
    retries: int = 0,
    layout: str = "randomised",
    function: Analysis | None = None,
    shared: bool = True,
) -> Protocol:
    """Fill, heat, read; the volume is each sample's own, the temperature the plate's."""
    batch = Batch.model_validate(
        {
            "size": len(wells),
            "labware": "plate",
            "wells": tuple(wells),
            "replicates": replicates,
            "controls": tuple(controls),
            "layout": layout,
        }
    )
    given = function or Analysis(function="value", inputs={"measurements": "read.signal"}, outcomes={"signal": "value"})
    return Protocol(
        name="plates",
        problem=Problem(
            parameters=(
                Continuous(name="volume", low=10, high=100, unit="uL"),
                Continuous(name="temperature", low=20, high=90, unit="degC", per="batch" if shared else "sample"),
            ),
            objectives=(Objective(outcome="signal"),),
            batch=batch.trials,
            settings=PlannerSettings(parallel=parallel),
        ),
        steps=tuple(each.model_copy(update={"retries": retries}) for each in steps),
        labware={"plate": LabwareUse(type="plate_96", start="hotel")},
        batch=batch,
        analysis=(given,),
        outcomes={"signal": OutcomeSpec(high=10)},
        stopping=Stopping(trials=trials, consecutive_failures=3),
        runs_per_trial=runs,
    )


def plate_descriptor(instrument: str, session: str = "S1") -> Descriptor:
    """What that instrument says of itself."""
    role = PLATE_WORKCELL.instruments[instrument].roles[0]
    return Descriptor(instrument=instrument, session=session, capabilities=PLATE_WORKCELL.roles[role].capabilities)
