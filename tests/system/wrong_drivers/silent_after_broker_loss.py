"""It says what it is once, and not to the next broker."""

from typing import Any

import paho.mqtt.client as mqtt

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def connected(self, client: mqtt.Client, *rest: Any) -> None:
        super().connected(client, *rest)
        self.birth = self.state = lambda: None  # type: ignore[method-assign]


if __name__ == "__main__":
    Wrong().run()
