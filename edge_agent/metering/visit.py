"""One track's stay before the screen, from its first sight to its last."""

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
    """One track's stay. `waiting` are the spans of a rumour; `zone_entries_ms` says when it came
    into each zone first, `outside` which zones it was in view outside of.
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
        """Go on from the last sight to this one."""
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
        """Be in these zones from now on; those that were never entered before."""
        self.zones = zones
        fresh = [zone for zone in zones if zone not in self.zone_entries_ms]
        self.zone_entries_ms.update(dict.fromkeys(fresh, at_ms))
        return fresh

    def record_attention(self, now: Attention) -> None:
        """Lengthen the run of looking, or end it."""
        if now is Attention.LOOKING:
            self.run_frames += 1
        else:
            self.run_frames = self.run_ms = 0
        self.attention = now
