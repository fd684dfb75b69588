"""The place of the drawn clips."""

import pytest

from tests.edge_agent.selection.drawn_clips import untidy_place


@pytest.fixture(scope="session")
def place():
    return untidy_place()
