"""The audience report: what one camera measured in one interval, as sums that can be added.

Every number is a count or whole milliseconds; only `peak` is combined by maximum. Observed time
without entries and unobserved time (`blind_ms`) are different facts. A visit is counted in the
interval in which it ends, an entry in the interval in which it begins.
"""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS
from wire.scalars import (
    Count,
    Device,
    Instant,
    Journal,
    Location,
    Milliseconds,
    SequenceRange,
    WireMessage,
    Word,
)

LONGEST_REPORT = timedelta(hours=1)
MAX_ZONES = 16
MAX_CREATIVES = 64
MAX_SENSORS = 32
CREATIVE = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$(?!\n)"
UNKNOWN_CREATIVE = "unknown"  # of time in which it is not known what was shown
FORMER_UNKNOWN_CREATIVE = "-"  # the same in reports of earlier agents
REPORTED_CREATIVE = rf"{CREATIVE}|^{FORMER_UNKNOWN_CREATIVE}$(?!\n)"
SLACK_MS = 1  # rounding of an interval to whole milliseconds

DwellHistogram = Annotated[
    tuple[Count, ...], Meta(min_length=len(DWELL_EDGES_MS) + 1, max_length=len(DWELL_EDGES_MS) + 1)
]
AttentionHistogram = Annotated[
    tuple[Count, ...],
    Meta(min_length=len(ATTENTION_EDGES_MS) + 1, max_length=len(ATTENTION_EDGES_MS) + 1),
]


class BlindCause(StrEnum):
    """Why time was unobserved although the agent was running."""

    OFFLINE = "offline"  # no frames arrive
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    FLAT = "flat"
    FROZEN = "frozen"
    OBSTRUCTED = "obstructed"
    MOVED = "moved"
    PAUSED = "paused"  # outside its operating schedule


class AgeGroup(StrEnum):
    """Age groups, and the default "unknown"."""

    UNDER_13 = "<13"
    FROM_13 = "13-17"
    FROM_18 = "18-24"
    FROM_25 = "25-34"
    FROM_35 = "35-44"
    FROM_45 = "45-54"
    FROM_55 = "55+"
    UNKNOWN = "unknown"


class Gender(StrEnum):
    """As a model estimates it from a face; "unknown" is the default."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Expression(StrEnum):
    """As a model estimates it from a face; "unknown" is the default."""

    ANGRY = "angry"
    DISGUSTED = "disgusted"
    AFRAID = "afraid"
    HAPPY = "happy"
    NEUTRAL = "neutral"
    SAD = "sad"
    SURPRISED = "surprised"
    UNKNOWN = "unknown"


class AttentionBasis(StrEnum):
    """What attention was computed from."""

    ANGLES = "angles"  # head within fixed angles of the camera's axis
    SCREEN = "screen"  # head ray against the screen's rectangle


class FrameCounts(WireMessage, frozen=True, kw_only=True):
    """Frames that arrived, that were dropped without decoding, and that the networks analysed."""

    captured: Count
    dropped: Count
    analysed: Count


MAX_CELLS: Final = len(AgeGroup) * len(Gender)
"""Cells of a report: one for each age group and gender."""


class DemographicCell(WireMessage, frozen=True, kw_only=True):
    """Ended visits of one age group and gender."""

    age: AgeGroup
    gender: Gender
    visits: Count
    onlookers: Count


class SensorSum(WireMessage, frozen=True, kw_only=True):
    """Readings of one sensor in thousandths of its unit (the unit is in its name: `lux`)."""

    samples: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    total_milli: int
    least_milli: int
    most_milli: int

    def combine(self, other: "SensorSum") -> "SensorSum":
        """Both sets of readings combined."""
        return SensorSum(
            samples=self.samples + other.samples,
            total_milli=self.total_milli + other.total_milli,
            least_milli=min(self.least_milli, other.least_milli),
            most_milli=max(self.most_milli, other.most_milli),
        )


class ZoneSum(WireMessage, frozen=True, kw_only=True):
    """People in one named part of the frame; a person in two zones counts in both.

    `entries` counts each person once, however often the person returns to the zone.
    """

    entries: Count
    person_ms: Milliseconds
    looking_ms: Milliseconds


class SnapshotSum(WireMessage, frozen=True, kw_only=True):
    """Snapshots, each the best frame of its period, and the faces in them.

    A face in two snapshots counts twice, its dwell is unknown, and the best frame tends to have
    many faces: these are observations, neither visits nor an average.
    """

    taken: Count
    people: Count
    facing: Count
    looking: Count

    def combine(self, other: "SnapshotSum") -> "SnapshotSum":
        """Both sums combined."""
        return SnapshotSum(
            taken=self.taken + other.taken,
            people=self.people + other.people,
            facing=self.facing + other.facing,
            looking=self.looking + other.looking,
        )


class BandSum(WireMessage, frozen=True, kw_only=True):
    """Person time by the probability of looking at the screen.

    High is above 0.90, medium from 0.70, low below. While a head cannot be measured its last band
    holds; before the first measurement it is low. The bands add up to `person_ms`.
    """

    high_ms: Milliseconds
    medium_ms: Milliseconds
    low_ms: Milliseconds

    def combine(self, other: "BandSum") -> "BandSum":
        """Both sums combined."""
        return BandSum(
            high_ms=self.high_ms + other.high_ms,
            medium_ms=self.medium_ms + other.medium_ms,
            low_ms=self.low_ms + other.low_ms,
        )


class CreativeSum(WireMessage, frozen=True, kw_only=True):
    """Times during one creative; over all creatives they add up to the report's sums.

    `plays` counts its starts in the interval. A visit may span several creatives and is not split.
    """

    plays: Count
    observed_ms: Milliseconds
    person_ms: Milliseconds
    facing_ms: Milliseconds
    looking_ms: Milliseconds
    unsure_ms: Milliseconds


class Versions(WireMessage, frozen=True, kw_only=True):
    """Versions that produced the numbers. `config` is a digest of the active settings."""

    agent: Word
    detector: Word
    attention: Word
    config: Word
    schema: Literal["1"] = "1"


class AudienceReport(WireMessage, frozen=True, kw_only=True):
    """One interval of one camera, half-open: `starts_at` belongs to it, `ends_at` does not.

    `observed_ms` and `blind_ms` never exceed the interval; the agent was not running in the rest.
    `person_ms` is the time of all people in view, `facing_ms` with the face towards the camera (by
    `attention_basis` screen: towards the screen), `looking_ms` with the head pointing at the
    screen, `unsure_ms` undecided. `onlookers` are ended visits that were engaged: at least three
    analysed frames in a row and one second of looking. `demographics` and `expressions` are
    estimates about ended visits, where a site enables them; the remaining visits are unknown.

    The histograms count at most as many visits as the report: a bucket of few visits is withheld
    on the device until it is large enough, and is part of a later report.

    `bands` split `person_ms` by the probability of looking. They are unknown, not zero, in a report
    without them.

    `creatives` split the report's time by what the screen showed, `unknown` where it is not known.
    Times that a device may not report by creative are under `unknown` as well. Earlier agents sent
    `-` instead.

    A camera that takes only snapshots observes no time: `snapshots` holds its counts, and every
    other count is zero.
    """

    location: Location
    device: Device
    journal: Journal
    sequence: SequenceRange
    starts_at: Instant
    ends_at: Instant
    frames: FrameCounts
    observed_ms: Milliseconds
    blind_ms: dict[BlindCause, Milliseconds]
    person_ms: Milliseconds
    facing_ms: Milliseconds
    looking_ms: Milliseconds
    unsure_ms: Milliseconds
    entries: Count
    visits: Count
    onlookers: Count
    peak: Count
    dwell_ms: Milliseconds
    dwell_histogram: DwellHistogram
    attention_histogram: AttentionHistogram
    demographics: Annotated[tuple[DemographicCell, ...], Meta(max_length=MAX_CELLS)]
    sensors: Annotated[dict[Word, SensorSum], Meta(max_length=MAX_SENSORS)]
    attention_basis: AttentionBasis
    versions: Versions
    zones: Annotated[dict[Word, ZoneSum], Meta(max_length=MAX_ZONES)] | UnsetType = UNSET
    snapshots: SnapshotSum | UnsetType = UNSET
    creatives: (
        Annotated[
            dict[Annotated[str, Meta(pattern=REPORTED_CREATIVE)], CreativeSum],
            Meta(max_length=MAX_CREATIVES),
        ]
        | UnsetType
    ) = UNSET
    expressions: dict[Expression, Count] | UnsetType = UNSET
    bands: BandSum | UnsetType = UNSET

    def __post_init__(self) -> None:
        for broken in find_contradictions(self):
            raise ValueError(broken)


def find_contradictions(report: AudienceReport) -> list[str]:
    """One sentence for each contradiction between the numbers of the report."""
    span = report.ends_at - report.starts_at
    span_ms = span // timedelta(milliseconds=1) + SLACK_MS
    accounted_ms = report.observed_ms + sum(report.blind_ms.values())
    cells = report.demographics
    checks = (
        (span > timedelta(0), "ends_at must come after starts_at"),
        (span <= LONGEST_REPORT, f"an interval of {span} is longer than {LONGEST_REPORT}"),
        (
            accounted_ms <= span_ms,
            f"observed and blind time ({accounted_ms} ms) exceed the interval ({span_ms} ms)",
        ),
        (
            report.facing_ms + report.unsure_ms <= report.person_ms,
            "facing_ms and unsure_ms together exceed person_ms",
        ),
        (report.looking_ms <= report.facing_ms, "looking_ms exceeds facing_ms"),
        (report.onlookers <= report.visits, "more onlookers than visits"),
        (
            sum(report.dwell_histogram) <= report.visits,
            f"dwell_histogram counts {sum(report.dwell_histogram)} visits of {report.visits}",
        ),
        (
            sum(report.attention_histogram) <= report.visits,
            f"attention_histogram counts {sum(report.attention_histogram)} visits "
            f"of {report.visits}",
        ),
        (
            sum(cell.visits for cell in cells) <= report.visits
            and sum(cell.onlookers for cell in cells) <= report.onlookers,
            "the demographic cells count more visits or onlookers than the report",
        ),
        (
            sum((report.expressions or {}).values()) <= report.visits,
            "the expressions count more visits than the report",
        ),
        *_zone_checks(report),
        *_creative_checks(report),
        *_band_checks(report),
    )
    return [sentence for holds, sentence in checks if not holds]


def _zone_checks(report: AudienceReport) -> Iterator[tuple[bool, str]]:
    for name, zone in (report.zones or {}).items():
        yield zone.person_ms <= report.person_ms, f"zone {name}: person_ms exceeds the report's"
        yield zone.looking_ms <= zone.person_ms, f"zone {name}: looking_ms exceeds person_ms"
    if report.snapshots:
        yield (
            report.snapshots.looking <= report.snapshots.facing <= report.snapshots.people,
            "snapshots: more looking than facing, or more facing than people",
        )


def _creative_checks(report: AudienceReport) -> Iterator[tuple[bool, str]]:
    if not report.creatives:
        return
    for name in ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms"):
        split = sum(getattr(one, name) for one in report.creatives.values())
        whole = getattr(report, name)
        yield split == whole, f"creatives: their {name} add up to {split}, not to {whole}"


def _band_checks(report: AudienceReport) -> Iterator[tuple[bool, str]]:
    if report.bands:
        split = report.bands.high_ms + report.bands.medium_ms + report.bands.low_ms
        yield split == report.person_ms, f"bands add up to {split} ms, not to {report.person_ms}"


def encode_report(report: AudienceReport) -> bytes:
    """The report's own JSON, without the envelope."""
    return msgspec.json.encode(report)
