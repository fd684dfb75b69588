"""A report with acknowledged numbers is repeated, reused or recorded as lost."""

from datetime import timedelta

from cloud.database import reading
from cloud.ingest.replay import list_unreplayed, replay_dead_letter
from tests.cloud.ingest.conftest import (
    INTERVAL,
    NINE,
    IngestStream,
    Reports,
    encode_heartbeat,
    encode_report,
)
from wire.envelope import join_events


def test_a_report_that_was_given_up_as_lost_and_comes_is_counted_and_leaves_the_list(
    stream: IngestStream, report: Reports
) -> None:
    stream.take(encode_report(report(1)))
    stream.take(
        encode_heartbeat(report(1), oldest_sequence=6, next_sequence=6), channel="heartbeat"
    )
    assert stream.lost() == [(2, 5)]
    stream.take(encode_report(report(3)))
    assert (stream.visits, stream.lost()) == (4, [(2, 2), (4, 5)])
    stream.take(encode_report(report(3)))
    assert (stream.visits, stream.dead_letters()) == (4, [])


def test_a_number_used_again_for_another_report_is_listed_and_the_report_can_be_counted(
    stream: IngestStream, report: Reports
) -> None:
    """An outbox put back from an older copy: 50 numbers are used a second time."""
    first = [encode_report(report(n, starts_at=NINE + n * INTERVAL)) for n in range(1, 51)]
    stream.now = NINE + timedelta(hours=1)
    stream.take(join_events(first))
    assert stream.visits == 100
    later = NINE + timedelta(hours=2)
    stream.now = later + timedelta(hours=1)
    again = [
        encode_report(report(n, starts_at=later + n * INTERVAL, visits=1)) for n in range(1, 51)
    ]
    assert stream.take(join_events(again)) == 50
    assert (stream.visits, stream.dead_letters()) == (100, ["sequence_reused"] * 50)
    stream.take(join_events(again))
    assert stream.dead_letters() == ["sequence_reused"] * 50
    with reading(stream.engine) as connection:
        numbers = list_unreplayed(connection)
    for _ in range(2):
        for number in numbers:
            replay_dead_letter(
                stream.engine, number, is_listed=lambda *_: True, now=stream.now, actor="me"
            )
    assert stream.visits == 150


def test_the_same_report_again_is_no_dead_letter_even_in_one_batch(
    stream: IngestStream, report: Reports
) -> None:
    same = encode_report(report(1))
    stream.take(same, same)
    stream.take(same)
    assert (stream.visits, stream.dead_letters()) == (2, [])


def test_one_batch_may_hold_two_reports_of_one_number(
    stream: IngestStream, report: Reports
) -> None:
    stream.take(encode_report(report(1)), encode_report(report(1, visits=4)))
    assert (stream.visits, stream.dead_letters()) == (2, ["sequence_reused"])


def test_reports_that_were_merged_after_they_were_counted_are_the_same(
    stream: IngestStream, report: Reports
) -> None:
    stream.now = NINE + timedelta(hours=1)
    stream.take(*(encode_report(report(n, starts_at=NINE + n * INTERVAL)) for n in range(1, 5)))
    whole = report(1, 4, starts_at=NINE + INTERVAL, ends_at=NINE + 5 * INTERVAL, visits=8)
    stream.take(encode_report(whole))
    assert (stream.visits, stream.dead_letters()) == (8, [])


def test_a_report_that_comes_again_after_its_copy_was_swept_is_a_duplicate(
    stream: IngestStream, report: Reports
) -> None:
    from cloud.ingest.retention import RetentionPeriods, apply_retention

    stream.take(encode_report(report(1)))
    stream.now += timedelta(days=40)
    stream.take(encode_report(report(2, starts_at=stream.now - INTERVAL)))
    apply_retention(stream.engine, RetentionPeriods(), stream.now)
    stream.take(encode_report(report(1)))
    assert (stream.visits, stream.dead_letters()) == (4, [])
