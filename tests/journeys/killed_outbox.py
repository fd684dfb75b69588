"""A device that measures and sends until it is killed, over a socket to the test."""

import random
import select
import time
from pathlib import Path

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.settings.transport import LinkSettings
from tests.journeys.half_minutes import report_factory

SMALL_BUDGET_BYTES = 64 * 1024  # about sixty half minutes
LARGEST_PACKET_BYTES = 1 << 17


class SocketLink:
    """A link over a packet socket."""

    def __init__(self, socket):
        self.connected, self.sessions, self._socket = True, 1, socket

    def send(self, channel, payload):
        if not select.select([], [self._socket], [], 0)[1]:
            return False
        self._socket.send(channel.encode() + b" " + payload)
        return True

    def take_acknowledgements(self):
        received = []
        while select.select([self._socket], [], [], 0)[0]:
            received.append(self._socket.recv(LARGEST_PACKET_BYTES))
        return received


def measure_until_killed(path, socket, seed):
    """Store and send reports; the connection is lost and made again now and then."""
    values = random.Random(seed)
    outbox = Outbox(Path(path), budget_bytes=SMALL_BUDGET_BYTES)
    outbox._rows.database.execute("PRAGMA synchronous = OFF")  # a kill is no power cut
    link = SocketLink(socket)
    settings = LinkSettings(batch=9, in_flight=30, resend_after_s=0.1)
    sender = ReportSender(outbox, link, settings)
    link.connected = values.random() < 0.6
    while True:
        number = outbox.next_row
        outbox.put(report_factory(number))
        socket.send(b"stored %d" % number)
        if values.random() < 0.02:
            link.connected, link.sessions = not link.connected, link.sessions + 1
        sender.pump(time.monotonic())


def send_rest(path, socket):
    """Send the remaining reports; returns when the cloud has acknowledged all of them."""
    outbox = Outbox(Path(path))
    sender = ReportSender(outbox, SocketLink(socket), LinkSettings(resend_after_s=0.1))
    while outbox.depth:
        sender.pump(time.monotonic())
        time.sleep(0.002)
    socket.send(b"stored %d" % (outbox.next_row - 1))
    outbox.close()
