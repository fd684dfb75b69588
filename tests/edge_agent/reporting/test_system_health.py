from pathlib import Path

import pytest

from edge_agent.reporting import system_health
from edge_agent.reporting.system_health import disk_free_bytes, rss_bytes, temperature_milli_c


@pytest.fixture
def zones(tmp_path):
    """Creates thermal zones with these contents of their `temp` files."""

    def create(*contents):
        for number, content in enumerate(contents):
            zone = tmp_path / f"thermal_zone{number}"
            zone.mkdir()
            if content is not None:
                (zone / "temp").write_bytes(content)
        (tmp_path / "cooling_device0").mkdir()
        (tmp_path / "cooling_device0" / "temp").write_bytes(b"99000\n")
        return tmp_path

    return create


@pytest.mark.parametrize(
    ("contents", "highest"),
    [
        ([b"41000\n", b"51500\n", b"48000\n"], 51_500),
        ([b"-5000\n"], -5_000),
        ([b"0\n"], 0),
        ([b"", b"n/a\n", b"\xff\xfe", None, b"43000\n"], 43_000),
        ([b"", None], None),
        ([], None),
    ],
)
def test_the_temperature_is_the_highest_one_that_can_be_read(zones, contents, highest):
    assert temperature_milli_c(zones(*contents)) == highest


def test_a_machine_without_sensors_has_no_temperature(tmp_path):
    assert temperature_milli_c(tmp_path / "missing") is None


def test_this_process_uses_memory():
    assert rss_bytes() > 1_000_000


@pytest.mark.parametrize("content", ["", "7", "7 many"])
def test_memory_that_the_system_does_not_state_is_zero(tmp_path, monkeypatch, content):
    (tmp_path / "statm").write_text(content)
    monkeypatch.setattr(system_health, "Path", lambda _: tmp_path / "statm")
    assert rss_bytes() == 0


def test_free_space_is_that_of_the_disk_and_zero_for_a_missing_path(tmp_path):
    assert disk_free_bytes(tmp_path) > 0
    assert disk_free_bytes(Path("/no/such/folder")) == 0
