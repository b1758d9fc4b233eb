"""A workcell and a protocol without a mistake, and what the analysis of the tests can do."""

import pytest

from labd.domain.analysis import Signature
from labd.domain.capability import Slot
from labd.domain.workcell import Workcell
from labd.protocols import load_workcell

WORKCELL = """\
workcell: flow_bench
title: Flow chemistry bench
roles:
  pumps:
    capabilities:
      prepare:
        description: Mix the reagents.
        arguments:
          sample: {type: string}
          ligand: {type: string, options: [L0, L1, L2]}
          loading: {unit: percent, low: 0.1, high: 5}
        results: {volume: {unit: mL}}
        typical: 60 s
        maximum: 10 min
  reactor:
    capabilities:
      react:
        arguments:
          temperature: {unit: kelvin, low: 20 degC, high: 120 degC}
          residence_time: {unit: s, low: 10, high: 1200}
          volume: {unit: uL}
          speed: {unit: mL/min, optional: true}
          cycles: {type: integer, low: 1, high: 10, optional: true}
        typical: 5 min
        maximum: 1 hour
        recovery: discard
        cancellable: true
  hplc:
    capabilities:
      measure:
        arguments: {sample: {type: string}}
        results: {times: {type: array, unit: s}, absorbance: {type: array}}
        recovery: repeat
instruments:
  pump_station:
    roles: [pumps]
    driver: {type: "labd_drivers.simulated.suzuki_flow.pump_station:PumpStation", options: {stall: 0.1}}
  reactor_1: {roles: [reactor]}
  reactor_2: {roles: [reactor]}
  hplc_1: {roles: [hplc]}
"""

PROTOCOL = """\
protocol: suzuki_flow
title: Suzuki coupling in flow
version: "1"
workcell: flow_bench
parameters:
  ligand: {type: categorical, options: [L0, L1]}
  residence_time: {type: continuous, low: 60 s, high: 10 min}
  temperature: {type: continuous, low: 30 degC, high: 110 degC}
  loading: {type: continuous, low: 0.5, high: 2.5, unit: percent, scale: log}
  cycles: {type: integer, low: 1, high: 8}
  power: {type: discrete, values: [10 W, 20 W, 40 W]}
constants: {flow: 0.5 mL/min, name: abc, n: 3}
steps:
  prepare:
    role: pumps
    capability: prepare
    arguments: {sample: "${run.id}", ligand: "${ligand}", loading: "${loading}"}
    retries: 1
  react:
    role: reactor
    capability: react
    after: [prepare]
    arguments:
      temperature: "${temperature}"
      residence_time: "${residence_time}"
      volume: "${steps.prepare.volume * 2}"
      speed: 3 mL/min
      cycles: "${cycles}"
    timeout: 30 min
  measure: {role: hplc, capability: measure, after: [react], arguments: {sample: "run ${run.id}, ${name}"}}
outcomes:
  yield: {unit: percent, low: 0, high: 110}
analysis:
  - function: chromatogram_yield
    inputs: {times: measure.times, absorbance: measure.absorbance}
    outcomes: {yield: yield}
    settings: {window: 2 min}
objectives:
  - maximise: yield
    target: 0.95
stopping: {trials: 30, consecutive_failures: 5}
planner: {parallel: 2, initial: 6}
runs_per_trial: 2
"""

ANALYSIS = {
    "chromatogram_yield": Signature(
        inputs=("times", "absorbance"),
        outcomes=("yield", "purity"),
        settings={"window": Slot(unit="s", low=1, optional=True)},
    ),
    "value": Signature(inputs=("measurements",), settings={"key": Slot(type="string")}, open_outcomes=True),
}


@pytest.fixture(scope="session")
def workcell_text() -> str:
    return WORKCELL


@pytest.fixture(scope="session")
def protocol_text() -> str:
    return PROTOCOL


@pytest.fixture(scope="session")
def signatures() -> dict[str, Signature]:
    return ANALYSIS


@pytest.fixture(scope="session")
def workcell() -> Workcell:
    return load_workcell(WORKCELL)
