"""The application context on an empty database, and a clock that a test advances."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.app.context import AppContext
from tests.cloud.app_context import ManualClock, open_app_context


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def context(tmp_path: Path, clock: ManualClock) -> Iterator[AppContext]:
    with open_app_context(tmp_path, clock) as context:
        yield context
