"""Distributes the time of an interval among the creatives that were on the screen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edge_agent.perception.attention import Attention
from edge_agent.player.now_playing import CreativeSpan


class TimedSpan(NamedTuple):
    """Time that one person spent in view; without `attention`, time that was observed."""

    first_ms: int
    last_ms: int
    attention: Attention | None
    track: int = 0


@dataclass(slots=True)
class CreativeSums:
    """The sums of one creative; `visits` are the tracks that were in view during it."""

    plays: int = 0
    observed_ms: int = 0
    attention_ms: dict[Attention, int] = field(default_factory=lambda: dict.fromkeys(Attention, 0))
    visits: set[int] = field(default_factory=set)


def sum_by_creative(
    spans: Iterable[TimedSpan], creatives: Sequence[CreativeSpan]
) -> dict[str, CreativeSums]:
    """Sums by creative; time before the first span or after the last belongs to that span."""
    sums = {shown.creative: CreativeSums() for shown in creatives}
    last = len(creatives) - 1
    for span in spans:
        for number, shown in enumerate(creatives):
            first_ms = span.first_ms if number == 0 else max(span.first_ms, shown.first_ms)
            last_ms = span.last_ms if number == last else min(span.last_ms, shown.last_ms)
            if first_ms >= last_ms:
                continue
            share = sums[shown.creative]
            if span.attention is None:
                share.observed_ms += last_ms - first_ms
            else:
                share.attention_ms[span.attention] += last_ms - first_ms
                share.visits.add(span.track)
    return sums
