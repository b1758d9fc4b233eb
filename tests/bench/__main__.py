"""`python -m tests.bench NAME`: prints one line of JSON; ends with 1 where something was found that must not be."""

import argparse
import asyncio
import importlib
import json
import sys

from tests.bench.planner.options import add_options as planner_options

HOMES = {"planner": "planner.measuring"}
"""Where a benchmark is that is not a module of its own name."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    names = parser.add_subparsers(dest="name", required=True)
    for name in ("babble", "device", "loop", "peers", "schedule"):
        names.add_parser(name)
    names.add_parser("wire").add_argument("long", type=int, nargs="?", default=100_000, help="results of its last part")
    calibration = names.add_parser("calibration")
    calibration.add_argument("--seeds", type=int, default=6)
    calibration.add_argument("--campaigns", type=int, default=2)
    dryrun = names.add_parser("dryrun")
    dryrun.add_argument("--trials", type=int, default=1000)
    chaos = names.add_parser("chaos")
    chaos.add_argument("--faults", type=int, default=1000)
    chaos.add_argument("--seed", type=int, default=1)
    connections = names.add_parser("connections")
    connections.add_argument("--instruments", type=int, default=1000)
    planner_options(names.add_parser("planner"))
    given = vars(parser.parse_args())
    name = given.pop("name")
    figures = asyncio.run(importlib.import_module(f"tests.bench.{HOMES.get(name, name)}").measure(**given))
    print(json.dumps(figures))
    sys.exit(not figures.get("clean", True))


if __name__ == "__main__":
    main()
