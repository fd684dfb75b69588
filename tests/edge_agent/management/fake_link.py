"""A link for management messages that is connected to a function instead of a broker."""

from collections import deque
from dataclasses import dataclass, field

import msgspec


@dataclass
class FakeLink:
    """`answer` returns the messages that respond to a topic and a body."""

    answer: object = None
    connected: bool = True
    sessions: int = 1
    sent: list = field(default_factory=list)
    inbox: deque = field(default_factory=deque)
    renewals: int = 0

    def publish(self, topic, payload):
        if not self.connected:
            return False
        body = msgspec.json.decode(payload)
        self.sent.append((topic, body))
        self.inbox.extend(self.answer(topic, body))
        return True

    def take_messages(self):
        return [self.inbox.popleft() for _ in range(len(self.inbox))]

    def reload_certificate(self):
        self.renewals += 1
