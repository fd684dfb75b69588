"""The stores of a chain."""

from datetime import date

from simulators.shops.options import ChainOptions
from simulators.shops.stores import CITIES, ZONES, draw_stores


def test_stores_are_in_all_regions_settings_and_zones() -> None:
    stores = draw_stores(ChainOptions(36, 1, 1, date(2026, 1, 1)))
    assert {stores.region(at) for at in range(36)} == {region for region, *_ in CITIES}
    assert set(stores.zones.tolist()) == set(range(ZONES))
    assert set(stores.setting.tolist()) == {0, 1, 2}
    assert len(set(stores.names)) == 36
