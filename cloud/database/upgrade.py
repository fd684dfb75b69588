"""Upgrade a database of any earlier version to the tables of this version.

Every program does so at start; it costs one small read when the tables are current. Programs that
start together wait for each other: all steps are one transaction behind a lock, so they run once,
completely or not at all. A database of a newer version is refused. There is no downgrade: restore a
copy of the database.
"""

import logging
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

from cloud.database.engine import DatabaseError, reading, writing
from cloud.database.migrations import HEAD

if TYPE_CHECKING:
    from alembic.config import Config

UPGRADING: Final = 7_305_811
"""Key of PostgreSQL's advisory lock; arbitrary."""


def create(engine: Engine) -> None:
    """Create or upgrade the tables.

    Raises:
        DatabaseError: the database is newer than this program, or is not ours.
    """
    with reading(engine) as connection:
        found = revision(connection)
    if found != HEAD:
        upgrade(engine)


def revision(connection: Connection) -> str | None:
    """The revision of the database; None when it is empty or from before there were any."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine, *, to: str = HEAD) -> None:
    """Run the missing steps in one transaction, unless another program just did."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
        found = revision(connection)
        if found == to:
            return
        if found:  # not for an empty one: reading all steps takes a while
            missing(connection)
        _silence_alembic()
        from alembic import command  # slow to import, rarely needed

        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def missing(connection: Connection) -> list[str]:
    """The steps that the database still has to take, oldest first, each with what it does.

    Raises:
        DatabaseError: the database is newer than this program.
    """
    _silence_alembic()
    from alembic.script import ScriptDirectory

    steps = list(ScriptDirectory.from_config(_config()).walk_revisions())
    found = revision(connection)
    known = [step.revision for step in steps]
    if found is not None and found not in known:
        raise DatabaseError(
            f"the database is at revision {found}, which this version does not know: its newest "
            f"is {HEAD}. Run the version that upgraded it, or restore an earlier copy"
        )
    newer = steps[: known.index(found)] if found else steps
    return [f"{step.revision}: {step.doc}" for step in reversed(newer)]


def _silence_alembic() -> None:
    """Drop Alembic's messages below WARNING, also those of its import: they concern its parts."""
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cloud.database:migrations")
    return config
