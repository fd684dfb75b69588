"""Products, dayparts and restrictions that were changed without the program differ from the log."""

from pathlib import Path
from typing import Any

from sqlalchemy import delete, update

from cloud.api.application import create_app
from cloud.app.audit_tables import compare_tables
from cloud.app.idempotency.idempotent_request import HEADER
from cloud.database import reading, writing
from cloud.database.products import dayparts, products, screen_restrictions
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context

PEAK = {"name": "Peak", "hours": "7-9", "weekdays": [5, 1], "zone": "local"}
PRODUCT = {"name": "Commuters", "locations": ["KX-01", "LB-01", "KX-01"], "daypart": "peak"}
RESTRICTIONS = {
    "categories": ["IAB8-5", "IAB7"], "sizes": [{"width_px": 1080, "height_px": 1920}],
    "reason": "a school is next to it",
}  # fmt: skip


def test_the_catalogue_is_compared_with_what_was_stored(tmp_path: Path) -> None:
    with open_app_context(tmp_path, ManualClock()) as context:
        ask = ApiClient(create_app(context))

        def put(path: str, body: dict[str, Any], key: str) -> None:
            answer = ask("PUT", path, headers={HEADER: key}, json=body)
            assert answer.status_code == 200, answer.text

        def compare(*changes: Any) -> list[str]:
            with writing(context.engine) as connection:
                for change in changes:
                    connection.execute(change)
            with reading(context.engine) as connection:
                return compare_tables(connection, context.clock())

        put("/api/dayparts/peak", PEAK, "a")
        put("/api/products/commuters", PRODUCT, "b")
        put("/api/products/gone", PRODUCT, "c")
        put("/api/screens/KX-01/restrictions", RESTRICTIONS, "d")
        assert ask("DELETE", "/api/products/gone", headers={HEADER: "e"}).status_code == 204
        assert compare() == []

        found = compare(
            update(products).where(products.c.id == "gone").values(removed_at=None),
            update(products).where(products.c.id == "commuters").values(min_hours=7),
            update(dayparts).values(hours="0-24"),
            delete(screen_restrictions),
        )
        assert [one.partition(" is ")[0] for one in found] == [
            "products: commuters: min_hours", "products: gone: removed_at",
            "dayparts: peak: hours", found[3].partition(" is ")[0],
        ]  # fmt: skip
        assert found[3].endswith("is missing")
