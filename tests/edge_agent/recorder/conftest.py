"""A recorder whose clock shows noon, and folders of old recordings."""

from datetime import timedelta

import pytest

from edge_agent.recorder.hls import Recorder
from edge_agent.recorder.segments import delete_expired
from edge_agent.settings.services import RecorderSettings
from tests.edge_agent.recorder.pictures import NOON

ON = RecorderSettings(on=True)


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Records pictures and returns the folder."""
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


@pytest.fixture
def old_recording():
    """Creates a recording of so many days ago."""

    def create(folder, days_ago, size=1_000):
        path = folder / f"{NOON - timedelta(days=days_ago):%Y%m%dT%H%M%SZ}"
        path.mkdir(parents=True)
        (path / "000.ts").write_bytes(bytes(size))
        return path

    return create
