"""How large a run with a hostile device is, and what it measures."""

from collections import Counter
from dataclasses import dataclass, field, replace

from provisioning.broker.settings import Limits


@dataclass(frozen=True)
class Scale:
    """How many honest devices, for how long, and how much the hostile one sends of each kind."""

    honest: int = 50
    seconds: float = 15.0
    unparsable: int = 5_000
    burst: int = 3_500
    until_all_sent: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass
class Outcome:
    """What a run measured."""

    honest_sent: int = 0
    honest_acknowledged: int = 0
    honest_counted: int = 0
    honest_disconnections: int = 0
    freshness_s: list[float] = field(default_factory=list)
    hostile_sent: Counter = field(default_factory=Counter)
    hostile_sessions: int = 0
    hostile_counted: int = 0
    quarantined: list[str] = field(default_factory=list)
    broker_restarts: int = 0
    stream_restarts: int = 0
    audit: Counter = field(default_factory=Counter)

    def freshness(self, share):
        """A quantile of the time from a report's end to its acknowledgement at the device."""
        ordered = sorted(self.freshness_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def unlimited(scale: Scale) -> Scale:
    """The same scale with a broker that passes every message on to the stream."""
    limits = replace(
        scale.limits, messages_per_s=1_000_000, burst_messages=10_000_000, burst_connections=100_000
    )
    return replace(scale, limits=limits, until_all_sent=True)
