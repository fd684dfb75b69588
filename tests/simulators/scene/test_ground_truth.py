"""A drawn scene tells the truth about itself."""

import json
import signal
import subprocess
import sys
import time

import av
import cv2
import numpy as np
import pytest

from simulators.__main__ import main
from simulators.scene.ground_truth import compute_ground_truth, intervals
from simulators.scene.lens import Lens, SizeError, yaw_seen
from simulators.scene.population import PopulationError, create_population
from simulators.scene.video_writer import SceneRenderer, write_video

SMALL = Lens(640, 360)
FPS = 10


def truth_of(people=6, seconds=20.0, seed=3, lens=SMALL):
    walks = create_population(people, seconds, seed, lens)
    return compute_ground_truth(walks, lens, fps=FPS, frames=int(seconds * FPS), seed=seed)


def test_the_same_seed_draws_the_same_pixels():
    first, again = (
        SceneRenderer(create_population(2, 12, 5, SMALL), SMALL, 5).picture(6.0) for _ in range(2)
    )
    other = SceneRenderer(create_population(2, 12, 6, SMALL), SMALL, 6).picture(6.0)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_person_is_where_the_truth_says():
    happens = truth_of(people=1, seconds=12.0, seed=2)
    (person,) = happens.people
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
    happens = truth_of(people=1, seconds=12.0, seed=4)
    (person,) = happens.people
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
    happens = truth_of(people=12, seconds=40.0)
    people, totals = happens.people, happens.totals
    assert totals.people == len(people) == 12
    assert totals.looking_s == pytest.approx(sum(p.looking_s for p in people))
    assert totals.looking_s == pytest.approx(sum(e - s for p in people for s, e in p.looking))
    assert totals.onlookers == sum(p.looking_s >= 1 for p in people)
    assert 0 < totals.onlookers < totals.visitors < totals.people


@pytest.mark.parametrize("seed", range(6))
def test_looking_lies_within_seen_and_seen_within_the_picture(seed):
    for person in truth_of(people=8, seconds=30.0, seed=seed).people:
        for start, end in person.looking:
            assert any(s <= start and end <= e for s, e in person.face_visible)
        for start, end in person.face_visible:
            assert person.enter_at_s <= start < end <= person.exit_at_s


@pytest.mark.parametrize("seed", range(6))
def test_stories_are_kept(seed):
    for person in truth_of(people=12, seconds=60.0, seed=seed, lens=Lens(1280, 720)).people:
        if person.behaviour in ("passes", "leaves"):
            assert person.looking == ()
        if person.behaviour == "leaves":
            assert person.face_visible == ()


def test_heads_are_hardly_ever_between_looking_and_not_looking():
    spots = [s for p in truth_of(people=30, seconds=120.0).people for s in p.path]
    turned = [max(abs(s.yaw_deg), abs(s.pitch_deg)) for s in spots]
    assert sum(15 < degrees < 25 for degrees in turned) < 0.03 * len(spots)


def test_somebody_in_front_hides_a_face():
    crowded = truth_of(people=40, seconds=20.0, seed=1)
    assert crowded.totals.peak_faces > 4
    # a face disappears behind somebody and comes back
    assert any(len(person.face_visible) > 1 for person in crowded.people)


def test_an_angle_is_measured_against_the_line_to_the_camera():
    #        z
    #  (-3,3)x        x(0,3)
    #              o camera at 0,0
    assert yaw_seen(0, 3, 0, -1) == pytest.approx(0)
    assert yaw_seen(0, 3, 1, 0) == pytest.approx(90)
    assert yaw_seen(-3, 3, 1, -1) == pytest.approx(0)
    assert abs(yaw_seen(-3, 3, -1, 1)) == pytest.approx(180)


def test_runs_of_frames_become_half_open_intervals():
    #  frame  0     1     2     3      4     5
    flags = [True, True, False, False, True, False]
    assert intervals(flags, 10) == ((0.0, 0.2), (0.4, 0.5))
    assert intervals([], 10) == ()


def test_a_clip_has_every_frame_at_its_time(tmp_path):
    clip = tmp_path / "clip.mp4"
    assert list(write_video(SceneRenderer((), SMALL, 1), 25, FPS, clip, SMALL))[-1] == 25
    with av.open(str(clip)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / FPS for number in range(25)])


def test_the_command_writes_clip_and_truth(tmp_path, capsys):
    clip, told = tmp_path / "clip.mp4", tmp_path / "truth.json"
    words = f"scene --people 1 --seconds 12 --seed 1 --fps 5 --size 320x180 --out {clip}"
    assert main([*words.split(), "--truth", str(told)]) == 0
    happens = json.loads(told.read_text())
    assert (happens["frames"], happens["totals"]["people"]) == (60, 1)
    with av.open(str(clip)) as container:
        assert container.streams.video[0].frames == 60
    assert "60 frames" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--people", "201", "use 0 to 200"),
        ("--people", "-1", "use 0 to 200"),
        ("--seconds", "3", "use 12 to 3600"),
        ("--seconds", "nan", "use 12 to 3600"),
        ("--size", "1281x720", "use even numbers"),
        ("--size", "99999x99999", "use even numbers"),
        ("--size", "large", "write it as 1280x720"),
        ("--fps", "0", "use 1 to 60"),
        ("--seed", "-1", "not negative"),
        ("--out", "/nowhere/clip.mp4", "/nowhere"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, capsys, option, value, complaint):
    asked = {
        "--people": "1", "--seconds": "12", "--out": str(tmp_path / "c.mp4"),
        "--truth": str(tmp_path / "t.json"), option: value,
    }  # fmt: skip
    assert main(["scene", *(f"{name}={given}" for name, given in asked.items())]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "t.json").exists()


def test_refusals_name_what_was_wanted():
    with pytest.raises(PopulationError, match="200"):
        create_population(10_000, 60, 1, SMALL)
    with pytest.raises(SizeError, match="320x180"):
        Lens(100, 100)


def test_ctrl_c_while_drawing_leaves_no_partial_file(tmp_path):
    clip, facts = tmp_path / "clip.mp4", tmp_path / "truth.json"
    clip.write_bytes(b"an earlier clip")
    words = ["--people", "2", "--seconds", "600", "--out", str(clip), "--truth", str(facts)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", "scene", *words, "--size", "320x180"],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "clip.partial.mp4").exists():
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert clip.read_bytes() == b"an earlier clip"
