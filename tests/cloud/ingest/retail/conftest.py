"""Databases of the tests of retail ingest."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.cloud.databases import new_engine


@pytest.fixture(scope="module")
def retail_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One SQLite database for the tests of a module."""
    engine = new_engine(tmp_path_factory.mktemp("retail"))
    yield engine
    engine.dispose()
