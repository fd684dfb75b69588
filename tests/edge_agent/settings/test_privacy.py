"""By default people are only counted; every estimate of them must be switched on."""

import pytest

from edge_agent.settings.loading import parse


def test_nothing_is_estimated_of_a_person_unless_it_is_switched_on():
    privacy = parse("").privacy
    assert (privacy.demographics, privacy.emotion) == (False, False)
    assert not privacy.accept_research_licence
    assert (privacy.smallest_cell, privacy.min_interval_s, privacy.sensors) == (5, 10, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("demographics = 1", "Expected `bool`, got `int`"),
        ("emotion = 'yes'", "Expected `bool`, got `str`"),
        ("smallest_cell = 0", ">= 1"),
        ("smallest_cell = 1001", "<= 1000"),
        ("min_interval_s = 61", "<= 60"),
        ("sensors = ['Lux']", "matching regex"),
        ('sensors = ["lux\\n"]', "matching regex"),
        (f"sensors = {['s'] * 33}", "length <= 32"),
        ("gender = true", "unknown field `gender`"),
    ],
)
def test_an_invalid_value_is_refused(refusal, text, message):
    assert message in refusal(f"[privacy]\n{text}")
