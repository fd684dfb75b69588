"""A preview job sends one coarse picture, where the local settings of the camera allow it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from edge_agent.management.remote_config import ConfigError, apply_desired_config
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.fleet import FleetSettings
from edge_agent.settings.privacy import PrivacySettings
from tests.edge_agent.privacy.coarse_pictures import coarse_picture
from wire.fleet.preview import MAX_PREVIEW_BYTES, PreviewPicture

ALLOWED = Settings(
    privacy=PrivacySettings(remote_preview=True), fleet=FleetSettings(hosts=("127.0.0.1",))
)
PATH = "/api/fleet/previews/preview-1/token"


@pytest.fixture
def ask(harness, file_server):
    """Asks for a preview under these local settings; returns the outcome of the job."""
    numbers = iter(range(1, 9))

    def send(own=ALLOWED, *, path=PATH, seconds_valid=60, host=None):
        if own is not harness.own:
            harness.own = own
            harness.start()
        until = datetime.now(UTC) + timedelta(seconds=seconds_valid)
        url = f"{host or file_server.url}{path}"
        document = {"operation": "preview", "url": url, "valid_until": until.isoformat()}
        return harness.run_job(f"preview-{next(numbers)}", document, seconds=5)

    return send


def test_a_picture_is_sent_and_logged_without_its_content(harness, ask, file_server, caplog):
    harness.picture = coarse_picture(96, 54)
    status, _ = ask()
    sent = file_server.put[PATH]
    assert status == "SUCCEEDED"
    assert msgspec.json.decode(sent, type=PreviewPicture) == harness.picture
    assert len(sent) <= MAX_PREVIEW_BYTES
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert "preview.sent" in logged
    assert harness.picture.grey not in logged
    assert "token" not in logged


@pytest.mark.parametrize(
    ("own", "asked", "reason"),
    [
        (Settings(), {}, "not allowed on this device: settings privacy.remote_preview"),
        (ALLOWED, {"seconds_valid": -1}, "the request has expired"),
        (ALLOWED, {"host": "https://evil.example"}, "is not in settings fleet.hosts"),
    ],
)
def test_a_picture_that_may_not_be_sent_is_refused_with_the_reason(
    harness, ask, file_server, own, asked, reason
):
    harness.picture = coarse_picture(96, 54)
    status, details = ask(own, **asked)
    assert (status, reason in details["reason"]) == ("REJECTED", True)
    assert file_server.put == {}


def test_one_picture_is_sent_in_ten_seconds(harness, ask, file_server):
    harness.picture = coarse_picture(96, 54)
    assert ask()[0] == "SUCCEEDED"
    status, details = ask(harness.own, path="/second")
    assert (status, "one picture in 10 s" in details["reason"]) == ("REJECTED", True)
    harness.now_s += 10
    assert ask(harness.own, path="/third")[0] == "SUCCEEDED"
    assert list(file_server.put) == [PATH, "/third"]


def test_a_camera_without_pictures_says_so(ask):
    status, details = ask()
    assert (status, "delivers no picture" in details["reason"]) == ("FAILED", True)


def test_remote_configuration_cannot_allow_previews():
    for desired in (
        {"remote_preview": True},
        {"privacy": {"remote_preview": True}},
        {"privacy.remote_preview": True},
    ):
        with pytest.raises(ConfigError):
            apply_desired_config(Settings(), desired)
    everything = {"report_interval_ms": 20_000, "paused": False, "masks": [], "demographics": False}
    assert not apply_desired_config(Settings(), everything).privacy.remote_preview
