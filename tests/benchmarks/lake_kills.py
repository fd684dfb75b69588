"""Kill the programs of a lake at random moments, and count the rows afterwards.

`python tests/benchmarks/lake_kills.py [--kills 100] [--seed 1]`. Reports are committed to the
database between the rounds. Each round runs `nightly`, `lake update` or `lake compact`, in one
round of three beside a second program that is not killed, and sends SIGKILL at a random moment.
Only programs that were still running count. After each kill every file of the manifest must be as
it was committed. At the end a nightly run completes the work: each report must be in every zone
once, with its parts, the marts must have its visits, and `lake verify` must find no fault.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path

import msgspec
from sqlalchemy import select, text

from cloud import database
from cloud.__main__ import main as run_cloud
from cloud.database import reading, reports, writing
from cloud.ingest import report_store
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import delete_unlisted, retire
from cloud.lake.reader import read_table
from cloud.lake.registry import find_table
from cloud.lake.storage import open_storage
from cloud.lake.verification import Fault, verify
from simulators.synthetic.cameras import (
    Period,
    create_sites,
    interleave_reports,
    render_sites_file,
)
from wire.audience import AgeGroup, AudienceReport, DemographicCell, Gender
from wire.clock import utc_now

CAMERAS = 3
DAYS = 3
REPORTS_A_ROUND = 12
SECOND_PROGRAM_RATIO = 1 / 3
LONGEST_PAUSE_S = 0.2
PROGRAMS = (
    ("nightly",), ("nightly", "--resume"), ("nightly",), ("lake", "update"),
    ("lake", "compact", "--min-files", "2"),
)  # fmt: skip
ZONES = ("landing", "raw", "trusted")


class CampaignError(AssertionError):
    """A row is lost or doubled, a file is damaged, or a program failed without a clear reason."""


def main() -> int:
    """Run the campaign; 1 with what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        campaign = Campaign(Path(folder), random.Random(chosen.seed))
        began = time.perf_counter()
        try:
            while campaign.killed.total() < chosen.kills:
                campaign.run_round()
            found = campaign.complete()
        except CampaignError as error:
            print(f"failed after {campaign.killed.total()} kills: {error}")
            return 1
        kinds = ", ".join(f"{name} {count}" for name, count in campaign.killed.most_common())
        print(f"{campaign.killed.total()} kills in {time.perf_counter() - began:.0f} s: {kinds}")
        print(f"{campaign.beside} programs beside them ended: {dict(campaign.endings)}")
        print(f"{found} reports, each in every zone once; no fault in any file")
    return 0


class Campaign:
    """A lake, its database, and how often which program was killed."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.killed: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        self.beside = 0
        self._folder = folder
        self._chance = chance
        self._duration_s: dict[tuple[str, ...], float] = {}
        self._reports = generate_reports(folder)
        database.open_or_make(self._url).dispose()

    @property
    def _url(self) -> str:
        return f"sqlite:///{self._folder}/onlooker.db"

    def run_round(self) -> None:
        """Commit some reports, run a program, and kill it unless it ends before."""
        self._commit_reports()
        program = self._chance.choice(PROGRAMS)
        longest_s = self._duration_s.get(program)
        if longest_s is None:
            began = time.perf_counter()
            self._expect_clear_end(self._start(program, "first"), "first")
            self._duration_s[program] = time.perf_counter() - began
            return
        other = None
        if self._chance.random() < SECOND_PROGRAM_RATIO:
            other = self._start(self._chance.choice(PROGRAMS), "beside")
        child = self._start(program, "killed")
        time.sleep(self._chance.uniform(0, longest_s))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            self.killed[" ".join(program[:2])] += 1
            sys.stderr.write(f"\r{self.killed.total()} kills ")
        if other is not None:
            self.beside += 1
            self._expect_clear_end(other, "beside")
        self._expect_undamaged_files()

    def complete(self) -> int:
        """Finish the work, and compare all rows with the reports of the database."""
        self._expect_clear_end(self._start(("nightly",), "last"), "last")
        lake = self._open_lake()
        with reading(lake.engine) as connection:
            committed = connection.execute(select(reports.c.id, reports.c.body)).all()
        bodies = [msgspec.json.decode(row.body, type=AudienceReport) for row in committed]
        expect_equal(
            "landed reports", column(lake, "landing.audience_reports", "id"),
            [row.id for row in committed],
        )  # fmt: skip
        identities = [(one.device, one.journal, one.sequence.first) for one in bodies]
        cells = [key for key, one in zip(identities, bodies, strict=True) if one.demographics]
        for zone in ("raw", "trusted"):
            for name, expected in (("reports", identities), ("demographics", cells)):
                table = f"{zone}.audience_{name}"
                expect_equal(table, read_identities(lake, table), expected)
        visits = sum(one.visits for one in bodies)
        built = sum(filter(None, column(lake, "curated.audience_metrics", "visits")))
        with reading(lake.engine) as connection:
            published = connection.execute(text("SELECT sum(visits) FROM mart_audience_metrics"))
            expect_equal("visits", [built, published.scalar()], [visits, visits])
        retire(lake, now=utc_now(), grace=timedelta(0))
        delete_unlisted(lake, now=utc_now() + timedelta(days=9_999))
        expect_equal("faults", [str(fault) for fault in verify(lake)], [])
        lake.engine.dispose()
        return len(committed)

    def _commit_reports(self) -> None:
        engine = database.connect(self._url)
        with writing(engine) as connection:
            some = [self._reports.pop() for _ in range(REPORTS_A_ROUND)]
            report_store.write_reports(connection, some, utc_now())
        engine.dispose()

    def _start(self, program: Sequence[str], name: str) -> int:
        """Run a program in a process of its own; its output goes to a file."""
        words = [*program, "--database", self._url, "--lake", str(self._folder / "lake")]
        if program[0] == "nightly":
            words += ["--sites", str(self._folder / "sites.yaml")]
        child = os.fork()
        if child:
            return child
        with (self._folder / f"{name}.out").open("w") as output:
            os.dup2(output.fileno(), sys.stdout.fileno())
            os.dup2(output.fileno(), sys.stderr.fileno())
        sleep = time.sleep
        time.sleep = lambda pause_s: sleep(min(pause_s, LONGEST_PAUSE_S))  # between attempts
        status = 70
        try:
            status = run_cloud(list(words))
        except SystemExit as ended:
            status = int(ended.code or 0)
        finally:
            sys.stdout.flush()
            os._exit(status)
        return 0

    def _expect_clear_end(self, child: int, name: str) -> None:
        """A program that was not killed is done, or says in a sentence why it is not."""
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        self.endings[f"status {ended}"] += 1
        output = (self._folder / f"{name}.out").read_text()
        if (
            ended not in (0, 1, 2, 3)
            or "Traceback" in output
            or (name == "last" and ended in (1, 2))
        ):
            raise CampaignError(f"a program ended with status {ended}:\n{output}")

    def _expect_undamaged_files(self) -> None:
        lake = self._open_lake()
        faults = [str(fault) for fault in verify(lake) if fault.fault is not Fault.UNLISTED]
        lake.engine.dispose()
        expect_equal("faults", faults, [])

    def _open_lake(self) -> Lake:
        return Lake(open_storage(str(self._folder / "lake")), database.connect(self._url))


def generate_reports(folder: Path) -> list[AudienceReport]:
    """Reports of the last days, mixed, and the sites file of their cameras."""
    sites = create_sites(CAMERAS, seed=1)
    (folder / "sites.yaml").write_text(render_sites_file(sites))
    midnight = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    period = Period(midnight - timedelta(days=DAYS), midnight, timedelta(minutes=1))
    found = list(interleave_reports(sites, period, chunk=1, squeeze=None))
    random.Random(1).shuffle(found)
    return [describe(report) for report in islice(found, 12_000)]


def describe(report: AudienceReport) -> AudienceReport:
    """With demographics where there are enough visits."""
    cell = DemographicCell(
        age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=report.visits, onlookers=0
    )
    return msgspec.structs.replace(report, demographics=(cell,) if report.visits > 4 else ())


def read_identities(lake: Lake, name: str) -> list[tuple[str, str, int]]:
    """The report of each row."""
    names = ("device", "stream_id", "first_sequence")
    return list(zip(*(column(lake, name, one) for one in names), strict=True))  # type: ignore[arg-type]


def column(lake: Lake, table: str, name: str) -> list[int]:
    """All values of a column."""
    found: list[int] = read_table(lake, find_table(table)).column(name).to_pylist()
    return found


def expect_equal(what: str, found: Sequence[object], expected: Sequence[object]) -> None:
    """Raise with how many there are of which, when they are not the same in any order."""
    have, want = Counter(found), Counter(expected)
    if have != want:
        raise CampaignError(
            f"{what}: found {len(found)}, expected {len(expected)}; "
            f"missing {list(want - have)[:3]}, too many {list(have - want)[:3]}"
        )


if __name__ == "__main__":
    sys.exit(main())
