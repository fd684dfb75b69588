"""An MQTT client that records each answer of the broker in a queue."""

from dataclasses import dataclass, field
from queue import Queue

import paho.mqtt.client as mqtt

PATIENCE_S = 10.0
ACCEPTED = {0: True, 16: True, 135: False}
"""Reason codes of a publication: success, no matching subscribers, not authorised."""


@dataclass
class RecordingClient:
    """A client with one certificate; `connect` or `is_refused` opens its only connection."""

    paho: mqtt.Client
    port: int
    connections: Queue = field(default_factory=Queue)
    disconnections: Queue = field(default_factory=Queue)
    received: Queue = field(default_factory=Queue)
    publications: Queue = field(default_factory=Queue)
    subscriptions: Queue = field(default_factory=Queue)

    def __post_init__(self):
        paho = self.paho
        paho.on_connect = lambda _c, _u, _f, reason, _p: self.connections.put(str(reason))
        paho.on_disconnect = lambda _c, _u, _f, reason, _p: self.disconnections.put(str(reason))
        paho.on_message = lambda _c, _u, message: self.received.put(message.topic)
        paho.on_subscribe = lambda _c, _u, number, _r, _p: self.subscriptions.put(number)
        paho.on_publish = lambda _c, _u, _m, reason, _p: self.publications.put(reason.value)

    def connect(self):
        """Connect; the broker must accept."""
        assert self._open_connection() == "Success"
        return self

    def is_refused(self):
        """Whether the broker refuses the connection."""
        return self._open_connection() == "Not authorized"

    def publish(self, topic, payload=b"{}"):
        """Publish with QoS 1; whether the broker accepts the message."""
        self.paho.publish(topic, payload, qos=1)
        return ACCEPTED[self.publications.get(timeout=PATIENCE_S)]

    def subscribe(self, *topics):
        """Subscribe, and wait for the broker's answer to each subscription."""
        for topic in topics:
            self.paho.subscribe(topic, 1)
            self.subscriptions.get(timeout=PATIENCE_S)

    def receive_until(self, topic):
        """The topics of all messages up to and including one on `topic`."""
        received = []
        while topic not in received:
            received.append(self.received.get(timeout=PATIENCE_S))
        return received

    def disconnect(self):
        """Close the connection and stop the client."""
        self.paho.disconnect()
        self.paho.loop_stop()
        self.paho._reset_sockets()  # paho leaves its socket pair to the garbage collector

    def _open_connection(self):
        self.paho.connect("127.0.0.1", self.port, keepalive=30)
        self.paho.loop_start()
        return self.connections.get(timeout=PATIENCE_S)
