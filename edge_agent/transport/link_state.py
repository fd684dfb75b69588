"""What both MQTT links of the device hold, and the limits that they share."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from edge_agent.transport.broker import BrokerEndpoint
from wire.clock import utc_now
from wire.topics import Channel, DeviceAddress

MAX_UNSENT: Final = 20  # unconfirmed messages before `send` returns False
MAX_INBOX: Final = 1000  # acknowledgements are cumulative: the newest suffice
FILTERS_PER_REQUEST: Final = 8  # limit of AWS IoT Core
MAX_LOCATION_LENGTH: Final = 64  # of a former location
DISCONNECT_TIMEOUT_S: Final = 2.0


class LinkState:
    """Broker, address, subscriptions and received messages of one device's connection."""

    def __init__(
        self,
        broker: BrokerEndpoint,
        address: DeviceAddress,
        *,
        keepalive_s: int,
        subscriptions: Sequence[str] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.connected = False
        self.sessions = 0
        self.largest_payload_bytes: int | None = None
        self._broker = broker
        self._address = address
        self._keepalive_s = keepalive_s
        self._clock = clock
        self._subscriptions = (address.topic(Channel.ACK), *subscriptions)
        self._inbox: deque[bytes] = deque(maxlen=MAX_INBOX)
        self._messages: deque[tuple[str, bytes]] = deque(maxlen=MAX_INBOX)
        self._slots = threading.Semaphore(MAX_UNSENT)
        self._count_lock = threading.Lock()
        self._former_acks: list[str] = []  # acknowledgement topics of former locations
