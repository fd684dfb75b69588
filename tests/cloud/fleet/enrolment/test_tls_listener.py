"""TLS connections are limited before their handshake, and a slow handshake is ended."""

import asyncio
import contextlib
import socket
import ssl
import threading

from cloud.connection_table import ConnectionTable
from cloud.fleet.enrolment.server_thread import ServerThread
from cloud.fleet.enrolment.tls_listener import TlsListener

PATIENCE_S = 10.0


class Listening:
    """A TLS listener that echoes, with little room."""

    def __init__(self, authority, *, most, handshake_s):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / "server.crt", authority / "server.key")
        self.trust = authority / "trust.pem"
        self.table = ConnectionTable(most, most_per_client=most)
        listener = TlsListener(context, self.table, 1_024, handshake_s)

        async def serve(ready):
            server = await listener.listen("127.0.0.1", 0, self.echo)
            async with server:
                ready(server.sockets[0].getsockname()[1])
                await asyncio.Event().wait()

        self.thread = ServerThread(serve)
        self.port = self.thread.start()

    async def echo(self, reader, writer):
        while data := await reader.read(100):
            writer.write(data)
            await writer.drain()

    def dial(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def echoes(self):
        context = ssl.create_default_context(cafile=self.trust)
        with self.dial() as plain, context.wrap_socket(plain, server_hostname="localhost") as line:
            line.sendall(b"hello")
            return line.recv(100) == b"hello"


def test_connections_that_begin_no_handshake_push_nobody_out_for_long(authority):
    listening = Listening(authority, most=20, handshake_s=30)
    assert listening.echoes()
    held = [listening.dial() for _ in range(100)]
    for number, line in enumerate(held):
        with contextlib.suppress(ConnectionError):
            line.sendall(b"\x16\x03\x01\x02"[: number % 5])  # half of a hello
    assert listening.echoes()
    assert len(listening.table) <= 20
    for line in held:
        line.close()
    listening.thread.stop()


def test_a_handshake_that_is_not_finished_in_time_is_ended(authority):
    listening = Listening(authority, most=20, handshake_s=0.3)
    with listening.dial() as line, contextlib.suppress(ConnectionError):
        assert line.recv(1) == b""
    for _ in range(200):
        if not len(listening.table):
            break
        threading.Event().wait(0.02)
    assert len(listening.table) == 0
    listening.thread.stop()
