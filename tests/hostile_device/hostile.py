"""The hostile device: a valid certificate, and six kinds of misbehaviour in turn.

It floods, sends messages that cannot be parsed, implausible figures, ranges up to 2^53, oversized
and retained garbage, and connects again and again.
"""

import contextlib
import itertools
import json
import os
import socket
import ssl
import threading
import time
from collections import Counter

import msgspec

from tests.hostile_device.honest import build_device_report, read_clock
from wire.envelope import MAX_PAYLOAD_BYTES, audience_event, encode_event
from wire.scalars import SequenceRange
from wire.topics import Channel

LARGEST = 2**53 - 1
CONNECT_BYTES = b"\x00\x04MQTT\x04\x02\x00\x3c"


class HostileDevice:
    """Misbehaves until `ended` is set; it ignores what the broker does to its connections."""

    def __init__(self, installation, address, scale):
        self.installation, self.address, self.scale = installation, address, scale
        self.sent: Counter = Counter()
        self.sessions = 0
        self.ended = threading.Event()
        self._context = ssl.create_default_context(cafile=installation.trust)
        self._context.load_cert_chain(*installation.certificate_files(address.device))

    def run(self):
        for misbehave in itertools.cycle(
            (self.flood, self.garble, self.exaggerate, self.overflow, self.retain, self.reconnect)
        ):
            if self.ended.is_set():
                return
            misbehave()

    def has_more(self):
        """Whether the run is to last until every unparsable message is sent."""
        scale = self.scale
        return scale.until_all_sent and self.sent["unparsable"] < scale.unparsable

    def flood(self):
        body = b'{"specversion":"1.0"}'
        self._send(
            "flood", [self._publish(Channel.HEARTBEAT, body)] * self.scale.burst, at_once=True
        )

    def garble(self):
        left = max(self.scale.unparsable - self.sent["unparsable"], 0)
        bodies = [self._publish(Channel.AUDIENCE, os.urandom(5)) for _ in range(min(left, 2_000))]
        self._send("unparsable", bodies, at_once=True)

    def exaggerate(self):
        """Valid documents with implausible figures."""
        honest = build_device_report(self.address, "00000000000000ff", 1, read_clock())
        wrong = [
            msgspec.structs.replace(honest, person_ms=999_999_999_999),
            msgspec.structs.replace(honest, peak=10**12, entries=10**12),
            msgspec.structs.replace(honest, sequence=SequenceRange(first=1, last=LARGEST)),
            msgspec.structs.replace(honest, sequence=SequenceRange(first=4, last=10**15)),
        ]
        documents = [encode_event(audience_event(one)) for one in wrong]
        odd = json.loads(documents[0])
        odd["data"] = {"sequence": {"first": 4, "last": LARGEST}}
        documents.append(json.dumps(odd).encode())
        self._send("implausible", [self._publish(Channel.AUDIENCE, one) for one in documents])

    def overflow(self):
        for size in (MAX_PAYLOAD_BYTES + 1, 1_000_000):
            self._send("oversized", [self._publish(Channel.AUDIENCE, bytes(size))])

    def retain(self):
        garbage = [self._publish(one, os.urandom(300), retain=True) for one in Channel]
        self._send("retained", garbage)

    def reconnect(self):
        for _ in range(5):
            self._send("reconnections", [b"\xc0\x00"])

    def _publish(self, channel, payload, *, retain=False):
        topic = self.address.topic(channel).encode()
        body = len(topic).to_bytes(2, "big") + topic + payload
        return bytes([0x31 if retain else 0x30]) + _encode_length(len(body)) + body

    def _send(self, kind, packets, *, at_once=False):
        """Connect, send, and wait until the broker closes the connection or is silent."""
        if not packets:
            return
        with contextlib.suppress(OSError), self._connect() as connection:
            self.sessions += 1
            for piece in [b"".join(packets)] if at_once else packets:
                connection.sendall(piece)
            self.sent[kind] += len(packets)
            connection.settimeout(0.1)
            while connection.recv(65_536):
                pass
        time.sleep(0.02)

    def _connect(self):
        plain = socket.create_connection(("127.0.0.1", self.installation.port), timeout=5)
        try:
            connection = self._context.wrap_socket(plain, server_hostname="localhost")
        except OSError:
            plain.close()
            raise
        name = self.address.device.encode()
        body = CONNECT_BYTES + len(name).to_bytes(2, "big") + name
        connection.sendall(b"\x10" + _encode_length(len(body)) + body)
        if connection.recv(4)[3:] != b"\x00":
            self.sent["refused"] += 1
            connection.close()
            raise ConnectionError("refused")
        return connection


def _encode_length(size):
    encoded = b""
    while True:
        size, seven = size >> 7, size & 127
        encoded += bytes([seven | (128 if size else 0)])
        if not size:
            return encoded
