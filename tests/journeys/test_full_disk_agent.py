"""An agent on a small disk that fills and empties at random: nothing is lost, nothing doubled.

The disk is a real tmpfs; other programs lock the database, and the agent is started while the file
system is read-only. Reports that the disk refuses wait in memory. An inspection, as `check` makes
it, looks at the outbox in between, and must neither write nor rename.
"""

import os
import random
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.outbox import Outbox, OutboxError
from edge_agent.outbox.inspection import inspect_outbox
from edge_agent.perception.attention import Attention, AttentionBand
from edge_agent.reporting.reporter import Reporter
from edge_agent.settings.privacy import PrivacySettings
from edge_agent.settings.transport import LinkSettings
from edge_agent.state_board import StateBoard
from edge_agent.transport.loopback import LoopbackLink
from tests.programs import run_program
from wire.audience import Versions
from wire.envelope import AudienceEvent
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
VERSIONS = Versions(agent="1", detector="d", attention="a", config="c")
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
STEPS = 600
DISK = "2m"


def mount(*arguments: str) -> bool:
    done = subprocess.run(["mount", *arguments], capture_output=True)
    return done.returncode == 0


@pytest.fixture
def disk(tmp_path):
    """Two mebibytes of memory, mounted as a disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)):
        pytest.skip("a file system can only be mounted by root, and not in every container")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class Cloud:
    """Counts each report once, as the real one; sometimes it does not answer."""

    def __init__(self, dice):
        self.counted, self.deaf, self._dice = {}, False, dice

    def hear(self, event):
        if not isinstance(event, AudienceEvent):
            return True
        if self.deaf or self._dice.random() < 0.05:
            return False
        report = event.data
        self.counted[report.journal, report.sequence.first, report.sequence.last] = report
        return True


class Trouble:
    """What happens to the disk: filled, locked, read-only; one at a time, each for a while."""

    def __init__(self, folder: Path, database: Path, dice: random.Random) -> None:
        self.kind = "none"
        self._folder, self._database, self._dice = folder, database, dice
        self._lock: sqlite3.Connection | None = None
        self.seen: set[str] = set()

    def change(self) -> None:
        self.end()
        self.kind = self._dice.choice(["none", "none", "full", "locked"])
        self.seen.add(self.kind)
        if self.kind == "full":
            with suppress(OSError), (self._folder / "ballast").open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        elif self.kind == "locked":
            self._lock = sqlite3.connect(self._database, timeout=0, isolation_level=None)
            with suppress(sqlite3.OperationalError):
                self._lock.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        (self._folder / "ballast").unlink(missing_ok=True)
        self.kind = "none"


def half_minute(number: int) -> IntervalSums:
    dice = random.Random(number)
    starts_ms = round(MONDAY.timestamp() * 1000) + 30_000 * number
    tally = IntervalSums(starts_ms, starts_ms + 30_000, observed_ms=30_000, captured=150)
    dwells = [dice.randrange(1_000, 30_000) for _ in range(dice.choice((0, 0, 1, 3, 9)))]
    tally.visits = tally.entries = len(dwells)
    tally.dwell_ms = sum(dwells)
    tally.dwell_histogram[0] = tally.attention_histogram[0] = len(dwells)
    tally.attention_ms[Attention.AWAY] = tally.band_ms[AttentionBand.LOW] = sum(dwells)
    return tally


def reporting_over(outbox, link, clock):
    return Reporter(
        HERE, VERSIONS, outbox, link, LinkSettings(batch=20, resend_after_s=1),
        privacy=PrivacySettings(smallest_cell=1), board=StateBoard(),
        clock=lambda: MONDAY + timedelta(seconds=clock[0]), steady=lambda: clock[0],
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_totals_are_equal_to_the_unit_on_a_disk_that_fills_and_empties(disk, seed, monkeypatch):
    monkeypatch.setattr("edge_agent.outbox.database.BUSY_AT_START_MS", 50)
    monkeypatch.setattr("edge_agent.outbox.database.BUSY_LATER_MS", 5)
    dice, clock = random.Random(seed), [0.0]
    path = disk / "data" / "outbox.sqlite3"
    cloud = Cloud(dice)
    outbox, link = Outbox(path), LoopbackLink(HERE, cloud.hear)
    reporting = reporting_over(outbox, link, clock)
    reporting.start()
    trouble, failures = Trouble(disk, path, dice), 0
    for number in range(STEPS):
        clock[0] += 30.0
        if number % 15 == 0:
            trouble.change()
            cloud.deaf = dice.random() < 0.5
            with suppress(OutboxError):
                assert inspect_outbox(path) is None
        if number % 250 == 249:  # a restart in good order, as of an update
            trouble.end()
            reporting.finish(0.0)
            outbox.close()
            assert inspect_outbox(path) == waiting(path)
            start_on_a_read_only_disk(disk, path)
            outbox, link = Outbox(path), LoopbackLink(HERE, cloud.hear)
            reporting = reporting_over(outbox, link, clock)
            reporting.start()
        reporting.add_intervals([half_minute(number)])
        reporting.pump()
        failures += reporting.disk_failing
    trouble.end()
    cloud.deaf = False
    for _ in range(2_000):
        clock[0] += 30.0
        reporting.pump()
        if outbox.depth == 0:
            break
    outbox.close()
    assert {"full", "locked"} <= trouble.seen
    assert failures > 50, "the disk was never in trouble"
    truth = [half_minute(number) for number in range(STEPS)]
    counted = cloud.counted.values()
    assert sum(one.visits for one in counted) == sum(one.visits for one in truth)
    assert sum(one.dwell_ms for one in counted) == sum(one.dwell_ms for one in truth)
    assert sum(one.observed_ms for one in counted) == 30_000 * STEPS
    assert len({one.starts_at for one in counted}) == len(counted)
    assert not list(disk.rglob("*damaged*"))


def start_on_a_read_only_disk(disk: Path, path: Path) -> None:
    """As after an error of the file system: the agent cannot start, and the file stays."""
    before = path.read_bytes()
    if not mount("-o", "remount,ro", str(disk)):
        return
    try:
        with pytest.raises(OutboxError, match=r"[Rr]ead-only file system"):
            Outbox(path)
        with pytest.raises(OutboxError, match=r"[Rr]ead-only file system"):
            inspect_outbox(path)
        assert path.read_bytes() == before
    finally:
        mount("-o", "remount,rw", str(disk))


def waiting(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM report").fetchone()[0])


def test_a_full_disk_at_the_start_is_one_sentence_and_touches_nothing(disk, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"never opened: the outbox comes first")
    path = disk / "outbox.sqlite3"
    outbox = Outbox(path)
    reporting = reporting_over(outbox, LoopbackLink(HERE, lambda _event: False), [0.0])
    reporting.add_intervals([half_minute(number) for number in range(5)])
    reporting.pump()
    outbox.close()
    trouble = Trouble(disk, path, random.Random(1))
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    before = {one.name: one.read_bytes() for one in disk.glob("outbox.sqlite3")}
    done = run_program(
        ["edge_agent", "run", "--source", clip, "--location", "KX-01", "--device", "kx-01-cam-1",
         "--broker", "mqtt://127.0.0.1:1", "--outbox", path], text=True,
    )  # fmt: skip
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("edge_agent:")]
    assert done.returncode == 2
    assert "outbox" in sentence
    assert "Traceback" not in done.stderr
    assert {one.name: one.read_bytes() for one in disk.glob("outbox.sqlite3")} == before
    trouble.end()
    outbox = Outbox(path)
    assert outbox.depth == 5
    outbox.close()
