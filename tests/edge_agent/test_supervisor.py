"""Several agents in one process: what befalls one does not befall the others."""

import threading
from contextlib import contextmanager

from edge_agent import supervisor
from edge_agent.capture.camera import CaptureError
from edge_agent.metering.run_totals import RunTotals
from edge_agent.supervisor import Supervisor

PATIENCE_S = 20


class Worker:
    """Replaces an agent: fails so many times, then runs until it is stopped."""

    def __init__(self, falls=0, *, reads_recording=False):
        self.reads_recording = reads_recording
        self.totals = RunTotals()
        self.falls = falls
        self.begun = 0
        self.at_work = threading.Event()
        self.closed = threading.Event()

    def close(self):
        self.closed.set()

    def run(self, stop, *, drain_s):
        self.begun += 1
        if self.begun <= self.falls:
            raise RuntimeError("a fault of ours")
        self.at_work.set()
        assert self.closed.wait(PATIENCE_S)
        assert stop.is_set()
        return self.totals

    @contextmanager
    def engaged(self):
        yield self


def test_a_failed_agent_is_restarted_without_effect_on_the_other(monkeypatch, caplog):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)
    steady, shaky = Worker(), Worker(falls=3)
    station = Supervisor({"steady": steady.engaged, "shaky": shaky.engaged}, drain_s=1)
    running = threading.Thread(target=station.run)
    running.start()
    assert steady.at_work.wait(PATIENCE_S)
    assert shaky.at_work.wait(PATIENCE_S)
    station.stop()
    running.join(PATIENCE_S)
    assert not running.is_alive()
    assert (steady.begun, shaky.begun) == (1, 4)
    fallen = [record.device for record in caplog.records if record.message == "agent.failed"]
    assert fallen == ["shaky"] * 3
    assert station.totals.keys() == {"steady", "shaky"}


def test_a_recording_is_not_read_again_after_an_unexpected_error(monkeypatch, caplog):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)
    recording = Worker(falls=1, reads_recording=True)
    station = Supervisor({"one": recording.engaged}, drain_s=1)
    station.run()
    assert recording.begun == 1
    assert "rest of the recording is not measured" in station.unreadable["one"]
    assert [record.message for record in caplog.records] == ["recording.interrupted"]


def test_a_recording_without_pictures_ends_its_camera_and_is_not_read_for_ever(caplog):
    class Unreadable(Worker):
        def run(self, stop, *, drain_s):
            self.begun += 1
            raise CaptureError("clip.mp4 holds no picture: give a video that plays")

    one = Unreadable()
    station = Supervisor({"one": one.engaged}, drain_s=1)
    station.run()
    assert one.begun == 1
    assert station.unreadable == {"one": "clip.mp4 holds no picture: give a video that plays"}
    assert [record.message for record in caplog.records] == ["source.unreadable"]


def test_type_information_is_built_before_the_threads_start(monkeypatch):
    events = []
    monkeypatch.setattr(supervisor, "build_type_info", lambda: events.append("built"))

    @contextmanager
    def engage():
        events.append("started")
        raise CaptureError("no recording")
        yield

    Supervisor({"cam-1": engage}, drain_s=1).run()
    assert events == ["built", "started"]
