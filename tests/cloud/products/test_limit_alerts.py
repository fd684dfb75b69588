"""What exceeds the limits of a product is a measure that raises its alert."""

from datetime import timedelta

from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.rules import AlertKind
from cloud.database import writing
from cloud.lake.lake import Lake
from cloud.products.limit_alerts import ProductMeasures, describe_uses
from cloud.products.limits import LimitUse
from cloud.sites.sites_file import SAMPLE, load_sites
from tests.cloud.products.conftest import NOW
from tests.cloud.products.loading import record_loads


def test_a_measure_names_all_exceeded_limits_else_the_closest():
    uses = [LimitUse("orders", 0.5, "a"), LimitUse("orders", 2.0, "b"), LimitUse("orders", 1, "c")]
    found = describe_uses(uses)
    assert (found.kind, found.location, found.device) == (AlertKind.PRODUCT_LIMIT, "", "orders")
    assert (found.value, found.message) == (2.0, "orders: b; c")
    assert describe_uses(uses[:1]).message == "orders: a"


def test_an_exceeded_limit_raises_the_alert(lake: Lake):
    sites = load_sites(SAMPLE)
    with writing(lake.engine) as connection:
        assert ProductMeasures()(connection, sites, NOW) == []
    record_loads(lake, [10, 10, 10, 1], now=NOW)
    now = NOW + timedelta(hours=1)
    with writing(lake.engine) as connection:
        [raised] = apply_measures(connection, ProductMeasures()(connection, sites, now), now)
    assert (raised.kind, raised.device, raised.change) == ("product.limit", "orders", "raised")
