"""A file of orders is read as a whole, or refused with the row and the column."""

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.booking.orders_file import COLUMNS, OrdersRefused, read_orders
from cloud.sites.sites import Sites
from cloud.sites.sites_file import SAMPLE, load_sites

ROW = {
    "order_id": "SO-1", "line_id": "SO-1-1", "account": "acme", "advertiser": "Acme",
    "campaign": "Winter", "booking_status": "Booked", "location": "KX-01",
    "starts_at": "2026-11-23T00:00", "ends_at": "2026-11-25T00:00", "hours": "7-8;16",
    "positions": "2", "price": "0.62", "currency": "GBP", "creatives": "b;a",
}  # fmt: skip


@pytest.fixture(scope="module")
def sites() -> Sites:
    return load_sites(SAMPLE)


def write(folder: Path, *rows: dict[str, str]) -> Path:
    file = folder / "orders.csv"
    lines = [",".join({**ROW, **row}[name] for name in COLUMNS) for row in rows]
    file.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    return file


def test_a_line_has_the_slots_of_its_local_hours(tmp_path: Path, sites: Sites) -> None:
    (line,) = read_orders(write(tmp_path, {}), sites).lines
    at = [datetime.fromtimestamp(slot, UTC) for slot in line.slots]
    assert [(one.day, one.hour) for one in at] == [
        (23, 7), (23, 8), (23, 16), (24, 7), (24, 8), (24, 16),
    ]  # fmt: skip
    assert (line.price_minor, line.creatives) == (62, ("a", "b"))


def test_a_day_on_which_the_clocks_change_has_25_slots(tmp_path: Path, sites: Sites) -> None:
    row = {"starts_at": "2026-10-25T00:00", "ends_at": "2026-10-26T00:00", "hours": ""}
    (line,) = read_orders(write(tmp_path, row), sites).lines
    assert len(line.slots) == 25


def test_memory_does_not_grow_with_the_length_of_the_flights(tmp_path: Path, sites: Sites) -> None:
    year = {"starts_at": "2026-11-23T00:00", "ends_at": "2027-12-20T00:00", "hours": ""}
    file = write(tmp_path, *(year | {"line_id": f"SO-1-{number}"} for number in range(9)))
    tracemalloc.start()
    lines = read_orders(file, sites).lines
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(lines[0].slots), peak < 200_000) == (392 * 24, True)


def test_the_sample_is_valid(sites: Sites) -> None:
    found = read_orders(SAMPLE.with_name("orders.csv"), sites)
    assert [len(line.slots) for line in found.lines] == [42, 21, 336]


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        ({"order_id": "a b"}, "order_id", "expected at most 63 letters"),
        ({"line_id": ""}, "line_id", "expected at most 63 letters"),
        ({"account": ""}, "account", "is empty"),
        ({"advertiser": "A" * 121}, "advertiser", "found 121 characters"),
        ({"campaign": "Win\u200bter"}, "campaign", "which nobody can see"),
        ({"booking_status": "booked"}, "booking_status", "did you mean 'Booked'?"),
        ({"location": "XX-99"}, "location", "no location 'XX-99'"),
        ({"starts_at": "2026-11-23T00:30"}, "starts_at", "starts no hour"),
        ({"ends_at": "2026-11-23T00:00"}, "ends_at", "expected a time after starts_at"),
        ({"ends_at": "2029-11-23T00:00"}, "ends_at", "at most 400 days"),
        ({"hours": "9-7"}, "hours", "expected local hours such as 7-9;16-18"),
        ({"hours": "7-9;9"}, "hours", "each once"),
        ({"hours": "3", "ends_at": "2026-11-23T02:00"}, "hours", "no hour of the flight"),
        ({"positions": "7"}, "positions", "expected 1 to 6, the loop of KX-01"),
        ({"positions": "0"}, "positions", "found '0'"),
        ({"price": "1.001"}, "price", "at most 2 decimals for GBP"),
        ({"price": "-1"}, "price", "expected an amount"),
        ({"price": "1e99999999999999"}, "price", "expected an amount"),
        ({"currency": "XXX"}, "currency", "is no currency"),
        ({"creatives": "a;a"}, "creatives", "each once"),
        ({"creatives": "a;unknown"}, "creatives", "without a known creative"),
        ({"creatives": "a b"}, "creatives", "names of the player"),
        ({"line_id": "SO-1-0"}, "line_id", "SO-1-0 is in row 2 as well"),
        ({"campaign": "Summer"}, "campaign", "expected 'Winter' as in row 2 of the same order"),
    ],
)
def test_an_invalid_value_is_refused_with_its_row_and_column(
    tmp_path: Path, sites: Sites, row: dict[str, str], column: str, sentence: str
) -> None:
    with pytest.raises(OrdersRefused) as refused:
        read_orders(write(tmp_path, {"line_id": "SO-1-0"}, row), sites)
    assert f"orders.csv, row 3, column {column}: " in str(refused.value)
    assert sentence in str(refused.value)


def test_other_columns_and_rows_of_another_length_are_refused(tmp_path: Path, sites: Sites) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("order_id,line_id\n")
    with pytest.raises(OrdersRefused, match="row 1: found the columns order_id,line_id, expected"):
        read_orders(file, sites)
    file.write_text(",".join(COLUMNS) + "\nSO-1\n")
    with pytest.raises(OrdersRefused, match="row 2: expected 14 values"):
        read_orders(file, sites)
    with pytest.raises(OrdersRefused, match="cannot be read"):
        read_orders(tmp_path / "none.csv", sites)
