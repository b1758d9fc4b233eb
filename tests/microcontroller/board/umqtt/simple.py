"""`umqtt.simple` of MicroPython as far as a driver uses it, over paho: it blocks, it speaks MQTT 3.1.1."""

from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

ANSWER_WITHIN_S = 5.0


class MQTTClient:
    def __init__(
        self,
        client_id: str,
        server: str,
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
        keepalive: int = 0,
    ) -> None:
        self._server, self._port, self._keepalive = server, port, keepalive
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv311)
        if user:
            self._client.username_pw_set(user, password)
        self._subscribed: set[int] = set()
        self._client.on_subscribe = lambda client, userdata, mid, *rest: self._subscribed.add(mid)

    @property
    def sock(self) -> Any:
        sock = self._client.socket()
        if sock is None:
            raise OSError("not connected")
        return sock

    def set_last_will(self, topic: str, msg: bytes, retain: bool = False, qos: int = 0) -> None:
        self._client.will_set(topic, msg, qos=qos, retain=retain)

    def set_callback(self, f: Callable[[bytes, bytes], object]) -> None:
        def arrived(client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
            f(message.topic.encode(), bytes(message.payload))

        self._client.on_message = arrived

    def connect(self) -> None:
        self._client.connect(self._server, self._port, self._keepalive)
        self._until(self._client.is_connected)

    def subscribe(self, topic: str, qos: int = 0) -> None:
        _, mid = self._client.subscribe(topic, qos)
        self._until(lambda: mid in self._subscribed)

    def publish(self, topic: str, msg: bytes, retain: bool = False, qos: int = 0) -> None:
        said = self._client.publish(topic, msg, qos=qos, retain=retain)
        self._until(said.is_published)

    def ping(self) -> None:
        """paho pings by itself."""

    def check_msg(self) -> None:
        if self._client.loop(0) != mqtt.MQTT_ERR_SUCCESS:
            raise OSError("the connection was lost")

    def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            if self._client.loop(ANSWER_WITHIN_S) != mqtt.MQTT_ERR_SUCCESS:
                raise OSError("the connection was lost")
