"""Simulated people before a camera, measured and reported as an agent does."""

import math
import random
from datetime import UTC, datetime, timedelta

from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.metering.meter import AudienceMeter, FrameArrivals
from edge_agent.metering.withholding import Withholding
from edge_agent.perception.attention import Attention
from edge_agent.perception.sightings import Sighting, Visibility
from edge_agent.player.now_playing import PlayerMessage, PlayHistory
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import Zone
from wire.audience import AudienceReport, Versions
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import DeviceAddress

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADDRESS = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
VERSIONS = Versions(agent="1", detector="d", attention="a", config="c")
STEP_S = 0.5
AD_S, ADS = 10, 7
ZONES = tuple(f"zone-{number}" for number in range(8))
CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
OBSERVED = Visibility(observed=True)
SUMS = (
    "observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms", "entries", "visits",
    "onlookers", "dwell_ms",
)  # fmt: skip


class WalkingPerson:
    """Walks through the zones in turn, from `enters_s` to `leaves_s`."""

    def __init__(self, track, enters_s, leaves_s):
        self.track, self.enters_s, self.leaves_s = track, enters_s, leaves_s

    def sighting(self, at_s):
        share = (at_s - self.enters_s) / (self.leaves_s - self.enters_s)
        zone = ZONES[min(int(share * len(ZONES)), len(ZONES) - 1)]
        attention = Attention.LOOKING if share < 0.3 else Attention.AWAY
        return Sighting(self.track, True, attention, (zone,), 0.95 if share < 0.3 else 0.1)


class StandingPerson(WalkingPerson):
    """Stays in the same zones."""

    def __init__(self, track, enters_s, leaves_s, *zones):
        super().__init__(track, enters_s, leaves_s)
        self.zones = zones

    def sighting(self, at_s):
        return Sighting(self.track, True, Attention.AWAY, self.zones)


def measure(
    settings: Settings,
    people: list[WalkingPerson],
    until_s: float,
    *,
    change_every_s: float = math.inf,
    playing: PlayHistory | None = None,
) -> list[IntervalSums]:
    """Sums of each interval; the settings are applied again every `change_every_s`."""
    meter, intervals, ended = AudienceMeter(settings, playing), [], set()
    for step in range(round(until_s / STEP_S)):
        at_s = step * STEP_S
        if playing is not None and at_s % AD_S == 0:
            now = NOON + timedelta(seconds=at_s)
            playing.add_message(PlayerMessage(creative=creative_at(at_s), started_at=now), now)
        if step and at_s % change_every_s == 0:
            meter.apply_settings(settings)
        here = [one for one in people if one.enters_s <= at_s <= one.leaves_s]
        left = {one.track for one in people if one.leaves_s < at_s} - ended
        ended |= left
        meter.observe(
            NOON + timedelta(seconds=at_s), at_s, OBSERVED,
            seen=[one.sighting(at_s) for one in here], ended=left,
            arrivals=FrameArrivals(captured=1, analysed=min(len(here), 1)),
        )  # fmt: skip
        intervals += meter.close_due()
    return intervals + meter.close()


def creative_at(at_s):
    return f"ad-{int(at_s // AD_S) % ADS}"


def publish(intervals, smallest=5) -> list[AudienceReport]:
    """Reports with at least `smallest` people in each cell."""
    withholding = Withholding(smallest)
    released = withholding.release(intervals) + withholding.close()
    return [
        one.interval.report(ADDRESS, VERSIONS, JournalId("0" * 16), SequenceRange(first=n, last=n))
        for n, one in enumerate(released, 1)
        if one.interval is not None
    ]


def publish_unlimited(settings, people, until_s):
    return publish(measure(settings, people, until_s), smallest=1)


def random_people(seed, count, until_s):
    random_numbers = random.Random(seed)
    people = []
    for track in range(count):
        enters_s = round(random_numbers.uniform(1, until_s - 60) / STEP_S) * STEP_S
        dwell_s = max(round(random_numbers.expovariate(1 / 15) / STEP_S) * STEP_S, 2.0)
        people.append(WalkingPerson(track, enters_s, min(enters_s + dwell_s, until_s - 10)))
    return people


def settings_with_zones(interval_s=1):
    return Settings(
        interval_s=interval_s, zones=tuple(Zone(name=name, polygon=CORNERS) for name in ZONES)
    )


def sum_fields(reports):
    return {name: sum(getattr(one, name) for one in reports) for name in SUMS}


def standing_group(first, count, *zones, enters_s=2.0):
    return [
        StandingPerson(n, enters_s + n / 2, enters_s + 9.5 + n / 2, *zones)
        for n in range(first, first + count)
    ]


def zone_counts(reports, name):
    return [report.zones[name] for report in reports if name in (report.zones or {})]
