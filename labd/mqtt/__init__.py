"""One small MQTT transport, for drivers and daemon alike. The only home of aiomqtt."""

from labd.mqtt.transport import Arrived, Down, MqttTransport, Up, Will

__all__ = ["Arrived", "Down", "MqttTransport", "Up", "Will"]
