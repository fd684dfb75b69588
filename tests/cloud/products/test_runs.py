"""Loading and running the product of orders: its five answers, versions and failures."""

import time
from datetime import date, timedelta

import pytest

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.reader import read_table
from cloud.lake.registry import find_table
from cloud.lake.verification import verify
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.products.definitions.product import DataProduct, Upload, find_product
from cloud.products.runs import Clocks, find_upload_of, promote_uploads, read_runs, run_products
from cloud.products.uploads import load as loading
from cloud.products.uploads.load import LoadedFile, Loader
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.refusal import UploadRefusedError
from cloud.products.uploads.store import UploadRecord
from tests.cloud.products.conftest import HEADING, NOW, Load

ORDERS = HEADING + (
    "A1,c1,2026-11-01,paid,100.00,GBP\n"
    "A2,c1,2026-11-02,Shipped,50.00,GBP\n"
    "A3,c2,2026-10-21,pending,10.00,GBP\n"
    "A4,c2,2026-10-20,pending,20.00,GBP\n"
    "A5,c3,2026-10-01,cancelled,30.00,GBP\n"
    "A6,c3,2026-10-02,paid,7.77,EUR\n"
    "A7,c3,2026-10-03,lost,1.00,GBP\n"
)


def run(lake: Lake, now=NOW) -> None:
    promote_uploads(lake, now=now)
    with DuckDbEngine().open() as engine:
        clocks = Clocks(lambda: now, time.process_time)
        [one] = run_products(lake, engine, [find_product("orders")], clocks)
    assert one.failure is None


def rows(lake: Lake, name: str) -> list[tuple]:
    table = read_table(lake, find_table(f"curated.orders_{name}")).drop_columns(["day"])
    return [tuple(row.values()) for row in table.to_pylist()]


def test_the_five_questions_are_answered(load: Load, lake: Lake):
    load(ORDERS)
    run(lake)
    assert rows(lake, "by_status") == [
        ("cancelled", 1, 0, 1), ("paid", 2, 2, 0), ("pending", 2, 1, 1), ("shipped", 1, 1, 0),
    ]  # fmt: skip
    assert rows(lake, "by_month") == [
        (date(2026, 10, 1), "EUR", 1, 777), (date(2026, 10, 1), "GBP", 1, 1_000),
        (date(2026, 11, 1), "GBP", 2, 15_000),
    ]  # fmt: skip
    assert rows(lake, "by_customer") == [
        ("c1", "GBP", 2, 15_000, 7_500), ("c2", "GBP", 1, 1_000, None), ("c3", "EUR", 1, 777, None),
    ]  # fmt: skip
    assert [row[:4] for row in rows(lake, "largest")] == [
        (date(2026, 10, 1), "EUR", 1, "A6"), (date(2026, 10, 1), "GBP", 1, "A3"),
        (date(2026, 11, 1), "GBP", 1, "A1"), (date(2026, 11, 1), "GBP", 2, "A2"),
    ]  # fmt: skip
    assert list(verify(lake)) == []


def test_a_month_has_its_ten_largest_orders(load: Load, lake: Lake):
    lines = [f"B{n:02},c{n},2026-11-03,paid,{n}.00,GBP\n" for n in range(1, 13)]
    load(HEADING + "".join(lines))
    run(lake)
    assert [row[3] for row in rows(lake, "largest")] == [f"B{n:02}" for n in range(12, 2, -1)]


@pytest.mark.parametrize("later", [timedelta(hours=1), timedelta(days=3)])
def test_the_export_received_last_counts(later, load: Load, lake: Lake):
    load(ORDERS)
    run(lake)
    load(HEADING + "A4,c2,2026-10-20,completed,25.00,GBP\n", now=NOW + later)
    run(lake, NOW + later)
    assert ("completed", 1, 1, 0) in rows(lake, "by_status")
    assert sum(row[1] for row in rows(lake, "by_status")) == 6


def test_the_same_content_is_loaded_once_under_any_name(load: Load, lake: Lake):
    first = load(ORDERS)
    again = load(ORDERS, name="orders-copy.csv", now=NOW + timedelta(days=1))
    assert again.duplicate_of == first.record.id
    assert len(read_table(lake, find_table("raw.orders_placed"))) == 7


def test_a_run_without_changes_writes_nothing(load: Load, lake: Lake):
    load(ORDERS)
    run(lake)
    run(lake)
    with reading(lake.engine) as connection:
        second, first = read_runs(connection, "orders")
    assert (first.tables_changed, second.tables_changed, second.rows_written) == (5, 0, 0)
    assert second.scanned_bytes == first.scanned_bytes > 0


def test_a_load_that_was_interrupted_is_completed_by_the_next_run(
    load: Load, lake: Lake, monkeypatch
):
    def end(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "parse_file", end)
    with pytest.raises(KeyboardInterrupt):
        load(ORDERS)
    monkeypatch.undo()
    product = find_product("orders")

    def find(record: UploadRecord) -> tuple[DataProduct, Upload] | None:
        return find_upload_of(record, [product])

    completed = list(Loader(lake, Pseudonyms()).load_received(find, now=NOW))
    assert [one.record.rows_loaded for one in completed if isinstance(one, LoadedFile)] == [7]
    assert list(Loader(lake, Pseudonyms()).load_received(find, now=NOW)) == []


def interrupt(load: Load, monkeypatch, content: str, name: str) -> None:
    """Receive a file and end before it is loaded."""

    def end(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loading, "parse_file", end)
        with pytest.raises(KeyboardInterrupt):
            load(content, name=name)


def complete(lake: Lake) -> list[LoadedFile | UploadRefusedError]:
    product = find_product("orders")
    loader = Loader(lake, Pseudonyms())
    found = loader.load_received(lambda record: find_upload_of(record, [product]), now=NOW)
    return list(found)


def test_a_received_file_whose_content_others_have_loaded_is_ended(load, lake, monkeypatch):
    interrupt(load, monkeypatch, ORDERS, "orders-1.csv")
    present = load(ORDERS, name="orders-2.csv").record
    [ended] = complete(lake)
    assert isinstance(ended, LoadedFile)
    assert ended.duplicate_of == present.id
    assert complete(lake) == []
    assert len(read_table(lake, find_table("raw.orders_placed"))) == 7


def test_a_received_file_that_is_gone_does_not_stop_the_others(load, lake, monkeypatch):
    interrupt(load, monkeypatch, ORDERS, "orders-1.csv")
    [gone] = lake.storage.list_files("_uploads")
    lake.storage.delete(gone)
    interrupt(load, monkeypatch, ORDERS.replace("A1", "B1"), "orders-2.csv")
    refused, loaded = sorted(complete(lake), key=lambda one: isinstance(one, LoadedFile))
    assert "send it again" in str(refused)
    assert isinstance(loaded, LoadedFile)
    assert loaded.record.rows_loaded == 7
    assert complete(lake) == []


def test_a_damaged_file_fails_the_product_and_keeps_its_results(load: Load, lake: Lake):
    load(ORDERS)
    run(lake)
    before = rows(lake, "by_status")
    [path] = [one for one in lake.storage.list_files("trusted") if "orders_placed" in one]
    lake.storage.write(path, b"damaged")
    with DuckDbEngine().open() as engine:
        clocks = Clocks(lambda: NOW, time.process_time)
        [one] = run_products(lake, engine, [find_product("orders")], clocks)
    assert one.failure is not None
    assert "orders_placed" in one.failure
    assert rows(lake, "by_status") == before
