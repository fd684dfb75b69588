"""Reports for the tests of the outbox, and how the cloud sees those that wait."""

from datetime import UTC, datetime, timedelta

from tests.report_builder import build_report
from wire.envelope import decode_events
from wire.scalars import DeviceId, LocationId

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def quiet_minute(journal, sequence):
    """A report without visits."""
    starts_at = EIGHT + timedelta(seconds=30 * sequence.first)
    return build_report(
        location=LocationId("KX-01"),
        device=DeviceId("kx-01-cam-1"),
        journal=journal,
        sequence=sequence,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=30),
    )


def wire_numbers(outbox):
    """Stream and number of each report that waits, as the cloud will see them."""
    events = [event for one in outbox.unacknowledged(999) for event in decode_events(one.event)]
    return [(event.data.journal, event.data.sequence.first) for event in events]
