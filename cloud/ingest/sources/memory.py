"""An in-process source for tests and recorded messages; it is not persistent."""

from collections import deque
from collections.abc import Iterable, Sequence

from cloud.ingest.sources.message_source import BatchLimits, Delivery


class MemorySource:
    """Delivers the messages of `put`; repeats unacknowledged ones after `reopen`."""

    def __init__(self, deliveries: Iterable[tuple[str, bytes]] = ()) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self._pending: deque[Delivery] = deque()
        self._unacknowledged: dict[int, Delivery] = {}
        self._receipts = 0
        for topic, payload in deliveries:
            self.put(topic, payload)

    def put(self, topic: str, payload: bytes) -> None:
        """Queue one message, as a device would publish it."""
        self._receipts += 1
        self._pending.append(Delivery(topic, payload, self._receipts))

    def reopen(self) -> None:
        """Repeat unacknowledged messages first, in order, as a broker does on reconnection."""
        self._pending.extendleft(reversed(self._unacknowledged.values()))
        self._unacknowledged.clear()

    def receive(self, limits: BatchLimits) -> Sequence[Delivery]:
        """Return the waiting messages at once; no others can arrive meanwhile."""
        taken = [self._pending.popleft() for _ in range(min(limits.messages, len(self._pending)))]
        self._unacknowledged.update((delivery.receipt, delivery) for delivery in taken)
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Remove deliveries from those to repeat."""
        for delivery in deliveries:
            self._unacknowledged.pop(delivery.receipt, None)

    def send(self, topic: str, payload: bytes) -> None:
        """Append the message to `sent`."""
        self.sent.append((topic, payload))

    def close(self) -> None:
        """Nothing to close."""
