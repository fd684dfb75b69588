"""The booking file is accepted as a whole, or refused with what is wrong in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.auth.keys import Role
from cloud.booking.orders.policy import SAMPLE, load_booking_policy
from cloud.yaml_document import DocumentError

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


def test_the_sample_file_has_a_limit_for_each_role_of_staff() -> None:
    policy = load_booking_policy()
    limits = [policy.find_discount_limit(frozenset({role})) for role in Role]
    assert sorted(limits) == [0, 0, 0, 0, 1000, 2500, 10_000]
    assert policy.find_discount_limit(frozenset()) == 0


def test_hours_that_have_begun_are_due_in_full() -> None:
    policy = load_booking_policy()
    assert policy.compute_due(100, NOON - timedelta(seconds=1), NOON) == 100
    assert policy.compute_due(101, NOON + timedelta(days=14), NOON) == 25


def test_limits_of_holds_are_those_of_the_file_or_the_usual_ones(tmp_path: Path) -> None:
    text, usual = SAMPLE.read_text(), load_booking_policy().hold_policy
    assert (usual.period, usual.longest) == (timedelta(days=1), timedelta(days=7))
    assert (usual.extensions, usual.holds, usual.slots) == (6, 20, 40_000)
    (holds,) = (one for one in text.splitlines() if one.startswith("holds:"))
    for name, written, expected in (
        ("less", holds.replace("hours: 24", "hours: 2"), replace(usual, period=timedelta(hours=2))),
        ("none", "", usual),
    ):
        file = tmp_path / name
        file.write_text(text.replace(holds, written))
        assert load_booking_policy(file).hold_policy == expected


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("percent_due: 100", "percent_due: 101", "cancellation"),
        ("notice_days: 0", "notice_days: 1", "down to 0"),
        ("percent_due: 25", "percent_due: 60", "may not be less"),
        ("in_flight: delivered", "in_flight: half", "delivered"),
        ("[exclusive]", "[sponsored]", "exclusive"),
        ("sales: 1000", "sales: 10001", "sales"),
        ("longest_hours: 168", "longest_hours: 23", "not be less than hours"),
        ("slots: 40000", "slots: -1", "slots"),
        ("version: 1", "version: 1\nfree: true", "free"),
    ],
)
def test_an_invalid_file_is_refused(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    file = tmp_path / "booking.yaml"
    text = SAMPLE.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    with pytest.raises(DocumentError, match=sentence):
        load_booking_policy(file)
