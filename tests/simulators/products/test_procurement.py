"""Simulated procurement has its steps in order and its causes in place."""

from datetime import date

import pyarrow.compute as pc

from simulators.products.procurement import (
    CONTRACT_VENDOR,
    LATE_VENDOR,
    ProcurementOptions,
    simulate_procurement,
)

OPTIONS = ProcurementOptions(20_000, date(2025, 1, 1), 400)


def test_every_order_is_in_each_file_and_some_rows_come_twice():
    tables = simulate_procurement(OPTIONS)
    orders = len(tables["orders"])
    assert orders == OPTIONS.rows // 5
    assert len(tables["payments"]) == len(tables["receipts"]) == orders
    assert len(tables["invoices"]) > orders < len(tables["approvals"])
    cancelled = pc.sum(pc.equal(tables["orders"]["Status"], "cancelled")).as_py()
    assert 0.01 < cancelled / orders < 0.03


def test_only_two_vendors_change_one_after_the_other():
    changed = {vendor: OPTIONS.changed_on(vendor) for vendor in range(1, OPTIONS.vendors + 1)}
    assert {vendor for vendor, day in changed.items() if day} == {CONTRACT_VENDOR, LATE_VENDOR}
    assert changed[CONTRACT_VENDOR] < changed[LATE_VENDOR]
