"""The largest message that the broker accepts, found by trial where the broker states none.

A broker with a packet limit ends the connection when it receives a larger message (MQTT 3.1.1 has
no error response for it). When a connection ends while a message is unconfirmed, the next messages
are at most half as large. The limit doubles again after a while; if that fails, the time until the
next attempt doubles. A Maximum Packet Size that the broker states (MQTT 5) applies at once.
"""

import logging
from typing import Final

from wire.envelope import MAX_PAYLOAD_BYTES

log = logging.getLogger(__name__)

SMALLEST_BYTES: Final = 1024  # smaller than a heartbeat: halving further cannot help
GROW_AFTER_S: Final = 600.0
LONGEST_GROW_AFTER_S: Final = 86_400.0
DISCONNECTS_BEFORE_SHORTENING: Final = 3  # in a row, while a single report was unconfirmed


class PacketLimit:
    """The limit of one link. `now_s` is a steady clock."""

    def __init__(self) -> None:
        self._limit_bytes = MAX_PAYLOAD_BYTES
        self._stated_bytes: int | None = None
        self._unconfirmed_bytes = 0  # the largest message that the broker has not confirmed
        self._reduced_at_s = 0.0
        self._grow_after_s = GROW_AFTER_S
        self._disconnects = 0

    @property
    def bytes(self) -> int:
        """The largest message to send now."""
        return min(self._limit_bytes, self._stated_bytes or MAX_PAYLOAD_BYTES)

    @property
    def is_reduced(self) -> bool:
        """Whether the limit is below the default."""
        return self.bytes < MAX_PAYLOAD_BYTES

    @property
    def allows_shortening(self) -> bool:
        """Whether a single report that exceeds the limit is shortened.

        A limit that the broker states is certain; one that was found by trial may be an outage.
        """
        return self._stated_bytes is not None or self._disconnects >= DISCONNECTS_BEFORE_SHORTENING

    def set_stated(self, largest_bytes: int | None) -> None:
        """Set the limit that the broker states at connection; None when it states none."""
        if largest_bytes is not None and largest_bytes < MAX_PAYLOAD_BYTES:
            log.info("link.packet_limit", extra={"bytes": largest_bytes, "stated": True})
        self._stated_bytes = largest_bytes

    def record_sent(self, size_bytes: int) -> None:
        """Note a message that waits for the broker's confirmation."""
        self._unconfirmed_bytes = max(self._unconfirmed_bytes, size_bytes)

    def record_confirmed(self, now_s: float) -> None:
        """Note that the broker has confirmed every message."""
        self._unconfirmed_bytes, self._disconnects = 0, 0
        if (
            self._limit_bytes < MAX_PAYLOAD_BYTES
            and now_s - self._reduced_at_s >= self._grow_after_s
        ):
            self._limit_bytes = min(2 * self._limit_bytes, MAX_PAYLOAD_BYTES)
            self._reduced_at_s = now_s

    def record_disconnect(self, now_s: float) -> None:
        """Note that the connection ended, perhaps because of the unconfirmed message."""
        size, self._unconfirmed_bytes = self._unconfirmed_bytes, 0
        if not size:
            return
        if size > self.bytes:  # a single report, larger than the limit
            self._disconnects += 1
            return
        if self._limit_bytes < MAX_PAYLOAD_BYTES:  # an attempt with a larger size failed
            self._grow_after_s = min(2 * self._grow_after_s, LONGEST_GROW_AFTER_S)
        self._reduced_at_s = now_s
        self._limit_bytes = max(size // 2, SMALLEST_BYTES)
        log.warning(
            "link.packet_limit",
            extra={
                "reason": "the connection ended while a message was unconfirmed",
                "message_bytes": size,
                "bytes": self._limit_bytes,
            },
        )
