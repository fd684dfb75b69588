from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.cloud.databases import new_engine
from tests.cloud.notifications.notice_world import NoticeWorld, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[NoticeWorld]:
    """On SQLite."""
    engine = new_engine(tmp_path)
    yield open_world(engine)
    engine.dispose()


@pytest.fixture
def world_of_each(engine: Engine) -> NoticeWorld:
    """On SQLite and on PostgreSQL."""
    return open_world(engine)
