"""An implausible number acknowledges nothing; a long outage is accepted; a loss is recorded."""

from datetime import timedelta

import pytest

from tests.cloud.ingest.conftest import (
    HUGE,
    INTERVAL,
    NINE,
    IngestStream,
    Reports,
    encode_heartbeat,
    encode_report,
)


@pytest.mark.parametrize("last", [HUGE, 10**15, 10**12])
def test_an_unreadable_event_that_claims_all_numbers_takes_none_from_the_next(
    stream: IngestStream, report: Reports, last: int
) -> None:
    assert stream.take(*(encode_report(report(n)) for n in (1, 2, 3))) == 3
    torn = encode_report(report(4)).replace(b'"visits":2', b'"visits":"two"')
    torn = torn.replace(b'"first":4,"last":4', b'"first":4,"last":%d' % last)
    stream.take(torn)
    assert stream.take(encode_report(report(4)), encode_report(report(5))) == 5
    assert (stream.visits, stream.dead_letters()) == (10, ["unreadable"])


@pytest.mark.parametrize("last", [HUGE, 10**15, 10**9])
def test_a_report_that_claims_all_numbers_takes_none_from_the_next(
    stream: IngestStream, report: Reports, last: int
) -> None:
    stream.take(encode_report(report(1)))
    for first in (2, last):
        stream.take(encode_report(report(first, last)))
    assert stream.take(encode_report(report(2))) == 2
    assert (stream.visits, stream.dead_letters()) == (4, ["sequence", "sequence"])


def test_an_unreadable_report_holds_its_camera_up_no_longer_than_one_turn(
    stream: IngestStream, report: Reports
) -> None:
    """The camera sends a window of what is not acknowledged, the oldest first, again and again."""
    torn = encode_report(report(2)).replace(b'"visits":2', b'"visits":"two"')
    others = [encode_report(report(n)) for n in (3, 4)]
    stream.take(encode_report(report(1)))
    assert stream.take(torn, *others) == 1
    assert stream.take(torn, *others) == 4
    assert (stream.visits, stream.dead_letters(), stream.lost()) == (6, ["unreadable"], [(2, 2)])
    stream.take(encode_report(report(2)))
    assert (stream.visits, stream.lost()) == (8, [])


@pytest.mark.parametrize("last", [2, 3, 4, 9, HUGE])
def test_an_unreadable_report_gives_up_no_numbers_that_were_counted_or_may_come(
    stream: IngestStream, report: Reports, last: int
) -> None:
    torn = encode_report(report(2)).replace(b'"visits":2', b'"visits":"two"')
    torn = torn.replace(b'"first":2,"last":2', b'"first":2,"last":%d' % last)
    stream.take(encode_report(report(1)), encode_report(report(4)))
    for _ in range(3):
        stream.take(torn, encode_report(report(4)))
    stream.take(*(encode_report(report(n)) for n in (2, 3, 5)))
    assert (stream.visits, stream.lost()) == (10, [])


@pytest.mark.parametrize("oldest", [HUGE, 10**12, 10**9])
def test_a_heartbeat_that_has_forgotten_all_numbers_closes_no_gap(
    stream: IngestStream, report: Reports, oldest: int
) -> None:
    stream.take(encode_report(report(1)))
    some = report(1)
    stream.take(
        encode_heartbeat(some, oldest_sequence=oldest, next_sequence=oldest), channel="heartbeat"
    )
    assert stream.take(encode_report(report(2))) == 2
    assert (stream.visits, stream.dead_letters(), stream.lost()) == (4, ["sequence"], [])


@pytest.mark.parametrize("weeks", [1, 3, 26])
def test_numbers_that_advanced_during_an_outage_of_weeks_are_believed(
    stream: IngestStream, report: Reports, weeks: int
) -> None:
    """At 15 s a camera produces 120,000 reports in three weeks; the first to arrive is the last."""
    stream.take(encode_report(report(1)))
    outage = timedelta(weeks=weeks)
    stream.now += outage
    number = 1 + outage // INTERVAL
    stream.take(encode_report(report(number, starts_at=NINE + outage - INTERVAL)))
    assert (stream.visits, stream.dead_letters()) == (4, [])


def test_a_backlog_of_weeks_is_believed_when_its_messages_overtake_each_other(
    stream: IngestStream, report: Reports
) -> None:
    weeks = timedelta(weeks=3)
    stream.now += weeks
    stream.take(encode_report(report(1)))
    number = weeks // INTERVAL
    stream.take(encode_report(report(number, starts_at=NINE + weeks - INTERVAL)))
    assert (stream.visits, stream.dead_letters()) == (4, [])


def test_a_stream_that_a_lost_database_has_not_met_may_begin_high(
    stream: IngestStream, report: Reports
) -> None:
    stream.take(encode_report(report(3_000_000)))
    assert (stream.visits, stream.dead_letters()) == (2, [])
