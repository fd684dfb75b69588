"""AdCP's own storyboards against a real server: which steps pass, and which do not and why.

A skipped step is not passed, whatever its report says. `storyboard_steps.json` is the reviewed
list: the reason of each step that does not pass is beside it.
"""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cloud.app.context import AppContext
from cloud.auth.quota import Quota
from cloud.booking.inventory.dayparts import WeeklyHours
from cloud.booking.inventory.products import (
    NamedDaypart,
    Product,
    store_daypart,
    store_product,
)
from cloud.booking.inventory.restrictions import ScreenRestrictions, store_restrictions
from cloud.booking.slots import DeliveryType
from cloud.database import writing
from cloud.sites.site_model import Loop
from cloud.sites.sites import Sites
from tests.cloud.api.adcp.conftest import ACCOUNT, Seller
from tests.cloud.api.live_clients import serving
from tests.cloud.api.orders.conftest import open_market
from tests.cloud.databases import new_engine
from tests.cloud.rates import CARD, sites

NPM = Path(__file__).resolve().parents[3] / "npm"
REVIEWED = Path(__file__).with_name("storyboard_steps.json")
PRODUCTS = (
    "sports_preroll_q2", "lifestyle_display_q2", "outdoor_display_q2", "outdoor_video_q2",
    "async_signed_io_q2",
)  # fmt: skip
"""Products that the storyboards name as fixtures, and that this seller has in its catalogue."""
IDS = {
    "cpm_guaranteed": "flat-rate-1", "cpm_standard": "flat-rate-1", "test-pricing": "flat-rate-1",
    "test-product": PRODUCTS[0],
}  # fmt: skip
"""Ids of fixtures, and this seller's own in their place."""
DAYS = {
    "2026-06-01T00:00:00Z": 2, "2026-06-30T23:59:59Z": 9, "2026-09-30T23:59:59Z": 10,
    "2026-12-31T00:00:00Z": 20, "2026-12-31T23:59:59Z": 20,
}  # fmt: skip
"""Dates of the storyboards that have to be to come: so many days from now in their place."""
SIZES = frozenset({(300, 250), (1920, 1080)})
TRAIL_PRO = {
    "creative_id": "video_30s_trail_pro", "name": "Trail Pro 3000 - 30s CTV Spot",
    "assets": {
        "video": {
            "asset_type": "video", "url": "https://cdn.pinnacle-agency.example/trail-pro-30s.mp4",
            "width": 1920, "height": 1080, "duration_ms": 30_000, "mime_type": "video/mp4",
        }
    },
}  # fmt: skip
"""The creative that the storyboard assigns before it stores it."""


@pytest.fixture
def storyboard_seller(tmp_path: Path) -> Iterator[Seller]:
    """Cheap screens with long loops, which show creatives of the storyboards' sizes."""
    now = datetime.now(UTC)
    cheap = {"loop": Loop(length_s=600, spot_s=30), "base_rate_minor": 100}
    listed = Sites(tuple(msgspec.structs.replace(site, **cheap) for site in sites()))
    engine = new_engine(tmp_path)
    market = open_market(AppContext(engine, listed, CARD))
    named = {"changed_by": "a test", "changed_at": now}
    with writing(engine) as connection:
        peak = WeeklyHours("7-9", frozenset({1, 2, 3, 4, 5}), "local")
        store_daypart(connection, NamedDaypart(id="peak", name="Peak", daypart=peak, **named))
        for name in PRODUCTS:
            product = Product(
                id=name, name=name.replace("_", " "), delivery=DeliveryType.GUARANTEED,
                locations=("KX-01",), daypart="peak", min_hours=1, **named,
            )  # fmt: skip
            store_product(connection, product)
        sizes = ScreenRestrictions(location="KX-01", sizes=SIZES, reason="two sizes", **named)
        store_restrictions(connection, sizes)
    yield Seller(market)
    engine.dispose()


def run_storyboards(address: str, key: str) -> list[dict[str, str]]:
    assert (NPM / "node_modules" / "@adcp").is_dir(), "`make npm` installs the storyboards"
    now = datetime.now(UTC)
    dates = {
        text: f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for text, days in DAYS.items()
    }
    command = ["node", "storyboards.mjs", f"http://{address}/mcp", key, json.dumps(IDS | dates)]
    ran = subprocess.run(command, cwd=NPM, capture_output=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode()[-2_000:]
    found: list[dict[str, str]] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_the_reviewed_steps_pass_and_no_others(storyboard_seller: Seller) -> None:
    reference = {"agent_url": "http://localhost/mcp", "id": "screen"}
    creative = TRAIL_PRO | {"format_id": reference}
    storyboard_seller.change("sync_creatives", account=ACCOUNT, creatives=[creative])
    brand = {"domain": "acmeoutdoor.example"}
    for operator in (brand["domain"], "pinnacle-agency.example"):
        pair = {"brand": brand, "operator": operator, "billing": "operator"}
        storyboard_seller.change("sync_accounts", accounts=[pair])
    context = storyboard_seller.market.context
    with serving(context, quota=Quota(questions=100_000)) as address:
        steps = run_storyboards(address, storyboard_seller.market.keys["acme"])
    found = {one["step"]: one["outcome"] for one in steps}
    reviewed = json.loads(REVIEWED.read_text())
    expected = {name: one["outcome"] for name, one in reviewed.items()}
    differing = [one for one in steps if one["outcome"] != expected.get(one["step"])]
    assert differing == []
    assert found == expected


def test_every_step_that_does_not_pass_has_a_reason() -> None:
    reviewed = json.loads(REVIEWED.read_text())
    unexplained = [
        name
        for name, one in reviewed.items()
        if one["outcome"] != "passed" and len(one.get("reason", "")) < 20
    ]
    assert unexplained == []
    assert sum(one["outcome"] == "passed" for one in reviewed.values()) >= 64
