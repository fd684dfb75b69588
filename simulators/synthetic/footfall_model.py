"""Model of plausible visits at a screen, in intervals of 15 minutes.

Working days have two commuter peaks, weekends one peak in the afternoon; each day varies at random.
The dwell of a visit is lognormal, as in counts of real streets; a share of the visitors look at the
screen. All random numbers of a day are seeded by the site and the date, so a day is the same in
every range that contains it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from wire.audience import (
    AttentionBasis,
    AudienceReport,
    BandSum,
    BlindCause,
    FrameCounts,
    Versions,
)
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally
from wire.scalars import JournalId, SequenceRange
from wire.topics import DeviceAddress

QUARTER: Final = timedelta(minutes=15)
HOUR_MS: Final = 3_600_000
UNOBSERVED_PER_HOUR: Final = 0.04
ANALYSED_FPS: Final = 5
CAPTURED_FPS: Final = 15
LONGEST_VISIT_MS: Final = 600_000
ONLOOKER_MS: Final = 1_000
VERSIONS: Final = Versions(agent="footfall-1", detector="none", attention="none", config="0" * 12)


class Profile(StrEnum):
    """Kind of location."""

    STATION = "station"
    BUSINESS = "business"
    RESIDENTIAL = "residential"


@dataclass(frozen=True, slots=True)
class WeeklyPattern:
    """Visits per hour by hour of day (linear in between), and the behaviour of visitors."""

    working_day: tuple[tuple[float, float], ...]
    weekend: tuple[tuple[float, float], ...]
    friday: float
    sunday: float
    looking_share: float
    dwell_s: float  # median
    glance_s: float  # median of those who look


PATTERNS: Final = {
    Profile.STATION: WeeklyPattern(
        working_day=(
            (0, 30), (1, 6), (4.5, 4), (6, 120), (8, 700), (8.75, 755), (10, 325), (13, 365),
            (16, 445), (17.75, 810), (19, 515), (21, 230), (24, 30),
        ),
        weekend=((0, 60), (1.5, 8), (6, 20), (9, 175), (13, 460), (17, 485), (20, 295), (24, 60)),
        friday=0.92,
        sunday=0.78,
        looking_share=0.34,
        dwell_s=5.0,
        glance_s=3.2,
    ),
    Profile.BUSINESS: WeeklyPattern(
        working_day=((0, 4), (6, 12), (8.5, 330), (10, 120), (12.75, 360), (14.5, 130),
                     (17.5, 310), (20, 60), (24, 4)),
        weekend=((0, 4), (9, 12), (14, 45), (18, 30), (24, 4)),
        friday=0.7,
        sunday=0.7,
        looking_share=0.27,
        dwell_s=4.2,
        glance_s=2.6,
    ),
    Profile.RESIDENTIAL: WeeklyPattern(
        working_day=((0, 4), (6, 12), (8, 110), (9.5, 60), (13, 70), (15.5, 120), (18, 140),
                     (21, 50), (24, 4)),
        weekend=((0, 6), (8, 20), (11, 120), (15, 140), (19, 80), (24, 6)),
        friday=1.05,
        sunday=0.85,
        looking_share=0.31,
        dwell_s=6.5,
        glance_s=3.4,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SyntheticSite:
    """A generated site; another `seed` generates another history of the same location."""

    address: DeviceAddress
    profile: Profile
    timezone: ZoneInfo
    seed: int

    def digest(self, about: object = None) -> bytes:
        """Digest of this site, or of a day or period of it: the seed of its random numbers."""
        parts = (self.address.source, self.profile, self.timezone.key, self.seed, about)
        return hashlib.sha256(repr(tuple(map(str, parts))).encode()).digest()

    def journal(self, on: date) -> JournalId:
        """Stream id of a local day. Generating the day again gives the same reports."""
        return JournalId(self.digest(on).hex()[:16])


def generate_history(
    site: SyntheticSite, first_on: date, until: datetime
) -> Iterator[AudienceReport]:
    """Generate the reports from the local midnight of `first_on` that end before `until`."""
    on = first_on
    while local_midnight(on, site.timezone) < until:
        yield from (report for report in generate_day(site, on) if report.ends_at <= until)
        on += timedelta(days=1)


def generate_day(site: SyntheticSite, on: date) -> Iterator[AudienceReport]:
    """Generate the reports of one local day: 96, or 92 or 100 when the clocks change."""
    rng = np.random.default_rng(int.from_bytes(site.digest(on)[:8]))
    size = site_scale(site) * float(rng.lognormal(0.0, 0.10))
    starts_at, end = (
        local_midnight(on, site.timezone),
        local_midnight(on + timedelta(days=1), site.timezone),
    )
    sequence = 0
    while starts_at < end:
        sequence += 1
        yield generate_report(site, starts_at, QUARTER, (site.journal(on), sequence), size, rng)
        starts_at += QUARTER


def local_midnight(on: date, timezone: ZoneInfo) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(on, time(), timezone).astimezone(UTC)


def visits_per_hour(site: SyntheticSite, at: datetime) -> float:
    """The mean rate at an instant, before random variation of day and hour."""
    local = at.astimezone(site.timezone)
    pattern = PATTERNS[site.profile]
    points = pattern.weekend if local.weekday() >= 5 else pattern.working_day
    factor = {4: pattern.friday, 6: pattern.sunday}.get(local.weekday(), 1.0)
    hour = local.hour + local.minute / 60
    return factor * float(np.interp(hour, [at for at, _ in points], [rate for _, rate in points]))


def site_scale(site: SyntheticSite) -> float:
    """Factor of a site's visits, 0.8 to 1.25, constant for one site."""
    return 0.8 + 0.45 * site.digest()[0] / 255


def generate_report(
    site: SyntheticSite,
    starts_at: datetime,
    length: timedelta,
    number: tuple[JournalId, int],
    size: float,
    rng: np.random.Generator,
) -> AudienceReport:
    """Generate the report of one interval; `number` holds its stream and sequence."""
    length_ms = length // timedelta(milliseconds=1)
    blind = _unobserved(length_ms, rng)
    observed_ms = length_ms - sum(blind.values())
    rate = visits_per_hour(site, starts_at + length / 2) * size
    expected = rate * observed_ms / HOUR_MS * float(rng.gamma(40, 1 / 40))
    dwell, looking = _visits(int(rng.poisson(expected)), PATTERNS[site.profile], rng)
    person_ms, looking_ms = int(dwell.sum()), int(looking.sum())
    unsure_ms = int((person_ms - looking_ms) * 0.12)
    at_once = person_ms / max(1, observed_ms)
    return AudienceReport(
        location=site.address.location,
        device=site.address.device,
        journal=number[0],
        sequence=SequenceRange(first=number[1], last=number[1]),
        starts_at=starts_at,
        ends_at=starts_at + length,
        frames=FrameCounts(
            captured=CAPTURED_FPS * observed_ms // 1000,
            dropped=0,
            analysed=ANALYSED_FPS * observed_ms // 1000,
        ),
        observed_ms=observed_ms,
        blind_ms=blind,
        person_ms=person_ms,
        facing_ms=looking_ms + int((person_ms - looking_ms - unsure_ms) * 0.35),
        looking_ms=looking_ms,
        unsure_ms=unsure_ms,
        entries=len(dwell),
        visits=len(dwell),
        onlookers=int((looking >= ONLOOKER_MS).sum()),
        peak=min(len(dwell), round(at_once + 2.5 * at_once**0.5) + 1),
        dwell_ms=person_ms,
        dwell_histogram=tally(dwell.tolist(), DWELL_EDGES_MS),
        attention_histogram=tally(looking.tolist(), ATTENTION_EDGES_MS),
        demographics=(),
        sensors={},
        attention_basis=AttentionBasis.ANGLES,
        versions=VERSIONS,
        bands=_bands(person_ms, looking_ms, unsure_ms),
    )


def _bands(person_ms: int, looking_ms: int, unsure_ms: int) -> BandSum:
    """Split person time into bands: most attention is high; little of it is medium."""
    high_ms = looking_ms * 3 // 4
    medium_ms = looking_ms // 5 + unsure_ms // 10
    return BandSum(high_ms=high_ms, medium_ms=medium_ms, low_ms=person_ms - high_ms - medium_ms)


def _visits(
    count: int, pattern: WeeklyPattern, rng: np.random.Generator
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Dwell and looking time of each visit, whole milliseconds."""
    dwell_s = rng.lognormal(np.log(pattern.dwell_s), 0.75, count)
    dwell = np.clip(dwell_s * 1000, 400, LONGEST_VISIT_MS).astype(np.int64)
    glance = (rng.lognormal(np.log(pattern.glance_s), 0.8, count) * 1000).astype(np.int64)
    looks = rng.random(count) < pattern.looking_share
    return dwell, np.where(looks, np.minimum(glance, dwell * 9 // 10), 0)


def _unobserved(length_ms: int, rng: np.random.Generator) -> dict[BlindCause, int]:
    """Unobserved time by cause: some minutes about once a day."""
    if rng.random() > UNOBSERVED_PER_HOUR * length_ms / HOUR_MS:
        return {}
    causes = (BlindCause.OFFLINE, BlindCause.OBSTRUCTED, BlindCause.BLURRED)
    cause = causes[int(rng.choice(3, p=(0.6, 0.25, 0.15)))]
    return {cause: min(length_ms, int(rng.integers(30_000, 600_000)))}
