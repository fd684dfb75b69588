"""Each version of an order line is landed and promoted once, with the hours that it is about."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from sqlalchemy import Engine, update

from cloud.booking.order_line import OrderLine
from cloud.booking.order_store import add_versions
from cloud.database import reading, writing
from cloud.database.orders import order_line_versions
from cloud.lake.lake import Lake
from cloud.lake.landing.orders import LANDED_ORDER_LINES, ORDER_ROWS
from cloud.lake.landing.table_rows import land_rows
from cloud.lake.manifest import read_files
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw import orders
from cloud.lake.raw.orders import ORDER_SOURCE, RAW_ORDER_LINE_HOURS, RAW_ORDER_LINES
from cloud.lake.raw.promotion import promote_landed
from cloud.lake.reader import read_table
from cloud.lake.recovery.rebuild import rebuild_days
from cloud.lake.storage import open_storage
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.trusted.tables import ROW_QUARANTINE
from cloud.lake.writer import append
from tests.cloud.booking.order_lines import MONDAY, order_line
from tests.cloud.databases import SQLITE_ONLY

NOW = MONDAY + timedelta(days=1)


def load(engine: Engine, *lines: OrderLine, at: datetime = MONDAY) -> None:
    with writing(engine) as connection:
        add_versions(connection, lines, at=at, before=None)


def update_raw(engine: Engine, folder: Path) -> Lake:
    lake = Lake(open_storage(str(folder / "lake")), engine)
    list(land_rows(lake, ORDER_ROWS, now=NOW))
    list(promote_landed(lake, ORDER_SOURCE, now=NOW))
    return lake


def hours(lake: Lake, *names: str) -> list[tuple[Any, ...]]:
    rows = read_table(lake, RAW_ORDER_LINE_HOURS).to_pylist()
    return [tuple(row[name] for name in names) for row in rows]


def test_every_version_has_its_hours_and_those_that_it_releases(
    engine: Engine, tmp_path: Path
) -> None:
    late = MONDAY + timedelta(hours=23)
    load(engine, order_line(2, starts_at=late))
    update_raw(engine, tmp_path)
    load(engine, order_line(1, starts_at=late + timedelta(hours=1), positions=2))
    update_raw(engine, tmp_path)
    lake = update_raw(engine, tmp_path)
    found = hours(lake, "day", "version", "positions", "booked_s", "price_minor")
    assert sorted(found) == [
        (date(2026, 11, 23), 1, 1, 3_600, 60),
        (date(2026, 11, 23), 2, 0, 0, 0),
        (date(2026, 11, 24), 1, 1, 3_600, 60),
        (date(2026, 11, 24), 2, 2, 7_200, 120),
    ]
    lines = read_table(lake, RAW_ORDER_LINES).to_pylist()
    assert [(row["version"], row["booked_hours"], row["day"]) for row in lines] == [
        (1, 2, MONDAY.date()), (2, 1, MONDAY.date()),
    ]  # fmt: skip
    assert len(read_table(lake, LANDED_ORDER_LINES)) == 2


@SQLITE_ONLY
def test_a_rebuilt_day_has_the_hours_of_versions_that_were_stored_on_other_days(
    engine: Engine, tmp_path: Path
) -> None:
    late = MONDAY + timedelta(hours=23)
    load(engine, order_line(2, starts_at=late))
    load(engine, order_line(3, starts_at=late), at=NOW)
    lake = update_raw(engine, tmp_path)
    columns = ("starts_at", "version")
    before = hours(lake, *columns)
    for _ in range(2):
        found = list(rebuild_days(lake, [MONDAY.date(), NOW.date()], now=NOW))
        assert [(one.promoted, one.stopped) for one in found] == [(1, None), (1, None)]
    assert sorted(hours(lake, *columns)) == sorted(before)
    assert len(before) == 5
    later = NOW + timedelta(days=9)
    (found_without,) = rebuild_days(lake, [later.date()], now=NOW)
    assert "no landed rows" in (found_without.stopped or "")


@SQLITE_ONLY
def test_a_slot_of_a_zone_without_whole_hours_is_part_of_two_utc_hours(
    engine: Engine, tmp_path: Path
) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    starts_at = datetime(2026, 11, 23, 0, tzinfo=zone).astimezone(UTC)
    load(engine, order_line(2, starts_at=starts_at, zone=zone, price_minor=61))
    found = hours(update_raw(engine, tmp_path), "starts_at", "booked_s", "price_minor")
    assert [(at.hour, booked_s, price) for at, booked_s, price in found] == [
        (18, 1_800, 30), (19, 3_600, 61), (20, 1_800, 31),
    ]  # fmt: skip


@SQLITE_ONLY
def test_creatives_divide_time_and_price_without_a_remainder(
    engine: Engine, tmp_path: Path
) -> None:
    creatives = tuple(f"c{number}" for number in range(7))
    load(engine, order_line(1, creatives=creatives, price_minor=100))
    lake = update_raw(engine, tmp_path)
    found = hours(lake, "creative", "booked_s", "price_minor")
    assert [creative for creative, _, _ in found] == list(creatives)
    assert (sum(row[1] for row in found), sum(row[2] for row in found)) == (3_600, 100)


@SQLITE_ONLY
def test_versions_of_many_hours_are_read_in_parts_and_committed_together(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "MOST_ROWS", 7)
    for number in range(3):
        load(engine, order_line(3, line_id=f"SO-1-{number}"))
    update_raw(engine, tmp_path)
    with reading(engine) as connection:
        files = read_files(connection, RAW_ORDER_LINE_HOURS.full_name, at=1)
    assert [file.rows for file in files] == [6, 3]


@SQLITE_ONLY
@pytest.mark.parametrize("slots", ["[[1]]", "[[0,1000000000000,1]]"])
def test_slots_that_cannot_be_read_are_quarantined(
    engine: Engine, tmp_path: Path, slots: str
) -> None:
    load(engine, order_line(1), order_line(1, line_id="SO-1-2", creatives=()))
    with writing(engine) as connection:
        table = order_line_versions
        connection.execute(update(table).where(table.c.line_id == "SO-1-1").values(slots=slots))
    lake = update_raw(engine, tmp_path)
    (row,) = read_table(lake, QUARANTINE).to_pylist()
    assert (row["table_name"], row["rule"]) == ("raw.order_lines", "slots_readable")
    assert hours(lake, "line_id", "creative") == [("SO-1-2", None)]


@SQLITE_ONLY
def test_a_version_that_a_restored_database_stores_again_replaces_the_one_of_before(
    engine: Engine, tmp_path: Path
) -> None:
    load(engine, order_line(1))
    lake = update_raw(engine, tmp_path)
    again = {"changed_at": MONDAY + timedelta(hours=1), "campaign": "Summer"}
    for table in (RAW_ORDER_LINES, RAW_ORDER_LINE_HOURS):
        (row,) = read_table(lake, table).to_pylist()
        schema = table.schema.append(pa.field(DAY, pa.date32()))
        append(lake, table, pa.Table.from_pylist([row | again], schema=schema), now=NOW)
    contracted = [one for one in contracted_tables() if "order_line" in one.source.name]
    found = promote_days(lake, contracted, now=NOW)
    assert [(one.promoted, one.quarantined) for one in found] == [(1, 0), (1, 0)]
    for one in contracted:
        assert read_table(lake, one.target).column("campaign").to_pylist() == ["Summer"]


LINE_RULES = (
    ("location_format", {"location": "KX 01"}),
    ("order_id_format", {"order_id": "-"}),
    ("line_id_format", {"line_id": ""}),
    ("version_positive", {"version": 0}),
    ("status_known", {"booking_status": "booked"}),
    ("currency_format", {"currency": "gbp"}),
    ("price_not_negative", {"price_minor": -1}),
)
OF_LINES = (
    *LINE_RULES,
    ("flight_in_order", {"ends_at": MONDAY}),
    ("hours_within_flight", {"booked_hours": 2}),
    ("positions_positive", {"positions": 0}),
)
OF_HOURS = (
    *LINE_RULES[:-1],
    ("whole_hour", {"starts_at": MONDAY + timedelta(minutes=1)}),
    ("creative_format", {"creative": "unknown"}),
    ("time_within_positions", {"booked_s": 3_601}),
    ("price_of_booked_time", {"booked_s": 0}),
)


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("table", "broken"), [(RAW_ORDER_LINES, OF_LINES), (RAW_ORDER_LINE_HOURS, OF_HOURS)],
    ids=lambda one: getattr(one, "name", ""),
)  # fmt: skip
def test_a_row_that_breaks_a_rule_is_quarantined_under_it(
    engine: Engine, tmp_path: Path, table: LakeTable, broken: tuple[tuple[str, dict[str, Any]], ...]
) -> None:
    load(engine, order_line(1))
    lake = update_raw(engine, tmp_path)
    (row,) = read_table(lake, table).to_pylist()
    schema = table.schema.append(pa.field(DAY, pa.date32()))
    rows = [row | {"line_id": f"SO-1-{rule}"} | changes for rule, changes in broken]
    append(lake, table, pa.Table.from_pylist(rows, schema=schema), now=NOW)
    (contracted,) = [one for one in contracted_tables() if one.source is table]
    (result,) = promote_days(lake, [contracted], now=NOW)
    assert (result.promoted, result.quarantined) == (1, len(broken))
    found = read_table(lake, ROW_QUARANTINE).column("rule").to_pylist()
    assert sorted(found) == sorted(rule for rule, _ in broken)
    assert {rule.name for rule in contracted.contract.rules} == set(found)
