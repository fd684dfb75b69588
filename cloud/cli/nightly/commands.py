"""`python -m cloud nightly`: fill the lake, build the marts, forecast, publish prices and check.

Run it after midnight UTC from a timer. A step that failed, or was interrupted, is continued with
`--resume`.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from cloud import settings
from cloud.app.context import AppContext
from cloud.cli.lake.commands import FOLDER
from cloud.cli.nightly.lake_steps import BUILD_MARTS, LakeSteps
from cloud.cli.nightly.product_steps import ProductSteps
from cloud.cli.nightly.progress import ProgressDisplay
from cloud.cli.nightly.receipt_steps import ReceiptSteps
from cloud.cli.nightly.retail_steps import RetailSteps
from cloud.cli.nightly.sales_steps import SalesSteps
from cloud.cli.serve import add_rate_card, open_context
from cloud.database import reading
from cloud.database.failures import is_passing
from cloud.lake.catalogue.page_folder import place_beside
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.storage import StorageError, open_storage
from cloud.nightly import runs
from cloud.nightly.lock import Confirm, LockOwner, NightlyLockError, hold_lock
from cloud.nightly.metrics import write_metrics
from cloud.nightly.runs import Days, RunStatus
from cloud.nightly.steps import NightlyStep, RetryPolicy, StepRecord, StepRunner, StepStatus
from wire.clock import utc_now
from wire.command_line import OptionError

log = logging.getLogger(__name__)
FAILED: Final = 1
REFUSED: Final = 2
SOME_LEFT_OUT: Final = 3

Clock = Callable[[], datetime]
Wait = Callable[[timedelta], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `nightly`."""
    settings.add_arguments(parser, "database", "sites", "redis")
    add_rate_card(parser)
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE", FOLDER),
        help=f"folder or s3://bucket/prefix (ONLOOKER_LAKE, {FOLDER})",
    )  # fmt: skip
    parser.add_argument(
        "--catalogue", metavar="FOLDER", default=os.environ.get("ONLOOKER_CATALOGUE"),
        help="folder or s3://bucket/prefix of the pages that describe the tables "
        "(ONLOOKER_CATALOGUE; `catalogue` beside the lake)",
    )  # fmt: skip
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--day", type=date.fromisoformat, metavar="DAY",
        help="promote and build this UTC day anew, besides changed days; YYYY-MM-DD",
    )  # fmt: skip
    chosen.add_argument(
        "--days", type=date.fromisoformat, nargs=2, metavar=("FIRST", "LAST"),
        help="the same for all days from the first to the last",
    )  # fmt: skip
    chosen.add_argument(
        "--resume", action="store_true", help="continue the last run after its last finished step"
    )
    parser.add_argument(
        "--signals", type=Path, metavar="DIR",
        help="<location>.csv files of weather, school holidays and events (docs/forecast.md)",
    )  # fmt: skip
    parser.add_argument(
        "--metrics-file", type=Path, metavar="FILE",
        help="write metrics for the textfile collector of Prometheus' node exporter",
    )  # fmt: skip


def run(
    arguments: argparse.Namespace,
    clock: Clock = utc_now,
    wait: Wait = lambda pause: time.sleep(pause.total_seconds()),
) -> int:
    """Run all steps.

    0: all are done; 1: a step failed; 2: refused, such as by the lock; 3: all are done, and the
    notes name what was left out.
    """
    if sys.stderr.isatty():  # the bar and the lines of the steps say the same
        logging.getLogger("cloud").setLevel(logging.WARNING)
    days = _read_days(arguments)
    try:
        catalogue = arguments.catalogue or place_beside(arguments.lake)
    except StorageError as error:
        raise OptionError(str(error)) from error
    settings.warn_without_sites(settings.read(arguments))
    context = open_context(arguments)
    try:
        lake = Lake(open_storage(arguments.lake), context.engine)
        owner = LockOwner.current(clock())
        with hold_lock(context.engine, owner, clock) as confirm:
            return _Night(arguments, lake, catalogue, context, days, clock, wait).run(confirm)
    except (NightlyLockError, StorageError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    finally:
        context.engine.dispose()


@dataclass(frozen=True, slots=True)
class _Night:
    """One run by the program that has the lock."""

    arguments: argparse.Namespace
    lake: Lake
    catalogue: str
    context: AppContext
    days: Days | None
    clock: Clock
    wait: Wait

    def run(self, confirm: Confirm) -> int:
        if not self.arguments.resume:
            days = self._choose_days()
            run_id = runs.start_run(self.lake.engine, days, self.clock())
            return self._run_steps(run_id, days, set(), confirm)
        last = runs.read_last_run(self.lake.engine)
        if last is None:
            sys.stderr.write("there is no run to resume: run it without --resume\n")
            return REFUSED
        if last.status is RunStatus.COMPLETE:
            sys.stdout.write(f"run {last.id} is complete since {last.ended_at:%Y-%m-%d %H:%M}Z\n")
            return 0
        done = runs.resume_run(self.lake.engine, last.id)
        return self._run_steps(last.id, last.days, done, confirm)

    def _choose_days(self) -> Days | None:
        """The chosen days, else those that the last run was to build anew and did not."""
        unbuilt = runs.read_unbuilt_days(self.lake.engine, BUILD_MARTS)
        if unbuilt is None:
            return self.days
        first, last = unbuilt
        what = f"the last run did not build the days from {first} to {last} anew"
        if self.days is None:
            sys.stdout.write(f"{what}: this run does\n")
            return unbuilt
        sys.stdout.write(f"{what}: run --days {first} {last} again\n")
        return self.days

    def _run_steps(self, run_id: int, days: Days | None, done: set[str], confirm: Confirm) -> int:
        steps = self._list_steps(days)
        display = ProgressDisplay(sys.stdout, len(steps) - len(done))

        def observe(record: StepRecord) -> None:
            runs.record_step(self.lake.engine, run_id, record)
            display.show(record)

        runner = StepRunner(observe, RetryPolicy(is_transient, self.wait), self.clock, confirm)
        records = runner.run(steps, done)
        is_done = all(record.status is StepStatus.DONE for record in records)
        status = RunStatus.COMPLETE if is_done else RunStatus.FAILED
        runs.end_run(self.lake.engine, run_id, status, self.clock())
        log.info("nightly.ended", extra={"run": run_id, "status": status.value})
        self._write_metrics(run_id)
        if not is_done:
            sys.stderr.write(
                "steps are not done: continue with `python -m cloud nightly --resume`\n"
            )
            return FAILED
        return SOME_LEFT_OUT if any(record.notes for record in records) else 0

    def _list_steps(self, days: Days | None) -> list[NightlyStep]:
        lake = LakeSteps(self.lake, self.context.sites, days, self.catalogue, self.clock)
        sales = SalesSteps(self.context, self.arguments.signals, self.clock)
        receipts = ReceiptSteps(self.context.engine, self.clock)
        retail = RetailSteps(self.lake, self.clock)
        products = ProductSteps(self.lake, self.clock)
        return [
            *lake.steps(),
            *retail.steps(),
            *products.steps(),
            *sales.steps(),
            *receipts.steps(),
        ]

    def _write_metrics(self, run_id: int) -> None:
        if self.arguments.metrics_file is not None:
            with reading(self.lake.engine) as connection:
                completed_at = runs.read_last_completed_at(connection)
            records = runs.read_steps(self.lake.engine, run_id)
            write_metrics(self.arguments.metrics_file, records, completed_at)


def is_transient(error: Exception) -> bool:
    """Whether the same step may succeed later; a file that is missing or damaged stays so."""
    if isinstance(error, DBAPIError):
        return is_passing(error)
    if isinstance(error, OSError):
        return not isinstance(error, StorageError | FileNotFoundError | PermissionError)
    return isinstance(error, LakeConflictError)


def _read_days(arguments: argparse.Namespace) -> Days | None:
    if arguments.day is not None:
        return (arguments.day, arguments.day)
    if arguments.days is None:
        return None
    first, last = arguments.days
    if first > last:
        raise OptionError(f"the last day {last} comes before the first day {first}")
    return (first, last)
