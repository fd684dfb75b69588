"""A lake with the data product of orders, and files to load into it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.products.definitions.product import find_product
from cloud.products.uploads.load import LoadedFile, Loader, ReceivedFile
from cloud.products.uploads.pseudonyms import Pseudonyms
from tests.cloud.databases import new_engine

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
HEADING = "order_id,customer_id,ordered_on,status,amount,currency\n"
Load = Callable[..., LoadedFile]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    engine = new_engine(tmp_path)
    yield Lake(open_storage(str(tmp_path / "lake")), engine)
    engine.dispose()


@pytest.fixture
def load(lake: Lake, tmp_path: Path) -> Load:
    """Loads content as orders; text is written as UTF-8."""
    product = find_product("orders")
    loader = Loader(lake, Pseudonyms())

    def load_content(
        content: str | bytes, *, name: str = "orders.csv", now: datetime = NOW
    ) -> LoadedFile:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        file = ReceivedFile(path, name, "ann")
        return loader.load(product, product.file.uploads[0], file, now=now)

    return load_content
