"""The playlist of a replay: lengths, the start of the first clip, and the progress shown."""

from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge_agent.capture.camera import CaptureError
from simulators import clip_playlist
from simulators.clip_playlist import PlaylistClip, ProgressCamera, compute_first_start, read_clips

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CLIPS = [PlaylistClip(Path(name), timedelta(minutes=30)) for name in ("a.mp4", "b.mp4")]


@pytest.mark.parametrize(
    ("speed", "starts_before"),
    [
        (0.5, timedelta(0)),
        (1, timedelta(0)),
        (2, timedelta(minutes=30)),  # an hour of video in half an hour
        (4, timedelta(minutes=45)),
        (inf, timedelta(hours=1)),
    ],
)
def test_the_last_clip_does_not_end_after_the_time_at_which_it_has_been_played(
    speed, starts_before
):
    assert compute_first_start(CLIPS, speed, NOW) == NOW - starts_before


def test_an_empty_playlist_starts_now():
    assert compute_first_start([], inf, NOW) == NOW


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "absent.mp4", tmp_path):
        with pytest.raises(CaptureError, match=f"{path} is not a file: correct the path"):
            read_clips([path])


def test_every_file_is_read_before_the_first_is_played(tmp_path, monkeypatch):
    first, second = tmp_path / "a.mp4", tmp_path / "b.mp4"
    first.write_bytes(b"")
    monkeypatch.setattr(clip_playlist, "read_duration_s", lambda path: 12.5)
    with pytest.raises(CaptureError, match=r"b\.mp4 is not a file"):
        read_clips([first, second])
    assert read_clips([first]) == [PlaylistClip(first, timedelta(seconds=12.5))]


@pytest.mark.parametrize("stated", [None, 0.0])
def test_a_length_that_the_container_does_not_state_is_read_from_the_packets(
    tmp_path, monkeypatch, stated
):
    path = tmp_path / "a.ts"
    path.write_bytes(b"")

    class Recording:
        first_s, end_s = None, None

        def __init__(self, path):
            pass

        def shots(self):
            yield 1
            self.first_s, self.end_s = 100.0, 104.5

    monkeypatch.setattr(clip_playlist, "read_duration_s", lambda path: stated)
    monkeypatch.setattr(clip_playlist, "Recording", Recording)
    assert read_clips([path])[0].length == timedelta(seconds=4.5)


class Frames:
    """A camera whose frames arrive at given times of the recording."""

    name, state, counters = "frames", "state", "counters"

    def __init__(self, *elapsed_s):
        self.frames = [SimpleNamespace(elapsed_s=one) for one in elapsed_s]
        self.is_closed = False

    def __iter__(self):
        return iter(self.frames)

    def close(self):
        self.is_closed = True


@pytest.fixture
def clock(monkeypatch):
    """The monotonic clock of the module; set `now_s`."""
    clock = SimpleNamespace(now_s=50.0)
    monkeypatch.setattr(clip_playlist, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    return clock


def test_progress_is_shown_once_a_second_and_every_frame_is_passed_on(clock, capsys):
    inner = Frames(10.0, 20.0, 30.4)
    camera = ProgressCamera(inner, CLIPS[0])
    frames, passed = iter(camera), []
    for clock.now_s in (50.9, 51.1, 51.9):
        passed.append(next(frames))
        assert camera.elapsed_s == passed[-1].elapsed_s
    assert passed == inner.frames
    assert capsys.readouterr().err == "\ra.mp4: 20 of 1800 s "


def test_the_state_of_the_camera_is_that_of_the_recording(clock):
    inner = Frames()
    camera = ProgressCamera(inner, CLIPS[0])
    assert (camera.name, camera.state, camera.counters) == ("frames", "state", "counters")
    camera.close()
    assert inner.is_closed
