"""Flow control of one stream: rows sent and not acknowledged, and when to send them again."""

from collections import deque
from dataclasses import dataclass, field
from typing import Self

from edge_agent.settings.transport import LinkSettings


@dataclass(slots=True)
class SendWindow:
    """Progress of one stream. Rows are those of the outbox; `*_s` are of a steady clock."""

    settings: LinkSettings
    timeout_s: float
    size: int
    sent_through: int = 0
    in_flight: deque[int] = field(default_factory=deque)  # last row of each report
    waiting_since_s: float = 0.0
    timeouts: int = 0  # in a row

    @classmethod
    def from_settings(cls, settings: LinkSettings) -> Self:
        return cls(settings, settings.resend_after_s, settings.in_flight)

    def is_overdue(self, now_s: float) -> bool:
        """Whether the time to wait for an acknowledgement has passed."""
        return bool(self.in_flight) and now_s - self.waiting_since_s >= self.timeout_s

    def retry(self, now_s: float) -> None:
        """Send one batch of what was not acknowledged again, and double the time to wait."""
        self.timeouts += 1
        longest_s = max(self.settings.longest_resend_s, self.settings.resend_after_s)
        self.timeout_s = min(self.timeout_s * 2, longest_s)
        self.reset(now_s, size=self.settings.batch)

    def reset(self, now_s: float, *, size: int) -> None:
        """Treat everything in flight as lost."""
        self.sent_through = 0
        self.in_flight.clear()
        self.waiting_since_s = now_s
        self.size = size

    def record_sent(self, last_rows: list[int], now_s: float) -> None:
        """Add reports to those in flight."""
        if not self.in_flight:
            self.waiting_since_s = now_s
        self.in_flight.extend(last_rows)
        self.sent_through = last_rows[-1]

    def record_acknowledged(self, through: int, now_s: float) -> None:
        """Remove the reports up to a row, and return to the settings' window and timeout."""
        while self.in_flight and self.in_flight[0] <= through:
            self.in_flight.popleft()
        self.waiting_since_s = now_s
        self.timeouts = 0
        self.timeout_s = self.settings.resend_after_s
        self.size = self.settings.in_flight
