"""Recordings as a player reads them back."""

import os
import stat
import threading
from datetime import timedelta

import pytest

from edge_agent.recorder.hls import RECORDING_S, Recorder
from edge_agent.recorder.segments import find_segments, list_recordings
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.services import RecorderSettings
from tests.edge_agent.recorder.pictures import NOON, grey, tones

ON = RecorderSettings(on=True)


def test_recorded_frames_are_played_back_at_their_times(recorded):
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
    assert next(find_segments(folder, NOON, NOON + timedelta(hours=1))).ends_at == NOON + timedelta(
        seconds=8.2
    )


def test_a_new_folder_removes_an_old_one(recorded, old_recording, tmp_path):
    gone = old_recording(tmp_path / "cam", 8)
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


def test_video_is_retained_for_at_most_a_week():
    with pytest.raises(SettingsError, match="days"):
        parse("[recorder]\non = true\ndays = 8\n")
    assert parse("").recorder.on is False
