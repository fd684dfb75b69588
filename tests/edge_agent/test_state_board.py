import pytest

from edge_agent.state_board import StateBoard, StateSnapshot


@pytest.fixture
def board():
    board = StateBoard()
    for device, at_s in (("cam-2", 100.0), ("cam-1", 110.0)):
        board.record_heartbeat(device, at_s)
    return board


def snapshot(source, **fields):
    return StateSnapshot(source, beat=None, totals={}, connected=True, **fields)


def test_snapshots_are_in_the_order_of_the_devices_and_only_the_latest_stays(board):
    board.publish("cam-10", snapshot("c"))
    board.publish("cam-1", snapshot("old"))
    board.publish("cam-1", snapshot("new", trouble="no answer"))
    assert [(one.source, one.trouble) for one in board.snapshots] == [
        ("new", "no answer"),
        ("c", ""),
    ]


@pytest.mark.parametrize(
    ("now_s", "stalled"),
    [(130.0, []), (130.1, ["cam-2"]), (140.0, ["cam-2"]), (140.1, ["cam-1", "cam-2"])],
)
def test_a_device_is_stalled_after_more_than_the_limit(board, now_s, stalled):
    assert board.find_stalled(now_s, longer_than_s=30.0) == stalled


def test_a_device_that_ended_keeps_its_state_and_is_not_stalled(board):
    board.publish("cam-2", snapshot("b"))
    board.remove_heartbeat("cam-2")
    board.remove_heartbeat("cam-2")
    assert board.find_stalled(1_000.0, longer_than_s=30.0) == ["cam-1"]
    assert [one.source for one in board.snapshots] == ["b"]


def test_an_empty_board_has_no_state():
    assert (StateBoard().snapshots, StateBoard().find_stalled(1e9, 0.0)) == ([], [])


def test_a_list_that_was_read_does_not_change(board):
    before = board.snapshots
    board.publish("cam-1", snapshot("a"))
    assert before == []
