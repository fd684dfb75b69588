"""What a screen does not show, in sentences that say what it does show."""

import pytest
from sqlalchemy import Connection

from cloud.booking.inventory.restrictions import (
    CreativeFacts,
    ScreenRestrictions,
    delete_restrictions,
    find_violations,
    read_restrictions,
    store_restrictions,
)
from tests.cloud.booking.capacity_data import NOW, SITES

SITE = SITES.location("KX-01")
SCHOOL = ScreenRestrictions(
    location="KX-01", categories=frozenset({"IAB8-5", "IAB9-7"}), max_length_s=8,
    sizes=frozenset({(1080, 1920), (540, 960)}), reason="a school is next to it", changed_by="me",
    changed_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize(
    ("restrictions", "creative", "words"),
    [
        (None, {}, []),
        (None, {"categories": {"IAB8-5"}, "size": (1080, 1920), "length_s": 10}, []),
        (None, {"size": (1920, 1080)}, ["shows 1080 x 1920 pixels, the creative has 1920 x 1080"]),
        (None, {"length_s": 10.5}, ["at most 10 s, the creative is 10.5 s long"]),
        (SCHOOL, {"categories": {"IAB8-5", "IAB1"}}, ["no IAB8-5: a school is next to it"]),
        (SCHOOL, {"size": (540, 960), "length_s": 8}, []),
        (SCHOOL, {"size": (1, 1), "length_s": 9}, ["540 x 960, 1080 x 1920", "at most 8 s"]),
    ],
)
def test_each_violation_is_a_sentence(restrictions, creative, words):
    facts = CreativeFacts(**{**creative, "categories": frozenset(creative.get("categories", ()))})
    found = find_violations(SITE, restrictions, facts)
    assert len(found) == len(words)
    assert all(word in sentence for word, sentence in zip(words, found, strict=True))


def test_restrictions_are_replaced_and_deleted(connection: Connection) -> None:
    store_restrictions(connection, SCHOOL)
    store_restrictions(connection, SCHOOL)
    assert read_restrictions(connection, [*SITES]) == {"KX-01": SCHOOL}
    assert delete_restrictions(connection, SITE) == 1
    assert read_restrictions(connection, [SITE]) == {}
