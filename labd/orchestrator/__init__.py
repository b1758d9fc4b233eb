"""The shell: one task that turns events into commits and commits into effects."""

from labd.orchestrator.heart import EVERY_S
from labd.orchestrator.orchestrator import Orchestrator

__all__ = ["EVERY_S", "Orchestrator"]
