"""aiomqtt's client, with what it leaves to its user: TLS, how a connect fails, and what the broker does not allow."""

from __future__ import annotations

import logging
import socket
from typing import Any, NamedTuple

import aiomqtt
from paho.mqtt.client import WebsocketConnectionError, _WebsocketWrapper
from paho.mqtt.reasoncodes import ReasonCode

from labd.domain.errors import InvalidInput
from labd.mqtt.address import BrokerAddress, Version
from labd.mqtt.credentials import Login
from labd.mqtt.security import tls_context, why_hung_up, why_not_connected
from labd.mqtt.traffic import TrafficClient

ANSWER_WITHIN_S = 5.0
"""For the broker's answer to CONNECT and SUBSCRIBE."""

_PAHO_LOG = logging.getLogger("labd.mqtt.paho")
_PAHO_LOG.setLevel(logging.CRITICAL)  # what paho would say of a lost connection is said by `Down`

log = logging.getLogger(__name__)


class Will(NamedTuple):
    """What the broker says for a client that vanishes."""

    topic: str
    payload: bytes
    retain: bool = True


class VersionRefused(aiomqtt.MqttError):
    """The broker does not speak this version of MQTT, or says nothing to it."""


class LoginRefused(aiomqtt.MqttError):
    """The broker does not know the user, or the password is another one."""


class Client(TrafficClient):
    """One connection's client."""

    def __init__(
        self, address: BrokerAddress, version: Version, client_id: str, login: Login, will: Will | None
    ) -> None:
        super().__init__(
            address.host,
            address.port,
            username=login.username,
            password=login.password,
            identifier=client_id,
            logger=_PAHO_LOG,
            protocol=aiomqtt.ProtocolVersion.V5 if version == "5" else aiomqtt.ProtocolVersion.V311,
            will=will and aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain),
            transport="websockets" if address.path else "tcp",
            keepalive=address.keep_alive_s,
            timeout=ANSWER_WITHIN_S,
        )
        self._client._create_socket = self._way_to_the_broker  # type: ignore[method-assign]
        self.version = version
        self.reached = False
        """Whether the thread that connects the socket is done."""
        self.denied: set[str] = set()
        """Topics on which the broker did not let us publish."""
        self._address, self._username = address, login.username

    def _client_connect(self) -> None:
        """In a thread: files are read, names looked up, hands shaken."""
        try:
            super()._client_connect()
        except InvalidInput as error:
            raise aiomqtt.MqttError(str(error)) from None
        except WebsocketConnectionError:
            raise aiomqtt.MqttError(f"There is no WebSocket at {self._address}.") from None
        except OSError as error:
            raise aiomqtt.MqttError(why_not_connected(error, self._address)) from None
        self.reached = True

    def _way_to_the_broker(self) -> Any:
        """A connected socket, as paho's own, which leaves it open where TLS or the WebSocket fails on it."""
        address = self._address
        way: Any = socket.create_connection((address.host, address.port), timeout=ANSWER_WITHIN_S)
        try:
            # Without it Nagle and delayed acknowledgements make 95 ms of a round trip of 10.
            way.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.tls:
                way = tls_context(address).wrap_socket(way, server_hostname=address.host)
            if not address.path:
                return way
            return _WebsocketWrapper(way, address.host, address.port, address.tls, address.path, None)
        except BaseException:
            way.close()
            raise

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, *rest: Any) -> None:
        if not self._connected.done():  # aiomqtt would wait on for an answer that cannot come any more
            self._connected.set_exception(VersionRefused(why_hung_up(self._address)))
        super()._on_disconnect(client, userdata, flags, reason_code, *rest)

    def _on_publish(self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Any) -> None:
        """aiomqtt takes any answer for success. With MQTT 3.1.1 there is no other: a denied message just vanishes."""
        if reason_code.is_failure and (message := client._out_messages.get(mid)) is not None:
            if message.topic not in self.denied:
                log.error(
                    "the broker does not let %s publish on %s: %s. See its access list (`labd broker config`).",
                    self._username or "a client without a name",
                    message.topic,
                    reason_code,
                )
            self.denied.add(message.topic)
        super()._on_publish(client, userdata, mid, reason_code, properties)
