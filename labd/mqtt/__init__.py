"""One small MQTT transport, for drivers and daemon alike. The only home of aiomqtt."""

from labd.mqtt.connection import Will
from labd.mqtt.transport import Arrived, Down, MqttTransport, Up

__all__ = ["Arrived", "Down", "MqttTransport", "Up", "Will"]
