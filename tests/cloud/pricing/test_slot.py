"""A slot is a local hour; twice a year an hour is missing or occurs twice."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pricing.slot import SlotError, list_slots, parse_slot

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("written", "starts_at"),
    [
        ("2026-11-23T08:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23T08:00:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-07-01T08:00", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("2026-07-01T08:00+01:00", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("2026-07-01T08:00Z", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("2026-11-23T13:30+05:30", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-10-25T01:00+01:00", datetime(2026, 10, 25, 0, tzinfo=UTC)),
        ("2026-10-25T01:00+00:00", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ],
)
def test_a_slot_is_the_instant_its_local_hour_starts(written: str, starts_at: datetime):
    slot = parse_slot(written, LONDON)

    assert slot.starts_at == starts_at
    assert slot.ends_at == starts_at + timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("2026-11-23T08:30", "ask for 2026-11-23T08:00"),
        ("2026-11-23T08:00:01", "starts no hour"),
        ("2026-11-23T08:00+05:30", "starts no hour"),
        ("2027-03-28T01:00", "does not exist .* in its place is 2027-03-28T02:00"),
        ("2026-10-25T01:00", r"twice .*T01:00\+01:00 or 2026-10-25T01:00\+00:00"),
        ("2026-02-30T08:00", "is not a time"),
        ("2026-11-23T24:00", "is not a time"),
        ("1026-11-23T08:00", "out of reach"),
        ("9999-12-31T23:00", "out of reach"),
        ("2026-11-23T08:00+99:00", "is not a time"),
        ("2026-11-23", "write a local hour such as"),
        ("", "write a local hour such as"),
        ("now", "write a local hour such as"),
        ("2026-11-23T08:00\n", "write a local hour such as"),
        ("\uff12\uff10\uff12\uff16-11-23T08:00", "write a local hour such as"),
        ("2026-11-23T08:00'; DROP TABLE slots", "write a local hour such as"),
    ],
)
def test_anything_else_is_refused_with_what_to_ask_instead(written: str, sentence: str):
    with pytest.raises(SlotError, match=sentence):
        parse_slot(written, LONDON)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 23), 24)],
)
def test_no_hour_of_a_day_is_missing_or_doubled(day: date, hours: int):
    slots = list(list_slots(day, LONDON))
    midnight, after = slots[0].starts_at, slots[-1].ends_at

    assert len(slots) == hours
    assert [slot.starts_at for slot in slots] == [
        midnight + timedelta(hours=hour) for hour in range(hours)
    ]
    assert after == next(iter(list_slots(day + timedelta(days=1), LONDON))).starts_at
    assert {parse_slot(slot.local.isoformat(), LONDON) for slot in slots} == set(slots)


@given(st.integers(946_771_200 // 3600, 4_102_358_400 // 3600))
def test_every_hour_has_a_name_that_leads_back_to_it(hour: int):
    starts_at = datetime.fromtimestamp(hour * 3600, UTC)
    written = starts_at.astimezone(LONDON).isoformat(timespec="minutes")

    assert parse_slot(written, LONDON).starts_at == starts_at


@given(st.text(max_size=40))
def test_no_text_does_worse_than_be_refused(written: str):
    try:
        slot = parse_slot(written, LONDON)
    except SlotError:
        return
    assert slot.local.minute == 0
