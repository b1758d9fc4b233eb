"""`python -m tests.bench NAME`; `wire` takes, after its name, how many results its last part is to take."""

import asyncio
import importlib
import json
import sys

NAMES = ("babble", "loop", "peers", "wire")


def main() -> None:
    name, *arguments = sys.argv[1:] or [""]
    if name not in NAMES or len(arguments) > (name == "wire") or not all(each.isdecimal() for each in arguments):
        sys.exit(f"usage: python -m tests.bench {'|'.join(NAMES)} [RESULTS]")
    print(json.dumps(asyncio.run(importlib.import_module(f"tests.bench.{name}").measure(*map(int, arguments)))))


if __name__ == "__main__":
    main()
