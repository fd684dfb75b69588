"""Visits and dwell of a video are compared with people counted by hand."""

import pytest

from edge_agent.metering.visit import Visit
from edge_agent.perception.attention import Attention
from models.__main__ import main
from models.datasets.table import LabelTableError
from models.evaluate.agent_replay import ReplayedVisit, ReplayResult
from models.evaluate.dwell import Present, against, presence

FPS = 10


def visit(first_s, last_s):
    return ReplayedVisit(first_s, last_s, Visit(1, 0, 0, Attention.LOOKING))


def people(*spans, shows_face=True):
    return [Present(str(n), *span, shows_face) for n, span in enumerate(spans)]


def test_a_person_is_matched_with_the_visit_that_overlaps_most():
    #  0    2    4    6    8    10
    #  [---- first ---)              measured 0.5 to 6
    #            [---- second ----)  measured 4 to 9, and 9.5 to 9.9 again
    result = ReplayResult(10.0, visits=[visit(4, 9), visit(0.5, 6), visit(9.5, 9.9)])
    report = against(result, people((0, 6), (4, 10)))
    assert report["counted"] == 2
    assert report["counted_twice_or_nobody"] == 1
    assert report["dwell_error_s"]["value"] == pytest.approx((0.5 + 1.0) / 2)
    assert report["errors"] == ["person 0: 6.0 s, reported 5.5", "person 1: 6.0 s, reported 5.0"]


@pytest.mark.parametrize("content", [None, b"", b"no video at all"])
def test_a_file_that_is_no_video_is_refused(tmp_path, capsys, content):
    video, truth = tmp_path / "video.mp4", tmp_path / "truth.csv"
    if content is not None:
        video.write_bytes(content)
    assert main(["evaluate", "dwell", "--video", str(video), "--truth", str(truth)]) == 2
    assert f"found no video at {video}" in capsys.readouterr().err


def test_the_error_of_a_missed_person_is_their_whole_dwell():
    report = against(ReplayResult(10.0), people((0, 4)))
    assert report["found"]["value"] == 0
    assert report["dwell_error_s"]["value"] == 4
    assert report["errors"] == ["person 0: 4.0 s, missed"]


def test_a_counted_person_who_shows_no_face_is_an_error():
    report = against(ReplayResult(10.0, visits=[visit(1, 3)]), people((0, 4), shows_face=False))
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
def test_an_invalid_table_is_refused_with_its_line(tmp_path, text, words):
    table = tmp_path / "truth.csv"
    table.write_text(text)
    with pytest.raises(LabelTableError, match=words):
        presence(table, FPS)
