"""A camera is expected between its local dates; values out of range are refused."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.sites.site_model import Loop, SiteCamera
from cloud.sites.sites_file import SAMPLE, load_sites

SAMPLE_TEXT = SAMPLE.read_text()


LONDON_HOUR = (datetime(2026, 6, 1, 22, tzinfo=UTC), datetime(2026, 6, 2, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("listed", "expected", "hours"),
    [
        ("kx-01-cam-1", ("kx-01-cam-1",), 2),
        ("{id: kx-01-cam-1}", ("kx-01-cam-1",), 2),
        ("{id: kx-01-cam-1, from: 2026-06-01}", ("kx-01-cam-1",), 2),
        ("{id: kx-01-cam-1, from: 2026-06-02}", ("kx-01-cam-1",), 1),
        ("{id: kx-01-cam-1, from: 2026-06-03}", (), 0),
        ("{id: kx-01-cam-1, until: 2026-06-01}", (), 0),
        ("{id: kx-01-cam-1, until: 2026-06-02}", ("kx-01-cam-1",), 1),
        ("{id: kx-01-cam-1, optional: true}", (), 0),
    ],
)
def test_a_camera_is_expected_between_its_local_dates(tmp_path, listed, expected, hours):
    file = tmp_path / "sites.yaml"
    file.write_text(SAMPLE_TEXT.replace("cameras: [kx-01-cam-1,", f"cameras: [{listed},", 1))

    site = load_sites(file).location("KX-01")

    assert site.device_ids == ("kx-01-cam-1", "kx-01-sim")
    assert site.expected_cameras(*LONDON_HOUR) == expected
    assert site.expected_ms(*LONDON_HOUR) == hours * 3_600_000


@pytest.mark.parametrize(
    ("from_on", "until_on", "hours"),
    [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25)],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/London"])
def test_a_day_on_which_clocks_change_has_the_hours_that_pass(from_on, until_on, hours, zone):
    camera = SiteCamera(
        id="kx-01-cam-1",
        from_on=date.fromisoformat(from_on),
        until_on=date.fromisoformat(until_on),
    )
    year = (datetime(2026, month, 1, tzinfo=ZoneInfo(zone)) for month in (1, 12))
    assert camera.expected_ms(*year, ZoneInfo("Europe/London")) == hours * 3_600_000


def test_a_loop_has_one_position_for_each_spot_that_fits():
    assert Loop(length_s=60, spot_s=10).positions == 6
    assert Loop(length_s=3600, spot_s=3600).positions == 1


@pytest.mark.parametrize(("length_s", "spot_s"), [(60, 7), (60, 61), (70, 10), (3601, 1)])
def test_a_loop_that_does_not_divide_the_hour_into_spots_is_refused(length_s: int, spot_s: int):
    with pytest.raises(ValueError, match=r"length_s must be a multiple of spot_s and divide 3600"):
        Loop(length_s=length_s, spot_s=spot_s)


@pytest.mark.parametrize("until_on", [date(2026, 6, 2), date(2026, 6, 1)])
def test_a_camera_that_is_listed_for_no_day_is_refused(until_on: date):
    with pytest.raises(ValueError, match="until must be a later date than from"):
        SiteCamera(id="kx-01-cam-1", from_on=date(2026, 6, 2), until_on=until_on)


def test_an_empty_interval_expects_no_camera():
    site = load_sites().location("KX-01")
    assert site.expected_cameras(LONDON_HOUR[0], LONDON_HOUR[0]) == ()
    assert site.expected_ms(LONDON_HOUR[1], LONDON_HOUR[0]) == 0


def test_former_ids_come_before_the_present_one():
    site = load_sites().location("KX-01")
    assert site.ids == ("KX-01",)
    assert msgspec.structs.replace(site, formerly=("A", "B")).ids == ("A", "B", "KX-01")
