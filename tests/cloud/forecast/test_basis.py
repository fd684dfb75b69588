"""The basis of a forecast is read back as it was stored; a damaged one is refused."""

import msgspec
import numpy as np
import pytest

from cloud.forecast.basis import NAMES, BasisError, HourSource, WeekBasis
from cloud.forecast.series import WEEK_H

COMING = np.tile(np.array([0, 1, 2, 0], dtype=np.uint8), WEEK_H // 4)
USUAL = np.zeros(WEEK_H, dtype=np.uint8)
REASON = '2.0 weeks measured; camera "é\n" not observed'


def stored(coming: object = "0" * WEEK_H, age_weeks: object = 3) -> str:
    return msgspec.json.encode((REASON, 2.0, age_weeks, coming, "0" * WEEK_H)).decode()


def test_a_basis_is_read_back_as_it_was_stored():
    basis = WeekBasis(REASON, 1.9, 3, COMING, USUAL)
    found = WeekBasis.from_text(basis.to_text())

    assert (found.reason, found.weeks, found.age_weeks) == (REASON, 1.9, 3)
    assert (found.coming == COMING).all()
    assert (found.usual == USUAL).all()
    assert found.coming.dtype == np.uint8


def test_every_source_of_an_hour_has_a_name():
    assert [NAMES[source] for source in HourSource] == ["measured", "similar_hours", "venue"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "Input data was truncated"),
        ("null", "Expected `array`, got `null`"),
        ("[]", "Expected `array` of length 5"),
        (stored(age_weeks="3"), "Expected `int`, got `str`"),
        (stored(coming=None), "Expected `str`, got `null`"),
        (stored(coming="0" * 167), "167 hours, expected 168"),
        (stored(coming=""), "0 hours, expected 168"),
        (stored(coming="3" + "0" * 167), "3 is not a valid HourSource"),
        (stored(coming="x" + "0" * 167), "invalid literal for int() with base 10: 'x'"),
    ],
)
def test_a_damaged_basis_is_refused_with_the_fault(text: str, fault: str):
    with pytest.raises(BasisError) as refused:
        WeekBasis.from_text(text)

    assert str(refused.value).startswith("the stored basis of a forecast cannot be read: ")
    assert fault in str(refused.value)
