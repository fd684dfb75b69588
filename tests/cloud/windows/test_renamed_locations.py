"""Counts under a former name of a location belong to the present one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cloud.database import (
    dead_letters,
    hour_tallies,
    location_updates,
    reading,
    report_streams,
    reports,
)
from cloud.ingest.consumer import Consumer
from cloud.ingest.membership import Membership
from cloud.ingest.replay import list_unreplayed, replay_dead_letter
from cloud.ingest.sources.memory import MemorySource
from cloud.sites.reload import CHECK_EVERY_S
from cloud.sites.sites_file import SAMPLE
from cloud.windows.query import window_audience
from cloud.windows.renamed_locations import LocationRenames
from cloud.windows.venue_types import VenueTypeSync
from tests.cloud.windows.test_venue_types import visits_by_venue
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, encode_event

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLD, NEW = "KX-01", "KX-CONCOURSE"
RENAMED = SAMPLE.read_text().replace("id: KX-01\n", f"id: {NEW}\n    formerly: [{OLD}]\n")

Reports = Callable[..., AudienceReport]


class Cloud:
    """The stream with the sites file that it reads."""

    def __init__(self, engine: Engine, file: Path) -> None:
        self.engine, self.file, self.clock_s = engine, file, 0.0
        self.now = NINE + HOUR
        file.write_text(SAMPLE.read_text())
        self.membership = Membership(file, steady_clock=lambda: self.clock_s)
        self.source = MemorySource()
        self.consumer = Consumer(
            self.source,
            engine,
            is_listed=self.membership.is_listed,
            rules=self.membership.rules(),
            clock=lambda: self.now,
        )
        self.venues, self.renames = VenueTypeSync(engine), LocationRenames(engine)

    def rewrite(self, content: str) -> None:
        self.file.write_text(content)
        self.clock_s += CHECK_EVERY_S

    def keep(self) -> None:
        self.renames.maintain(self.membership.sites, self.now)
        self.venues.maintain(self.membership.venues)

    def take(self, topic: str, *made: AudienceReport) -> set[tuple[str, int]]:
        """Topics of the acknowledgements, and how far they reach."""
        self.source.sent.clear()
        for one in made:
            self.source.put(topic, encode_event(audience_event(one)))
        self.consumer.step()
        return {
            (topic, event.data.through)
            for topic, payload in self.source.sent
            for event in envelope.decode_events(payload)
            if isinstance(event, AckEvent)
        }

    def visits(self, location: str) -> int:
        with reading(self.engine) as connection:
            stretch = {"starts_at": NINE, "ends_at": NINE + HOUR}
            return window_audience(connection, location, **stretch).tally.visits


@pytest.fixture
def cloud(engine: Engine, tmp_path: Path) -> Cloud:
    return Cloud(engine, tmp_path / "sites.yaml")


def topic(location: str) -> str:
    return f"onlooker/v1/{location}/kx-01-cam-1/audience"


def test_reports_that_waited_during_a_renaming_count_for_the_present_name(
    cloud: Cloud, report: Reports
) -> None:
    cloud.rewrite(RENAMED)
    waited = [report(n, location=OLD, starts_at=NINE + n * HOUR / 240) for n in range(1, 31)]
    cloud.take(topic(OLD), *waited[:15])
    acks = cloud.take(topic(NEW), *waited[15:])
    assert (cloud.visits(NEW), cloud.visits(OLD)) == (60, 0)
    assert (f"onlooker/v1/{NEW}/kx-01-cam-1/ack", 30) in acks


def test_a_device_with_the_former_name_is_acknowledged_on_its_own_topic(
    cloud: Cloud, report: Reports
) -> None:
    cloud.rewrite(RENAMED)
    acks = cloud.take(topic(OLD), report(1, location=OLD))
    assert acks == {(f"onlooker/v1/{name}/kx-01-cam-1/ack", 1) for name in (OLD, NEW)}


def test_earlier_counts_are_moved_to_the_new_name_once(cloud: Cloud, report: Reports) -> None:
    cloud.keep()
    cloud.take(topic(OLD), report(1), report(2, starts_at=NINE + HOUR / 4))
    cloud.rewrite(RENAMED.replace('"10503"', '"10502"', 1))
    cloud.take(topic(NEW), report(3, location=NEW))
    for _ in range(2):
        cloud.keep()
        cloud.now += HOUR
    assert (cloud.visits(NEW), cloud.visits(OLD)) == (6, 0)
    with reading(cloud.engine) as connection:
        for table in (hour_tallies, report_streams, reports, location_updates):
            assert set(connection.execute(select(table.c.location)).scalars()) == {NEW}
    by_venue = visits_by_venue(cloud.engine)
    assert sum(by_venue.values()) == 6
    assert list(by_venue) == [cloud.membership.sites.location(NEW).venue]


def test_a_report_repeated_under_the_other_name_is_a_duplicate(
    cloud: Cloud, report: Reports
) -> None:
    cloud.take(topic(OLD), report(1))
    cloud.rewrite(RENAMED)
    cloud.keep()
    cloud.take(topic(OLD), report(1))
    cloud.take(topic(NEW), report(1, location=NEW))
    assert cloud.visits(NEW) == 2
    with reading(cloud.engine) as connection:
        assert not connection.execute(select(dead_letters)).all()


def test_an_unknown_location_stays_pending_until_the_sites_file_names_it(
    cloud: Cloud, report: Reports
) -> None:
    strange = report(1, location=NEW)
    assert cloud.take(topic(NEW), strange) == set()
    cloud.rewrite(RENAMED)
    assert cloud.take(topic(NEW), strange) == {(f"onlooker/v1/{NEW}/kx-01-cam-1/ack", 1)}
    assert cloud.visits(NEW) == 2


def test_reports_of_an_unlisted_former_name_count_when_the_file_is_corrected(
    cloud: Cloud, report: Reports
) -> None:
    cloud.rewrite(RENAMED.replace(f"    formerly: [{OLD}]\n", ""))
    cloud.take(topic(NEW), report(1, location=OLD))
    assert cloud.visits(NEW) == 0
    cloud.rewrite(RENAMED)
    with reading(cloud.engine) as connection:
        (dead_letter,) = list_unreplayed(connection)
    knows, rules = cloud.membership.is_listed, cloud.membership.rules()
    for _ in range(2):
        replay_dead_letter(
            cloud.engine, dead_letter, is_listed=knows, now=cloud.now, actor="me", rules=rules
        )
    assert cloud.visits(NEW) == 2
