"""The shell: one task that turns events into commits and commits into effects."""

from labd.orchestrator.orchestrator import Orchestrator

__all__ = ["Orchestrator"]
