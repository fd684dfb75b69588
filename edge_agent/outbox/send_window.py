"""What is under way of one stream: sent and not acknowledged, and when to ask again."""

from collections import deque
from dataclasses import dataclass, field

from edge_agent.settings.transport import LinkSettings


@dataclass(slots=True)
class SendWindow:
    """One stream's progress. Rows are the outbox's; `quiet_since_s` is of a steady clock."""

    settings: LinkSettings
    patience_s: float
    window: int
    sent_through: int = 0
    in_flight: deque[int] = field(default_factory=deque)  # last rows
    quiet_since_s: float = 0.0
    timeouts: int = 0  # how often in a row nobody has answered

    @classmethod
    def under(cls, settings: LinkSettings) -> "SendWindow":
        return cls(settings, settings.resend_after_s, settings.in_flight)

    def is_overdue(self, now_s: float) -> bool:
        """Whether an answer has been waited for long enough."""
        return bool(self.in_flight) and now_s - self.quiet_since_s >= self.patience_s

    def ask_again(self, now_s: float) -> None:
        """Send again what was not answered, one batch of it, and wait twice as long."""
        self.timeouts += 1
        self.patience_s = min(self.patience_s * 2, self.settings.longest_resend_s)
        self.begin_again(now_s, window=self.settings.batch)

    def begin_again(self, now_s: float, *, window: int) -> None:
        """Whatever was under way is lost."""
        self.sent_through = 0
        self.in_flight.clear()
        self.quiet_since_s = now_s
        self.window = window

    def sent(self, last_rows: list[int], now_s: float) -> None:
        """These are under way."""
        if not self.in_flight:
            self.quiet_since_s = now_s
        self.in_flight.extend(last_rows)
        self.sent_through = last_rows[-1]

    def answered(self, through: int, now_s: float) -> None:
        """The cloud has everything up to a row."""
        while self.in_flight and self.in_flight[0] <= through:
            self.in_flight.popleft()
        self.quiet_since_s = now_s
        self.timeouts = 0
        self.patience_s = self.settings.resend_after_s
        self.window = self.settings.in_flight
