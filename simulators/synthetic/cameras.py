"""Synthetic cameras: each reports its own location at a fixed interval.

Reports, streams and sequences follow the wire schema; the numbers are generated. The sites file of
these cameras is generated here too: the cloud acknowledges only cameras that it lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from edge_agent.outbox.downsampling import downsample_reports, group_reports
from simulators.synthetic.footfall_model import Profile, SyntheticSite, generate_report, site_scale
from wire.audience import AudienceReport
from wire.scalars import DeviceId, JournalId, LocationId
from wire.topics import DeviceAddress

MAX_CAMERAS: Final = 10_000
TIMEZONE: Final = ZoneInfo("Europe/London")
CHUNK: Final = 40  # consecutive reports of one camera at full speed
SURGE_PER_DAY: Final = 0.1  # an event nearby: a concert, a closed line
DOWNSAMPLED_RATIO: Final = 0.1  # of the chunks, as an outbox over its disk budget would

VENUES: Final = {
    Profile.STATION: ("10604", "concourse", 1800, 1200),
    Profile.BUSINESS: ("10503", "ticket_hall", 1600, 600),
    Profile.RESIDENTIAL: ("10502", "platform", 700, 300),
}


@dataclass(frozen=True, slots=True)
class Period:
    """The period of all reports, half-open, divided into intervals."""

    starts_at: datetime
    ends_at: datetime
    interval: timedelta

    @property
    def reports(self) -> int:
        """Number of reports of one camera."""
        return (self.ends_at - self.starts_at) // self.interval


def create_sites(cameras: int, seed: int) -> list[SyntheticSite]:
    """Create one site for each camera; the profiles alternate."""
    profiles = list(Profile)
    return [
        SyntheticSite(
            DeviceAddress(LocationId(f"SIM-{number:05d}"), DeviceId(f"sim-{number:05d}-cam-1")),
            profiles[(number - 1) % len(profiles)],
            TIMEZONE,
            seed,
        )
        for number in range(1, cameras + 1)
    ]


def generate_reports(site: SyntheticSite, period: Period) -> Iterator[AudienceReport]:
    """Generate all reports of one camera; the same site and period give the same reports."""
    about = f"{period.starts_at.isoformat()} {period.interval}"
    digest = site.digest(about)
    journal = JournalId(digest.hex()[:16])
    rng = np.random.default_rng(int.from_bytes(digest[:8]))
    surges: dict[int, tuple[float, float, float]] = {}
    for number in range(period.reports):
        starts_at = period.starts_at + number * period.interval
        since = starts_at - period.starts_at
        surge = surges.setdefault(since.days, _surge(rng))
        hour = since.seconds / 3600
        size = site_scale(site) * (surge[2] if surge[0] <= hour < surge[1] else 1.0)
        yield generate_report(site, starts_at, period.interval, (journal, number + 1), size, rng)


def _surge(rng: np.random.Generator) -> tuple[float, float, float]:
    """First hour, last hour, and factor of a day's surge in visits."""
    if rng.random() > SURGE_PER_DAY:
        return 0.0, 0.0, 1.0
    begins = float(rng.uniform(8, 20))
    return begins, begins + float(rng.uniform(0.7, 2.5)), float(rng.uniform(2.5, 5.0))


def interleave_reports(
    sites: list[SyntheticSite], period: Period, *, chunk: int, squeeze: np.random.Generator | None
) -> Iterator[AudienceReport]:
    """Yield `chunk` reports of each camera in turn until all are sent.

    With `squeeze` some chunks are downsampled to longer reports, as a full outbox would do.
    """
    streams = [generate_reports(site, period) for site in sites]
    for _ in range(0, period.reports, chunk):
        for stream in streams:
            run = list(islice(stream, chunk))
            squeezed = squeeze is not None and squeeze.random() < DOWNSAMPLED_RATIO
            yield from _downsample(run) if squeezed else run


def _downsample(run: list[AudienceReport]) -> Iterator[AudienceReport]:
    together = {
        group[0].sequence.first: group for group in group_reports(run, timedelta(minutes=15))
    }
    covered = 0
    for report in run:
        if report.sequence.last <= covered:
            continue
        group = together.get(report.sequence.first, [report])
        covered = group[-1].sequence.last
        yield downsample_reports(group) if len(group) > 1 else report


def render_sites_file(sites: list[SyntheticSite]) -> str:
    """Render the sites file (YAML) of the cameras, with generated locations and rates."""
    return "version: 1\nlocations:\n" + "".join(map(_location, sites))


def _location(site: SyntheticSite) -> str:
    venue, placement, rate_minor, attention_s = VENUES[site.profile]
    return f"""\
  - id: {site.address.location}
    name: Simulated {site.profile} {site.address.location}
    latitude_deg: {51.3 + site.digest()[1] / 640:.4f}
    longitude_deg: {-0.4 + site.digest()[2] / 320:.4f}
    timezone: {site.timezone.key}
    holidays: GB-ENG
    venue: "{venue}"
    placement: {placement}
    screen: {{width_m: 3.0, height_m: 2.0, width_px: 1920, height_px: 1280}}
    camera: {{above_m: 1.2, beside_m: 0.0}}
    loop: {{length_s: 60, spot_s: 10}}
    base_rate_minor: {rate_minor}
    base_attention_s: {attention_s}
    currency: GBP
    attributes: {{traffic: {_traffic(site.profile)}, demographic: broad}}
    cameras: [{site.address.device}]
"""


def _traffic(profile: Profile) -> str:
    return "high_traffic_station" if profile is Profile.STATION else str(profile)
