"""What `make demo` promises a newcomer: measured people, a window, an explained price, an end."""

import subprocess
import sys

import pytest

FACTORS = ("attention", "peak", "demographic", "location", "season")


@pytest.mark.broker
@pytest.mark.slow
def test_the_demonstration_ends_by_itself_with_a_price_explained(tmp_path):
    shown = subprocess.run(
        [sys.executable, "-m", "simulators", "demo", "--seconds", "1", "--folder", tmp_path / "d"],
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "onlookers" in shown.stdout
    for factor in FACTORS:
        assert f"  {factor}" in shown.stdout
    assert "£" in shown.stdout
    assert shown.stdout.endswith("All processes have stopped.\n")


def test_a_clip_that_is_not_there_is_named(tmp_path):
    shown = subprocess.run(
        [sys.executable, "-m", "simulators", "demo", "--video", tmp_path / "no.mp4"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.returncode == 1
    assert "no.mp4 is not a file" in shown.stderr
