"""One visit: the time of one track in view, from its first sighting to its last."""

from dataclasses import dataclass, field
from typing import NamedTuple

from edge_agent.perception.attention import Attention, AttentionBand
from edge_agent.settings.perception import AttentionSettings


class VisitSpan(NamedTuple):
    first_ms: int
    last_ms: int
    attention: Attention
    zones: tuple[str, ...] = ()
    band: AttentionBand = AttentionBand.LOW


@dataclass(slots=True)
class Visit:
    """One visit. `waiting` are the spans before it was confirmed; `zone_entries_ms` holds the first
    entry into each zone, `outside` the zones that it was in view outside of.
    """

    track: int
    first_ms: int
    last_ms: int
    attention: Attention
    band: AttentionBand = AttentionBand.LOW
    confirmed: bool = False
    waiting: list[VisitSpan] = field(default_factory=list)
    zones: tuple[str, ...] = ()
    zone_entries_ms: dict[str, int] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)
    dwell_ms: int = 0
    looking_ms: int = 0
    run_frames: int = 0
    run_ms: int = 0
    engaged: bool = False

    def extend(self, span: VisitSpan, now: Attention, limits: AttentionSettings) -> None:
        """Extend the visit from the last sighting to this one."""
        passed_ms = span.last_ms - span.first_ms
        self.dwell_ms += passed_ms
        if self.attention is Attention.LOOKING:
            self.looking_ms += passed_ms
            self.run_ms += passed_ms
        self.record_attention(now)
        self.engaged = self.engaged or (
            self.run_frames >= limits.engaged_frames and self.run_ms >= limits.engaged_s * 1000
        )

    def enter_zones(self, zones: tuple[str, ...], at_ms: int) -> list[str]:
        """Set the current zones; returns those that are entered for the first time."""
        self.zones = zones
        fresh = [zone for zone in zones if zone not in self.zone_entries_ms]
        self.zone_entries_ms.update(dict.fromkeys(fresh, at_ms))
        return fresh

    def record_attention(self, now: Attention) -> None:
        """Continue the current run of looking, or end it."""
        if now is Attention.LOOKING:
            self.run_frames += 1
        else:
            self.run_frames = self.run_ms = 0
        self.attention = now
