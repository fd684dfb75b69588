"""Follow the audit log: the generation of everything that a process caches.

The log in the database is the only source of changes. Each change that prices depend on has an
entry there, written in the transaction of the change by whichever program, with or without Redis. A
generation is the number and digest of the newest such entry: all processes that have read the same
log have the same generation, and a restored database has another.
"""

import threading
from typing import Final

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.auth import audit

PRICED: Final = frozenset(
    {"occupancy.load", "price.override", "price.override.withdraw", "prices.publish"}
)
"""Actions after which cached prices may be wrong."""
CARD_PUT: Final = frozenset({"rate_card.put"})
NONE_YET: Final = "0"


class ChangeLog:
    """The newest entry of some actions in the audit log, as far as it has been read."""

    def __init__(self, actions: frozenset[str] = PRICED) -> None:
        self._actions = actions
        self._generation = NONE_YET
        self._end: audit.AuditEntryRef | None = None
        self._lock = threading.Lock()

    @property
    def generation(self) -> str:
        """The newest entry that has been read; no I/O."""
        return self._generation

    def read(self, connection: Connection) -> bool:
        """Read the entries since the last call; whether the generation has changed.

        The last entry that was read is read again. If it is missing or different, the database was
        replaced, and the whole log is searched.
        """
        with self._lock:
            before = self._generation
            end = self._end
            new = audit.read_refs_from(connection, end.number) if end else []
            if not new or new[0] != end:
                self._end = audit.read_newest_ref(connection)
                found = audit.read_newest_ref(connection, self._actions)
                self._generation = _generation(found) if found else NONE_YET
            else:
                self._end = new[-1]
                ours = [one for one in new[1:] if one.action in self._actions]
                self._generation = _generation(ours[-1]) if ours else before
            return self._generation != before

    def read_from(self, engine: Engine) -> None:
        """The same in a transaction of its own."""
        with database.reading(engine) as connection:
            self.read(connection)


def _generation(entry: audit.AuditEntryRef) -> str:
    return f"{entry.number}-{entry.digest[:12]}"
