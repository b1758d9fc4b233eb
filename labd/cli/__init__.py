"""The command line. Imports only the standard library and click at start."""

from labd.cli.entry import labd, main

__all__ = ["labd", "main"]
