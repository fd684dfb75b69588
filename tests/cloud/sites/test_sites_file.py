"""A sites file is accepted as a whole or refused with a sentence that names the location."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cloud.sites.site_model import SiteCamera
from cloud.sites.sites import UnknownLocation
from cloud.sites.sites_file import SAMPLE, load_sites
from cloud.yaml_document import LARGEST_FILE_BYTES, DocumentError
from wire.scalars import DeviceId, LocationId

SAMPLE_TEXT = SAMPLE.read_text()


def test_the_sample_lists_the_locations_and_cameras_of_london():
    london = load_sites()

    assert len(london) == 8
    assert london.is_listed(LocationId("KX-01"), DeviceId("kx-01-sim"))
    assert not london.is_listed(LocationId("KX-01"), DeviceId("lb-01-sim"))
    assert not london.is_listed(LocationId("XX-99"), DeviceId("kx-01-sim"))
    for site in london:
        assert site.device_ids == (f"{site.id.lower()}-cam-1", f"{site.id.lower()}-sim")
        assert 51.3 < site.latitude_deg < 51.7
        assert -0.5 < site.longitude_deg < 0.3


def test_an_unknown_location_names_the_known_ones():
    with pytest.raises(UnknownLocation, match=r"'Nowhere'.*it has KX-01, LB-01,.*BA-01$"):
        load_sites().location("Nowhere")


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ("width_m: 5.0", "width_m: .nan", r"nan .*\$.locations\[1\].screen.width_m"),
        ("width_m: 5.0", "width_m: -.inf", r"-inf .*\$.locations\[1\].screen.width_m"),
        ("width_m: 5.0", "width_m: '5'", r"got `str` - at `\$.locations\[1\].screen.width_m"),
        ("width_m: 5.0", "width_m: -5", r"> 0.0 - at `\$.locations\[1\].screen.width_m"),
        ("base_rate_minor: 61", "base_rate_minor: 6.5", r"\$.locations\[1\].base_rate_minor"),
        ("base_rate_minor: 61", "base_rate_minor: 0", r"\$.locations\[1\].base_rate_minor"),
        ("latitude_deg: 51.5052", "latitude_deg: 151", r"\$.locations\[1\].latitude_deg"),
        ("id: LB-01", "id: 'LB/01'", r"\$.locations\[1\].id"),
        ("id: LB-01", "id: KX-01", "location id 'KX-01' is given 2 times"),
        ("lb-01-sim", "kx-01-sim", "camera 'kx-01-sim' is given 2 times"),
        ("venue:", "venu:", r"field 'venu' .* did you mean 'venue'\?.* - at `\$.locations\[0\]`"),
        (
            "currency: GBP",
            "currency: GPB",
            r"currency 'GPB' is not known: .*, GBP,.*\$.locations\[0\]",
        ),
        ("currency: GBP", "currency: XAU", r"currency 'XAU' is not known.*\$.locations\[0\]"),
        ("placement: ticket_hall", "placement: tickethall", r"did you mean 'ticket_hall'\?.*lobby"),
        ("holidays: GB-ENG", "holidays: XX", r"country 'XX' is not known.*\$.locations\[0\]"),
        ("holidays: GB-ENG", "holidays: GB-XX", r"of GB 'XX'.*allowed are ENG, NIR, SCT, WLS"),
        ("holidays: GB-ENG", "holidays: VA-X", r"VA has no subdivisions"),
        ("Europe/London", "Europe/Londn", r"Londn.*close to it: Europe/London.*\$.locations\[0\]"),
        ("Europe/London", "../../etc/passwd", r"not known.*\$.locations\[0\]"),
        (
            "spot_s: 10",
            "spot_s: 7",
            r"is uneven: length_s must be a multiple.*\$.locations\[0\].loop",
        ),
        (
            "King's Cross St Pancras",
            "\u200b",
            r"name '.u200b, Northern.* has U.200B.*locations\[0\]",
        ),
        ("version: 1", "version: 2", r"\$.version"),
        ("version: 1", "version: 1\nversion: 1", "key 'version' is given 2 times"),
        ("version: 1", "version: &one 1\nother: *one", "the alias .one"),
        ("version: 1", "version: " + "[" * 40 + "]" * 40, "nested more than 32 levels"),
        ("version: 1", "version: !!python/object:os.system 1", "could not determine a constructor"),
        ("version: 1", "version: \x00", "special characters are not allowed|control characters"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(
    tmp_path: Path, written: str, instead: str, sentence: str
):
    assert written in SAMPLE_TEXT
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SAMPLE_TEXT.replace(written, instead, 1))

    with pytest.raises(DocumentError, match=sentence):
        load_sites(wrong)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Expected `object`, got `null`"),
        (b"locations: []\nversion: 1", "length >= 1"),
        (b"\xff\xfe\x00\x00", "wrong.yaml"),
        (b"version: !!int ''", "does not fit the !!tag"),
        (b"version: !!bool maybe", "does not fit the !!tag"),
        (b"version: !!timestamp soon", "does not fit the !!tag"),
        (b"#" * (LARGEST_FILE_BYTES + 1), "larger than 16777216 bytes"),
    ],
)
def test_a_file_that_is_no_sites_file_is_refused(tmp_path: Path, content: bytes, sentence: str):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_bytes(content)

    with pytest.raises(DocumentError, match=sentence):
        load_sites(wrong)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        load_sites(tmp_path / "none.yaml")
    with pytest.raises(DocumentError, match="cannot be read"):
        load_sites(tmp_path)


LONDON_HOUR = (datetime(2026, 6, 1, 22, tzinfo=UTC), datetime(2026, 6, 2, 0, tzinfo=UTC))
"""22:00 to 24:00 UTC: an hour of 1 June and an hour of 2 June on London's clock."""


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


def test_a_former_name_leads_to_the_location(tmp_path):
    file = tmp_path / "sites.yaml"
    file.write_text(SAMPLE_TEXT.replace("- id: KX-01", "- id: KX-01\n    formerly: [KX-1]", 1))

    london = load_sites(file)

    assert london.current_id("KX-1") == "KX-01"
    assert london.current_id("XX-99") == "XX-99"
    assert london.location("KX-1").id == "KX-01"
    assert london.is_listed(LocationId("KX-1"), DeviceId("kx-01-cam-1"))
    assert not london.is_listed(LocationId("KX-1"), DeviceId("lb-01-cam-1"))


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ("- id: LB-01", "- id: LB-01\n    formerly: [KX-01]", "'KX-01' is given 2 times"),
        (
            "cameras: [lb-01-cam-1,",
            "cameras: [{id: lb-01-cam-1, from: 2026-06-02, until: 2026-06-02},",
            r"until must be a later date.*\$.locations\[1\].cameras\[0\]",
        ),
        ("cameras: [lb-01-cam-1,", "cameras: [{id: lb-01-cam-1, untill: 2026-06-02},", "untill"),
    ],
)
def test_wrong_dates_and_names_are_refused(tmp_path, written, instead, sentence):
    file = tmp_path / "sites.yaml"
    assert written in SAMPLE_TEXT
    file.write_text(SAMPLE_TEXT.replace(written, instead, 1))

    with pytest.raises(DocumentError, match=sentence):
        load_sites(file)


def test_a_sites_file_with_the_former_name_of_the_base_rate_is_read(tmp_path):
    file = tmp_path / "estate.yaml"
    file.write_text(SAMPLE_TEXT.replace("base_rate_minor:", "base_rate_pence:"))

    assert load_sites(file).location("KX-01").base_rate_minor == 55


def test_both_names_of_the_base_rate_are_refused(tmp_path):
    file = tmp_path / "estate.yaml"
    both = "base_rate_minor: 61\n    base_rate_pence: 61"
    file.write_text(SAMPLE_TEXT.replace("base_rate_minor: 61", both))

    with pytest.raises(DocumentError, match="base_rate_pence"):
        load_sites(file)
