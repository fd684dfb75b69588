"""Limits the connections of a server in number, in all and for each client.

A connection is waiting (for a handshake, headers, a body, the next request) or busy (its request is
being answered, or it streams). When the table is full, a new connection replaces a waiting one:
the oldest of the client that has the most. Only when all are busy is a new one refused.
Time and sockets belong to the caller, who also bounds how long a connection may wait.
"""

import resource
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

FEWEST: Final = 16
MOST: Final = 10_000
SHARE_OF_ONE_CLIENT: Final = 0.75  # a proxy is one client, so it gets most of the table


@dataclass(slots=True)
class _Entry:
    client: str
    close: Callable[[], None]
    is_closed: Callable[[], bool]
    is_busy: bool = False


class ConnectionTable:
    """The connections of one process, in the order in which they began to wait."""

    def __init__(self, most: int, *, most_per_client: int | None = None) -> None:
        self.most = most
        self._most_per_client = most_per_client or max(1, int(most * SHARE_OF_ONE_CLIENT))
        self._entries: dict[Hashable, _Entry] = {}
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def admit(
        self,
        key: Hashable,
        client: str,
        *,
        close: Callable[[], None],
        is_closed: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Add a connection, in place of another if necessary; False when all others are busy."""
        if self._held[client] >= self._most_per_client and not self._evict_one(client):
            return False
        if len(self._entries) >= self.most and not self._evict_one(None):
            return False
        self._entries[key] = _Entry(client, close, is_closed)
        self._held[client] += 1
        return True

    def set_busy(self, key: Hashable) -> None:
        """Mark a connection whose request is being answered."""
        if entry := self._entries.get(key):
            entry.is_busy = True

    def set_waiting(self, key: Hashable) -> None:
        """Mark a connection that waits for its client."""
        if entry := self._entries.pop(key, None):
            entry.is_busy = False
            self._entries[key] = entry

    def remove(self, key: Hashable) -> None:
        """Remove a closed connection; removing it twice changes nothing."""
        if entry := self._entries.pop(key, None):
            self._held[entry.client] -= 1
            if self._held[entry.client] <= 0:
                del self._held[entry.client]

    def _evict_one(self, client: str | None) -> bool:
        closed = {key: one.client for key, one in self._entries.items() if one.is_closed()}
        for key in closed:
            self.remove(key)
        if closed and (client is None or client in closed.values()):
            return True
        key = self._oldest_waiting(client)
        if key is None:
            return False
        close = self._entries[key].close
        self.remove(key)
        close()
        return True

    def _oldest_waiting(self, client: str | None) -> Hashable | None:
        """The oldest waiting connection of one client, or of the client that has the most."""
        found: Hashable | None = None
        holds = 0
        for key, entry in self._entries.items():
            if entry.is_busy or (client is not None and entry.client != client):
                continue
            if self._held[entry.client] > holds:
                found, holds = key, self._held[entry.client]
        return found


def connection_limit() -> int:
    """How many connections this process may hold: half of the files it may open.

    The limit of files is raised to the hard limit first. The other half is for the database, for
    files, and for accepted connections that are not in the table yet.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    files = 2 * MOST if soft == resource.RLIM_INFINITY else soft
    return max(FEWEST, min(MOST, files // 2))
