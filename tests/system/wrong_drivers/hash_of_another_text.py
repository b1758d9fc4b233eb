"""Its content hash is over JSON with spaces, not over the canonical one."""

import hashlib
import json

from tests.system.wrong_drivers.correct import Correct, Json


class Wrong(Correct):
    def digest(self, command: str, outcome: Json) -> str:
        return hashlib.sha256(json.dumps({"command": command, "outcome": outcome}).encode()).hexdigest()


if __name__ == "__main__":
    Wrong().run()
