"""A table is compared with the entries about its rows."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Connection, delete, update

from cloud import database
from cloud.app.context import AppContext
from cloud.auth.audit import AuditEntry, audit_log
from cloud.auth.audit_comparisons import (
    KeyComparison,
    compare_with_log,
    describe_differences,
    parse_instant,
)
from cloud.auth.keys import Role, api_keys, create_key, list_keys, revoke_key

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENTRY = AuditEntry(7, AT, "ann", "key.create", "k", "{}", "0", "1")


@pytest.fixture
def connection(context: AppContext):
    create_key(context.engine, Role.SALES, "Mary", by="ann", now=AT)
    create_key(context.engine, Role.ADVERTISER, "Acme", by="ann", now=AT, account="acme")
    with database.writing(context.engine) as connection:
        yield connection


def differences(connection: Connection) -> list[str]:
    return compare_with_log(connection, AT, [KeyComparison()])


def test_keys_that_were_created_and_revoked_match_their_entries(context: AppContext):
    create_key(context.engine, Role.SALES, "Mary", by="ann", now=AT, expires_at=AT + timedelta(1))
    (key,) = list_keys(context.engine)
    revoke_key(context.engine, key.id, by="ann", now=AT + timedelta(hours=1))
    with database.reading(context.engine) as connection:
        assert differences(connection) == []


def test_each_altered_column_of_a_key_is_one_sentence(connection: Connection):
    connection.execute(update(api_keys).where(api_keys.c.account == "acme").values(role="admin"))
    (found,) = differences(connection)
    assert found.endswith(": role is admin, and entry 2 records advertiser")
    assert found.startswith("api_keys: key ")


def test_a_removed_key_and_one_without_an_entry_are_reported(connection: Connection):
    connection.execute(update(api_keys).where(api_keys.c.account == "acme").values(id="0" * 12))
    found = differences(connection)
    assert "api_keys: key 000000000000 has no entry that it was created" in found
    assert any(one.endswith("of entry 2 is missing") for one in found)
    assert len(found) == 2


def test_a_replaced_secret_is_reported_without_its_digest(connection: Connection):
    changed = "f" * 64
    connection.execute(update(api_keys).where(api_keys.c.owner == "Mary").values(digest=changed))
    (found,) = differences(connection)
    assert "it has a different secret" in found
    assert changed not in found


def test_values_that_an_older_entry_does_not_record_are_not_compared(connection: Connection):
    row = connection.execute(audit_log.select().where(audit_log.c.number == 2)).mappings().one()
    details = msgspec.json.decode(row["details"])
    del details["account"], details["fingerprint"]
    older = {"details": msgspec.json.encode(details).decode()}
    connection.execute(update(audit_log).where(audit_log.c.number == 2).values(older))
    connection.execute(
        update(api_keys).where(api_keys.c.account == "acme").values(account="x", digest="0")
    )
    assert differences(connection) == []


def test_an_empty_log_reports_every_key(connection: Connection):
    connection.execute(delete(audit_log))
    assert len(differences(connection)) == 2


def test_equal_values_are_no_difference_and_others_name_the_column():
    row = {"a": 1, "b": None}
    assert list(describe_differences("t: row", ENTRY, row, a=1, b=None)) == []
    assert list(describe_differences("t: row", ENTRY, row, a=2, b="x")) == [
        "t: row: a is 1, and entry 7 records 2",
        "t: row: b is None, and entry 7 records x",
    ]
    assert list(describe_differences("t: row", ENTRY, None, a=1)) == [
        "t: row of entry 7 is missing"
    ]


def test_an_absent_instant_is_none():
    assert parse_instant(None) is None
    assert parse_instant("2026-11-20T12:00:00+00:00") == AT
