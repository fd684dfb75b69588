"""A location with a new id keeps its sold positions, set prices and published prices."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cloud import database
from cloud.__main__ import main
from cloud.api.application import create_app
from cloud.app.audit_tables import compare_tables
from cloud.app.context import AppContext, ForecastCache
from cloud.cli.publish import publish
from cloud.sites.sites import Sites
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON

TIME = "2026-11-23T08:00"
OLD, NEW = f"KX-01/{TIME}", f"KXN-01/{TIME}"


def renamed(context: AppContext) -> ApiClient:
    """The API with a sites file in which KX-01 is called KXN-01."""
    present = [
        msgspec.structs.replace(site, id="KXN-01", formerly=("KX-01",))
        if site.id == "KX-01"
        else site
        for site in context.sites
    ]
    return ApiClient(
        create_app(replace(context, sites=Sites(tuple(present)), forecast_cache=ForecastCache()))
    )


def take(context: AppContext, folder: Path, positions: int) -> None:
    file = folder / "occupancy.csv"
    file.write_text(
        f"location,time_slot,booked,class,fare,mean,deviation\nKX-01,{TIME},{positions},,,,\n"
    )
    assert main(["occupancy", "--database", str(context.engine.url), "load", str(file)]) == 0


def set_price(asker: ApiClient, slot: str, price: str, account: str | None = None) -> None:
    wanted = {"price": price, "reason": "agreed in March", "account": account}
    assert asker("PUT", f"/api/pricing/override/{slot}", json=wanted).status_code == 200


def price(asker: ApiClient, account: str | None = None) -> str:
    params = {"account": account} if account else {}
    return asker.get(f"/api/pricing/slot/{NEW}", params=params).json()["price"]


def unaltered(context: AppContext) -> bool:
    with database.reading(context.engine) as connection:
        return compare_tables(connection, FRIDAY_NOON) == []


def test_positions_that_were_sold_under_a_former_id_are_not_sold_again(
    context: AppContext, tmp_path: Path
):
    take(context, tmp_path, 6)
    asker = renamed(context)
    returned = asker.get(f"/api/pricing/slot/{NEW}").json()["availability"]
    assert (returned["status"], returned["free"]) == ("sold_out", 0)
    assert (
        asker.get(f"/api/inventory?time_slot={TIME}&location=KXN-01").json()["screens"][0]["imp"]
        == []
    )


def test_prices_set_under_a_former_id_hold_until_they_are_set_anew(context: AppContext):
    before = ApiClient(create_app(context))
    set_price(before, OLD, "40.00")
    set_price(before, OLD, "38.00", "acme")
    asker = renamed(context)
    assert (price(asker), price(asker, "acme")) == ("40.00", "38.00")
    listed = asker.get("/api/pricing/overrides?location=KXN-01").json()["overrides"]
    assert [one["location"] for one in listed] == ["KXN-01", "KXN-01"]

    set_price(asker, NEW, "41.00")
    assert (price(asker), price(asker, "acme")) == ("41.00", "38.00")
    assert unaltered(context)


@pytest.mark.parametrize("set_again", [False, True])
def test_a_price_set_under_a_former_id_can_be_withdrawn(context: AppContext, set_again: bool):
    asker = renamed(context)
    computed = price(asker)
    set_price(ApiClient(create_app(context)), OLD, "40.00")
    if set_again:
        set_price(asker, NEW, "41.00")
    withdrawn = asker("DELETE", f"/api/pricing/override/{NEW}").json()
    assert (withdrawn["location"], withdrawn["price"]) == (
        "KXN-01",
        "41.00" if set_again else "40.00",
    )
    context.read_changes()
    assert price(asker) == computed
    assert asker("DELETE", f"/api/pricing/override/{NEW}").status_code == 404
    assert unaltered(context)


def test_a_daily_move_counts_from_prices_published_under_a_former_id(context: AppContext, clock):
    publish(context)
    asker = renamed(context)
    assert publish(asker.app.state.reloader.context)[0] == 0  # today's are published already
    clock.advance(timedelta(days=1))
    assert asker.get(f"/api/pricing/slot/{NEW}").json()["versions"]["published_on"] == "2026-11-20"
