"""Orders against plays: each figure adds up, and what is not known is null."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from cloud.booking.order_line import SOLD, BookingStatus
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.raw.audience import RAW_CREATIVES, RAW_REPORTS, flatten
from cloud.lake.raw.orders import RAW_ORDER_LINE_HOURS
from cloud.lake.tables import DAY, LakeTable
from cloud.marts.dimensions import (
    list_dates,
    list_former_ids,
    list_location_hours,
    list_location_loops,
)
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import compute_mart, read_sql
from cloud.sites.sites_file import SAMPLE, load_sites
from tests.cloud.booking.order_lines import order_line
from tests.cloud.marts.order_rows import order_hours
from tests.report_builder import build_report
from wire.audience import AudienceReport, CreativeSum
from wire.scalars import SequenceRange

DAY_OF_FLIGHT = date(2026, 11, 23)
SEVEN = datetime(2026, 11, 23, 7, tzinfo=UTC)
NOW = SEVEN + timedelta(days=1)
SITES = load_sites(SAMPLE)
Row = dict[str, Any]


def report(number: int = 1, hour: int = 0, device: str = "cam-1", **plays: int) -> AudienceReport:
    """Ten minutes with so many plays of each creative, ten observed seconds for each play."""
    sums = {name: _sums(count) for name, count in plays.items()}
    total = _sums(sum(plays.values()))
    starts_at = SEVEN + timedelta(hours=hour)
    times = {name: getattr(total, name) for name in total.__struct_fields__ if name != "plays"}
    return build_report(
        location="KX-01", device=device, journal="00000000000000a1",
        sequence=SequenceRange(first=number, last=number),
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=10),
        visits=40, onlookers=10, entries=40, dwell_ms=200_000, peak=4,
        dwell_histogram=(0, 0, 0, 40) + (0,) * 11, creatives=sums, **times,
    )  # fmt: skip


def _sums(plays: int) -> CreativeSum:
    return CreativeSum(
        plays=plays, observed_ms=10_000 * plays, person_ms=25_000 * plays, facing_ms=9_000 * plays,
        looking_ms=5_000 * plays, unsure_ms=1_000 * plays,
    )  # fmt: skip


def compute(*reports: AudienceReport, orders: tuple[pa.Table, ...] = ()) -> list[Row]:
    """The rows of the mart, in the order of hours, lines and creatives."""
    flat = [flatten(one, NOW) for one in reports]
    inputs = {
        "trusted_audience_reports": _table(RAW_REPORTS, flat),
        "trusted_audience_creatives": _table(RAW_CREATIVES, flat),
        "trusted_order_line_hours": pa.concat_tables([_table(RAW_ORDER_LINE_HOURS, []), *orders]),
        "dim_date": list_dates(DAY_OF_FLIGHT, DAY_OF_FLIGHT),
        "location_hours": list_location_hours(SITES, DAY_OF_FLIGHT, until=NOW),
        "location_loops": list_location_loops(SITES),
        "former_ids": list_former_ids(SITES),
    }
    rows = compute_mart(DuckDbEngine(), CAMPAIGN_PERFORMANCE, inputs)
    conformed = CAMPAIGN_PERFORMANCE.conform(rows.drop_columns([DAY]))
    return sorted(
        conformed.to_pylist(),
        key=lambda row: (row["hour"], row["line_id"] or "", row["creative"] or ""),
    )


def _table(table: LakeTable, flat: list[dict[str, list[Row]]]) -> pa.Table:
    rows = [row | {DAY: row["starts_at"].date()} for one in flat for row in one[table.name]]
    return pa.Table.from_pylist(rows, schema=table.schema.append(pa.field(DAY, pa.date32())))


def ordered(*lines: Any, **fields: Any) -> pa.Table:
    return order_hours(*lines, changed_at=SEVEN, **fields)


def test_a_line_has_what_was_ordered_shown_and_seen() -> None:
    (row,) = compute(report(a=30), orders=(ordered(order_line(1, positions=2)),))
    expected = {
        "location": "KX-01", "hour": 7, "weekday": 1, "local_hour": 7, "order_id": "SO-1",
        "line_id": "SO-1-1", "line_version": 1, "campaign": "Winter", "currency": "GBP",
        "booked_s": 7_200, "price_minor": 120, "ordered_plays_milli": 120_000,
        "cameras": 1, "plays": 30, "play_s": 300, "delivery_milli": 250,
        "observed_ms": 300_000, "observed_share_milli": 1_000, "person_ms": 750_000,
        "looking_ms": 150_000, "looking_share_milli": 200, "ots_milli": 75_000,
        "looking_ots_milli": 15_000, "measured_price_minor": 120, "cpm_minor": 1_600,
        "hour_observed_ms": 300_000, "expected_ms": 3_600_000, "unattributed_ms": 0,
        "hour_visits": 40, "attention_rate_milli": 250, "dwell_mean_ms": 5_000,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_a_creative_that_nobody_ordered_has_a_row_without_a_line() -> None:
    reserved = order_line(1, booking_status=BookingStatus.RESERVED)
    (row,) = compute(report(a=6), orders=(ordered(reserved),))
    assert (row["creative"], row["plays"], row["ots_milli"]) == ("a", 6, 15_000)
    columns = ("order_id", "line_id", "booked_s", "price_minor", "delivery_milli", "cpm_minor")
    assert [row[name] for name in columns] == [None] * 6


def test_an_hour_without_a_report_is_unknown_and_not_zero() -> None:
    (row,) = compute(orders=(ordered(order_line(1)),))
    assert (row["booked_s"], row["price_minor"], row["hour_observed_ms"]) == (3_600, 60, 0)
    unknown = ("plays", "delivery_milli", "observed_ms", "person_ms", "ots_milli", "hour_visits",
               "measured_price_minor", "unattributed_ms")  # fmt: skip
    assert [row[name] for name in unknown] == [None] * 8


def test_a_line_that_was_not_shown_has_no_plays_only_where_all_time_is_attributed() -> None:
    orders = (ordered(order_line(2, creatives=("c",))),)
    found = compute(report(1, 0, a=5), report(2, 1, a=4, unknown=1), orders=orders)
    rows = [row for row in found if row["line_id"]]
    assert [row["plays"] for row in rows] == [0, None]
    assert [row["ots_milli"] for row in rows] == [0, None]
    assert [row["person_ms"] for row in rows] == [None, None]
    assert [row["unattributed_ms"] for row in rows] == [0, 10_000]


def test_only_the_newest_version_of_a_line_counts_in_each_hour() -> None:
    first = order_line(3, positions=2)
    second = order_line(3, starts_at=SEVEN + timedelta(hours=1), price_minor=70)
    orders = (ordered(first), ordered(second, version=2, released=first.slots[:1]))
    rows = compute(report(1, 0, a=5), report(2, 1, a=5), orders=orders)
    assert [(row["hour"], row["line_version"], row["price_minor"]) for row in rows] == [
        (7, None, None), (8, 2, 70), (9, 2, 70), (10, 2, 70),
    ]  # fmt: skip
    canceled = order_line(3, booking_status=BookingStatus.CANCELED)
    assert compute(orders=(*orders, ordered(canceled, version=3))) == [
        row for row in compute(orders=orders) if row["hour"] == 10
    ]


def test_plays_that_two_lines_have_booked_are_divided_by_booked_time_without_a_remainder() -> None:
    lines = [
        order_line(1, line_id=f"SO-1-{number}", positions=positions)
        for number, positions in ((1, 1), (2, 2), (3, 4))
    ]
    rows = compute(report(a=31), orders=(ordered(*lines),))
    assert [row["plays"] for row in rows] == [4, 9, 18]
    whole = _sums(31)
    for name in ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms"):
        assert sum(row[name] for row in rows) == getattr(whole, name)


def test_a_part_of_the_time_of_people_fits_into_the_part_of_all_people() -> None:
    sums = CreativeSum(plays=8, observed_ms=8, person_ms=9, facing_ms=8, looking_ms=7, unsure_ms=1)
    times = {name: getattr(sums, name) for name in sums.__struct_fields__ if name != "plays"}
    one = msgspec.structs.replace(report(), creatives={"a": sums}, **times)
    lines = [order_line(1, line_id=f"SO-1-{number}") for number in range(5)]
    rows = compute(one, orders=(ordered(*lines),))
    for row in rows:
        assert row["looking_ms"] <= row["facing_ms"]
        assert row["facing_ms"] + row["unsure_ms"] <= row["person_ms"]
    assert [sum(row[name] for row in rows) for name in times] == list(times.values())


def test_price_and_time_of_a_line_are_divided_between_its_creatives() -> None:
    line = order_line(1, creatives=("a", "b", "c"), price_minor=100)
    rows = compute(report(a=2, b=1, c=1), orders=(ordered(line),))
    assert [(row["creative"], row["booked_s"], row["price_minor"]) for row in rows] == [
        ("a", 1_200, 33), ("b", 1_200, 33), ("c", 1_200, 34),
    ]  # fmt: skip
    without = compute(report(a=2), orders=(ordered(order_line(1, creatives=())),))
    assert [(row["creative"], row["booked_s"], row["plays"]) for row in without] == [
        ("a", None, 2), (None, 3_600, None),
    ]  # fmt: skip


def test_people_whose_creative_is_withheld_are_unattributed() -> None:
    whole = _sums(3)
    withheld = msgspec.structs.replace(whole, person_ms=0, facing_ms=0, looking_ms=0,
                                       unsure_ms=0)  # fmt: skip
    others = msgspec.structs.replace(whole, plays=0, observed_ms=0)
    one = msgspec.structs.replace(report(a=3), creatives={"a": withheld, "unknown": others})
    row, unknown = compute(one)
    assert (row["plays"], row["person_ms"], row["ots_milli"]) == (3, 0, 0)
    assert {one["unattributed_person_ms"] for one in (row, unknown)} == {75_000}
    assert (unknown["person_ms"], unknown["unattributed_ms"]) == (75_000, 0)


def test_two_cameras_see_the_same_plays() -> None:
    reports = report(a=6), report(2, a=2), report(device="cam-2", a=5)
    (row,) = compute(*reports)
    assert (row["cameras"], row["plays"], row["observed_ms"]) == (2, 8, 130_000)
    assert (row["observed_share_milli"], row["ots_milli"]) == (812, 20_000)


def test_a_report_without_creatives_leaves_plays_unknown() -> None:
    without = msgspec.structs.replace(report(2, b=2), creatives=msgspec.UNSET)
    for reports in ([without], [report(a=3), without]):
        row = compute(*reports, orders=(ordered(order_line(1, creatives=("c",))),))[-1]
        assert (row["creative"], row["plays"], row["unattributed_ms"]) == ("c", None, 20_000)
        assert row["unattributed_person_ms"] == 50_000


def test_hours_that_have_not_begun_have_no_row() -> None:
    rows = compute(orders=(ordered(order_line(10, starts_at=NOW - timedelta(hours=12))),))
    assert [row["hour"] for row in rows] == list(range(19, 24))


@pytest.mark.parametrize("status", sorted(SOLD))
def test_states_that_are_sold_are_those_of_the_sql(status: str) -> None:
    assert f"'{status}'" in read_sql(CAMPAIGN_PERFORMANCE.name)
