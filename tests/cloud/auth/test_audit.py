"""An entry of the audit log that is altered, removed or inserted is detected."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, delete, insert, select, text, update

from cloud import database
from cloud.app.context import AppContext
from cloud.auth.audit import AuditError, audit_log, read_entries, record_change, verify_chain
from cloud.database.rollups import lock_for_counting
from tests.cloud.databases import create_tables


@pytest.fixture
def logged(context: AppContext, clock) -> AppContext:
    for number in range(4):
        with database.writing(context.engine) as connection:
            record_change(
                connection, at=clock.now, actor="ann", action="price.set", about=f"KX-0{number}",
                details={"to_minor": number, "from_minor": 7},
            )  # fmt: skip
    return context


def chain(context: AppContext, head: str | None = None) -> int:
    with database.reading(context.engine) as connection:
        last = verify_chain(connection, head=head)
    return last.number if last else 0


def test_a_log_that_nobody_touched_is_whole(logged: AppContext):
    assert chain(logged) == 4


def test_an_entry_does_not_wait_for_reports_that_are_being_counted(postgresql: str, clock):
    engine = database.connect(postgresql)
    create_tables(engine)
    with database.writing(engine) as counting, database.writing(engine) as connection:
        lock_for_counting(counting)
        connection.execute(text("SET LOCAL lock_timeout = '1s'"))
        record_change(connection, at=clock.now, actor="ann", action="a", about="b", details={})
    with database.reading(engine) as connection:
        assert [entry.actor for entry in read_entries(connection)] == ["ann"]
    engine.dispose()


def test_changes_at_the_same_time_are_one_chain(engine: Engine, clock):
    ready = threading.Barrier(4)

    def change(who: int) -> None:
        ready.wait()
        for number in range(5):
            with database.writing(engine) as connection:
                record_change(
                    connection, at=clock.now, actor=str(who), action="price.set",
                    about=str(number), details={},
                )  # fmt: skip

    with ThreadPoolExecutor(4) as people:
        list(people.map(change, range(4)))
    with database.reading(engine) as connection:
        last = verify_chain(connection)
    assert last is not None
    assert last.number == 20


def test_an_empty_log_is_whole(context: AppContext):
    assert chain(context) == 0


@pytest.mark.parametrize("column", ["actor", "action", "object", "details", "digest"])
def test_an_altered_entry_shows(logged: AppContext, column: str):
    with database.writing(logged.engine) as connection:
        second = audit_log.c.number == 2
        connection.execute(update(audit_log).where(second).values({column: "other"}))

    with pytest.raises(AuditError, match="entry 2 has been altered"):
        chain(logged)


def test_a_removed_entry_shows(logged: AppContext):
    with database.writing(logged.engine) as connection:
        connection.execute(delete(audit_log).where(audit_log.c.number == 2))

    with pytest.raises(AuditError, match="entry 2 is missing: what follows is entry 3"):
        chain(logged)


def test_an_entry_slipped_in_shows_even_with_a_digest_of_its_own(logged: AppContext):
    with database.writing(logged.engine) as connection:
        connection.execute(delete(audit_log).where(audit_log.c.number >= 3))
        row = connection.execute(select(audit_log).where(audit_log.c.number == 2)).mappings().one()
        forged = {**row, "number": 3, "previous": row["digest"], "actor": "eve"}
        connection.execute(insert(audit_log).values(forged))

    with pytest.raises(AuditError, match="entry 3 has been altered"):
        chain(logged)


def test_entries_cut_off_the_end_show_against_a_digest_kept_elsewhere(logged: AppContext):
    with database.writing(logged.engine) as connection:
        kept = list(read_entries(connection))[-1].digest
        assert chain(logged, head=kept) == 4
        connection.execute(delete(audit_log).where(audit_log.c.number == 4))

    assert chain(logged) == 3
    with pytest.raises(AuditError, match="have been cut off or replaced"):
        chain(logged, head=kept)
