"""SQL statements that are compiled once in each process of tests, not once for each engine.

SQLAlchemy caches what it compiles with the engine, and most tests have an engine of their own.
Compiling took most of the time of a test that reads and writes a few rows.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event


class CompiledStatements(MutableMapping[tuple[Any, ...], Any]):
    """A cache for engines whose dialects are equal: a key begins with the object of a dialect."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[Any, ...], Any] = {}

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        return self._compiled[_describe(key[0]), *key[1:]]

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._compiled[_describe(key[0]), *key[1:]] = compiled

    def __delitem__(self, key: tuple[Any, ...]) -> None:
        del self._compiled[_describe(key[0]), *key[1:]]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)


def _describe(dialect: Dialect) -> tuple[str, str, Any]:
    return dialect.name, dialect.driver, dialect.server_version_info


@contextmanager
def share_compiled_statements() -> Iterator[None]:
    """Give every connection of the process the same cache."""
    cache = CompiledStatements()

    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=cache)

    event.listen(Engine, "engine_connect", share)
    yield
    event.remove(Engine, "engine_connect", share)
