"""The commands that evaluate a video: figures as JSON, or a refusal with its reason."""

import json

import av
import numpy as np
import pytest
from skimage import data

from models.__main__ import main

FPS = 10


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Six seconds: a wall, the astronaut for three seconds, the wall again."""
    path = tmp_path_factory.mktemp("video") / "astronaut.mp4"
    portrait = np.ascontiguousarray(data.astronaut()[:256, 96:480])
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=FPS, options={"qscale": "3"})
        stream.width, stream.height = portrait.shape[1], portrait.shape[0]
        for n in range(6 * FPS):
            shown = portrait if 15 <= n < 45 else np.full_like(portrait, 120)
            grain = rng.integers(0, 9, portrait.shape, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.clip(shown, 0, 240) + grain, format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_the_visits_of_a_video_are_measured(video, tmp_path, capsys):
    table = tmp_path / "truth.csv"
    table.write_text("person,first_frame,last_frame_exclusive\nastronaut,15,45\n")
    assert main(["evaluate", "dwell", "--video", str(video), "--truth", str(table)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["people"], report["counted"], report["counted_twice_or_nobody"]) == (1, 1, 0)
    assert report["dwell_error_s"]["value"] <= 0.4


def test_the_attention_of_a_video_is_reported_by_tier_and_band(video, tmp_path, capsys):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "video,frame,scale_w,x1,y1,x2,y2,facing_camera\n"
        "astronaut.mp4,20,384,86,66,168,172,1\nother.mp4,0,384,1,1,9,9,0\n"
    )
    command = ["evaluate", "attention", "--video", str(video), "--labels", str(labels)]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    audience = report["audience"]
    assert report["attention_basis"] == "angles"
    assert audience["visits"] == 1
    assert audience["opportunity_s"] >= audience["facing_s"] >= audience["attentive_s"]
    assert sum(audience["by_band_s"].values()) == pytest.approx(audience["opportunity_s"], abs=0.05)
    assert report["labelled_faces"]["all"]["faces"] == 1


def test_with_a_screen_attention_is_measured_against_it(video, tmp_path, capsys):
    config = tmp_path / "camera.toml"
    config.write_text(
        "[view]\nscreen_width_m = 1\nscreen_height_m = 1\n"
        "[view.camera]\nx_m = 40.0\nhorizontal_fov_deg = 60\n"
    )
    command = ["evaluate", "attention", "--video", str(video), "--config", str(config)]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["attention_basis"] == "screen"
    assert report["audience"]["attentive_s"] == 0  # the screen is 40 m away


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["attention"], "neither --video FILE nor --labels"),
        (["attention", "--video", "nowhere.mp4"], "no video at nowhere.mp4"),
        (["dwell", "--video", "{video}", "--truth", "nowhere.csv"], "nowhere.csv"),
        (["attention", "--video", "{video}", "--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_an_impossible_evaluation_is_refused(video, options, words, capsys):
    assert main(["evaluate", *(word.format(video=video) for word in options)]) == 2
    assert words in capsys.readouterr().err
