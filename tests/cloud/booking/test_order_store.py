"""Each change of a line is a further version; what is the same is not stored again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.booking.order_line import BookingStatus, OrderLine
from cloud.booking.order_store import OrderConflictError, add_versions, digest_of_all, read_newest
from cloud.database import reading, writing
from cloud.database.orders import decode_runs, order_line_versions
from tests.cloud.booking.order_lines import MONDAY, order_line

SEVEN_S = int(MONDAY.timestamp()) + 7 * 3600


def load(engine: Engine, *lines: OrderLine) -> int:
    with writing(engine) as connection:
        before = digest_of_all(connection)
        loaded = add_versions(connection, lines, at=MONDAY, before=before)
        assert loaded.rows == digest_of_all(connection)
    return loaded.versions


def runs(engine: Engine) -> list[list[tuple[int, int, int]]]:
    with reading(engine) as connection:
        query = select(order_line_versions.c.slots).order_by(order_line_versions.c.id)
        found = connection.execute(query).scalars().all()
    return [
        [((run.starts_at - SEVEN_S) // 3600, run.hours, run.positions) for run in decode_runs(one)]
        for one in found
    ]


def test_the_same_line_again_adds_nothing_and_a_change_adds_a_version(engine: Engine) -> None:
    other = order_line(line_id="SO-1-2", creatives=())
    assert load(engine, order_line(), other) == 2
    assert load(engine, order_line(), other) == 0
    assert load(engine, order_line(booking_status=BookingStatus.IN_FLIGHT), other) == 1
    assert load(engine, order_line(booking_status=BookingStatus.IN_FLIGHT)) == 0
    with reading(engine) as connection:
        newest = read_newest(connection)
        assert read_newest(connection, "order_id", ["SO-2"]) == {}
    assert {name: row.version for name, row in newest.items()} == {"SO-1-1": 2, "SO-1-2": 1}
    assert newest["SO-1-1"].booking_status == "InFlight"


def test_hours_that_a_change_releases_are_part_of_the_version(engine: Engine) -> None:
    load(engine, order_line(3, positions=2))
    load(engine, order_line(3, starts_at=MONDAY + timedelta(hours=9)))
    load(engine, order_line(1, starts_at=MONDAY + timedelta(hours=11)))
    assert runs(engine) == [[(0, 3, 2)], [(2, 3, 1), (0, 2, 0)], [(4, 1, 1), (2, 2, 0)]]


@pytest.mark.parametrize(
    ("fields", "column", "sentence"),
    [
        ({"order_id": "SO-2"}, "order_id", "expected 'SO-1', to which line SO-1-1 belongs"),
        ({"line_id": "SO-1-2", "currency": "EUR"}, "currency", "expected 'GBP' as in line SO-1-1"),
    ],
)
def test_a_line_that_contradicts_a_stored_one_adds_nothing(
    engine: Engine, fields: dict[str, Any], column: str, sentence: str
) -> None:
    load(engine, order_line())
    with pytest.raises(OrderConflictError, match=sentence) as error:
        load(engine, order_line(line_id="SO-3-1", order_id="SO-3"), order_line(**fields))
    assert error.value.column == column
    assert len(runs(engine)) == 1


def test_all_lines_of_an_order_can_change_their_campaign_together(engine: Engine) -> None:
    lines = [order_line(), order_line(line_id="SO-1-2")]
    load(engine, *lines)
    changed = [order_line(line_id=line.line_id, campaign="Summer") for line in lines]
    assert load(engine, *changed) == 2


def test_a_change_of_one_price_is_a_version(engine: Engine) -> None:
    prices = ((SEVEN_S, 60), (SEVEN_S + 3600, 60))
    assert load(engine, order_line(slot_prices=prices)) == 1
    assert load(engine, order_line(slot_prices=prices)) == 0
    assert load(engine, order_line(slot_prices=(prices[0], (SEVEN_S + 3600, 59)))) == 1
