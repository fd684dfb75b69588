"""One read returns the changes since the last one, with the windows that are wanted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.rules import AlertKind, Measure
from cloud.database import writing
from cloud.ingest.commit import commit
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from cloud.windows.changes import ALERTS_EVERY, ALERTS_KEPT, ChangeReader
from tests.cloud.alerting.conftest import AT_ONCE
from tests.cloud.app_context import FRIDAY_NOON, ManualClock
from tests.cloud.databases import SQLITE_ONLY
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

pytestmark = SQLITE_ONLY

NOON_S = int(FRIDAY_NOON.timestamp())
NOTHING: frozenset[tuple[str, int]] = frozenset()
Count = Callable[[str], None]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def reader(engine: Engine, clock: ManualClock) -> ChangeReader:
    return ChangeReader(engine, clock)


@pytest.fixture
def count(engine: Engine, report: Callable[..., AudienceReport], clock: ManualClock) -> Count:
    """Counts one more report of a location, of noon."""
    numbers = iter(range(1, 100))

    def count(location: str) -> None:
        device = f"{location.lower()}-cam-1"
        one = report(next(numbers), location=location, device=device, starts_at=FRIDAY_NOON)
        message = encode_event(audience_event(one))
        delivery = Delivery(f"onlooker/v1/{location}/{device}/audience", message)
        results = list(validate(delivery, is_listed=lambda *_: True, now=clock.now))
        commit(engine, results, clock.now)

    return count


@pytest.fixture
def measure(engine: Engine, clock: ManualClock) -> Callable[[float], None]:
    """Sets the share of unobserved time of a camera, which raises or clears its alert."""

    def measure(share: float) -> None:
        found = Measure(AlertKind.UNOBSERVED, "KX-01", "kx-01-cam-1", share, "dark")
        with writing(engine) as connection:
            apply_measures(connection, [found], clock.now, AT_ONCE)

    return measure


def test_the_first_read_returns_recent_reports_and_no_window(reader: ChangeReader, count: Count):
    count("KX-01")
    first = reader.read(None, NOTHING)

    assert [one.key for one in first.counted] == [("KX-01", NOON_S)]
    assert (dict(first.windows), first.at) == ({}, FRIDAY_NOON)
    assert reader.read(None, NOTHING).counted == []


def test_only_windows_of_wanted_locations_are_read(reader: ChangeReader, count: Count):
    reader.read(None, NOTHING)
    for location in ("KX-01", "LB-01"):
        count(location)
    found = reader.read(frozenset({"LB-01"}), NOTHING)

    assert [one.key[0] for one in found.counted] == ["KX-01", "LB-01"]
    assert {key: one.tally.visits for key, one in found.windows.items()} == {("LB-01", NOON_S): 2}

    for location in ("KX-01", "LB-01"):
        count(location)
    every = reader.read(None, NOTHING)
    assert {key[0]: one.tally.visits for key, one in every.windows.items()} == {
        "KX-01": 4, "LB-01": 4,
    }  # fmt: skip
    count("KX-01")
    assert dict(reader.read(frozenset(), NOTHING).windows) == {}


def test_pending_windows_are_read_also_at_first_and_without_a_change(
    reader: ChangeReader, count: Count
):
    count("KX-01")
    pending = frozenset({("KX-01", NOON_S)})

    for _ in range(2):
        found = reader.read(frozenset(), pending)
        assert {key: one.tally.visits for key, one in found.windows.items()} == {
            ("KX-01", NOON_S): 2
        }


def test_alerts_are_read_every_five_seconds(
    reader: ChangeReader, measure: Callable[[float], None], clock: ManualClock
):
    measure(0.9)
    assert [row.location for row in reader.read(None, NOTHING).alerts] == ["KX-01"]
    measure(0.0)
    clock.advance(ALERTS_EVERY - timedelta(seconds=1))
    assert reader.read(None, NOTHING).alerts == []
    clock.advance(timedelta(seconds=1))
    assert [row.cleared_at is None for row in reader.read(None, NOTHING).alerts] == [False]
    clock.advance(ALERTS_EVERY)
    assert reader.read(None, NOTHING).alerts == []


def test_the_first_read_returns_alerts_of_the_last_hour(
    engine: Engine, measure: Callable[[float], None], clock: ManualClock
):
    measure(0.9)
    measure(0.0)
    clock.advance(ALERTS_KEPT + timedelta(seconds=1))
    assert ChangeReader(engine, clock).read(None, NOTHING).alerts == []
