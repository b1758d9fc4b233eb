"""`umqtt.simple` for a MicroPython that has no sockets: `bridge` is the JavaScript around it, which has."""

import binascii

import bridge


class MQTTClient:
    def __init__(self, client_id, server, port=0, user=None, password=None, keepalive=0):
        self.place = (client_id, server, port, keepalive)
        self.sock = self

    def set_last_will(self, topic, msg, retain=False, qos=0):
        self.will = (topic, msg.decode())

    def set_callback(self, f):
        self.f = f

    def connect(self):
        if not bridge.connected(*(self.place + self.will)):
            raise OSError("not connected yet")

    def subscribe(self, topic, qos=0):
        bridge.subscribe(topic)

    def publish(self, topic, msg, retain=False, qos=0):
        if not bridge.publish(topic, msg.decode(), retain, qos):
            raise OSError("the connection was lost")

    def ping(self):
        pass

    def check_msg(self):
        topic = bridge.next()
        if topic is None:
            raise OSError("the connection was lost")
        self.f(topic.encode(), binascii.unhexlify(bridge.payload()))

    def close(self):
        bridge.close()
