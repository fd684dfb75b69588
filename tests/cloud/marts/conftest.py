"""A lake of the marts on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from tests.cloud.databases import new_engine


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    engine = new_engine(tmp_path)
    yield Lake(open_storage(str(tmp_path / "lake")), engine)
    engine.dispose()
