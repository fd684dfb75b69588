"""Rays against a screen: drawn geometry, where the truth is known because it was drawn."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge_agent.perception.attention import gaze_from_angles
from edge_agent.perception.screen_geometry import (
    FACE_HEIGHT_M,
    ScreenGeometry,
    camera_axes,
    gaze_estimator_for,
)
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.perception import CameraMounting, ViewSettings

PICTURE = (1280, 720)
FOCAL_PX = PICTURE[0] / 2 / math.tan(math.radians(35))


@dataclass(frozen=True)
class Head:
    yaw_deg: float
    pitch_deg: float
    sigma_deg: float = 3.0


def view(*, width=2.0, height=1.2, margin=0.0, **camera):
    pose = CameraMounting(horizontal_fov_deg=70, **camera)
    return ViewSettings(
        screen_width_m=width, screen_height_m=height, camera=pose, gaze_margin_deg=margin
    )


def screen(**options):
    return ScreenGeometry(view(**options), facing_deg=45)


def seen_at(place, camera):
    """The box of a face whose middle is at `place`, or None when the camera cannot see it."""
    lens = np.asarray([camera.x_m, camera.y_m, camera.z_m])
    turned = camera_axes(camera.pan_deg, camera.tilt_deg, camera.roll_deg)
    right, up, ahead = turned.T @ (np.asarray(place) - lens)
    if ahead < 0.3:
        return None
    x = PICTURE[0] / 2 + FOCAL_PX * right / ahead
    y = PICTURE[1] / 2 - FOCAL_PX * up / ahead
    half = FOCAL_PX * FACE_HEIGHT_M / ahead / 2
    return (x - half * 0.8, y - half, x + half * 0.8, y + half)


def turned_to(point, place, camera, sigma_deg=3.0):
    """The head pose that looks from `place` at `point`, as the network would measure it."""
    lens = np.asarray([camera.x_m, camera.y_m, camera.z_m])
    turned = camera_axes(camera.pan_deg, camera.tilt_deg, camera.roll_deg)
    place = np.asarray(place, float)
    ahead = (lens - place) / np.linalg.norm(lens - place)
    right = turned[:, 0] - (turned[:, 0] @ ahead) * ahead
    right /= np.linalg.norm(right)
    up = turned[:, 1] - (turned[:, 1] @ ahead) * ahead
    up -= (up @ right) * right
    up /= np.linalg.norm(up)
    ray = (np.asarray(point) - place) / np.linalg.norm(np.asarray(point) - place)
    yaw = math.atan2(ray @ right, ray @ ahead)
    return Head(math.degrees(yaw), math.degrees(math.asin(ray @ up)), sigma_deg)


def tilted(tilt):
    return CameraMounting(horizontal_fov_deg=70, tilt_deg=tilt)


cameras = st.builds(
    CameraMounting,
    horizontal_fov_deg=st.just(70.0),
    x_m=st.floats(-1.5, 1.5),
    y_m=st.floats(-1, 1.5),
    z_m=st.floats(0, 0.3),
    pan_deg=st.floats(-25, 25),
    tilt_deg=st.floats(-25, 10),
    roll_deg=st.floats(-15, 15),
)
places = st.tuples(st.floats(-2, 2), st.floats(-1, 1), st.floats(2, 8))


def drawn(camera, place):
    box = seen_at(place, camera)
    assume(box is not None)
    assume(box[0] > 0 and box[2] < PICTURE[0] and box[1] > 0 and box[3] < PICTURE[1])
    return box


@settings(max_examples=30, deadline=None)
@given(cameras, places)
def test_a_face_is_found_where_it_was_put(camera, place):
    box = drawn(camera, place)
    found = ScreenGeometry(
        ViewSettings(screen_width_m=2, screen_height_m=1, camera=camera), facing_deg=45
    ).face_position(box, PICTURE)
    assert found == pytest.approx(place, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(cameras, places, st.floats(-0.8, 0.8), st.floats(-0.8, 0.8))
def test_a_sharp_ray_at_the_screen_meets_it_and_one_beside_it_does_not(camera, place, across, up):
    box = drawn(camera, place)
    plan = ViewSettings(screen_width_m=3, screen_height_m=2, camera=camera, gaze_margin_deg=0)
    # no doubt at all of the distance: the lens in the middle of the screen would have none
    judged = ScreenGeometry(plan, facing_deg=45)
    judged._doubt = lambda place, sigma_rad: math.radians(0.2)
    at = turned_to((across * 1.5, up * 1.0, 0), place, camera)
    assert judged.gaze(at, box, PICTURE).looking > 0.98
    for beside in ((4.5, 0, 0), (-4.5, 0, 0), (0, 3.5, 0), (0, -3.5, 0)):
        missed = turned_to(beside, place, camera)
        assume(abs(missed.yaw_deg) < 88)
        assert judged.gaze(missed, box, PICTURE).looking < 0.02


@settings(max_examples=30, deadline=None)
@given(cameras, places, st.floats(1, 12), st.sampled_from([-1, 1]), st.booleans())
def test_turning_away_never_makes_it_likelier(camera, place, sigma, side, sideways):
    box = drawn(camera, place)
    plan = ViewSettings(screen_width_m=2, screen_height_m=1.2, camera=camera)
    judged = ScreenGeometry(plan, facing_deg=45)
    head = turned_to((0, 0, 0), place, camera, sigma)
    before = judged.gaze(head, box, PICTURE)
    for step in range(1, 8):
        turn = side * step * 8
        now = replace(
            head,
            yaw_deg=head.yaw_deg + turn * sideways,
            pitch_deg=head.pitch_deg + turn * (not sideways),
        )
        after = judged.gaze(now, box, PICTURE)
        assert after.looking <= before.looking + 0.02
        assert after.facing <= before.facing + 0.02
        before = after


@settings(max_examples=30, deadline=None)
@given(cameras, places, st.floats(-60, 60), st.floats(-40, 40), st.floats(1, 15))
def test_probabilities_are_valid_and_looking_implies_facing(camera, place, yaw, pitch, sigma):
    box = drawn(camera, place)
    plan = ViewSettings(screen_width_m=2, screen_height_m=1.2, camera=camera)
    chances = ScreenGeometry(plan, facing_deg=45).gaze(Head(yaw, pitch, sigma), box, PICTURE)
    assert 0 <= chances.looking <= chances.facing + 1e-9 <= 1 + 1e-6


@settings(max_examples=20, deadline=None)
@given(places, st.floats(-40, 40), st.floats(-30, 30), st.floats(1, 10))
def test_in_a_mirror_everything_is_as_likely(place, yaw, pitch, sigma):
    camera, other = (
        CameraMounting(horizontal_fov_deg=70, x_m=0.7 * s, pan_deg=9.0 * s, roll_deg=4.0 * s)
        for s in (1, -1)
    )
    box = drawn(camera, place)
    flipped = (PICTURE[0] - box[2], box[1], PICTURE[0] - box[0], box[3])
    one, two = (
        ScreenGeometry(ViewSettings(screen_width_m=2, screen_height_m=1, camera=c), facing_deg=45)
        for c in (camera, other)
    )
    here = one.gaze(Head(yaw, pitch, sigma), box, PICTURE)
    there = two.gaze(Head(-yaw, pitch, sigma), flipped, PICTURE)
    assert here.looking == pytest.approx(there.looking, abs=1e-6)
    assert here.facing == pytest.approx(there.facing, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(cameras, places, st.floats(-20, 20), st.floats(-15, 15))
def test_pixels_have_no_meaning_of_their_own(camera, place, yaw, pitch):
    box = drawn(camera, place)
    plan = ViewSettings(screen_width_m=2, screen_height_m=1, camera=camera)
    judged = ScreenGeometry(plan, facing_deg=45)
    small = judged.gaze(Head(yaw, pitch), box, PICTURE)
    large = judged.gaze(Head(yaw, pitch), tuple(3 * edge for edge in box), (3840, 2160))
    assert small.looking == pytest.approx(large.looking, abs=1e-9)


def test_moving_the_screen_moves_who_looks_at_it():
    # the lens stands 3 m to the left of one screen and 3 m to the right of another
    box = seen_at((0, 0, 4), CameraMounting(horizontal_fov_deg=70))
    to_the_right = Head(math.degrees(math.atan2(3, 4)), 0.0)
    right, left = screen(x_m=-3.0), screen(x_m=3.0)
    assert right.gaze(to_the_right, box, PICTURE).looking > 0.6
    assert screen(x_m=-3.0, margin=12).gaze(to_the_right, box, PICTURE).looking > 0.95
    assert left.gaze(to_the_right, box, PICTURE).looking < 0.01
    straight = Head(0.0, 0.0)
    assert right.gaze(straight, box, PICTURE).looking < 0.01
    assert screen().gaze(straight, box, PICTURE).looking > 0.99


def test_from_a_camera_high_above_the_screen_looking_down_is_looking_at_the_screen():
    camera = CameraMounting(horizontal_fov_deg=70, y_m=2.5, tilt_deg=-20)
    judged = ScreenGeometry(
        ViewSettings(screen_width_m=1, screen_height_m=0.6, camera=camera, gaze_margin_deg=5),
        facing_deg=45,
    )
    place = (0.2, 0.0, 3.0)
    box = seen_at(place, camera)
    at_the_screen = turned_to((0, 0, 0), place, camera)
    assert at_the_screen.pitch_deg < -30
    assert judged.gaze(at_the_screen, box, PICTURE).looking > 0.7
    assert judged.gaze(Head(0.0, 0.0), box, PICTURE).looking < 0.05
    assert (
        gaze_from_angles(at_the_screen, Settings().attention).looking < 0.05
    )  # what angles would say


def test_the_margin_allows_for_eyes_that_turn_further_than_the_head():
    box = seen_at((0, 0, 10), tilted(0))
    beside = turned_to((2.5, 0, 0), (0, 0, 10), tilted(0))
    assert screen(margin=0).gaze(beside, box, PICTURE).looking < 0.1
    assert screen(margin=12).gaze(beside, box, PICTURE).looking > 0.8


def test_who_stands_behind_the_screen_cannot_see_it():
    camera = CameraMounting(horizontal_fov_deg=70, z_m=-5.0)
    box = seen_at((0, 0, -1.0), camera)
    judged = ScreenGeometry(
        ViewSettings(screen_width_m=2, screen_height_m=1, camera=camera), facing_deg=45
    )
    assert judged.gaze(Head(0, 0), box, PICTURE).looking == 0


@pytest.mark.parametrize("head", [Head(math.nan, 0), Head(0, math.inf), Head(0, 0, math.nan)])
def test_a_head_without_a_pose_gives_no_result(head):
    chances = screen().gaze(head, (600, 300, 640, 350), PICTURE)
    assert math.isnan(chances.looking)


def test_without_a_screen_the_angles_decide():
    head = Head(12, -3)
    aim = gaze_estimator_for(Settings())
    assert aim(head, (0, 0, 10, 10), PICTURE) == gaze_from_angles(head, Settings().attention)


def test_a_site_describes_its_screen_in_a_few_lines():
    told = parse(
        """
        [view]
        screen_width_m = 1.9
        screen_height_m = 1.1
        [view.camera]
        y_m = 0.8
        tilt_deg = -12
        horizontal_fov_deg = 78
        """
    )
    assert told.view.camera.y_m == 0.8
    assert gaze_estimator_for(told)(Head(0, 0), (600, 300, 640, 350), PICTURE).facing > 0.9


def test_a_screen_without_a_size_is_refused_with_the_place():
    with pytest.raises(SettingsError, match="screen_width_m"):
        parse("[view]\nscreen_height_m = 1.0\n[view.camera]\nhorizontal_fov_deg = 70")
