"""An API with six recommendations for stores with a price of yesterday."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
from sqlalchemy import Engine

from cloud.api.application import create_app
from cloud.database import writing
from cloud.sales.retail.decisions import propose
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.retail_points import (
    PRODUCT,
    insert_points,
    insert_products,
    insert_stores,
    point_row,
)
from tests.cloud.sales.retail.retail_rows import new_recommendation

DAY = timedelta(days=1)
IDS = [f"{n:032x}" for n in range(1, 7)]


@dataclass
class QueueClient(ApiClient):
    """Asks below `/api/retail`; each change has a key of its own."""

    engine: Engine
    keys: Iterator[int] = field(default_factory=count)

    def __call__(self, method: str, path: str, **options: object) -> httpx.Response:
        headers = {"Idempotency-Key": str(next(self.keys))}
        return super().__call__(method, f"/api/retail{path}", headers=headers, **options)

    def decide(self, number: int, **decision: object) -> httpx.Response:
        return self("POST", f"/recommendations/{IDS[number]}/decision", json=decision)


@contextmanager
def open_queue(folder: Path, clock: ManualClock) -> Iterator[QueueClient]:
    with open_app_context(folder, clock) as context:
        fill(context.engine)
        yield QueueClient(create_app(context), context.engine)


def fill(engine: Engine) -> None:
    """Six recommendations for stores with a price of yesterday; the cost is 2.50."""
    with writing(engine) as connection:
        stores = insert_stores(connection, 6)
        insert_products(connection, PRODUCT)
        insert_points(connection, [point_row(one, FRIDAY_NOON - DAY) for one in stores])
        rows = [
            new_recommendation(
                name, product=PRODUCT, store=store, currency="GBP", batch="b" * 32,
                proposed_at=FRIDAY_NOON + index * timedelta(seconds=1),
                valid_until=FRIDAY_NOON + 2 * DAY, evidence='{"note":"lower"}',
            )
            for index, (name, store) in enumerate(zip(IDS, stores, strict=True))
        ]  # fmt: skip
        rows[5] = replace(rows[5], price_minor=249)
        propose(connection, rows, by="nightly", now=FRIDAY_NOON)
