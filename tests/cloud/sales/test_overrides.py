"""Prices that a person has set: one for everybody and one for each account, until they expire."""

from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection

from cloud.pricing.market import PriceOverride
from cloud.sales.overrides import (
    ActiveOverride,
    delete_overrides,
    price_overrides,
    read_active_overrides,
    read_overrides,
    store_override,
    unknown_override,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.rates import sites

SITE = msgspec.structs.replace(sites().location("KX-01"), formerly=("KX-00",))
HOUR_AT = int(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp())
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def override(number: int, **more: object) -> PriceOverride:
    return PriceOverride(number, 1_000 + number, "ann", "a reason", **more)


def active(number: int, location: str = "KX-01", hour_at: int = HOUR_AT, **more: object):
    return ActiveOverride(location, hour_at, NOW, override(number, **more))


def store(connection: Connection, *overrides: ActiveOverride) -> None:
    for one in overrides:
        store_override(connection, one)


def test_an_override_is_read_back_with_every_field():
    deal = active(3, until_at=NOW + SECOND, account="acme")
    with in_memory(price_overrides) as connection:
        store(connection, active(2), deal)
        assert read_active_overrides(connection, NOW) == [active(2), deal]


def test_a_new_price_replaces_that_of_the_same_account_only():
    with in_memory(price_overrides) as connection:
        store(connection, active(1), active(2, account="acme"), active(3), active(4, account="b"))
        assert read_overrides(connection, SITE, NOW) == {
            HOUR_AT: (override(3), override(2, account="acme"), override(4, account="b"))
        }


def test_an_override_ends_at_its_instant():
    with in_memory(price_overrides) as connection:
        store(connection, active(1, until_at=NOW))
        assert read_overrides(connection, SITE, NOW - SECOND) == {
            HOUR_AT: (override(1, until_at=NOW),)
        }
        assert read_overrides(connection, SITE, NOW) == {}


def test_a_price_under_a_former_id_holds_until_one_is_set_under_the_present():
    with in_memory(price_overrides) as connection:
        store(connection, active(1, "KX-00"), active(2, "KX-00", account="acme"))
        assert [one.override.number for one in read_active_overrides(connection, NOW, SITE)] == [
            1,
            2,
        ]
        store(connection, active(3))
        assert [one.override.number for one in read_active_overrides(connection, NOW, SITE)] == [
            3,
            2,
        ]


def test_without_a_site_those_of_all_are_listed_by_location_and_hour():
    later = HOUR_AT + 3600
    with in_memory(price_overrides) as connection:
        store(connection, active(1, "LB-01"), active(2, hour_at=later), active(3))
        found = read_active_overrides(connection, NOW)
        assert [(one.location, one.hour_at) for one in found] == [
            ("KX-01", HOUR_AT),
            ("KX-01", later),
            ("LB-01", HOUR_AT),
        ]


def test_deleting_removes_the_price_under_every_id_and_leaves_the_others():
    rows = [
        active(1), active(2, "KX-00"), active(3, account="acme"), active(4, "LB-01"),
        active(5, hour_at=HOUR_AT + 3600),
    ]  # fmt: skip
    with in_memory(price_overrides) as connection:
        store(connection, *rows)
        gone = delete_overrides(connection, SITE.ids, HOUR_AT, None, NOW)
        assert [one.location for one in gone] == ["KX-00", "KX-01"]
        left = read_active_overrides(connection, NOW)
        assert sorted(one.override.number for one in left) == [3, 4, 5]
        assert delete_overrides(connection, SITE.ids, HOUR_AT, None, NOW) == []


def test_an_expired_price_is_not_reported_as_deleted():
    with in_memory(price_overrides) as connection:
        store(connection, active(1, until_at=NOW))
        assert delete_overrides(connection, SITE.ids, HOUR_AT, None, NOW) == []


def test_the_error_names_the_location_the_account_and_where_to_look():
    assert str(unknown_override("KX-01", None)) == (
        "no price is set for that slot of KX-01: GET /api/pricing/overrides or "
        "`python -m cloud override list` shows those that are"
    )
    assert "of KX-01 and the account acme: " in str(unknown_override("KX-01", "acme"))
