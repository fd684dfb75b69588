"""Saved briefs belong to an account and are bounded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloud.sales import saved_briefs as module
from cloud.sales.saved_briefs import (
    BriefPosition,
    SavedBrief,
    TooManyBriefsError,
    UnknownBriefError,
    find_brief,
    find_briefs,
    insert_brief,
    list_all_briefs,
    remove_brief,
    saved_briefs,
    set_judged,
    set_plan,
)
from tests.cloud.memory_database import in_memory

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEA = SavedBrief("a" * 32, "acme", "Winter tea", "{}", "ann", NOON)


def test_a_brief_is_read_back_by_its_account_only():
    with in_memory(saved_briefs) as connection:
        insert_brief(connection, TEA)
        assert find_brief(connection, TEA.id, {"acme"}) == find_brief(connection, TEA.id, None)
        assert find_brief(connection, TEA.id, None) == TEA
        with pytest.raises(UnknownBriefError):
            find_brief(connection, TEA.id, {"bolt"})
        with pytest.raises(UnknownBriefError):
            remove_brief(connection, TEA.id, {"bolt"})
        assert remove_brief(connection, TEA.id, {"acme"}) == TEA
        assert list_all_briefs(connection) == []


def test_pages_are_in_the_order_of_time():
    later = replace(TEA, id="b" * 32, created_at=NOON + timedelta(hours=1))
    with in_memory(saved_briefs) as connection:
        for one in (TEA, later, replace(TEA, id="c" * 32, account="bolt")):
            insert_brief(connection, one)
        assert find_briefs(connection, {"acme"}, most=9) == [later, TEA]
        after = BriefPosition(later.created_at, later.id)
        assert find_briefs(connection, {"acme"}, after=after, most=9) == [TEA]


def test_what_is_computed_for_a_brief_is_stored_with_it():
    with in_memory(saved_briefs) as connection:
        insert_brief(connection, TEA)
        set_plan(connection, TEA.id, "p" * 32, NOON)
        set_judged(connection, TEA.id, "p" * 32, 12.5)
        found = find_brief(connection, TEA.id, None)
    assert (found.plan, found.planned_at) == ("p" * 32, NOON)
    assert (found.judged_plan, found.best_value) == ("p" * 32, 12.5)


def test_an_account_saves_a_bounded_number(monkeypatch):
    monkeypatch.setattr(module, "MAX_STORED", 1)
    with in_memory(saved_briefs) as connection:
        insert_brief(connection, TEA)
        insert_brief(connection, replace(TEA, id="b" * 32, account="bolt"))
        with pytest.raises(TooManyBriefsError, match="DELETE"):
            insert_brief(connection, replace(TEA, id="c" * 32))
