"""Times of price points in UTC."""

import pytest

from cloud.ingest.retail.observed_times import read_observed_at
from cloud.ingest.retail.price_error import PriceRefusal

LONDON = "Europe/London"


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [("2026-07-01T10:00:00Z", None, "2026-07-01T10:00:00"),
     ("2026-07-01T10:00:00+02:00", LONDON, "2026-07-01T08:00:00"),
     ("2026-07-01T10:00", LONDON, "2026-07-01T09:00:00"),
     ("2026-07-01 10:00:00.5", LONDON, "2026-07-01T09:00:00.500000")],
)  # fmt: skip
def test_a_time_is_in_utc(text: str, zone: str | None, utc: str) -> None:
    assert read_observed_at(text, zone).isoformat() == f"{utc}+00:00"


@pytest.mark.parametrize(
    ("text", "zone", "words"),
    [("2026-07-01T10:00:00", None, "no_time_zone"),
     ("2026-10-25T01:30:00", LONDON, "the clock of Europe/London changes"),
     ("2026-03-29T01:30:00", LONDON, "the clock of Europe/London changes"),
     ("10:00", LONDON, "unreadable_time"), ("1772000000", LONDON, "unreadable_time"),
     ("0001-01-01T00:00:00+10:00", None, "unreadable_time")],
)  # fmt: skip
def test_a_time_that_is_no_instant_is_refused(text: str, zone: str | None, words: str) -> None:
    with pytest.raises(PriceRefusal, match=words):
        read_observed_at(text, zone)
