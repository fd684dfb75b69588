from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.cloud.databases import copy_filled, new_engine
from tests.cloud.notifications.notice_world import NoticeWorld, add_people, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[NoticeWorld]:
    """On SQLite."""
    people = copy_filled(tmp_path, add_people)
    engine = new_engine(tmp_path)
    yield NoticeWorld(engine, *people)
    engine.dispose()


@pytest.fixture
def world_of_each(engine: Engine) -> NoticeWorld:
    """On SQLite and on PostgreSQL."""
    return open_world(engine)
