"""A clip is asked for: what was recorded arrives, and nothing else ever does."""

import http.server
import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from edge_agent.management.clip_job import ClipJobRunner
from edge_agent.management.job_processor import parse_job
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.fleet import FleetSettings
from edge_agent.settings.services import RecorderSettings

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INDEX = "#EXTM3U\n#EXTINF:10.0,\n000.ts\n#EXTINF:10.0,\n001.ts\n#EXTINF:4.0,\n002.ts\n"


@pytest.fixture
def bucket():
    put = {}

    class Bucket(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            put[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(403 if "expired" in self.path else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield SimpleNamespace(put=put, url=f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def means(tmp_path):
    chapter = tmp_path / "kx-01-cam-1" / "20261123T120000Z"
    chapter.mkdir(parents=True)
    (chapter / "index.m3u8").write_text(INDEX)
    for number in range(3):
        (chapter / f"00{number}.ts").write_bytes(bytes([number]) * 188)
    own = Settings(
        recorder=RecorderSettings(on=True, folder=str(tmp_path)),
        fleet=FleetSettings(hosts=("127.0.0.1",)),
    )
    return SimpleNamespace(own=own, device="kx-01-cam-1")


def job(url, *, first_s=0.0, last_s=15.0):
    at = [(NOON + timedelta(seconds=second)).isoformat() for second in (first_s, last_s)]
    return parse_job({"operation": "clip", "url": url, "starts_at": at[0], "ends_at": at[1]})


def worked(undertaking):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        outcome = undertaking.pump(0.0)
        if outcome is not None:
            return outcome
        time.sleep(0.01)
    raise AssertionError("the job never ends")


def test_the_segments_of_those_times_arrive_and_the_cut_is_gone(bucket, means, tmp_path):
    outcome = worked(ClipJobRunner(job(f"{bucket.url}/clip?signature=s"), means))
    assert (outcome.status, outcome.details) == ("SUCCEEDED", {"bytes": "376"})
    assert bucket.put == {"/clip?signature=s": bytes(188) + b"\x01" * 188}
    assert [path.name for path in (tmp_path / "kx-01-cam-1").iterdir()] == ["20261123T120000Z"]


@pytest.mark.parametrize(
    ("changed", "url", "first_s", "reason"),
    [
        ({"recorder": RecorderSettings()}, "https://127.0.0.1/x", 0, "the recorder is off"),
        ({}, "https://evil.example/x", 0, "is not in settings fleet.hosts"),
        ({}, "ftp://127.0.0.1/x", 0, "over https only"),
        ({}, "https://127.0.0.1/x", 100, "no video of that time"),
    ],
)
def test_what_may_not_be_sent_is_refused(means, changed, url, first_s, reason):
    means.own = msgspec.structs.replace(means.own, **changed)
    outcome = ClipJobRunner(job(url, first_s=first_s, last_s=first_s + 10), means).pump(0.0)
    assert outcome.status == "REJECTED"
    assert reason in outcome.details["reason"]


def test_an_address_that_has_expired_fails_the_job_without_telling_it(bucket, means):
    with pytest.raises(Exception, match="403") as failure:
        worked(ClipJobRunner(job(f"{bucket.url}/expired?signature=s3cret"), means))
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize("seconds", [(10, 10), (10, 5), (0, 3_601)])
def test_a_time_that_is_none_is_no_job(seconds):
    with pytest.raises(ValueError, match="at most"):
        job("https://127.0.0.1/x", first_s=seconds[0], last_s=seconds[1])
