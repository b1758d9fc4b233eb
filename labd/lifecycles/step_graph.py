"""How the steps of a run hang together: worked out once a run, since nothing of it changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labd.domain.identifiers import StepName
from labd.domain.steps import Phase, PlannedStep
from labd.lifecycles.chains import Chains, chains_of

Names = tuple[StepName, ...]


@dataclass(frozen=True, slots=True)
class StepGraph:
    """Who follows whom, and who stands in for or recovers whom."""

    place: Mapping[StepName, int]
    """The order of the protocol."""
    phase: Mapping[StepName, Phase]
    """A stand-in and a recovery step belong to the phase of the step that they are for, whatever they say."""
    behind: Mapping[StepName, Names]
    """The steps that wait for this one by `after`."""
    origins: Mapping[StepName, Names]
    """The step itself, and those in whose stead it is done."""
    stand_ins: Mapping[StepName, Names]
    recoveries: Mapping[StepName, Names]
    timed: Mapping[StepName, Names]
    """The steps that may begin only so long after this one, at least."""
    chains: Chains
    """The time-critical chains."""
    preparation: Names
    unbound: Names
    """Main steps that wait for all of the preparation, since they name no step that they wait for."""
    work: Names
    """Preparation and main: what the run is for."""
    clean_up: Names
    called_alike: bool
    """Whether expressions speak of several of them by one name, and mean the last that was done."""


def graph_of(plans: Mapping[StepName, PlannedStep]) -> StepGraph:
    """The graph of these steps."""
    phase = {name: _root(plan, plans).phase for name, plan in plans.items()}
    work = tuple(name for name in plans if phase[name] != "clean_up")
    return StepGraph(
        place={name: place for place, name in enumerate(plans)},
        phase=phase,
        behind=_by((other, plan.name) for plan in plans.values() for other in plan.after),
        origins={name: tuple(_origins(plan, plans)) for name, plan in plans.items()},
        stand_ins=_by((plan.instead_of, plan.name) for plan in plans.values() if plan.instead_of),
        recoveries=_by((plan.recovers, plan.name) for plan in plans.values() if plan.recovers),
        timed=_by(
            (other, plan.name) for plan in plans.values() for other, gap in plan.gaps.items() if gap.at_least_s > 0
        ),
        chains=chains_of(plans),
        preparation=tuple(name for name in work if phase[name] == "preparation"),
        unbound=tuple(name for name in work if phase[name] == "main" and _is_unbound(plans[name])),
        work=work,
        clean_up=tuple(name for name in plans if phase[name] == "clean_up"),
        called_alike=any(plan.alias for plan in plans.values()),
    )


def _is_unbound(plan: PlannedStep) -> bool:
    return not (plan.after or plan.instead_of or plan.recovers)


def _origins(plan: PlannedStep, plans: Mapping[StepName, PlannedStep]) -> Iterator[StepName]:
    yield plan.name
    while plan.instead_of is not None:
        plan = plans[plan.instead_of]
        yield plan.name


def _root(plan: PlannedStep, plans: Mapping[StepName, PlannedStep]) -> PlannedStep:
    """The step that it is done for in the end."""
    while (origin := plan.instead_of or plan.recovers) is not None:
        plan = plans[origin]
    return plan


def _by(pairs: Iterable[tuple[StepName, StepName]]) -> Mapping[StepName, Names]:
    found: dict[StepName, list[StepName]] = {}
    for key, name in pairs:
        found.setdefault(key, []).append(name)
    return {key: tuple(names) for key, names in found.items()}
