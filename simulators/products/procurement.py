"""Purchase orders from order to payment, in several files, with causes of delay that are known.

Two vendors change on known days: of one a new contract triples the time from invoice to payment; of
the other invoices come late and orders are approved again, which triples it as well. Codes are
written in several ways, some rows come twice and some orders are cancelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CATEGORIES: Final = ("paper", "cables", "screens", "tools", "services")
FILES_PER_ORDER: Final = 5
CONTRACT_VENDOR, LATE_VENDOR = 17, 41
FACTOR: Final = 3.0
CHANGE_SHARE: Final = 0.6
"""Where in the time the first change lies; the second is a tenth later."""
CANCELLED, DUPLICATED = 0.02, 0.01
Days = np.ndarray


@dataclass(frozen=True, slots=True)
class ProcurementOptions:
    """How many rows in all files, from which day on, over how many days."""

    rows: int
    first_on: date
    days: int
    vendors: int = 120
    seed: int = 1

    def changed_on(self, vendor: int) -> date | None:
        """The day from which the payments of a vendor take three times as long."""
        later = {CONTRACT_VENDOR: 0.0, LATE_VENDOR: 0.1}.get(vendor)
        if later is None:
            return None
        return self.first_on + timedelta(days=int(self.days * (CHANGE_SHARE + later)))


@dataclass(frozen=True, slots=True)
class _Orders:
    """Columns of the orders: vendor, days of the steps, approvals."""

    numbers: np.ndarray
    vendors: np.ndarray
    ordered: Days
    approvals: np.ndarray
    approved: Days
    received: Days
    invoiced: Days
    paid: Days
    new_contract: np.ndarray


def simulate_procurement(options: ProcurementOptions) -> Mapping[str, pa.Table]:
    """The files as tables; every order has a row in each, some have more."""
    random = np.random.default_rng(options.seed)
    orders = _make_orders(options, random)
    tables = {
        "orders": _order_rows(options, orders, random),
        "approvals": _approval_rows(orders),
        "receipts": _dated(orders, "Received", orders.received),
        "invoices": _invoice_rows(orders, random),
        "payments": _payment_rows(orders),
        "vendors": _vendor_rows(options),
    }
    repeated = int(len(orders.numbers) * DUPLICATED)
    tables["invoices"] = pa.concat_tables([tables["invoices"], tables["invoices"][:repeated]])
    return tables


def _make_orders(options: ProcurementOptions, random: np.random.Generator) -> _Orders:
    count = max(options.rows // FILES_PER_ORDER, 1)
    vendors = random.integers(1, options.vendors + 1, count)
    offsets = np.sort(random.integers(0, options.days, count))
    ordered = np.datetime64(options.first_on) + offsets
    changed = {
        vendor: (vendors == vendor) & (ordered >= np.datetime64(options.changed_on(vendor)))
        for vendor in (CONTRACT_VENDOR, LATE_VENDOR)
    }
    late = changed[LATE_VENDOR]
    approvals = 1 + (random.random(count) < np.where(late, 0.8, 0.05))
    approved = ordered + random.poisson(2, count) + 4 * (approvals - 1)
    received = approved + random.poisson(7, count)
    invoiced = received + random.poisson(np.where(late, 14, 4))
    slow = changed[CONTRACT_VENDOR] | late
    wait = random.gamma(16, 20 / 16, count) * np.where(slow, FACTOR, 1.0)
    paid = invoiced + np.maximum(np.round(wait), 1).astype(int)
    return _Orders(
        np.arange(1, count + 1), vendors, ordered, approvals, approved, received, invoiced, paid,
        changed[CONTRACT_VENDOR],
    )  # fmt: skip


def _order_rows(
    options: ProcurementOptions, orders: _Orders, random: np.random.Generator
) -> pa.Table:
    status = np.where(random.random(len(orders.numbers)) < CANCELLED, "cancelled", "open")
    contracts = np.where(orders.new_contract, "B", "A")
    vendors = [f"C{vendor:03}-" for vendor in range(options.vendors + 1)]
    return pa.table(
        {
            "PO": _codes("PO-", orders.numbers, 7),
            "Vendor": _vendor_codes(orders.vendors),
            "Category": np.asarray(CATEGORIES)[orders.vendors % len(CATEGORIES)],
            "Contract": np.char.add(np.asarray(vendors)[orders.vendors], contracts),
            "Ordered": _days(orders.ordered),
            "Amount": np.round(random.lognormal(6, 1, len(orders.numbers)), 2),
            "Status": status,
        }
    )


def _approval_rows(orders: _Orders) -> pa.Table:
    repeated = orders.approvals > 1
    numbers = np.concatenate([orders.numbers, orders.numbers[repeated]])
    first = np.where(repeated, orders.approved - 4, orders.approved)
    days = np.concatenate([first, orders.approved[repeated]])
    return pa.table({"PO": _codes("PO", numbers, 0), "Approved": _days(days)})


def _dated(orders: _Orders, title: str, days: Days) -> pa.Table:
    return pa.table({"PO": _codes("po ", orders.numbers, 0), title: _days(days)})


def _invoice_rows(orders: _Orders, random: np.random.Generator) -> pa.Table:
    return pa.table(
        {
            "PO": _codes("PO-", orders.numbers, 7),
            "Invoice": _codes("INV-", orders.numbers, 8),
            "Invoiced": _days(orders.invoiced),
        }
    )


def _payment_rows(orders: _Orders) -> pa.Table:
    return pa.table({"Invoice": _codes("inv", orders.numbers, 0), "Paid": _days(orders.paid)})


def _vendor_rows(options: ProcurementOptions) -> pa.Table:
    numbers = range(1, options.vendors + 1)
    return pa.table(
        {
            "Vendor": [f"V-{number:05}" for number in numbers],
            "Name": [f"Vendor {number}" for number in numbers],
        }
    )


def _vendor_codes(vendors: np.ndarray) -> pa.Array:
    """Codes of vendors, each written in one of two ways."""
    most = int(vendors.max()) + 1
    codes = [f"V-{n:05}" if n % 2 else f"v {n}" for n in range(most)]
    return pa.DictionaryArray.from_arrays(pa.array(vendors, pa.int32()), codes).cast(pa.string())


def _codes(prefix: str, numbers: np.ndarray, width: int) -> pa.Array:
    digits = pa.array(numbers).cast(pa.string())
    padded = pc.utf8_lpad(digits, width, "0") if width else digits
    return pc.binary_join_element_wise(prefix, padded, "")


def _days(days: Days) -> pa.Array:
    return pa.array(days.astype("datetime64[D]"))
