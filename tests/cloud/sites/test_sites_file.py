"""A sites file is accepted as a whole or refused with a sentence that names the location."""

from pathlib import Path

import pytest

from cloud.sites.sites_file import SAMPLE, load_sites
from cloud.yaml_document import DocumentError
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
    ],
)
def test_a_file_that_is_no_sites_file_is_refused(tmp_path: Path, content: bytes, sentence: str):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_bytes(content)

    with pytest.raises(DocumentError, match=sentence):
        load_sites(wrong)


"""22:00 to 24:00 UTC: an hour of 1 June and an hour of 2 June on London's clock."""


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


def test_a_sites_file_with_former_field_names_is_read(tmp_path):
    file = tmp_path / "estate.yaml"
    former = SAMPLE_TEXT.replace("base_rate_minor:", "base_rate_pence:")
    file.write_text(former.replace("base_attention_s:", "base_looking_s:"))

    assert list(load_sites(file)) == list(load_sites(SAMPLE))


def test_a_former_and_a_present_name_of_the_base_rate_are_refused(tmp_path):
    file = tmp_path / "estate.yaml"
    both = "base_rate_minor: 61\n    base_rate_pence: 61"
    file.write_text(SAMPLE_TEXT.replace("base_rate_minor: 61", both))

    with pytest.raises(DocumentError, match="base_rate_pence"):
        load_sites(file)
