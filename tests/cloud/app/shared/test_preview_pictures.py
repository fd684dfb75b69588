"""Pictures are held for a minute, once each, by one process or by several that share a store."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.app.shared.preview_pictures import HELD_FOR, PictureExists, PreviewPictures
from cloud.app.shared.shared_store import LocalStore
from tests.edge_agent.privacy.coarse_pictures import coarse_picture

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PICTURE = coarse_picture(64, 36)


class SharedDictionary(LocalStore):
    """What Redis does for several processes."""

    def __init__(self):
        super().__init__()
        self.values = {}

    def get(self, key):
        return self.values.get(key)

    def put(self, key, value, replaces, for_):
        assert for_ == HELD_FOR
        return self.values.setdefault(key, value)


@pytest.fixture
def processes():
    shared = SharedDictionary()
    return PreviewPictures(shared), PreviewPictures(shared)


def test_a_picture_is_shown_by_every_process_for_a_minute(processes):
    one, other = processes
    one.put("preview-1", PICTURE, NOON)
    for process in processes:
        assert process.get("preview-1", NOON).picture == PICTURE
        assert process.get("preview-1", NOON + HELD_FOR - timedelta(seconds=1)) is not None
        assert process.get("preview-1", NOON + HELD_FOR) is None
    assert one._own == {}
    assert other.get("preview-2", NOON) is None


def test_a_second_picture_for_a_request_is_refused_by_every_process(processes):
    processes[0].put("preview-1", PICTURE, NOON)
    later = coarse_picture(64, 36)
    for process in processes:
        with pytest.raises(PictureExists, match="ask for another one"):
            process.put("preview-1", later, NOON)
        assert process.get("preview-1", NOON).picture == PICTURE


def test_a_process_alone_holds_its_own_pictures():
    alone = PreviewPictures(LocalStore())
    alone.put("preview-1", PICTURE, NOON)
    assert alone.get("preview-1", NOON).until == NOON + HELD_FOR
    assert PreviewPictures(LocalStore()).get("preview-1", NOON) is None
