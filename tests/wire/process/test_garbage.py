import gc

import pytest

from wire.process.garbage import (
    COLLECT_AFTER,
    reduce_garbage_collection,
    without_garbage_collection,
)


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


def test_nothing_is_searched_while_modules_are_loaded():
    with without_garbage_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("_restored")
def test_a_program_that_collects_no_garbage_still_does_not():
    gc.disable()
    try:
        with without_garbage_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
