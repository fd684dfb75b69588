"""The generation follows the entries of the audit log that prices depend on."""

from datetime import datetime, timedelta

from cloud import database
from cloud.app.context import AppContext
from cloud.auth import audit

MINUTE = timedelta(minutes=1)


def enter(context: AppContext, now: datetime) -> None:
    """Any change in the log that prices depend on."""
    with database.writing(context.engine) as connection:
        audit.record_change(
            connection, at=now, actor="ann", action="occupancy.load", about="a file", details={}
        )


def test_a_database_that_was_replaced_is_followed_from_its_beginning(context: AppContext, clock):
    """Restored to an earlier state, its next entries have numbers that were read already."""
    for _ in range(3):
        enter(context, clock.now)
    context.read_changes()
    before = context.change_log.generation
    with database.writing(context.engine) as connection:
        connection.execute(audit.audit_log.delete().where(audit.audit_log.c.number > 1))
    context.read_changes()
    restored = context.change_log.generation
    clock.advance(MINUTE)
    enter(context, clock.now)
    context.read_changes()

    assert len({before, restored, context.change_log.generation}) == 3
    assert context.change_log.generation.startswith("2-")


def test_entries_that_no_price_depends_on_change_nothing(context: AppContext, clock):
    enter(context, clock.now)
    context.read_changes()
    before = context.change_log.generation
    with database.writing(context.engine) as connection:
        audit.record_change(
            connection, at=clock.now, actor="a", action="key.create", about="k", details={}
        )
    context.read_changes()
    assert context.change_log.generation == before
