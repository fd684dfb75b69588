"""Visits and dwell of a film against somebody who has watched it."""

import json

import av
import numpy as np
import pytest
from skimage import data

from edge_agent.metering.visit import Visit
from edge_agent.perception.attention import Attention
from models.__main__ import main
from models.datasets.table import LabelTableError
from models.evaluate.agent_replay import ReplayedVisit, ReplayResult
from models.evaluate.dwell import Present, against, presence

FPS = 10


def stay(first_s, last_s):
    return ReplayedVisit(first_s, last_s, Visit(1, 0, 0, Attention.LOOKING))


def people(*spans, shows_face=True):
    return [Present(str(n), *span, shows_face) for n, span in enumerate(spans)]


def test_each_person_gets_the_stay_that_shares_most_time():
    #  0    2    4    6    8    10
    #  [---- first ---)              told 0.5 to 6
    #            [---- second ----)  told 4 to 9, and 9.5 to 9.9 again
    told = ReplayResult(10.0, stays=[stay(4, 9), stay(0.5, 6), stay(9.5, 9.9)])
    report = against(told, people((0, 6), (4, 10)))
    assert report["counted"] == 2
    assert report["counted_twice_or_nobody"] == 1
    assert report["dwell_error_s"]["value"] == pytest.approx((0.5 + 1.0) / 2)
    assert report["errors"] == ["person 0: 6.0 s, reported 5.5", "person 1: 6.0 s, reported 5.0"]


@pytest.mark.parametrize("content", [None, b"", b"no film at all"])
def test_what_is_no_film_is_refused_in_a_sentence(tmp_path, capsys, content):
    film, truth = tmp_path / "film.mp4", tmp_path / "truth.csv"
    if content is not None:
        film.write_bytes(content)
    assert main(["evaluate", "dwell", "--video", str(film), "--truth", str(truth)]) != 0
    assert f"found no film at {film}" in capsys.readouterr().err


def test_whoever_is_missed_counts_with_all_their_time():
    report = against(ReplayResult(10.0), people((0, 4)))
    assert report["found"]["value"] == 0
    assert report["dwell_error_s"]["value"] == 4
    assert report["errors"] == ["person 0: 4.0 s, missed"]


def test_a_back_that_was_counted_is_an_error():
    report = against(ReplayResult(10.0, stays=[stay(1, 3)]), people((0, 4), shows_face=False))
    assert report["counted_without_a_face"] == 1
    assert "found" not in report
    assert report["errors"] == ["person 0: shows no face, counted"]


def test_frames_become_seconds(tmp_path):
    table = tmp_path / "truth.csv"
    table.write_text("person,first_frame,last_frame_exclusive,shows_face\nAda,20,70,0\n")
    assert presence(table, FPS) == [Present("Ada", 2.0, 7.0, False)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("person,first_frame\n1,2\n", "last_frame_exclusive"),
        ("person,first_frame,last_frame_exclusive\n1,9,9\n", "line 2"),
        ("person,first_frame,last_frame_exclusive\n1,2,x\n", "line 2"),
        ("person,first_frame,last_frame_exclusive,shows_face\n1,2,3,yes\n", "shows_face"),
    ],
)
def test_a_table_that_does_not_read_says_where(tmp_path, text, words):
    table = tmp_path / "truth.csv"
    table.write_text(text)
    with pytest.raises(LabelTableError, match=words):
        presence(table, FPS)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Six seconds: a wall, the astronaut for three seconds, the wall again."""
    path = tmp_path_factory.mktemp("film") / "astronaut.mp4"
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


def test_the_agent_watches_a_film_and_is_measured(film, tmp_path, capsys):
    table = tmp_path / "truth.csv"
    table.write_text("person,first_frame,last_frame_exclusive\nastronaut,15,45\n")
    assert main(["evaluate", "dwell", "--video", str(film), "--truth", str(table)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["people"], report["counted"], report["counted_twice_or_nobody"]) == (1, 1, 0)
    assert report["dwell_error_s"]["value"] <= 0.4


def test_attention_of_a_film_by_tiers_and_bands(film, tmp_path, capsys):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "video,frame,scale_w,x1,y1,x2,y2,facing_camera\n"
        "astronaut.mp4,20,384,86,66,168,172,1\nother.mp4,0,384,1,1,9,9,0\n"
    )
    command = ["evaluate", "attention", "--video", str(film), "--labels", str(labels)]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    told = report["audience"]
    assert report["attention_basis"] == "angles"
    assert told["visits"] == 1
    assert told["opportunity_s"] >= told["facing_s"] >= told["attentive_s"]
    assert sum(told["by_band_s"].values()) == pytest.approx(told["opportunity_s"], abs=0.05)
    assert report["labelled_faces"]["all"]["faces"] == 1


def test_a_site_with_a_screen_is_judged_by_it(film, tmp_path, capsys):
    config = tmp_path / "camera.toml"
    config.write_text(
        "[view]\nscreen_width_m = 1\nscreen_height_m = 1\n"
        "[view.camera]\nx_m = 40.0\nhorizontal_fov_deg = 60\n"
    )
    command = ["evaluate", "attention", "--video", str(film), "--config", str(config)]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["attention_basis"] == "screen"
    assert report["audience"]["attentive_s"] == 0  # the screen is 40 m away


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["attention"], "neither --video FILE nor --labels"),
        (["attention", "--video", "nowhere.mp4"], "no film at nowhere.mp4"),
        (["dwell", "--video", "{film}", "--truth", "nowhere.csv"], "nowhere.csv"),
        (["attention", "--video", "{film}", "--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(film, options, words, capsys):
    assert main(["evaluate", *(word.format(film=film) for word in options)]) == 2
    assert words in capsys.readouterr().err
