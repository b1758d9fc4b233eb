"""The options of `python -m tests.bench planner`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .peers import ADAPTERS
from .play import BUDGET

HOME = Path.home() / ".cache" / "labd-peers"
"""Where the peers' environments are, unless another folder is named."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--planners", default="", help=f"of {', '.join(ADAPTERS)}, by comma; default labd and random")
    parser.add_argument("--problems", default="", help="names, by comma; default all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=BUDGET, help="trials, the first ones included")
    parser.add_argument("--fresh", action="store_true", help="run the peers too, in place of what was recorded of them")
    parser.add_argument("--peers", type=Path, default=HOME, help="the folder of their environments")
    parser.add_argument("--data", type=Path, help="the folder of Olympus data sets, for the two pools")
    parser.add_argument("--results", type=Path, help="a folder for the runs, where those that are there count")
    parser.add_argument("--page", type=Path, dest="page_to", help="a file for the table; default standard error")
    parser.add_argument("--latency", action="store_true", help="processor seconds an ask, and nothing else")
    parser.add_argument(
        "--ahead", action="store_true", dest="ahead_of", help="what pending trials cost, and nothing else"
    )
