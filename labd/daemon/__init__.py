"""The composition root: settings become adapters, orchestrator and page. The only place that wires."""

from labd.daemon.checking_drivers import check_driver
from labd.daemon.demonstration import demo
from labd.daemon.serving import serve

__all__ = ["check_driver", "demo", "serve"]
