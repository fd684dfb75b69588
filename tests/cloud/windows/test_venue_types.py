"""A venue type added to the sites file is known to the stream from then on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from cloud.database import reading
from cloud.ingest.commit import commit
from cloud.ingest.membership import Membership
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from cloud.sites.reload import CHECK_EVERY_S
from cloud.sites.sites_file import SAMPLE
from cloud.windows.dimensions import BreakdownFilter, Dimension
from cloud.windows.venue_breakdown import venue_breakdown
from cloud.windows.venue_types import VenueTypeSync
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def visits_by_venue(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        hour = BreakdownFilter(NINE, NINE.replace(hour=10))
        by = (Dimension.VENUE_TYPE,)
        return {
            str(one.key[by[0]]): one.tally.visits for one in venue_breakdown(connection, hour, by)
        }


def test_earlier_counts_are_moved_to_the_new_venue_type(
    engine: Engine, report: Callable[..., AudienceReport], tmp_path: Path
) -> None:
    file, clock = tmp_path / "estate.yaml", [0.0]
    file.write_text(SAMPLE.read_text())
    membership = Membership(file, steady_clock=lambda: clock[0])
    venues = VenueTypeSync(engine)

    def arrives(sequence: int) -> None:
        clock[0] += CHECK_EVERY_S
        one = report(sequence, visits=2)
        sealed = encode_event(audience_event(one))
        delivery = Delivery(f"onlooker/v1/{one.location}/{one.device}/audience", sealed)
        commit(engine, list(validate(delivery, is_listed=membership.is_listed, now=NINE)), NINE)

    arrives(1)
    assert visits_by_venue(engine) == {"unknown": 2}
    venues.maintain(membership.venues)
    assert visits_by_venue(engine) == {"10503": 2}
    file.write_text(SAMPLE.read_text().replace('"10503"', '"10502"'))
    arrives(2)
    venues.maintain(membership.venues)
    arrives(3)
    assert visits_by_venue(engine) == {"10502": 6}
