"""When a notification is sent: quiet hours and digests by the user's clock, over clock changes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.preferences import PreferenceError, Preferences, validate_preferences
from tests.cloud.notifications.notice_world import by, notice_event

NIGHT = Preferences(time_zone="Europe/London", quiet_from="22:00", quiet_until="07:00")
DAILY = Preferences(time_zone="Europe/London", digest_at="08:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-28T21:59", "2026-03-28T21:59"),
        ("2026-03-28T22:00", "2026-03-29T06:00"),  # the clock goes forward: 07:00 is 06:00 UTC
        ("2026-03-29T05:59", "2026-03-29T06:00"),
        ("2026-10-24T21:30", "2026-10-25T07:00"),  # and back: a night of ten hours
        ("2026-10-25T06:59", "2026-10-25T07:00"),
        ("2026-10-25T07:00", "2026-10-25T07:00"),
        ("2026-07-01T21:00", "2026-07-02T06:00"),
    ],
)
def test_quiet_hours_end_by_the_users_clock(now: str, due: str) -> None:
    assert NIGHT.due_at(notice_event(), NoticeMode.IMMEDIATE, at(now)) == at(due)


def test_an_end_that_the_clock_skips_is_after_the_change() -> None:
    skipped = replace(NIGHT, quiet_until="01:30")  # 01:00 to 02:00 does not exist that night
    due = skipped.due_at(notice_event(), NoticeMode.IMMEDIATE, at("2026-03-28T23:00"))
    assert due == at("2026-03-29T01:30")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-28T08:00", "2026-03-29T07:00"),  # the one of now has been sent
        ("2026-03-28T07:59", "2026-03-28T08:00"),
        ("2026-10-24T12:00", "2026-10-25T08:00"),
    ],
)
def test_a_digest_is_at_one_time_of_the_day(now: str, due: str) -> None:
    assert DAILY.due_at(notice_event(), NoticeMode.DIGEST, at(now)) == at(due)


def test_a_digest_in_quiet_hours_waits_for_their_end() -> None:
    preferences = replace(NIGHT, digest_at="06:00")
    due = preferences.due_at(notice_event(), NoticeMode.DIGEST, at("2026-01-10T12:00"))
    assert due == at("2026-01-11T07:00")


@pytest.mark.parametrize(("ends", "is_sent_now"), [("2026-01-11T06:59", True),
                                                   ("2026-01-11T07:01", False)])  # fmt: skip
def test_an_expiring_hold_does_not_wait_for_the_end_of_a_night_that_it_ends_in(
    ends: str, is_sent_now: bool
) -> None:
    now = at("2026-01-11T05:30")
    event = notice_event(NoticeTopic.HOLD_EXPIRING, stale_at=at(ends))
    due = NIGHT.due_at(event, NoticeMode.IMMEDIATE, now)
    assert due == (now if is_sent_now else at("2026-01-11T07:00"))
    sale = notice_event(NoticeTopic.FLASH_SALE, stale_at=at(ends))
    assert NIGHT.due_at(sale, NoticeMode.IMMEDIATE, now) == at("2026-01-11T07:00")


WEBHOOK_KINDS = by(NoticeChannel.WEBHOOK, NoticeTopic.UNDER_DELIVERY)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"time_zone": "Mars/Olympus"}, "Europe/London"),
        ({"time_zone": "../../etc/passwd"}, "Europe/London"),
        ({"quiet_from": "22:00"}, "both"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "two different times"),
        ({"phone": "07700 900123"}, "international form"),
        ({"phone": "+44\u0667700900123"}, "international form"),
        ({"webhook": "http://hooks.acme.example/"}, "https://"),
        ({"webhook": "https://127.0.0.1/"}, "private network"),
        ({"webhook": "https://[::ffff:10.0.0.1]/"}, "private network"),
        ({"webhook": "https://169.254.169.254/latest/meta-data"}, "private network"),
        ({"webhook": "https://localhost/"}, "private network"),
        ({"webhook": "https://db.internal/"}, "private network"),
        ({"webhook": "https://0x7f.1/"}, "IPv4"),
        ({"webhook": "https://a.example/" + "x" * 500}, "shorten"),
        ({"choices": WEBHOOK_KINDS}, "webhook"),
        ({"choices": by(NoticeChannel.SMS, NoticeTopic.PRICE_DROP)}, "phone"),
        ({"choices": by(NoticeChannel.SMS, NoticeTopic.PRICE_DROP, mode=NoticeMode.DIGEST)},
         "only e-mail"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_what_to_write(values: dict, sentence: str) -> None:
    with pytest.raises(PreferenceError, match=sentence):
        validate_preferences(Preferences(**values))


def test_what_can_be_used_is_accepted() -> None:
    validate_preferences(
        replace(NIGHT, phone="+447700900123", webhook="https://hooks.acme.example:8443/x?y=z",
                choices=WEBHOOK_KINDS)
    )  # fmt: skip
