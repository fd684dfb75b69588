"""What the sites file says of screens for buyers; the publisher of the file is that of each."""

from pathlib import Path

import pytest

from cloud.sites.sites_file import SAMPLE, load_sites
from cloud.yaml_document import DocumentError

SAMPLE_TEXT = SAMPLE.read_text()
LATITUDE = "    latitude_deg: 51.5308\n"
OWNER = "publisher: {id: onlooker-london, name: Onlooker London, domain: example.org}\n"


def load(folder: Path, *lines: str, publisher: str = OWNER):
    file = folder / "sites.yaml"
    text = SAMPLE_TEXT.replace(OWNER, publisher, 1)
    file.write_text(text.replace(LATITUDE, "".join(f"    {one}\n" for one in lines) + LATITUDE, 1))
    return load_sites(file)


def test_a_location_has_the_publisher_of_the_file_unless_it_names_its_own(tmp_path):
    own = "publisher: {id: P2, name: Partner, domain: partner.example}"
    sites = load(
        tmp_path,
        own,
        "domain: kx.example",
        "keywords: [portrait, large format]",
        "content: {language: en}",
        "identifiers: [{source: geopath.org, id: '1'}]",
    )
    first, second = sites.location("KX-01"), sites.location("LB-01")

    assert (first.publisher.id, second.publisher.domain) == ("P2", "example.org")
    assert first.keywords == ("portrait", "large format")
    assert first.content.language == "en"
    assert (first.identifiers[0].atype, second.identifiers) == (501, ())
    assert load(tmp_path, publisher="").location("KX-01").publisher is None


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("domain: Example.org", "domain"),
        ("domain: https://example.org", "domain"),
        ("keywords: ['a,b']", "keywords"),
        ("content: {language: english}", "language"),
        ("identifiers: [{source: geopath.org, id: '1', atype: 3}]", "atype"),
        ("publisher: {id: P1, name: \"A\\u200b\", domain: a.example}", "publisher name"),
        ("publisher: {id: P1, domain: a.example}", "name"),
    ],
)  # fmt: skip
def test_a_value_that_buyers_cannot_read_is_refused(tmp_path, line, where):
    with pytest.raises(DocumentError, match=where):
        load(tmp_path, line)


@pytest.mark.parametrize("venue", ["105", "1"])
def test_a_venue_that_has_narrower_ids_is_refused(tmp_path, venue):
    file = tmp_path / "sites.yaml"
    file.write_text(SAMPLE_TEXT.replace('venue: "10503"', f'venue: "{venue}"', 1))
    with pytest.raises(DocumentError, match="narrower ids: use the one of the screen"):
        load_sites(file)
