"""Several cameras in one settings file."""

from pathlib import Path

import pytest

from edge_agent.cameras_config import parse
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError

TWO = """
interval_s = 20
[motion]
heartbeat_s = 4
[[camera]]
source = "rtsp://admin:s3cr3t@10.0.0.11/main"
location = "KX-01"
device = "kx-01-cam-1"
[camera.motion]
linger_s = 1
[[camera]]
source = "/dev/video0"
location = "KX-02"
device = "kx-02-cam-1"
interval_s = 10
"""


def test_what_stands_outside_the_tables_holds_for_every_camera():
    shared, (first, second) = parse(TWO)
    assert shared.interval_s == first.settings.interval_s == 20
    assert (first.settings.motion.heartbeat_s, first.settings.motion.linger_s) == (4, 1)
    assert (second.settings.motion.heartbeat_s, second.settings.motion.linger_s) == (4, 2)
    assert second.settings.interval_s == 10
    assert first.settings.digest != second.settings.digest
    assert str(second.outbox_path) == "var/kx-02-cam-1.outbox.sqlite3"


def test_a_file_without_cameras_is_the_settings_of_one():
    assert parse("interval_s = 10\n") == (Settings(interval_s=10), ())


def test_a_mount_does_not_repeat_its_password():
    assert "s3cr3t" not in repr(parse(TWO))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("kx-02-cam-1", "kx-01-cam-1"), "two cameras have the name kx-01-cam-1"),
        (('location = "KX-02"', ""), "camera 2: location is missing"),
        (("KX-02", "KX/02"), "camera 2: location 'KX/02' is not a name"),
        (("interval_s = 10", "interval_s = 7"), "camera 2: interval_s of 7 must divide 60"),
        (("interval_s = 10", "rtsp = 1"), "camera 2: Object contains unknown field `rtsp`"),
        (("interval_s = 10", 'key = "k.pem"'), "a certificate needs its key"),
        (('"/dev/video0"', "7"), "camera 2: source is int"),
        (("[[camera]]", "[camera]"), "not TOML"),
    ],
)
def test_a_file_with_contradictions_is_rejected_as_a_whole(change, reason):
    with pytest.raises(SettingsError) as refusal:
        parse(TWO.replace(*change))
    assert reason in str(refusal.value)


def test_a_table_instead_of_a_list_is_rejected():
    with pytest.raises(SettingsError, match=r"\[\[camera\]\]"):
        parse('[camera]\nsource = "x"\n')


def test_the_example_of_the_manual_can_be_used():
    manual = Path(__file__).parents[2] / "docs" / "operations.md"
    example = manual.read_text().split("## Cameras")[1].split("```toml")[1].split("```")[0]
    shared, (first, second) = parse(example)
    assert shared.schedule.time_zone == "Europe/London"
    assert first.settings.zones[0].name == "stairs"
    assert (first.settings.capture.masks, second.settings.capture.masks) != ((), ())
    assert first.substream is not None
    assert second.substream is None
