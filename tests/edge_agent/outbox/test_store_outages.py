"""What outages cost: nothing. The device's totals are the cloud's, to the unit.

The cloud here is the real consumer over its real database; the devices are the real outbox and
courier. A report's figures follow from its number, so both sides can be told the truth.
"""

import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy import select as query

from cloud.database import connect, create, minute_tallies, reading, report_streams
from cloud.database import reports as kept
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from edge_agent.outbox import Courier, Outbox
from edge_agent.settings.transport import LinkSettings
from wire.audience import AttentionBasis, AudienceReport, BlindCause, FrameCounts, Versions
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally
from wire.scalars import DeviceId, LocationId
from wire.topics import Channel, DeviceAddress

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
FORTNIGHT = 14 * 24 * 120  # half minutes
HALF_MINUTE = timedelta(seconds=30)
LATER = MONDAY + timedelta(days=40)
HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
ADDED = (
    "observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms",
    "entries", "visits", "onlookers", "dwell_ms",
)  # fmt: skip


def half_minute(number: int, journal, sequence) -> AudienceReport:
    """What the device measured in its `number`th half minute."""
    dice = random.Random(number)
    dwells = [dice.randrange(300, 30_000) for _ in range(dice.choice((0, 0, 1, 2, 7)))]
    looks = [dwell // dice.randint(2, 9) for dwell in dwells]
    dark_ms = dice.choice((0, 0, 0, dice.randrange(30_000)))
    starts_at = MONDAY + timedelta(seconds=30 * (number - 1))
    return AudienceReport(
        location=HERE.location, device=HERE.device, journal=journal, sequence=sequence,
        starts_at=starts_at, ends_at=starts_at + timedelta(seconds=30),
        frames=FrameCounts(captured=150, dropped=dice.randrange(3), analysed=dice.randrange(150)),
        observed_ms=30_000 - dark_ms, blind_ms={BlindCause.DARK: dark_ms} if dark_ms else {},
        person_ms=sum(dwells), facing_ms=sum(looks), looking_ms=sum(looks), unsure_ms=0,
        entries=len(dwells), visits=len(dwells), onlookers=sum(look >= 1_000 for look in looks),
        peak=len(dwells), dwell_ms=sum(dwells),
        dwell_histogram=tally(dwells, DWELL_EDGES_MS),
        attention_histogram=tally(looks, ATTENTION_EDGES_MS),
        demographics=(), sensors={}, attention_basis=AttentionBasis.ANGLES,
        versions=Versions(agent="1", detector="d", attention="a", config="c"),
    )  # fmt: skip


def made(number: int):
    return lambda journal, sequence: half_minute(number, journal, sequence)


@cache
def on_the_device(last: int) -> Counter[str]:
    """The sums of the first `last` half minutes."""
    sums: Counter[str] = Counter()
    for number in range(1, last + 1):
        report = half_minute(number, "0" * 16, None)
        for name in ADDED:
            sums[name] += getattr(report, name)
    return sums


class Cloud:
    """The consumer, its database, and what it has said so far."""

    def __init__(self, folder: Path) -> None:
        self.engine = connect(f"sqlite:///{folder / 'cloud.db'}")
        create(self.engine)
        self.source = MemorySource()
        self.consumer = Consumer(
            self.source, self.engine, is_listed=lambda *_: True, clock=lambda: LATER
        )

    def hear(self, channel: str, payload: bytes) -> list[bytes]:
        """Take a message; the acknowledgements that follow."""
        self.source.put(HERE.topic(Channel(channel)), payload)
        self.consumer.step()
        said = [payload for _, payload in self.source.sent]
        self.source.sent.clear()
        return said

    def totals(self) -> Counter[str]:
        columns = [func.sum(minute_tallies.c[name]).label(name) for name in ADDED]
        with reading(self.engine) as connection:
            return Counter(dict(connection.execute(query(*columns)).mappings().one()))

    def ranges(self) -> list[tuple[int, int]]:
        """The half minutes that each report stands for, first and last."""
        columns = kept.c.starts_at, kept.c.first_sequence, kept.c.last_sequence
        with reading(self.engine) as connection:
            rows = connection.execute(query(*columns)).all()
        firsts = [((at - MONDAY) // HALF_MINUTE + 1, last - first) for at, first, last in rows]
        return sorted((first, first + length) for first, length in firsts)

    def journals(self) -> list[tuple[int, str]]:
        """How far each stream is settled, without a gap."""
        with reading(self.engine) as connection:
            rows = connection.execute(
                query(report_streams.c.through, report_streams.c.received_ranges)
            )
            return [tuple(row) for row in rows]


@pytest.fixture
def cloud(tmp_path):
    one = Cloud(tmp_path)
    yield one
    one.engine.dispose()


class Wire:
    """A link straight into the cloud, cut until it is mended."""

    def __init__(self, cloud: Cloud) -> None:
        self.connected, self.sessions, self._cloud, self._said = False, 0, cloud, []

    def mend(self):
        self.connected, self.sessions = True, self.sessions + 1

    def send(self, channel, payload):
        self._said += self._cloud.hear(channel, payload)
        return True

    def received(self):
        said, self._said = self._said, []
        return said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("budget_bytes", "longest", "fewer_than"),
    [
        pytest.param(64 * 2**20, timedelta(seconds=30), FORTNIGHT + 1, id="within the budget"),
        pytest.param(2**19, timedelta(hours=1), 1_000, id="over it"),
    ],
)
def test_a_fortnight_without_the_cloud(cloud, tmp_path, budget_bytes, longest, fewer_than):
    outbox = Outbox(tmp_path / "outbox.sqlite3", budget_bytes=budget_bytes)
    outbox._rows.database.execute("PRAGMA synchronous = OFF")  # no power is cut here
    wire = Wire(cloud)
    courier = Courier(outbox, wire, LinkSettings())
    for number in range(1, FORTNIGHT + 1):
        outbox.put(made(number))
        if number % 1000 == 0:
            courier.pump(30.0 * number)
    on_disk = sum(path.stat().st_size for path in tmp_path.glob("outbox.sqlite3*"))
    assert outbox.depth < fewer_than
    assert outbox.oldest_at == MONDAY
    assert (outbox.merges > 0) == (longest > timedelta(seconds=30))
    assert on_disk < 1.3 * budget_bytes + 8 * 2**20  # the pages' overhead, and what a merging logs
    assert cloud.ranges() == []

    wire.mend()
    while outbox.depth:
        courier.pump(30.0 * FORTNIGHT)
    outbox.close()
    assert cloud.totals() == on_the_device(FORTNIGHT)
    assert cloud.journals() == [(FORTNIGHT, "[]")]
    ranges = cloud.ranges()
    assert [first for first, _ in ranges] == [1, *(last + 1 for _, last in ranges[:-1])]
    assert max(last - first for first, last in ranges) + 1 == longest // timedelta(seconds=30)


# ── a device that is killed at any moment ─────────────────────────────────────────────────────

ZYGOTE = """
import os, random, signal, socket, sys, time
sys.path.insert(0, sys.argv[1])
from test_outages import live, see_off
mail = socket.socket(fileno=int(sys.argv[3]))
for line in sys.stdin:
    seed, after_ms = line.split()
    child = os.fork()
    if not child:
        (live if seed != "-" else see_off)(sys.argv[2], mail, random.Random(seed))
        os._exit(0)
    if after_ms != "-":
        time.sleep(float(after_ms) / 1000)
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""
SMALL_BUDGET = 64 * 1024  # about sixty half minutes


class Mail:
    """A link over a socket, which may close its eyes and lose its connection."""

    def __init__(self, mail: socket.socket) -> None:
        self.connected, self.sessions, self._mail = True, 1, mail

    def send(self, channel, payload):
        if not select.select([], [self._mail], [], 0)[1]:
            return False
        self._mail.send(channel.encode() + b" " + payload)
        return True

    def received(self):
        said = []
        while select.select([self._mail], [], [], 0)[0]:
            said.append(self._mail.recv(1 << 17))
        return said


def live(path: str, mail: socket.socket, dice: random.Random) -> None:
    """Measure and send until killed."""
    outbox = Outbox(Path(path), budget_bytes=SMALL_BUDGET)
    outbox._rows.database.execute("PRAGMA synchronous = OFF")  # a kill is no power cut
    link = Mail(mail)
    courier = Courier(outbox, link, LinkSettings(batch=9, in_flight=30, resend_after_s=0.1))
    link.connected = dice.random() < 0.6
    while True:
        number = outbox.next_row
        outbox.put(made(number))
        mail.send(b"put %d" % number)
        if dice.random() < 0.02:
            link.connected, link.sessions = not link.connected, link.sessions + 1
        courier.pump(time.monotonic())


def see_off(path: str, mail: socket.socket, _dice: random.Random) -> None:
    """Send what is left; ends when the cloud has it all."""
    outbox = Outbox(Path(path))
    courier = Courier(outbox, Mail(mail), LinkSettings(resend_after_s=0.1))
    while outbox.depth:
        courier.pump(time.monotonic())
        time.sleep(0.002)
    mail.send(b"put %d" % (outbox.next_row - 1))
    outbox.close()


class Postman:
    """Brings letters to the cloud and its words back; some are lost either way."""

    def __init__(self, cloud: Cloud, mail: socket.socket, dice: random.Random) -> None:
        self.believed = 0
        self._cloud, self._mail, self._dice = cloud, mail, dice

    def carry(self, share_lost: float) -> None:
        while select.select([self._mail], [], [], 0)[0]:
            word, _, letter = self._mail.recv(1 << 18).partition(b" ")
            if word == b"put":
                self.believed = max(self.believed, int(letter))
            elif self._dice.random() >= share_lost:
                for ack in self._cloud.hear(word.decode(), letter):
                    self._bring_back(ack, share_lost)

    def _bring_back(self, ack: bytes, share_lost: float) -> None:
        if self._dice.random() >= share_lost and select.select([], [self._mail], [], 0)[1]:
            self._mail.send(ack)


@pytest.fixture
def seed():
    chosen = int(os.environ.get("ONLOOKER_SEED", random.randrange(10**6)))
    print(f"ONLOOKER_SEED={chosen} repeats this run's dice")  # noqa: T201  shown on failure
    return chosen


@pytest.mark.slow
def test_killed_two_hundred_times_at_any_moment(cloud, tmp_path, seed):
    dice = random.Random(seed)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    postman = Postman(cloud, ours, dice)
    here, path = Path(__file__).parent, tmp_path / "outbox.sqlite3"
    zygote = subprocess.Popen(
        [sys.executable, "-c", ZYGOTE, here, path, str(theirs.fileno())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[theirs.fileno()], text=True,
    )  # fmt: skip

    def life(name: str, after_ms: str, share_lost: float) -> int:
        zygote.stdin.write(f"{name} {after_ms}\n")
        zygote.stdin.flush()
        while not select.select([zygote.stdout], [], [], 0.002)[0]:
            postman.carry(share_lost)
        postman.carry(share_lost)
        return int(zygote.stdout.readline())

    try:
        endings = {life(f"{seed}.{n}", f"{dice.uniform(3, 70):.1f}", 0.2) for n in range(200)}
        assert endings == {signal.SIGKILL}
        assert life("-", "-", 0.0) == 0
    finally:
        zygote.kill()
        zygote.communicate()
        ours.close()
        theirs.close()
    ranges = cloud.ranges()
    assert [first for first, _ in ranges] == [1, *(last + 1 for _, last in ranges[:-1])]
    last = ranges[-1][1]
    assert last >= postman.believed > 1_000
    assert any(last > first for first, last in ranges), "nothing was ever merged"
    assert cloud.totals() == on_the_device(last)
    through, islands = zip(*cloud.journals(), strict=True)
    assert (sum(through), set(islands)) == (last, {"[]"})
    assert len(through) > 1, "every life counts in a stream of its own"
