"""The gate opens for motion, live tracks and periodic checks, and counts each reason."""

import numpy as np

from edge_agent.selection.downscale import downscale
from edge_agent.selection.motion_gate import MotionGate
from edge_agent.settings.capture import MotionSettings


def test_the_gate_opens_for_a_live_track_although_nothing_moves(place):
    gate = MotionGate(MotionSettings(heartbeat_s=60))
    still = downscale(place.astype(np.uint8))
    assert gate.should_analyse(still, 0.0, tracks=0)  # the first picture is always analysed
    assert not gate.should_analyse(still, 1.0, tracks=0)
    assert gate.should_analyse(still, 2.0, tracks=1)
    assert (gate.counters.by_heartbeat, gate.counters.by_track) == (1, 1)


def test_the_heartbeat_analyses_a_frame_and_counts_what_the_gate_missed(place):
    gate = MotionGate(MotionSettings(heartbeat_s=5))
    still = downscale(place.astype(np.uint8))
    opened = []
    for n in range(101):
        if gate.should_analyse(still, n / 5, tracks=0):
            opened.append(n / 5)
            gate.record_faces(faces=int(n == 53))
    assert opened == [
        0,
        0.6,
        5.6,
        10.6,
        15.6,
    ]  # 0.6: the background is learned
    assert (gate.counters.by_heartbeat, gate.counters.missed) == (5, 1)


def test_the_gate_stays_open_after_the_last_motion(place):
    gate = MotionGate(MotionSettings(linger_s=2, heartbeat_s=60))
    #  empty for 2 s, somebody walks for 1 s, empty again
    opened = []
    for n in range(40):
        picture = place.astype(np.uint8)
        if 10 <= n <= 15:
            picture[100:200, n * 20 : n * 20 + 100] = 255
        if gate.should_analyse(downscale(picture), n / 5, tracks=0):
            opened.append(n / 5)
    early = [0.0, 0.6]  # while the background is being learned
    assert opened == [*early, *(n / 5 for n in range(10, 26))]


def test_an_open_gate_analyses_every_frame(place):
    gate = MotionGate(MotionSettings(always=True))
    still = downscale(place.astype(np.uint8))
    assert all(gate.should_analyse(still, n / 5, tracks=0) for n in range(20))


def opened_for(place, faces):
    """Somebody or something comes in within a second, then stands as a statue does."""
    gate = MotionGate(MotionSettings(linger_s=1, heartbeat_s=60))
    opened = []
    for n in range(300):
        picture = place.astype(np.uint8)
        if n >= 25:
            left = 60 * (n - 25) if n < 30 else 300
            picture[100:250, left : left + 200] = 30
        if gate.should_analyse(downscale(picture), n / 5, tracks=0):
            opened.append(n / 5)
            gate.record_faces(faces)
    return opened


def test_what_stays_and_has_no_face_soon_becomes_background(place):
    opened = opened_for(place, faces=0)
    assert 5 <= len(opened) < 100
    assert max(opened) < 25


def test_motion_of_a_person_with_a_face_does_not_become_background(place):
    opened = opened_for(place, faces=1)
    assert max(opened) > 25
    assert len(opened) > 100
