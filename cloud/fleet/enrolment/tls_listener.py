"""TLS connections of a server, limited before their handshake.

asyncio counts a TLS connection only once the handshake is over, so that connections which never
begin one would use up the files of the process. Here each is admitted to a table as it is accepted;
when the table is full, a new one replaces the one that has waited longest.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from cloud.connection_table import ConnectionTable

log = logging.getLogger(__name__)

BACKLOG: Final = 64
HANDSHAKE_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 5.0  # for what is still to be sent

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TlsListener:
    """How connections are taken: with which certificates, how many, how large a read may be."""

    context: ssl.SSLContext
    table: ConnectionTable
    limit_bytes: int
    handshake_s: float = HANDSHAKE_TIMEOUT_S

    async def listen(self, host: str, port: int, serve: Serve) -> asyncio.Server:
        """Accept connections from now on; OSError when the address cannot be used."""
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()

        def accept(transport: asyncio.Transport) -> None:
            task = loop.create_task(self._served(transport, serve))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        return await loop.create_server(
            lambda: _PendingHandshake(self.table, accept), host, port, backlog=BACKLOG
        )

    async def _served(self, plain: asyncio.Transport, serve: Serve) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(self.limit_bytes, loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport = await loop.start_tls(
                plain,
                protocol,
                self.context,
                server_side=True,
                ssl_handshake_timeout=self.handshake_s,
            )
            if transport is None:  # it was closed meanwhile
                return
            protocol.connection_made(transport)
            self.table.set_waiting(plain)  # behind those that are still in their handshake
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            try:
                await serve(reader, writer)
            finally:
                writer.close()
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await writer.wait_closed()
        except (OSError, ssl.SSLError) as error:
            log.debug("tls.ended", extra={"reason": type(error).__name__})
        finally:
            self.table.remove(plain)
            plain.abort()


class _PendingHandshake(asyncio.Protocol):
    """A connection before its handshake: nothing is read until TLS reads it."""

    def __init__(self, table: ConnectionTable, accept: Callable[[asyncio.Transport], None]) -> None:
        self._table = table
        self._accept = accept

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        peer = transport.get_extra_info("peername")
        client = str(peer[0]) if peer else ""
        if self._table.admit(transport, client, close=transport.abort):
            self._accept(transport)
        else:
            transport.abort()
