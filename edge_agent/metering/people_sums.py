"""The sums over people of intervals, apart from their observed time.

All fields are sums; `peak` is a maximum. The time in view is split in three ways, each of which
adds up to the total: by attention, by band, and by creative where the player reports it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Self, TypeVar

import msgspec

from edge_agent.metering.creative_shares import CreativeSums
from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.perception.attention import Attention, AttentionBand
from wire.audience import MAX_CREATIVES, UNKNOWN_CREATIVE

K = TypeVar("K")
UNKNOWN_BAND: Final = AttentionBand.LOW  # as for a head without a measured pose


class PeopleSums(msgspec.Struct, kw_only=True):
    """The sums over people of one or more intervals."""

    attention_ms: dict[Attention, int] = msgspec.field(default_factory=dict)
    band_ms: dict[AttentionBand, int] = msgspec.field(default_factory=dict)
    creatives: dict[str, dict[Attention, int]] = msgspec.field(default_factory=dict)
    entries: int = 0
    visits: int = 0
    onlookers: int = 0
    dwell_ms: int = 0
    peak: int = 0

    @classmethod
    def take_from(cls, interval: IntervalSums) -> Self:
        """Remove the people from an interval and return their sums."""
        people = cls(
            attention_ms=dict(interval.attention_ms),
            band_ms=dict(interval.band_ms),
            creatives={name: dict(one.attention_ms) for name, one in interval.creatives.items()},
            entries=interval.entries,
            visits=interval.visits,
            onlookers=interval.onlookers,
            dwell_ms=interval.dwell_ms,
            peak=interval.peak,
        )
        set_people(interval, cls())
        return people

    @property
    def person_ms(self) -> int:
        """The total time in view."""
        return sum(self.attention_ms.values())

    @property
    def is_counted(self) -> bool:
        """Whether somebody entered, left or was present."""
        return bool(self.entries or self.visits or self.peak)

    @property
    def is_empty(self) -> bool:
        """Whether nobody entered, left or was in view."""
        return not (self.person_ms or self.is_counted)

    def add(self, other: "PeopleSums") -> None:
        """Add other sums to these."""
        self.attention_ms = add_counts(self.attention_ms, other.attention_ms)
        self.band_ms = add_counts(self.band_ms, other.band_ms)
        for name, spent in other.creatives.items():
            has_room = name in self.creatives or len(self.creatives) < MAX_CREATIVES - 1
            creative = name if has_room else UNKNOWN_CREATIVE
            self.creatives[creative] = add_counts(self.creatives.get(creative, {}), spent)
        self.entries += other.entries
        self.visits += other.visits
        self.onlookers += other.onlookers
        self.dwell_ms += other.dwell_ms
        self.peak = max(self.peak, other.peak)

    def take_out(self, most_ms: int, *, unit_ms: int = 1) -> "PeopleSums":
        """Remove all counts and at most `most_ms` of time in view, in whole units by attention.

        Returns them without creatives.
        """
        released: dict[Attention, int] = {}
        for attention, spent in self.attention_ms.items():
            released[attention] = min(spent, most_ms) // unit_ms * unit_ms
            most_ms -= released[attention]
        released = {attention: spent for attention, spent in released.items() if spent}
        bands = take_amount(sum(released.values()), self.band_ms)
        people = PeopleSums(
            attention_ms=released,
            band_ms=bands,
            entries=self.entries,
            visits=self.visits,
            onlookers=self.onlookers,
            dwell_ms=self.dwell_ms // unit_ms * unit_ms,
            peak=self.peak,
        )
        self.attention_ms = subtract_counts(self.attention_ms, released)
        self.band_ms = subtract_counts(self.band_ms, bands)
        self.dwell_ms -= people.dwell_ms
        self.entries = self.visits = self.onlookers = self.peak = 0
        return people


def set_people(interval: IntervalSums, people: PeopleSums) -> None:
    """Set the people of an interval; every split adds up to the total."""
    attention_ms = {one: people.attention_ms.get(one, 0) for one in Attention}
    interval.attention_ms = attention_ms
    bands = {band: people.band_ms.get(band, 0) for band in AttentionBand}
    bands[UNKNOWN_BAND] += sum(attention_ms.values()) - sum(bands.values())
    interval.band_ms = bands
    _set_creatives(interval, people)
    interval.entries, interval.visits = people.entries, people.visits
    interval.onlookers, interval.dwell_ms = people.onlookers, people.dwell_ms
    interval.presence, interval.highest = {}, people.peak


def _set_creatives(interval: IntervalSums, people: PeopleSums) -> None:
    """Set the creatives; time without a known creative counts as unknown."""
    if not interval.creatives:
        return
    for one in interval.creatives.values():
        one.attention_ms = dict.fromkeys(Attention, 0)
    for name, spent in people.creatives.items():
        has_room = name in interval.creatives or len(interval.creatives) < MAX_CREATIVES - 1
        creative = name if has_room else UNKNOWN_CREATIVE
        sums = interval.creatives.setdefault(creative, CreativeSums())
        for attention, part_ms in spent.items():
            sums.attention_ms[attention] += part_ms
    for attention, total_ms in interval.attention_ms.items():
        split_ms = sum(one.attention_ms[attention] for one in interval.creatives.values())
        if total_ms != split_ms:
            unknown = interval.creatives.setdefault(UNKNOWN_CREATIVE, CreativeSums())
            unknown.attention_ms[attention] += total_ms - split_ms


def add_counts(one: Mapping[K, int], other: Mapping[K, int]) -> dict[K, int]:
    """Sums by key."""
    return dict(Counter(one) + Counter(other))


def subtract_counts(one: Mapping[K, int], other: Mapping[K, int]) -> dict[K, int]:
    """Differences by key, never below zero."""
    return dict(Counter(one) - Counter(other))


def take_amount(amount: int, parts: Mapping[K, int]) -> dict[K, int]:
    """Take an amount from parts, the largest first, at most all of each."""
    taken: dict[K, int] = {}
    for key in sorted(parts, key=lambda key: -parts[key]):
        taken[key] = min(amount, parts[key])
        amount -= taken[key]
    return {key: share for key, share in taken.items() if share}


def merge_creatives(
    one: Mapping[str, CreativeSums], others: Iterable[tuple[str, CreativeSums]]
) -> dict[str, CreativeSums]:
    """Add plays and observed time; creatives beyond the limit count as unknown."""
    merged = dict(one)
    for name, other in others:
        has_room = name in merged or len(merged) < MAX_CREATIVES - 1
        sums = merged.setdefault(name if has_room else UNKNOWN_CREATIVE, CreativeSums())
        sums.plays += other.plays
        sums.observed_ms += other.observed_ms
        sums.visits |= other.visits
    return merged
