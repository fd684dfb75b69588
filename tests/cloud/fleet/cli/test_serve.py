"""`fleet serve` starts, or names the reason in one sentence; its connections are limited."""

import argparse
import asyncio
import contextlib
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from cloud.connection_table import ConnectionTable
from cloud.fleet.cli import serve
from cloud.fleet.enrolment.server import EnrolmentServerError
from cloud.fleet.enrolment.server_thread import ServerThread
from cloud.fleet.enrolment.tls_listener import TlsListener
from cloud.settings import SettingsError
from provisioning import key_store
from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from wire.command_line import OptionError

PATIENCE_S = 10.0


@pytest.fixture
def authority(tmp_path):
    """An authority's folder with the certificate of an enrolment server."""
    now = datetime.now(UTC)
    office = create_authority(tmp_path / "ca", name="Test", secret=None, at=now)
    entry, key = office.equip(
        CertificateSubject(CertificateKind.SERVER, "localhost", hosts=("localhost",)), at=now
    )
    key_store.write_private(office.folder / "server.key", key_store.encode_key(key, None))
    key_store.write_public(office.folder / "server.crt", entry.certificate.encode() + office.chain)
    return office.folder


def run(folder, *more, module="cloud.fleet"):
    command = [sys.executable, "-m", *module.split(), "serve", "--authority", folder, *more]
    command += ["--database", f"sqlite:///{folder}/fleet.db", "--broker", "mqtt://127.0.0.1:9"]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=60)


def refusal(outcome):
    """The last line; everything before it is the log."""
    assert outcome.returncode == 2, outcome.stderr
    assert "Traceback" not in outcome.stderr
    return outcome.stderr.splitlines()[-1]


@pytest.mark.parametrize("missing", ["server.crt", "server.key", "claims.crt", "trust.pem"])
def test_a_missing_certificate_ends_it_with_one_sentence(authority, missing):
    (authority / missing).unlink()
    output = refusal(run(authority))
    assert "the enrolment service's certificates cannot be used (missing: " in output
    assert missing in output


def test_a_missing_revocation_list_ends_it_with_one_sentence(authority):
    (authority / "revoked.pem").unlink()
    assert "the revocation list" in refusal(run(authority))


def test_a_key_of_another_certificate_ends_it_with_one_sentence(authority):
    key_store.write_private(
        authority / "server.key", key_store.encode_key(key_store.generate_key(), None)
    )
    assert "certificates cannot be used" in refusal(run(authority, module="cloud fleet"))


def test_a_taken_port_ends_it_with_one_sentence(authority):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        output = refusal(run(authority, "--enrolment-bind", "127.0.0.1", "--enrolment-port", port))
    assert f"cannot listen on 127.0.0.1 port {port}" in output
    assert "--enrolment-port" in output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            "--enrolment-port 1 --ca-socket a.socket",
            "--ca-socket, --enrolment-port would have no effect",
        ),
        ("--cert a.crt --broker mqtt://x", "--cert would have no effect: they are used with an mq"),
        ("--identity own --broker mqtt://x", "--identity would have no effect"),
        ("--broker mqtts://x", "give --ca, --cert and --key, or --identity DIR"),
        ("--broker mqtts://x --identity /none", "no file /none/trust.pem, /none/fleet.crt, /none"),
        ("--broker mqtts://x --identity /none --ca /ca.pem", "no file /ca.pem, /none/fleet.crt"),
    ],
)
def test_options_without_effect_and_missing_certificates_are_refused(options, sentence, tmp_path):
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    database = tmp_path / "fleet.db"
    asked = parser.parse_args([*options.split(), "--database", f"sqlite:///{database}"])
    with pytest.raises((OptionError, SettingsError), match=re.escape(sentence)):
        serve.serve(asked)
    assert not database.exists()


def test_a_service_that_ends_later_is_noticed():
    async def serve(ready):
        ready(1)
        raise OSError("the network went")

    thread = ServerThread(serve)
    assert thread.start() == 1
    thread._thread.join(PATIENCE_S)
    with pytest.raises(EnrolmentServerError, match="has ended: the network went"):
        thread.check()
    thread.stop()


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
