"""Words outside a fixed vocabulary are refused with the closest and all allowed words."""

from zoneinfo import ZoneInfo

import pytest

from cloud.sites.vocabulary import (
    CURRENCIES,
    PLACEMENTS,
    check_currency,
    check_holidays,
    check_placement,
    check_timezone,
)


@pytest.mark.parametrize("code", ["GBP", "EUR", "JPY", "KWD"])
def test_currencies_with_a_minor_unit_are_allowed(code: str):
    check_currency(code)


@pytest.mark.parametrize("code", ["XAU", "XTS", "gbp", "", "£", "GBP\n"])
def test_other_codes_are_no_currency(code: str):
    with pytest.raises(ValueError, match=r"currency .* is not known: .*EUR"):
        check_currency(code)


def test_a_placement_is_one_of_the_listed_words():
    check_placement("platform")
    with pytest.raises(ValueError, match=r"did you mean 'escalator'\? allowed are aisle, arrivals"):
        check_placement("escalatr")
    assert all(word == word.lower() and " " not in word for word in PLACEMENTS)
    assert len(CURRENCIES) > 150


@pytest.mark.parametrize("code", ["GB", "GB-ENG", "US-CA", "AU-VIC", "DE"])
def test_holidays_are_those_of_a_country_or_a_subdivision(code: str):
    check_holidays(code)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("XX", "holidays country 'XX' is not known"),
        ("", "holidays country '' is not known"),
        ("gb", "holidays country 'gb' is not known"),
        ("GB-XX", "subdivision of GB 'XX' is not known: allowed are ENG, NIR, SCT, WLS"),
        ("VA-X", "VA has no subdivisions; write VA"),
    ],
)
def test_other_calendars_are_refused(code: str, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        check_holidays(code)


def test_a_time_zone_is_an_iana_name():
    assert check_timezone("Europe/London") == ZoneInfo("Europe/London")


@pytest.mark.parametrize("name", ["", "London", "../../etc/passwd", "\x00", "x" * 5000, "Europe/"])
def test_other_time_zones_are_refused_in_a_short_sentence(name: str):
    with pytest.raises(ValueError, match="is not known: use a name such as Europe/London") as error:
        check_timezone(name)
    assert len(str(error.value)) < 400
