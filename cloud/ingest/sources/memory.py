"""An in-process source: for tests, and for reading recorded messages. It loses what it holds."""

from collections import deque
from collections.abc import Iterable, Sequence

from cloud.ingest.sources.base import BatchLimits, Delivery


class MemorySource:
    """Delivers what `put` was given; unsettled deliveries come again after `reopen`."""

    def __init__(self, deliveries: Iterable[tuple[str, bytes]] = ()) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self._waiting: deque[Delivery] = deque()
        self._unsettled: dict[int, Delivery] = {}
        self._receipts = 0
        for topic, payload in deliveries:
            self.put(topic, payload)

    def put(self, topic: str, payload: bytes) -> None:
        """Queue one message, as a device would publish it."""
        self._receipts += 1
        self._waiting.append(Delivery(topic, payload, self._receipts))

    def reopen(self) -> None:
        """What a broker does when its consumer is back: unsettled messages first, in order."""
        self._waiting.extendleft(reversed(self._unsettled.values()))
        self._unsettled.clear()

    def receive(self, limits: BatchLimits) -> Sequence[Delivery]:
        """What waits, at once: nothing more can come while the caller waits for it."""
        taken = [self._waiting.popleft() for _ in range(min(limits.messages, len(self._waiting)))]
        self._unsettled.update((delivery.receipt, delivery) for delivery in taken)
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Forget them."""
        for delivery in deliveries:
            self._unsettled.pop(delivery.receipt, None)

    def send(self, topic: str, payload: bytes) -> None:
        """Keep it in `sent`."""
        self.sent.append((topic, payload))

    def close(self) -> None:
        """Nothing to leave."""
