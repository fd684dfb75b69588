"""The ground truth of a scene agrees with the pixels and with itself."""

import cv2
import numpy as np
import pytest

from simulators.scene.ground_truth import compute_ground_truth, intervals
from simulators.scene.lens import Lens
from simulators.scene.population import create_population
from simulators.scene.video_writer import SceneRenderer

SMALL = Lens(640, 360)
FPS = 10


def truth_of(people=6, seconds=20.0, seed=3, lens=SMALL):
    walks = create_population(people, seconds, seed, lens)
    return compute_ground_truth(walks, lens, fps=FPS, frames=int(seconds * FPS), seed=seed)


def test_a_person_is_at_the_position_of_the_truth():
    truth = truth_of(people=1, seconds=12.0, seed=2)
    (person,) = truth.people
    empty = SceneRenderer((), SMALL, 2).picture(0.0).astype(int)
    scene = SceneRenderer(create_population(1, 12.0, 2, SMALL), SMALL, 2)
    inside = [spot for spot in person.path if 60 < spot.eyes_px[0] < SMALL.width_px - 60]
    assert inside
    for spot in inside:
        changed = np.abs(scene.picture(spot.at_s).astype(int) - empty).max(axis=2) > 40
        head = changed[: round(spot.eyes_px[1] + 0.6 * spot.face_px)]
        rows, columns = np.nonzero(head)
        assert abs(columns.mean() - spot.eyes_px[0]) < 0.35 * spot.face_px
        crown_px = spot.eyes_px[1] - rows.min()
        assert 0.5 * spot.face_px < crown_px < 0.95 * spot.face_px


def test_nobody_is_in_the_picture_outside_the_interval_of_the_truth():
    truth = truth_of(people=1, seconds=12.0, seed=4)
    (person,) = truth.people
    scene, empty = (
        SceneRenderer(create_population(1, 12.0, 4, SMALL), SMALL, 4),
        SceneRenderer((), SMALL, 4),
    )
    row, size = round(person.path[0].eyes_px[1]), round(person.path[0].face_px / 3)
    for at_s, present in (
        (person.enter_at_s - 0.2, False),
        ((person.enter_at_s + person.exit_at_s) / 2, True),
        (person.exit_at_s + 0.2, False),
    ):
        heads = slice(row - size, row + size)
        apart = cv2.absdiff(scene.picture(at_s)[heads], empty.picture(at_s)[heads])
        assert (int((apart > 40).sum()) > 50) is present, at_s


def test_totals_are_the_sums_of_the_people():
    truth = truth_of(people=12, seconds=40.0)
    people, totals = truth.people, truth.totals
    assert totals.people == len(people) == 12
    assert totals.attention_s == pytest.approx(sum(p.attention_s for p in people))
    assert totals.attention_s == pytest.approx(sum(e - s for p in people for s, e in p.looking))
    assert totals.onlookers == sum(p.attention_s >= 1 for p in people)
    assert 0 < totals.onlookers < totals.visitors < totals.people


@pytest.mark.parametrize("seed", range(6))
def test_looking_is_within_visible_and_visible_within_in_view(seed):
    for person in truth_of(people=8, seconds=30.0, seed=seed).people:
        for start, end in person.looking:
            assert any(s <= start and end <= e for s, e in person.face_visible)
        for start, end in person.face_visible:
            assert person.enter_at_s <= start < end <= person.exit_at_s


@pytest.mark.parametrize("seed", range(6))
def test_who_passes_or_leaves_never_looks(seed):
    for person in truth_of(people=12, seconds=60.0, seed=seed, lens=Lens(1280, 720)).people:
        if person.behaviour in ("passes", "leaves"):
            assert person.looking == ()
        if person.behaviour == "leaves":
            assert person.face_visible == ()


def test_heads_are_rarely_between_looking_and_not_looking():
    spots = [s for p in truth_of(people=30, seconds=120.0).people for s in p.path]
    turned = [max(abs(s.yaw_deg), abs(s.pitch_deg)) for s in spots]
    assert sum(15 < degrees < 25 for degrees in turned) < 0.03 * len(spots)


def test_somebody_in_front_hides_a_face():
    crowded = truth_of(people=40, seconds=20.0, seed=1)
    assert crowded.totals.peak_faces > 4
    # a face disappears behind somebody and comes back
    assert any(len(person.face_visible) > 1 for person in crowded.people)


def test_runs_of_frames_become_half_open_intervals():
    #  frame  0     1     2     3      4     5
    flags = [True, True, False, False, True, False]
    assert intervals(flags, 10) == ((0.0, 0.2), (0.4, 0.5))
    assert intervals([], 10) == ()
