"""Limits of storage, cost and rows of a load."""

from dataclasses import replace

import msgspec
import pytest

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.products.definitions.limits import LoadLimit, UsageLimits
from cloud.products.definitions.product import DataProduct, find_product
from cloud.products.limits import check_limits
from tests.cloud.products.conftest import HEADING, NOW, Load
from tests.cloud.products.loading import record_loads


def limited(**limits: object) -> DataProduct:
    product = find_product("orders")
    changed = msgspec.structs.replace(product.file, limits=msgspec.convert(limits, UsageLimits))
    return replace(product, file=changed)


def test_storage_and_cost_are_shares_of_their_limits(load: Load, lake: Lake):
    load(HEADING + "A1,c1,2026-11-01,paid,1.00,GBP\n")
    with reading(lake.engine) as connection:
        product = limited(stored_mb=0.000_1, usd_a_month=10)
        stored, cost = check_limits(connection, product, now=NOW)
    assert stored.is_exceeded
    assert stored.message.endswith("MB stored, expected less than 0.0001")
    assert not cost.is_exceeded


@pytest.mark.parametrize(
    ("counts", "is_exceeded"),
    [([10, 10, 2], None), ([10, 12, 10, 10], False), ([10, 12, 10, 4], True),
     ([10, 12, 10, 31], True), ([10, 12, 10, 5], False)],
)  # fmt: skip
def test_a_load_is_compared_with_the_median_of_earlier_ones(counts, is_exceeded, lake):
    record_loads(lake, counts, now=NOW)
    product = limited(load=msgspec.to_builtins(LoadLimit()))
    with reading(lake.engine) as connection:
        found = [one.is_exceeded for one in check_limits(connection, product, now=NOW)]
    assert found == ([] if is_exceeded is None else [is_exceeded])
