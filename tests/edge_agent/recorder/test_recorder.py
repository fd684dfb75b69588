"""Recordings as a player would read them back, and what remains of them after a week."""

import http.server
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import av
import numpy as np
import pytest

from edge_agent.privacy.delayed_redaction import RedactedFrame
from edge_agent.recorder.hls import RECORDING_S, Recorder
from edge_agent.recorder.redacting_observer import RedactingObserver
from edge_agent.recorder.segments import (
    ClipError,
    delete_expired,
    find_segments,
    list_recordings,
    upload_clip,
    write_clip,
)
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.services import RecorderSettings

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ON = RecorderSettings(on=True)


def grey(at_s, *, level=None, size=(90, 160)):
    """A picture whose brightness tells its second."""
    tone = level if level is not None else 40 + round(at_s) % 60 * 3
    image = np.full((*size, 3), tone, np.uint8)
    return RedactedFrame(image, NOON + timedelta(seconds=at_s), at_s)


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Records pictures and gives back the folder. The recordings' clock is noon's."""
    monkeypatch.setattr("edge_agent.recorder.hls.QUEUE_FRAMES", 10_000)
    monkeypatch.setattr(
        "edge_agent.recorder.hls.delete_expired",
        lambda folder, _now, *rest: delete_expired(folder, NOON, *rest),
    )

    def record(pictures, settings=ON):
        recorder = Recorder(tmp_path / "cam", settings)
        for picture in pictures:
            recorder.write_frame(picture)
        recorder.close()
        assert recorder.dropped == 0
        return tmp_path / "cam"

    return record


def at_end(seconds):
    return NOON + timedelta(seconds=seconds)


def tones(path):
    with av.open(str(path)) as container:
        return [
            (float(frame.pts * frame.time_base), int(frame.to_ndarray(format="gray")[45, 80]))
            for frame in container.decode(video=0)
        ]


def test_what_was_shown_can_be_played_back_at_its_times(recorded):
    folder = recorded(grey(n / 2) for n in range(60))
    ((begins_at, path),) = list_recordings(folder)
    assert begins_at == NOON
    played = tones(path / "index.m3u8")
    start_s = played[0][0]
    assert len(played) == 60
    assert [round(at_s - start_s, 1) for at_s, _ in played[:4]] == [0.0, 0.5, 1.0, 1.5]
    expected = [40 + round(n / 2) % 60 * 3 for n in range(60)]
    assert max(abs(tone - want) for (_, tone), want in zip(played, expected, strict=True)) <= 12
    assert len(list(path.glob("*.ts"))) == 3


def test_every_ten_minutes_and_every_new_size_begin_a_folder(recorded):
    later = RECORDING_S + 1
    folder = recorded([grey(0), grey(5), grey(later), grey(later + 1, size=(120, 160))])
    names = [path.name for _, path in list_recordings(folder)]
    assert names == ["20261123T120000Z", "20261123T121001Z", "20261123T121002Z"]


def test_recordings_are_for_the_agents_user_alone(recorded):
    old = os.umask(0)
    try:
        folder = recorded([grey(n) for n in range(25)])
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*.*")}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700}


def test_odd_sizes_are_recorded_too(recorded):
    folder = recorded(grey(n, size=(91, 161)) for n in range(9))
    ((_, path),) = list_recordings(folder)
    assert len(tones(path / "index.m3u8")) == 9
    assert next(find_segments(folder, NOON, NOON + timedelta(hours=1))).ends_at == at_end(8.2)


def test_a_clip_holds_the_segments_of_its_time(recorded, tmp_path):
    folder = recorded(grey(n / 2) for n in range(120))
    since, until = NOON + timedelta(seconds=22), NOON + timedelta(seconds=38)
    spans = [
        ((one.starts_at - NOON).total_seconds(), (one.ends_at - NOON).total_seconds())
        for one in find_segments(folder, since, until)
    ]
    assert spans[0][0] <= 22
    assert spans[-1][1] >= 38
    assert all(ends == begins for (_, ends), (begins, _) in pairwise(spans))
    played = tones(write_clip(folder, since, until, tmp_path / "clip.ts"))
    assert len(played) == round(2 * (spans[-1][1] - spans[0][0]))
    with pytest.raises(ClipError, match="nothing was recorded"):
        write_clip(folder, NOON - timedelta(hours=2), NOON - timedelta(hours=1), tmp_path / "no.ts")


def old(folder, days_ago, size=1_000):
    path = folder / f"{NOON - timedelta(days=days_ago):%Y%m%dT%H%M%SZ}"
    path.mkdir(parents=True)
    (path / "000.ts").write_bytes(bytes(size))
    return path


def test_nothing_is_kept_beyond_its_days(tmp_path):
    paths = [old(tmp_path, days) for days in (9, 7.1, 6.9, 1)]
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "20261123").mkdir()
    assert delete_expired(tmp_path, NOON, 7, 10**9) == 2
    assert [path.exists() for path in paths] == [False, False, True, True]
    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "20261123").exists()


def test_nothing_is_kept_beyond_the_budget_and_the_oldest_goes_first(tmp_path):
    paths = [old(tmp_path, days) for days in (4, 3, 2, 1)]
    assert delete_expired(tmp_path, NOON, 7, 2_500) == 2
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_a_new_folder_removes_an_old_one(recorded, tmp_path):
    gone = old(tmp_path / "cam", 8)
    recorded([grey(0)])
    assert not gone.exists()


def test_a_recording_error_is_logged_once(tmp_path, caplog):
    (tmp_path / "cam").write_text("a file where the folder should be")
    recorder = Recorder(tmp_path / "cam", ON)
    for n in range(5):
        recorder.write_frame(grey(n))
    recorder.close()
    assert recorder.dropped == 5
    assert [record.message for record in caplog.records].count("recorder.failed") == 1


def test_a_slow_disk_loses_frames_and_no_time(tmp_path, monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(Recorder, "_add", lambda *_: go.wait(20))
    recorder = Recorder(tmp_path, ON)
    for n in range(80):
        recorder.write_frame(grey(n))
    assert recorder.dropped >= 29
    go.set()
    recorder.close()


def test_a_clip_goes_over_https_alone_and_errors_keep_the_address_secret(tmp_path):
    (tmp_path / "clip.ts").write_bytes(b"video")
    with pytest.raises(ClipError, match="https only"):
        upload_clip(tmp_path / "clip.ts", "http://bucket.example.org/x?signature=s3cret")
    with pytest.raises(ClipError) as refusal:
        upload_clip(tmp_path / "clip.ts", "https://127.0.0.1:1/x?signature=s3cret")
    assert "s3cret" not in str(refusal.value)


def test_a_clip_that_is_sent_arrives_whole(tmp_path):
    took = {}

    class Bucket(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            took["body"] = self.rfile.read(int(self.headers["Content-Length"]))
            took["kind"] = self.headers["Content-Type"]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    (tmp_path / "clip.ts").write_bytes(bytes(range(256)) * 40)
    try:
        size = upload_clip(
            tmp_path / "clip.ts", f"http://127.0.0.1:{server.server_address[1]}/clip"
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert (size, took["kind"]) == (10_240, "video/mp2t")
    assert took["body"] == bytes(range(256)) * 40


def test_an_output_that_is_not_wanted_receives_no_frame():
    class Screen:
        is_wanted = False

        def write_frame(self, picture):
            raise AssertionError

        def close(self):
            self.closed = True

    screen = Screen()
    RedactingObserver([screen], width_px=320).close()
    assert screen.closed


def test_video_is_retained_for_at_most_a_week():
    with pytest.raises(SettingsError, match="days"):
        parse("[recorder]\non = true\ndays = 8\n")
    assert parse("").recorder.on is False


def test_whatever_an_encoder_raises_the_next_picture_is_recorded(tmp_path, monkeypatch, caplog):
    recorder = Recorder(tmp_path, ON)
    add, calls = recorder._add, []

    def shaky(picture):
        calls.append(picture)
        if len(calls) == 1:
            raise ValueError("an encoder's own words")
        add(picture)

    monkeypatch.setattr(recorder, "_add", shaky)
    for at_s in (0.0, 0.2):
        recorder.write_frame(grey(at_s))
    recorder.close()
    assert len(calls) == 2
    assert recorder.dropped == 1
    assert list(tmp_path.glob("*/index.m3u8"))


def test_a_damaged_index_line_loses_only_its_own_segment(tmp_path):
    folder = tmp_path / "20261123T120000Z"
    folder.mkdir()
    (folder / "index.m3u8").write_text("#EXTINF:nan?,\n000.ts\n#EXTINF:10.0,\n001.ts\n")
    found = list(find_segments(tmp_path, NOON, NOON + timedelta(hours=1)))
    assert [one.path.name for one in found] == ["001.ts"]
