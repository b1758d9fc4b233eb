"""One small MQTT transport, for drivers and daemon alike. The only home of aiomqtt."""

from labd.mqtt.address import BrokerAddress, refuse_open_password, with_absolute_files, with_credentials
from labd.mqtt.client import Will
from labd.mqtt.connection import Beside
from labd.mqtt.credentials import Credentials, read_credentials
from labd.mqtt.transport import Arrived, Down, Happening, MqttTransport, Up

__all__ = [
    "Arrived",
    "Beside",
    "BrokerAddress",
    "Credentials",
    "Down",
    "Happening",
    "MqttTransport",
    "Up",
    "Will",
    "read_credentials",
    "refuse_open_password",
    "with_absolute_files",
    "with_credentials",
]
