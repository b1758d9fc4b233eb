"""The composition root: settings become adapters, orchestrator and page. The only place that wires."""

from labd.daemon.demonstration import demo
from labd.daemon.serving import serve

__all__ = ["demo", "serve"]
