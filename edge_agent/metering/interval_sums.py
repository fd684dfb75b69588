"""The sums of one interval, and their audience report."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import UNSET, UnsetType

from edge_agent.metering.creative_shares import CreativeSums, TimedSpan, sum_by_creative
from edge_agent.perception.attention import Attention, AttentionBand
from edge_agent.player.now_playing import CreativeSpan, PlayHistory
from wire.audience import (
    MAX_CREATIVES,
    MAX_SENSORS,
    UNKNOWN_CREATIVE,
    AttentionBasis,
    AudienceReport,
    BandSum,
    BlindCause,
    CreativeSum,
    DemographicCell,
    Expression,
    FrameCounts,
    SensorSum,
    SnapshotSum,
    Versions,
    ZoneSum,
)
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS
from wire.scalars import JournalId, SequenceRange
from wire.topics import DeviceAddress

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class ZoneCounts:
    """The sums of one zone.

    `outside` are visits, once each, that were in view elsewhere, for `outside_ms`; `beside` are the
    zones in which somebody stood at the same time.
    """

    entries: int = 0
    person_ms: int = 0
    looking_ms: int = 0
    outside: int = 0
    outside_ms: int = 0
    beside: set[str] = field(default_factory=set)

    def sums(self) -> ZoneSum:
        """The sums as a report holds them."""
        return ZoneSum(entries=self.entries, person_ms=self.person_ms, looking_ms=self.looking_ms)


@dataclass(slots=True)
class IntervalSums:
    """The sums of one interval; `starts_ms` and `ends_ms` are UTC, in milliseconds of the epoch."""

    starts_ms: int
    ends_ms: int
    basis: AttentionBasis = AttentionBasis.ANGLES
    captured: int = 0
    dropped: int = 0
    analysed: int = 0
    observed_ms: int = 0
    blind_ms: dict[BlindCause, int] = field(default_factory=lambda: dict.fromkeys(BlindCause, 0))
    attention_ms: dict[Attention, int] = field(default_factory=lambda: dict.fromkeys(Attention, 0))
    band_ms: dict[AttentionBand, int] = field(
        default_factory=lambda: dict.fromkeys(AttentionBand, 0)
    )
    entries: int = 0
    visits: int = 0
    onlookers: int = 0
    dwell_ms: int = 0
    dwell_histogram: list[int] = field(default_factory=lambda: [0] * (len(DWELL_EDGES_MS) + 1))
    attention_histogram: list[int] = field(
        default_factory=lambda: [0] * (len(ATTENTION_EDGES_MS) + 1)
    )
    presence: dict[int, tuple[int, int]] = field(default_factory=dict)
    highest: int = 0  # the peak of people that `presence` no longer holds
    era: int = 0  # number of settings changes before the interval began
    zones: dict[str, ZoneCounts] = field(default_factory=dict)
    spans: list[TimedSpan] = field(
        default_factory=list
    )  # monotonic milliseconds, until the interval is closed
    creatives: dict[str, CreativeSums] = field(default_factory=dict)
    sensors: dict[str, SensorSum] = field(default_factory=dict)
    snapshots: SnapshotSum | UnsetType = UNSET
    cells: tuple[DemographicCell, ...] = ()
    expressions: dict[Expression, int] | UnsetType = UNSET

    def zone(self, name: str) -> "ZoneCounts":
        """The sums of a zone; those of a zone added during the interval are discarded."""
        return self.zones.get(name) or ZoneCounts()

    def add_snapshot(self, people: int, facing: int, looking: int) -> None:
        """Add a snapshot."""
        new = SnapshotSum(taken=1, people=people, facing=facing, looking=looking)
        self.snapshots = self.snapshots.combine(new) if self.snapshots else new

    def add_reading(self, sensor: str, value_milli: int) -> None:
        """Add a reading, in thousandths of the unit in the name of the sensor."""
        new = SensorSum(
            samples=1, total_milli=value_milli, least_milli=value_milli, most_milli=value_milli
        )
        before = self.sensors.get(sensor)
        if before is not None:
            self.sensors[sensor] = before.combine(new)
        elif len(self.sensors) < MAX_SENSORS:
            self.sensors[sensor] = new

    def split_by_creative(self, playing: PlayHistory, offset_ms: int) -> None:
        """Distribute the time among creatives; `offset_ms` is wall-clock minus monotonic time."""
        pieces = playing.creative_spans(self.starts_ms, self.ends_ms)
        named = set(list(dict.fromkeys(piece.creative for piece in pieces))[: MAX_CREATIVES - 1])
        self.creatives = sum_by_creative(
            self.spans,
            [
                CreativeSpan(
                    piece.creative if piece.creative in named else UNKNOWN_CREATIVE,
                    piece.first_ms - offset_ms,
                    piece.last_ms - offset_ms,
                )
                for piece in pieces
            ],
        )
        for creative, count in playing.starts(self.starts_ms, self.ends_ms).items():
            if creative in self.creatives:
                self.creatives[creative].plays += count

    @property
    def starts_at(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.starts_ms)

    @property
    def ends_at(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.ends_ms)

    def move(self, by: timedelta) -> None:
        """Shift the interval by the error of the wall clock."""
        self.starts_ms += by // timedelta(milliseconds=1)
        self.ends_ms += by // timedelta(milliseconds=1)

    @property
    def peak(self) -> int:
        """The largest number of people in view at one instant."""
        edges = sorted(
            edge for first, last in self.presence.values() for edge in ((first, -1), (last, 1))
        )
        most = now = 0
        for _, leaving in edges:  # at the same instant entries count before exits
            now -= leaving
            most = max(most, now)
        return max(most, self.highest)

    def report(
        self,
        address: DeviceAddress,
        versions: Versions,
        journal: JournalId,
        sequence: SequenceRange,
    ) -> AudienceReport:
        """The audience report of these sums."""
        looking_ms = self.attention_ms[Attention.LOOKING]
        return AudienceReport(
            location=address.location,
            device=address.device,
            journal=journal,
            sequence=sequence,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            frames=FrameCounts(
                captured=self.captured, dropped=self.dropped, analysed=self.analysed
            ),
            observed_ms=self.observed_ms,
            blind_ms={cause: spent for cause, spent in self.blind_ms.items() if spent},
            person_ms=sum(self.attention_ms.values()),
            facing_ms=looking_ms + self.attention_ms[Attention.FACING],
            looking_ms=looking_ms,
            unsure_ms=self.attention_ms[Attention.UNSURE],
            entries=self.entries,
            visits=self.visits,
            onlookers=self.onlookers,
            peak=self.peak,
            dwell_ms=self.dwell_ms,
            dwell_histogram=tuple(self.dwell_histogram),
            attention_histogram=tuple(self.attention_histogram),
            demographics=self.cells,
            sensors=self.sensors,
            attention_basis=self.basis,
            versions=versions,
            snapshots=self.snapshots,
            zones={name: zone.sums() for name, zone in self.zones.items()} or UNSET,
            expressions=self.expressions,
            bands=BandSum(**{f"{band}_ms": spent for band, spent in self.band_ms.items()}),
            creatives={name: _creative_sum(one) for name, one in self.creatives.items()} or UNSET,
        )


def _creative_sum(one: CreativeSums) -> CreativeSum:
    spent = one.attention_ms
    return CreativeSum(
        plays=one.plays,
        observed_ms=one.observed_ms,
        person_ms=sum(spent.values()),
        facing_ms=spent[Attention.LOOKING] + spent[Attention.FACING],
        looking_ms=spent[Attention.LOOKING],
        unsure_ms=spent[Attention.UNSURE],
    )
