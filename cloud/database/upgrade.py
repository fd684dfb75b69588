"""Brings a database to the tables of this version, whatever version made it.

Every program does so when it starts; it costs one small read once the tables are right. Programs
that start together wait for each other: the whole ascent is one transaction behind a lock, so it
happens once, and either wholly or not at all. A database from a newer version is refused: nobody
here knows what its tables mean. There is no way down; go back with a copy of the database.
"""

import logging
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

from cloud.database.engine import DatabaseError, reading, writing
from cloud.database.migrations import HEAD

if TYPE_CHECKING:
    from alembic.config import Config

UPGRADING: Final = 7_305_811
"""Of PostgreSQL's advisory lock: any number, as long as it is ours."""


def create(engine: Engine) -> None:
    """Make or upgrade the tables.

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
    """Take the steps that are missing, in one transaction, unless somebody else just did."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # at info it names its own workings
    from alembic import command  # heavy, and seldom needed

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
        missing(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def missing(connection: Connection) -> list[str]:
    """The steps that the database still has to take, oldest first, each with what it does.

    Raises:
        DatabaseError: the database is newer than this program.
    """
    from alembic.script import ScriptDirectory

    steps = list(ScriptDirectory.from_config(_config()).walk_revisions())
    found = revision(connection)
    known = [step.revision for step in steps]
    if found is not None and found not in known:
        raise DatabaseError(
            f"the database is at revision {found}, which this version does not know: its newest "
            f"is {HEAD}. Run the version that upgraded it, or go back to a copy from before"
        )
    newer = steps[: known.index(found)] if found else steps
    return [f"{step.revision}: {step.doc}" for step in reversed(newer)]


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cloud.database:migrations")
    return config
