"""Saved views are of one user, or shared with the account; only the owner changes one."""

import pytest
from sqlalchemy import Connection

from cloud.analytics import saved_views
from cloud.analytics.analytics_query import AnalyticsQueryError
from cloud.analytics.saved_views import (
    AnalyticsPage,
    NotViewOwnerError,
    SavedView,
    TooManyViewsError,
    UnknownViewError,
    ViewContent,
    change_view,
    find_view,
    insert_view,
    list_views,
    remove_view,
)
from tests.cloud.analytics.counted_hours import NOW

MORNINGS = ViewContent("Mornings", AnalyticsPage.MAP, "hour_from=7&hour_until=9")


def save(connection: Connection, shared: bool, owner: str = "ann") -> SavedView:
    content = ViewContent(f"shared: {shared}", AnalyticsPage.TIME, "days=7", shared)
    return insert_view(connection, content, owner, "acme", NOW)


def test_others_of_the_account_see_what_is_shared(connection: Connection) -> None:
    own, shared = save(connection, False), save(connection, True)
    assert [one.id for one in list_views(connection, "ann", "acme")] == [own.id, shared.id]
    assert [one.id for one in list_views(connection, "bob", "acme")] == [shared.id]
    assert list_views(connection, "mallory", "bolt") == []
    assert shared.may_be_read("bob", "acme")
    assert not own.may_be_read("bob", "acme")
    with pytest.raises(UnknownViewError):
        find_view(connection, own.id, "bob", "acme")
    with pytest.raises(NotViewOwnerError):
        change_view(connection, shared, MORNINGS, "bob", NOW)
    with pytest.raises(NotViewOwnerError):
        remove_view(connection, shared, "bob")
    changed = change_view(connection, shared, MORNINGS, "ann", NOW)
    assert (changed.name, changed.shared, changed.query) == ("Mornings", False, MORNINGS.query)
    remove_view(connection, own, "ann")
    assert [one.name for one in list_views(connection, "ann", "acme")] == ["Mornings"]


def test_what_cannot_be_analysed_is_not_saved(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AnalyticsQueryError):
        insert_view(connection, ViewContent("a", AnalyticsPage.MAP, "days=0"), "ann", "acme", NOW)
    monkeypatch.setattr(saved_views, "MAX_STORED", 1)
    save(connection, False)
    with pytest.raises(TooManyViewsError):
        save(connection, True)
