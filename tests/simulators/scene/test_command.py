"""The command writes a clip with its ground truth, or refuses and writes nothing."""

import json
import signal
import subprocess
import sys
import time

import av
import pytest

from simulators.__main__ import main
from simulators.scene.command import lens_for, summary
from simulators.scene.ground_truth import SceneTotals, SceneTruth
from simulators.scene.lens import Lens, SizeError


def test_a_size_is_read_as_width_and_height():
    assert lens_for("1280x720") == Lens(1280, 720)


@pytest.mark.parametrize(
    "size",
    ["", "x", "1280", "1280x", "x720", "1280X720", "1280x720x3", " 1280x720", "-1280x720",
     "1280x720\n", "\u0661\u0662x\u0661\u0662", "9" * 5000 + "x720"],
)  # fmt: skip
def test_what_is_no_size_is_refused_with_an_example(size):
    with pytest.raises(SizeError, match=r"is not a size: write it as 1280x720$") as refused:
        lens_for(size)
    assert len(str(refused.value)) < 120


def test_the_summary_has_the_totals():
    totals = SceneTotals(12, 7, 3, 90.0, 60.0, 14.26, 70.0, 4)
    truth = SceneTruth(640, 360, 10, 200, 20.0, 1, (), totals)
    assert summary(truth) == "12 people, 7 show their face, 3 onlookers, 14.3 attention seconds"


def test_the_command_writes_clip_and_truth(tmp_path, capsys):
    clip, truth_file = tmp_path / "clip.mp4", tmp_path / "truth.json"
    words = f"scene --people 1 --seconds 12 --seed 1 --fps 2 --size 320x180 --out {clip}"
    assert main([*words.split(), "--truth", str(truth_file)]) == 0
    truth = json.loads(truth_file.read_text())
    assert (truth["frames"], truth["totals"]["people"]) == (24, 1)
    with av.open(str(clip)) as container:
        assert container.streams.video[0].frames == 24
    assert "24 frames" in capsys.readouterr().err


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
        "--people": "0", "--seconds": "12", "--size": "320x180", "--out": str(tmp_path / "c.mp4"),
        "--truth": str(tmp_path / "t.json"), option: value,
    }  # fmt: skip
    assert main(["scene", *(f"{name}={given}" for name, given in asked.items())]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "t.json").exists()


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
