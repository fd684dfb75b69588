"""Subjects and lines of one event, of several, and of a digest."""

from dataclasses import replace

from cloud.notifications.kinds import NoticeChannel
from cloud.notifications.message import LONGEST_SMS, make_line
from tests.cloud.notifications.messages import HOSTILE, claimed, item

ONE = claimed(NoticeChannel.EMAIL, "").message
TWO = claimed(NoticeChannel.EMAIL, "", item("first"), item("second")).message


def test_the_subject_says_what_the_mail_is_about() -> None:
    assert ONE.subject == "Winter delivers less than expected"
    assert TWO.subject == "Lines that deliver less than expected: 2 notifications"
    assert replace(TWO, is_digest=True).subject == "Your day: 2 notifications"
    assert (ONE.scope, replace(ONE, is_digest=True).scope) == ("under_delivery", "digest")


def test_the_key_is_of_the_batch() -> None:
    assert ONE.key == TWO.key
    assert replace(ONE, batch="c").key != ONE.key


def test_a_text_message_of_several_events_leads_to_the_start() -> None:
    assert TWO.sms().endswith(" https://sales.example")
    assert len(TWO.sms()) < LONGEST_SMS


def test_a_line_is_one_line_of_printable_characters() -> None:
    assert make_line("a\r\nb\x00c\u202ed\u2028e  f") == "a b c d e f"
    assert make_line(HOSTILE).isprintable()
