"""A clip job uploads the recorded video of a period, and nothing else."""

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
def context(tmp_path):
    recording = tmp_path / "kx-01-cam-1" / "20261123T120000Z"
    recording.mkdir(parents=True)
    (recording / "index.m3u8").write_text(INDEX)
    for number in range(3):
        (recording / f"00{number}.ts").write_bytes(bytes([number]) * 188)
    own = Settings(
        recorder=RecorderSettings(on=True, folder=str(tmp_path)),
        fleet=FleetSettings(hosts=("127.0.0.1",)),
    )
    return SimpleNamespace(own=own, device="kx-01-cam-1")


def job(url, *, first_s=0.0, last_s=15.0):
    at = [(NOON + timedelta(seconds=second)).isoformat() for second in (first_s, last_s)]
    return parse_job({"operation": "clip", "url": url, "starts_at": at[0], "ends_at": at[1]})


def run_to_end(runner):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        outcome = runner.pump(0.0)
        if outcome is not None:
            return outcome
        time.sleep(0.01)
    raise AssertionError("the job did not end within 20 s")


def test_the_segments_of_the_period_are_uploaded_and_the_copy_is_deleted(
    file_server, context, tmp_path
):
    outcome = run_to_end(ClipJobRunner(job(f"{file_server.url}/clip?signature=s"), context))
    assert (outcome.status, outcome.details) == ("SUCCEEDED", {"bytes": "376"})
    assert file_server.put == {"/clip?signature=s": bytes(188) + b"\x01" * 188}
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
def test_a_clip_that_may_not_be_sent_is_rejected(context, changed, url, first_s, reason):
    context.own = msgspec.structs.replace(context.own, **changed)
    outcome = ClipJobRunner(job(url, first_s=first_s, last_s=first_s + 10), context).pump(0.0)
    assert outcome.status == "REJECTED"
    assert reason in outcome.details["reason"]


def test_an_expired_url_fails_the_job_and_is_not_in_the_error(file_server, context):
    with pytest.raises(Exception, match="403") as failure:
        run_to_end(ClipJobRunner(job(f"{file_server.url}/expired?signature=s3cret"), context))
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize("seconds", [(10, 10), (10, 5), (0, 3_601)])
def test_an_invalid_period_is_an_error(seconds):
    with pytest.raises(ValueError, match="at most"):
        job("https://127.0.0.1/x", first_s=seconds[0], last_s=seconds[1])
