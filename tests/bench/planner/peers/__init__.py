"""The planners, one adapter each. Each is imported only where its own library is installed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol, cast

from ..cases import Case, Point, Tried

ADAPTERS = {
    "labd": ("labd_planner", "Labd"),
    "random": ("chance", "Chance"),
    "optuna": ("optuna_gp", "OptunaGp"),
    "baybe": ("baybe_campaign", "BaybeCampaign"),
    "ax": ("ax_client", "AxClient"),
    "botorch": ("botorch_plain", "Plain"),
    "botorch_robust": ("botorch_robust", "Robust"),
    "bofire": ("bofire_strategies", "Bofire"),
}
"""By name: module and class, in the order in which they are run."""
LIBRARIES = {"optuna": "optuna", "baybe": "baybe", "ax": "ax-platform", "botorch": "botorch", "bofire": "bofire"}
"""By environment: the library whose version counts."""
HEEDLESS = frozenset({"random", "optuna", "ax", "bofire"})
"""They take no notice of an earlier campaign: the runs without it are theirs with it."""
PEERS = tuple(name for name in ADAPTERS if name not in {"labd", "random"})


class Player(Protocol):
    """A planner at work on one case."""

    def ask(self, history: Sequence[Tried]) -> Point:
        """The point to try next; the history is the whole of it, the first points included."""


class Adapter(Protocol):
    """How a planner is set to work."""

    def __call__(self, case: Case, seed: int) -> Player:
        """A planner that knows the case and nothing of its truth."""

    def supports(self, case: Case) -> bool:
        """Whether the planner has what the case needs."""


def adapter(name: str) -> Adapter:
    """The planner of that name. Raises `ImportError` outside its environment."""
    module, kind = ADAPTERS[name]
    return cast("Adapter", getattr(importlib.import_module(f".{module}", __name__), kind))


def environment(name: str) -> str:
    """The environment that a peer runs in."""
    return name.split("_", maxsplit=1)[0]
