"""`python -m tests.bench NAME`."""

import asyncio
import importlib
import json
import sys

NAMES = ("loop", "peers", "wire")


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in NAMES:
        sys.exit(f"usage: python -m tests.bench {'|'.join(NAMES)}")
    print(json.dumps(asyncio.run(importlib.import_module(f"tests.bench.{sys.argv[1]}").measure())))


if __name__ == "__main__":
    main()
