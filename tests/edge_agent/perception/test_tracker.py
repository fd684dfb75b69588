"""Stories of faces: who is whom, who counts, and who has gone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.perception.tracker import Tracker
from edge_agent.settings.perception import TrackingSettings


def box(x, y=100.0, size=40.0):
    return (x, y, x + size, y + size)


def ids(update):
    return [track.id for track in update.seen]


def test_a_walker_is_one_person_from_end_to_end():
    tracker = Tracker(TrackingSettings())
    seen = {i for n in range(40) for i in ids(tracker.update([box(20 + n * 18)], n * 0.2))}
    assert seen == {1}


@pytest.mark.parametrize("metres_s", [0.5, 1.4, 1.8])
def test_a_walker_across_the_picture_is_followed_at_five_pictures_a_second(metres_s):
    #  a face is 0.16 m wide, here 40 px: at 1.4 m/s it moves 1.75 of its own size each time
    step_px = metres_s * 0.2 / 0.16 * 40
    tracker = Tracker(TrackingSettings())
    seen = {i for n in range(12) for i in ids(tracker.update([box(20 + n * step_px)], n * 0.2))}
    assert seen == {1}


def test_two_people_who_cross_keep_their_names():
    tracker = Tracker(TrackingSettings())
    for n in range(31):
        update = tracker.update([box(n * 12), box(360 - n * 12, y=125)], n * 0.1)
    assert ids(update) == [1, 2]


def test_a_face_detected_twice_is_never_confirmed():
    tracker = Tracker(TrackingSettings())
    tracker.update([box(10)], 0.0)
    update = tracker.update([box(10)], 0.5)
    assert not update.seen[0].confirmed
    assert tracker.live == 1
    assert [track.confirmed for track in tracker.expire(5.0)] == [False]


def test_many_detections_within_an_instant_do_not_confirm_a_track():
    tracker = Tracker(TrackingSettings())
    for n in range(10):
        update = tracker.update([box(10)], n * 0.03)
    assert not update.seen[0].confirmed
    assert tracker.update([box(10)], 0.6).seen[0].confirmed


def test_three_detections_are_unconfirmed_and_four_are_a_person():
    tracker = Tracker(TrackingSettings())
    believed = [tracker.update([box(10)], n * 0.2).seen[0].confirmed for n in range(4)]
    assert believed == [False, False, False, True]


def test_a_track_that_is_not_confirmed_in_time_ends():
    tracker = Tracker(TrackingSettings(confirm_hits=100))
    for n in range(11):
        tracker.update([box(10)], n * 0.2)
    assert ids(tracker.update([box(10)], 2.2)) == [2]


@pytest.mark.parametrize(("hidden_s", "name"), [(1.4, 1), (1.6, 2)])
def test_a_person_hidden_briefly_is_the_same_and_for_longer_another(hidden_s, name):
    tracker = Tracker(TrackingSettings())
    for n in range(6):
        tracker.update([box(50)], n * 0.2)
    tracker.update([], 1.1)
    assert ids(tracker.update([box(50)], 1.0 + hidden_s)) == [name]


def test_a_person_behind_a_pillar_is_matched_afterwards():
    tracker = Tracker(TrackingSettings())
    for n in range(6):
        tracker.update([box(n * 40)], n * 0.2)
    assert ids(tracker.update([box(200 + 200)], 2.0)) == [1]


def test_a_far_face_is_not_the_near_face_that_left():
    tracker = Tracker(TrackingSettings())
    tracker.update([box(100, size=90)], 0.0)
    assert ids(tracker.update([box(125, y=125, size=30)], 0.2)) == [2]


def test_a_false_detection_does_not_replace_a_person():
    tracker = Tracker(TrackingSettings())
    for n in range(6):
        tracker.update([box(100)], n * 0.2)
    tracker.update([box(104), box(130)], 1.2)
    update = tracker.update([box(110)], 1.4)
    assert ids(update) == [1]


def test_names_are_never_used_twice():
    tracker = Tracker(TrackingSettings())
    first = ids(tracker.update([box(10), box(200)], 0.0))
    tracker.end_all()
    assert ids(tracker.update([box(10), box(200)], 10.0)) == [3, 4]
    assert first == [1, 2]


def test_two_trackers_do_not_share_names():
    one, other = Tracker(TrackingSettings()), Tracker(TrackingSettings())
    assert ids(one.update([box(1)], 0.0)) == ids(other.update([box(1)], 0.0)) == [1]


def test_boxes_without_area_are_separate_tracks_without_effect():
    tracker = Tracker(TrackingSettings())
    tracker.update([(5.0, 5.0, 5.0, 5.0)], 0.0)
    assert ids(tracker.update([(5.0, 5.0, 5.0, 5.0)], 0.1)) == [2]


coordinate = st.floats(0, 500, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.001, 3.0), st.lists(st.tuples(coordinate, coordinate), max_size=6)),
        max_size=25,
    )
)
def test_no_two_faces_of_one_picture_are_one_person(pictures):
    tracker, at_s = Tracker(TrackingSettings()), 0.0
    ended: set[int] = set()
    for passed_s, corners in pictures:
        at_s += passed_s
        update = tracker.update([box(x, y) for x, y in corners], at_s)
        names = ids(update)
        assert len(names) == len(set(names)) == len(corners)
        ended |= {track.id for track in update.ended}
        assert not ended & set(names)


def test_a_face_of_low_score_starts_no_track():
    tracker = Tracker(TrackingSettings())
    update = tracker.update([box(10)], 0.0, sure=[False])
    assert update.seen == [None]
    assert tracker.live == 0


def test_a_face_of_low_score_continues_a_track():
    #  sure   ...    sure   doubtful ... doubtful   sure
    #   0.0   ...     0.6     0.8    ...    3.0      3.2 s, one person all the time
    tracker = Tracker(TrackingSettings())
    for n in range(4):
        tracker.update([box(10)], n * 0.2)
    for n in range(4, 16):
        assert ids(tracker.update([box(10)], n * 0.2, sure=[False])) == [1]
    assert ids(tracker.update([box(10)], 3.2)) == [1]


def test_faces_of_low_score_alone_confirm_no_track():
    tracker = Tracker(TrackingSettings())
    tracker.update([box(10)], 0.0)
    for n in range(1, 8):
        [track] = tracker.update([box(10)], n * 0.2, sure=[False]).seen
        assert not track.confirmed
