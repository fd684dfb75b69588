"""The tables of a PostgreSQL database of tests: emptied where they are unchanged, else made again.

Emptying costs a tenth of what dropping and creating all tables does. A test that creates, changes
or drops a table changes what `DEFINITIONS` returns.
"""

import functools
import subprocess
from typing import Any, Final

import psycopg
from sqlalchemy import Engine

from cloud import database
from simulators.servers.postgresql import find_programs

DEFINITIONS: Final = """
WITH relations AS (
  SELECT oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace
), definitions AS (
  SELECT oid, xmin FROM relations
  UNION ALL SELECT attrelid, xmin FROM pg_attribute WHERE attrelid IN (SELECT oid FROM relations)
  UNION ALL SELECT oid, xmin FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM relations)
  UNION ALL SELECT oid, xmin FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT oid, xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
)
SELECT md5(string_agg(oid || ':' || xmin, ',' ORDER BY oid, xmin::text)) FROM definitions
"""
"""A text that differs after any change of the tables; changes of rows leave it as it is."""

LARGE: Final = """
SELECT count(*) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 1000000
"""
"""Tables in which so many deleted rows remain that later tests would search through them."""

EMPTY: Final = """
DO $$
DECLARE name regclass;
BEGIN
  SET LOCAL session_replication_role = replica;  -- no foreign keys, no triggers
  FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
              AND relkind = 'r' AND pg_relation_size(oid) > 0 LOOP
    EXECUTE 'DELETE FROM ' || name;
  END LOOP;
  PERFORM setval(oid, 1, false) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
END $$
"""
DROP: Final = "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public"


@functools.cache
def tables_at(url: str) -> "PostgresqlTables":
    """The tables at the address of a database."""
    return PostgresqlTables(url)


class PostgresqlTables:
    """Makes the tables of one database as new; keeps a connection until it is closed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self._script = self._rows = self._definitions = ""

    def renew(self, engine: Engine) -> None:
        """Do what `cloud.database.create` does to an empty database."""
        if self._definitions == self._find(DEFINITIONS) and not self._find(LARGE):
            self._run(f"{EMPTY};{self._rows}")  # one transaction
        else:
            self._create(engine)
            self._definitions = self._find(DEFINITIONS)

    def drop(self) -> None:
        """Leave a database without tables."""
        self._run(DROP)

    def close(self) -> None:
        self._connection.close()

    def _create(self, engine: Engine) -> None:
        self.drop()
        if not self._script:
            database.create(engine)
            self._script = self._dump()
            rows = (line for line in self._script.splitlines() if line.startswith("INSERT "))
            self._rows = "\n".join(rows)
        else:
            self._run(self._script)
            self._run("RESET ALL")  # the script sets what its session needs

    def _find(self, query: str) -> Any:
        row = self._run(query).fetchone()
        assert row is not None
        return row[0]

    def _run(self, script: str) -> psycopg.Cursor[Any]:
        try:
            return self._connection.execute(script)
        except psycopg.OperationalError:  # a test ended the sessions of the server
            self._connection = psycopg.connect(self._url, autocommit=True)
            return self._connection.execute(script)

    def _dump(self) -> str:
        """The database as SQL that a client library can send; psql's own commands are left out."""
        command = [str(find_programs() / "pg_dump"), "--no-owner", "--inserts", "-d", self._url]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return "\n".join(
            line for line in lines.splitlines() if line and line[:2] not in ("--", "\\r", "\\u")
        )
