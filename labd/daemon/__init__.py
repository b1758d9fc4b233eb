"""The composition root: settings become adapters, orchestrator and page."""
