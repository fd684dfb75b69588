"""After an outage, or kills of the device, the totals of the cloud equal those of the device."""

import os
import random
import select
import signal
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.settings.transport import LinkSettings
from tests.journeys.half_minutes import (
    MONDAY,
    IngestedReports,
    device_sums,
    report_factory,
)

DAY = 24 * 120  # half minutes
KILLS, STORED_REPORTS = 60, 400  # at least; on a busy machine more kills are needed
MOST_KILLS = 600
FORKING_PARENT = """
import os, signal, socket, sys, time
from tests.journeys.killed_outbox import measure_until_killed, send_rest
connection = socket.socket(fileno=int(sys.argv[2]))
for line in sys.stdin:
    seed, after_ms = line.split()
    child = os.fork()
    if not child:
        if seed == "-":
            send_rest(sys.argv[1], connection)
        else:
            measure_until_killed(sys.argv[1], connection, seed)
        os._exit(0)
    if after_ms != "-":
        time.sleep(float(after_ms) / 1000)
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture
def ingested(tmp_path):
    reports = IngestedReports(tmp_path)
    yield reports
    reports.close()


class InterruptedLink:
    """A link to the ingest, disconnected at first."""

    def __init__(self, ingested):
        self.connected, self.sessions, self._ingested, self._acks = False, 0, ingested, []

    def connect(self):
        self.connected, self.sessions = True, self.sessions + 1

    def send(self, channel, payload):
        self._acks += self._ingested.ingest(channel, payload)
        return True

    def take_acknowledgements(self):
        acks, self._acks = self._acks, []
        return acks


def has_no_gap(ranges):
    return [first for first, _ in ranges] == [1, *(last + 1 for _, last in ranges[:-1])]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "budget_bytes", "longest", "fewer_than"),
    [
        pytest.param(1, 64 * 2**20, timedelta(seconds=30), DAY + 1, id="within the budget"),
        pytest.param(2, 2**16, timedelta(hours=1), 200, id="over the budget"),
    ],
)
def test_sums_are_exact_after_days_without_the_cloud(
    ingested, tmp_path, days, budget_bytes, longest, fewer_than
):
    last = days * DAY
    outbox = Outbox(tmp_path / "outbox.sqlite3", budget_bytes=budget_bytes)
    outbox._rows.database.execute("PRAGMA synchronous = OFF")  # no power is cut here
    link = InterruptedLink(ingested)
    sender = ReportSender(outbox, link, LinkSettings())
    for number in range(1, last + 1):
        outbox.put(report_factory(number))
        if number % 1000 == 0:
            sender.pump(30.0 * number)
    on_disk = sum(path.stat().st_size for path in tmp_path.glob("outbox.sqlite3*"))
    assert outbox.depth < fewer_than
    assert outbox.oldest_at == MONDAY
    assert (outbox.downsampled > 0) == (longest > timedelta(seconds=30))
    assert on_disk < 1.3 * budget_bytes + 8 * 2**20  # pages, and the log of a downsampling
    assert ingested.ranges() == []

    link.connect()
    while outbox.depth:
        sender.pump(30.0 * last)
    outbox.close()
    assert ingested.sums() == device_sums(last)
    assert ingested.streams() == [(last, "[]")]
    ranges = ingested.ranges()
    assert has_no_gap(ranges)
    assert max(end - first for first, end in ranges) + 1 == longest // timedelta(seconds=30)


class LossyNetwork:
    """Carries messages between device and cloud; loses some in both directions."""

    def __init__(self, ingested, connection, values):
        self.last_stored = 0
        self._ingested, self._connection, self._values = ingested, connection, values

    def carry(self, lost_ratio):
        while select.select([self._connection], [], [], 0)[0]:
            channel, _, payload = self._connection.recv(1 << 18).partition(b" ")
            if channel == b"stored":
                self.last_stored = max(self.last_stored, int(payload))
            elif self._values.random() >= lost_ratio:
                for ack in self._ingested.ingest(channel.decode(), payload):
                    self._carry_back(ack, lost_ratio)

    def _carry_back(self, ack, lost_ratio):
        is_writable = select.select([], [self._connection], [], 0)[1]
        if self._values.random() >= lost_ratio and is_writable:
            self._connection.send(ack)


@pytest.fixture
def seed():
    chosen = int(os.environ.get("ONLOOKER_SEED", random.randrange(10**6)))
    print(f"ONLOOKER_SEED={chosen} repeats this run")  # noqa: T201  shown on failure
    return chosen


@pytest.mark.slow
def test_sums_are_exact_after_kills_at_any_moment(ingested, tmp_path, seed):
    values = random.Random(seed)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    network = LossyNetwork(ingested, ours, values)
    parent = subprocess.Popen(
        [sys.executable, "-c", FORKING_PARENT, tmp_path / "outbox.sqlite3", str(theirs.fileno())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[theirs.fileno()], text=True,
    )  # fmt: skip

    def run_device(name, after_ms, lost_ratio):
        """The exit status of one device process."""
        parent.stdin.write(f"{name} {after_ms}\n")
        parent.stdin.flush()
        while not select.select([parent.stdout], [], [], 0.002)[0]:
            network.carry(lost_ratio)
        network.carry(lost_ratio)
        return int(parent.stdout.readline())

    try:
        for kill in range(MOST_KILLS):
            if kill >= KILLS and network.last_stored >= STORED_REPORTS:
                break
            ending = run_device(f"{seed}.{kill}", f"{values.uniform(3, 70):.1f}", 0.2)
            assert ending == signal.SIGKILL
        assert run_device("-", "-", 0.0) == 0
    finally:
        parent.kill()
        parent.communicate()
        ours.close()
        theirs.close()
    ranges = ingested.ranges()
    assert has_no_gap(ranges)
    last = ranges[-1][1]
    assert last >= network.last_stored >= STORED_REPORTS
    assert any(last > first for first, last in ranges), "no report was downsampled"
    assert ingested.sums() == device_sums(last)
    through, beyond = zip(*ingested.streams(), strict=True)
    assert (sum(through), set(beyond)) == (last, {"[]"})
    assert len(through) > 1, "every process has a stream of its own"
