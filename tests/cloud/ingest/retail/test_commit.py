"""Price points are committed once, with the batch they came in, on both databases."""

import threading
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine

from cloud.database import writing
from cloud.ingest.retail.commit import PriceBatch, commit_batch, commit_points
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import (
    CONTEXT,
    NOW,
    SOURCE,
    message_of,
    read_errors,
    read_points,
    received,
    send,
)


def test_a_point_is_committed_with_all_its_columns(engine: Engine) -> None:
    result = send(engine, message_of(currency="EUR"), message_of(sku="SKU-9", event_id="bad"))
    assert (result.committed, len(result.errors)) == (1, 1)
    (row,) = read_points(engine)
    assert (row.source, row.event_id, row.store, row.sku) == (SOURCE, "S001-1", "S001", "SKU-1")
    assert row.observed_at == datetime(2026, 3, 9, 21, tzinfo=UTC)
    assert (row.price_minor, row.list_price_minor, row.discount_bp) == (225, 250, 1_000)
    assert (row.base_currency, row.rated_on) == ("GBP", date(2026, 3, 8))
    assert (row.base_price_minor, row.base_cost_minor) == (191, 119)  # 1.9125, 1.19
    assert (row.base_revenue_minor, row.base_competitor_minor) == (2_295, 203)
    assert (row.holiday, row.promotion, row.inventory) == (None, "deal", 40)
    assert (row.is_outlier, row.received_at) == (False, NOW)
    (error,) = read_errors(engine)
    assert (error.position, error.times, error.payload_bytes > 0) == ("test:2", 1, True)


def test_the_base_currency_needs_no_rate(engine: Engine) -> None:
    send(engine, message_of(competitor_price=None))
    (row,) = read_points(engine)
    assert (row.base_price_minor, row.base_competitor_minor, row.rated_on) == (225, None, None)


def test_the_same_event_is_ignored_and_counted(engine: Engine) -> None:
    first = message_of()
    assert send(engine, first, first).duplicates == 1
    assert send(engine, first).duplicates == 1
    same_content = send(engine, message_of(event_id="other"))
    assert (same_content.committed, same_content.duplicates) == (0, 1)
    assert send(engine, message_of(), source="another").duplicates == 1
    assert len(read_points(engine)) == 1
    assert read_errors(engine) == []


def test_sources_may_use_the_same_event_id(engine: Engine) -> None:
    send(engine, message_of())
    other = message_of(observed_at="2026-03-09T22:00:00Z")
    assert send(engine, other, source="another").committed == 1
    assert len(send(engine, other).errors) == 1


def test_a_batch_that_fails_commits_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    batch = PriceBatch(SOURCE, received([message_of(), b"{"]), NOW)
    try:
        with writing(engine) as connection:
            commit_points(connection, batch, CONTEXT)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert (read_points(engine), read_errors(engine)) == ([], [])
    assert commit_batch(engine, batch, CONTEXT).committed == 1
    engine.dispose()


def test_writers_at_the_same_time_commit_each_point_once(engine: Engine) -> None:
    payloads = [
        message_of(event_id=f"e{n}", observed_at=f"2026-03-09T{n // 60:02}:{n % 60:02}:00Z")
        for n in range(150)
    ]
    committed = []

    def write(order: int) -> None:
        for at in range(0, 150, 50):
            some = payloads[at : at + 50]
            committed.append(send(engine, *some[::order]).committed)

    threads = [threading.Thread(target=write, args=(order,)) for order in (1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(committed) == 150
    assert len({row.event_id for row in read_points(engine)}) == len(read_points(engine)) == 150
