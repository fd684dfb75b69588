"""The price in force is that of the highest layer, for any number of products and stores."""

from datetime import timedelta

import pytest

from cloud.auth.audit import audit_log
from cloud.sales.retail.price_steps import NewPrice, activate_due, approve_prices
from cloud.sales.retail.prices import (
    PriceKey,
    PriceLayer,
    PriceSource,
    UnknownPriceError,
    find_price,
    price_at,
    read_in_force,
    read_path,
)
from cloud.sales.retail.tables import retail_prices, retail_recommendations
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.retail.retail_rows import MINUTE, NOON, allow_all

KEYS = [PriceKey("juice", f"S-{number:03}") for number in range(900)]


def test_every_source_has_its_layer() -> None:
    layers = {source: source.layer for source in PriceSource}
    assert layers.pop(PriceSource.OVERRIDE) is PriceLayer.OVERRIDE
    assert layers.pop(PriceSource.EXPERIMENT) is PriceLayer.EXPERIMENT
    assert set(layers.values()) == {PriceLayer.BASE}


def test_prices_of_many_stores_are_read_in_parts() -> None:
    with in_memory(retail_prices, retail_recommendations, audit_log) as connection:
        new = [
            NewPrice(key=key, price_minor=100 + number, currency="GBP", starts_at=NOON,
                     source=PriceSource.CHANGE)
            for number, key in enumerate(KEYS)
        ]  # fmt: skip
        approve_prices(connection, new, by="ann", now=NOON, batch="b")
        activate_due(connection, allow_all, NOON)
        found = read_in_force(connection, KEYS, NOON)
        assert [found[key].price_minor for key in KEYS[::300]] == [100, 400, 700]
        assert read_in_force(connection, KEYS, NOON - MINUTE) == {}
        path = read_path(connection, KEYS[:2], NOON, NOON + timedelta(days=1))
        assert set(path) == set(KEYS[:2])
        assert price_at(path[KEYS[0]], NOON - MINUTE) is None
        with pytest.raises(UnknownPriceError):
            find_price(connection, "none")
