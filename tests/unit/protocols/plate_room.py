"""A workcell and a protocol that use all of the language, without a mistake."""

from labd.domain.analysis import Signature

SIGNATURES = {"value": Signature(inputs=("measurements", "blank"), open_outcomes=True)}

WORKCELL = """\
workcell: plate_room
roles:
  handler:
    capabilities:
      dispense:
        arguments:
          volumes: {type: object}
          medium: {type: string, options: [lb, m9]}
          inducer: {unit: mM, low: 0, high: 5, optional: true}
        results: {dead_volume: {unit: uL, low: 0}}
        cost: 0.5
        typical: 5 min
        maximum: 20 min
      dilute: {arguments: {factor: {low: 1, high: 100}}, typical: 2 min}
      prime: {typical: 1 min}
      wash: {arguments: {volume: {unit: mL, low: 0, high: 5}}, results: {turbidity: {low: 0}}, typical: 1 min}
  incubator:
    capabilities:
      shake: {arguments: {temperature: {unit: degC, low: 4, high: 60}}, typical: 2 hour, maximum: 1 day}
  reader:
    capabilities:
      read:
        arguments: {wavelength: {unit: nm, optional: true}, label: {type: string, optional: true}}
        results: {density: {type: object}, mean: {low: 0}}
        typical: 3 min
      lamp_on: {}
  camera: {capabilities: {look: {results: {density: {type: object}, mean: {}, picture: {type: blob}}}}}
  transport:
    capabilities:
      move: {arguments: {labware: {type: string}, source: {type: string}, destination: {type: string}}}
instruments:
  handler_1: {roles: [handler], location: deck}
  incubator_1: {roles: [incubator], location: shaker}
  reader_1: {roles: [reader], location: nest}
  camera_1: {roles: [camera], location: nest}
  arm: {roles: [transport]}
  hood: {roles: [handler]}
locations:
  hotel_1: {capacity: 20, group: hotel, accepts: [plate_96]}
  hotel_2: {capacity: 20, group: hotel, accepts: [plate_96, plate_24]}
  deck: {}
  shaker: {capacity: 4}
  nest: {}
  waste: {capacity: 100}
  vials: {accepts: [vial]}
labware: {plate_96: {rows: 8, columns: 12}, plate_24: {rows: 4, columns: 6}, vial: {}}
stock:
  medium:
    unit: mL
    low: 50 mL
    capacity: 1 L
    cost: 0.02
    lots: [{lot: M1, amount: 500 mL, expires: 2027-01-31}, {lot: M2, amount: 0.2 L}]
  tips: {low: 96, lots: [{lot: T1, amount: 9600}]}
  azide: {unit: mg, hazardous: true, lots: [{lot: A1, amount: 10 mg}]}
limits:
  - {role: handler, capability: dispense, allowed: "${inducer < 4 or medium == 'lb'}", reason: it falls out}
rates: [{role: incubator, capability: shake, argument: temperature, at_most: 5 K/min}]
incompatible: [{these: [azide, m9], reason: it smells}]
interlocks:
  hood_flow: {signal: hood.flow, below: 0.3 m/s, reset_above: 0.4 m/s, hold: 2 s, guards: [handler, arm]}
hazard: {biosafety_level: 2, materials: [ecoli_k12], most: medium}
"""

PROTOCOL = """\
protocol: strain_assay
workcell: plate_room
parameters:
  strain: {type: categorical, options: [s1, s2, s3]}
  volume: {type: continuous, low: 20 uL, high: 200 uL}
  inducer: {type: continuous, low: 0, high: 2 mM, unit: mM, per: plate}
  temperature: {type: discrete, values: [25 degC, 30 degC, 37 degC], per: batch}
  additive: {type: categorical, options: [none, salt, sugar]}
  amount: {type: continuous, low: 0, high: 5, unit: percent, when: {additive: [salt, sugar]}}
  glucose: {type: continuous, low: 0, high: 1}
  glycerol: {type: continuous, low: 0, high: 1}
  acetate: {type: continuous, low: 0, high: 1}
constants: {wavelength: 600 nm, half: 0.5 mL}
constraints:
  - {sum: [glucose, glycerol, acetate], equals: 1}
  - {sum: [glucose, glycerol], weights: {glycerol: 2}, at_most: 1.5}
  - {exclude: {strain: [s3], additive: [salt, sugar]}}
labware:
  plate: {type: plate_96, start: hotel}
batch:
  labware: plate
  wells: {rows: B-G, columns: 2-11}
  replicates: 3
  controls:
    blank: {kind: blank, count: 4, parameters: {volume: 0 uL}}
    wild_type: {count: 2, parameters: {strain: wt}, wells: [B2, B3]}
templates:
  wash:
    with: {volume: null, times: 2}
    steps:
      rinse: {role: handler, capability: prime, per: batch}
      aspirate:
        role: handler
        capability: wash
        per: batch
        after: [rinse]
        retries: 1
        otherwise: by_pipette
        arguments: {volume: "${volume * times}"}
      by_pipette: {role: handler, capability: wash, arguments: {volume: "${volume}"}}
      note: {person: "Washed with ${volume}: ${steps.aspirate.turbidity}?", per: batch, after: [aspirate]}
preparation:
  lamp: {role: reader, capability: lamp_on}
  prime: {role: handler, capability: prime, also: [transport]}
steps:
  to_deck: {move: plate, to: deck}
  dispense:
    role: handler
    capability: dispense
    on: plate
    after: [to_deck]
    arguments: {volumes: {per_well: "${volume}"}, medium: lb, inducer: "${inducer}"}
    consumes: {medium: 20 mL, tips: 96}
    retries: 2
    cool_down: 30 s
    recover: [flush]
    otherwise: by_hand
  flush: {role: handler, capability: prime}
  by_hand:
    role: handler
    capability: dispense
    instrument: hood
    per: batch
    arguments: {volumes: {per_well: "${volume}"}, medium: lb}
  to_shaker: {move: plate, to: shaker, after: [dispense]}
  grow:
    role: incubator
    capability: shake
    on: plate
    after: {to_shaker: {at_most: 5 min}}
    arguments: {temperature: "${temperature}"}
  to_nest: {move: plate, to: nest, after: {grow: {at_least: 1 min, at_most: 15 min}}}
  read:
    role: reader
    capability: read
    on: plate
    after: {to_nest: {no_gap: true}}
    arguments: {wavelength: "${wavelength}"}
  look:
    person: "Is plate ${run.id} clear?"
    options: [clear, cloudy]
    note: true
    photo: true
    per: batch
    after: [read]
  dilute:
    role: handler
    capability: dilute
    per: batch
    after: [look]
    when: "${steps.read.mean > 1.0 and steps.look.option == 'clear'}"
    arguments: {factor: 10}
  read_again: {role: reader, capability: read, per: batch, after: [dilute], arguments: {label: "${steps.look.note}"}}
  wash:
    use: wash
    with: {volume: "${half * 2}", times: 1}
    after: {read_again: {at_least: 10 s}}
    repeat: {until: "${steps.wash.aspirate.turbidity < 0.1}", at_most: 3}
  last_wash: {use: wash, with: {volume: 2 mL}, after: [wash], when: "${temperature > 30}"}
  last_look: {person: "Turbidity ${steps.wash.aspirate.turbidity}?", per: batch, after: [last_wash]}
clean_up:
  to_waste: {move: plate, to: waste}
  rinse: {role: handler, capability: prime, after: [to_waste], timeout: 5 min}
outcomes: {growth: {low: 0}}
analysis: [{function: value, inputs: {measurements: read_again.density, blank: controls.blank.read.density}}]
objectives: [{maximise: growth}]
stopping: {trials: 300, hours: 72, cost: 500, materials: {medium: 0.5 L}}
hazard: {level: medium, biosafety_level: 2, materials: [ecoli_k12]}
"""
