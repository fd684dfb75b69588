import gc

import pytest

from wire.process.garbage import COLLECT_AFTER, reduce_garbage_collection


@pytest.fixture
def _restored():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("_restored")
def test_objects_that_are_present_are_searched_no_more():
    present = [[]]
    reduce_garbage_collection()
    assert gc.get_freeze_count() > 0
    assert not any(one is present for one in gc.get_objects())
    assert gc.get_threshold()[0] == COLLECT_AFTER
