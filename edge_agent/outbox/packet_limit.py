"""How large a message may be that the broker takes, where nobody says so.

A broker with a packet limit ends the connection when it receives a larger one (MQTT 3.1.1 has no
answer for it). So when a connection ends while a message waits for the broker's confirmation, the
next ones are at most half as large. The limit doubles again after a while; if that fails, the
while gets longer. A Maximum Packet Size that the broker states (MQTT 5) holds without trial.
"""

import logging
from typing import Final

from wire.envelope import MAX_PAYLOAD_BYTES

log = logging.getLogger(__name__)

SMALLEST_BYTES: Final = 1024  # below, not even a heartbeat gets through: nothing is left to halve
GROW_AFTER_S: Final = 600.0
LONGEST_GROW_AFTER_S: Final = 86_400.0
DISCONNECTS_BEFORE_SHORTENING: Final = 3  # of a report alone, in a row, before it is shortened


class PacketLimit:
    """The limit of one link. `now_s` is a steady clock."""

    def __init__(self) -> None:
        self._limit_bytes = MAX_PAYLOAD_BYTES
        self._stated_bytes: int | None = None
        self._waiting_bytes = 0  # the largest message that the broker has not confirmed
        self._cut_s = 0.0
        self._grow_after_s = GROW_AFTER_S
        self._refusals = 0

    @property
    def bytes(self) -> int:
        """The largest message to send now."""
        return min(self._limit_bytes, self._stated_bytes or MAX_PAYLOAD_BYTES)

    @property
    def is_reduced(self) -> bool:
        """Whether messages are kept smaller than they might be."""
        return self.bytes < MAX_PAYLOAD_BYTES

    @property
    def shortens(self) -> bool:
        """Whether a single message beyond the limit is to be shortened.

        A limit that the broker states is certain; one that was found by trial might be an outage.
        """
        return self._stated_bytes is not None or self._refusals >= DISCONNECTS_BEFORE_SHORTENING

    def state(self, largest_bytes: int | None) -> None:
        """Take what the broker says at the beginning of a session; None when it says nothing."""
        if largest_bytes is not None and largest_bytes < MAX_PAYLOAD_BYTES:
            log.info("link.packet_limit", extra={"bytes": largest_bytes, "stated": True})
        self._stated_bytes = largest_bytes

    def sent(self, size_bytes: int) -> None:
        """A message was handed over."""
        self._waiting_bytes = max(self._waiting_bytes, size_bytes)

    def confirmed(self, now_s: float) -> None:
        """The broker has everything that was handed over."""
        self._waiting_bytes, self._refusals = 0, 0
        if self._limit_bytes < MAX_PAYLOAD_BYTES and now_s - self._cut_s >= self._grow_after_s:
            self._limit_bytes = min(2 * self._limit_bytes, MAX_PAYLOAD_BYTES)
            self._cut_s = now_s

    def ended(self, now_s: float) -> None:
        """The connection ended, perhaps because of what waited for confirmation."""
        size, self._waiting_bytes = self._waiting_bytes, 0
        if not size:
            return
        if size > self.bytes:  # a single report that is larger than the limit
            self._refusals += 1
            return
        if self._limit_bytes < MAX_PAYLOAD_BYTES:  # a trial of a larger size that failed
            self._grow_after_s = min(2 * self._grow_after_s, LONGEST_GROW_AFTER_S)
        self._cut_s = now_s
        self._limit_bytes = max(size // 2, SMALLEST_BYTES)
        log.warning(
            "link.packet_limit",
            extra={
                "reason": "the connection ended while a message waited for confirmation",
                "message_bytes": size,
                "bytes": self._limit_bytes,
            },
        )
