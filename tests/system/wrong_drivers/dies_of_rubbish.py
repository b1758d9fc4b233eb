"""What it cannot read ends it."""

from typing import Any

import paho.mqtt.client as mqtt

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.heard(message)


if __name__ == "__main__":
    Wrong().run()
