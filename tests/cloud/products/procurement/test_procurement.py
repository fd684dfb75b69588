"""On files with known causes: repeated rows go, both changes are found and explained."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow.csv as pc
import pytest

from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.products.definitions.product import find_product
from simulators.products.procurement import (
    CONTRACT_VENDOR,
    LATE_VENDOR,
    ProcurementOptions,
    simulate_procurement,
)
from tests.cloud.databases import new_engine
from tests.cloud.products.conftest import NOW
from tests.cloud.products.loading import load_file, read_rows, run_product

OPTIONS = ProcurementOptions(80_000, date(2024, 11, 20), 730, vendors=45, seed=3)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("procurement")
    engine = new_engine(folder)
    lake, product = Lake(open_storage(str(folder / "lake")), engine), find_product("procurement")
    for name, table in simulate_procurement(OPTIONS).items():
        path = folder / f"{name}.csv"
        pc.write_csv(table, path)
        assert load_file(lake, product, path, now=NOW).rows_refused == 0
    assert run_product(lake, product, now=NOW).failure is None
    yield lake
    engine.dispose()


def test_both_changes_are_found_dated_and_explained(lake):
    found = {row["vendor_id"]: row for row in read_rows(lake, "curated.procurement_changes")}
    assert set(found) == {f"V{CONTRACT_VENDOR}", f"V{LATE_VENDOR}"}
    for vendor, driver in ((CONTRACT_VENDOR, {"contract"}),
                           (LATE_VENDOR, {"late_invoice", "reapproval"})):  # fmt: skip
        row = found[f"V{vendor}"]
        assert abs(row["changed_on"] - OPTIONS.changed_on(vendor)) <= timedelta(days=7)
        assert row["factor_milli"] == pytest.approx(3_000, rel=0.1)
        assert row["likeliest_driver"] in driver
        effects = [value for name, value in row.items() if name.endswith("_effect_milli")]
        change = row["after_milli"] - row["before_milli"]
        assert sum(effects) + row["unexplained_milli"] == pytest.approx(change, rel=0.05)


def test_cancelled_orders_and_repeated_rows_are_left_out(lake):
    orders = OPTIONS.rows // 5
    cases = read_rows(lake, "curated.procurement_cases")
    assert len(cases) == len({row["po"] for row in cases})
    assert 0.97 * orders < len(cases) < 0.99 * orders
    assert all(row["paid_on"] > row["invoiced_on"] >= row["received_goods_on"] for row in cases)


def test_slow_vendors_stand_out_among_their_peers(lake):
    ratios = {row["vendor_id"]: row["ratio_milli"] for row in read_rows(
        lake, "curated.procurement_peers")}  # fmt: skip
    slowest = sorted(ratios, key=lambda vendor: -ratios[vendor])[:2]
    assert set(slowest) == {f"V{CONTRACT_VENDOR}", f"V{LATE_VENDOR}"}
    assert ratios["V1"] < 1_100


def test_the_days_of_each_step_are_those_of_the_files(lake):
    rows = read_rows(lake, "curated.procurement_cycle_times")
    weight = sum(row["cases"] for row in rows)
    for name, days in (("goods_milli", 7.0), ("invoice_milli", 4.0)):
        mean = sum(row[name] * row["cases"] for row in rows if row["vendor_id"] != "V41") / weight
        assert mean / 1_000 == pytest.approx(days, rel=0.05)
    assert {row["vendor"] for row in rows} == {f"Vendor {n}" for n in range(1, 46)}
