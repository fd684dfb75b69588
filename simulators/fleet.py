"""Simulate many cameras against a running cloud, with exact totals and optional faults.

The sites file must list the cameras: write it with `--write-sites`, start `python -m cloud stream
--sites` with it, then run the fleet. The totals printed at the end are exact: the sums of the cloud
must equal them, with and without faults.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from simulators.delivery.mqtt_client import SimulatorClientError, simulator_client
from simulators.delivery.reliable_sender import (
    NotAcknowledgedError,
    ReliableSender,
    ReportBatch,
    ReportConnection,
    pack_batches,
)
from simulators.footfall import ReportTotals, add_outputs, write_events
from simulators.replay import parse_speed
from simulators.synthetic.cameras import (
    CHUNK,
    MAX_CAMERAS,
    Period,
    create_sites,
    interleave_reports,
    render_sites_file,
)
from simulators.synthetic.fault_injection import FaultProfile, FaultyConnection
from simulators.synthetic.footfall_model import SyntheticSite
from wire.command_line import (
    CERTIFICATES,
    OptionError,
    add_certificates,
    refuse_options,
    whole_number,
)

INTERVALS_S: Final = (5, 6, 10, 12, 15, 20, 30, 60, 300, 900, 3600)
MAX_DAYS: Final = 400.0
RESEND_AFTER_S: Final = 2.0
PROGRESS_EVERY_S: Final = 1.0


class FleetError(ValueError):
    """Invalid options of a fleet."""


@dataclass(frozen=True, slots=True)
class ReportPace:
    """Relation of event time to real time: `speed` seconds of event time for each second."""

    period: Period
    speed: float
    started_s: float

    def is_due(self, ended_at: datetime, now_s: float) -> bool:
        """Whether a report that ends then would have been sent by now."""
        ahead_s = (ended_at - self.period.starts_at).total_seconds()
        return (now_s - self.started_s) * self.speed >= ahead_s


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators fleet`."""
    add = parser.add_argument
    add(
        "--cameras",
        type=int,
        required=True,
        metavar="N",
        help=f"number of cameras, 1 to {MAX_CAMERAS}",
    )
    intervals = ", ".join(map(str, INTERVALS_S))
    add(
        "--interval",
        type=int,
        default=60,
        metavar="S",
        help=f"length of a report in seconds, one of {intervals} (default: %(default)s)",
    )
    add(
        "--days",
        type=float,
        default=1.0,
        metavar="D",
        help=f"days that the reports cover, up to {MAX_DAYS:g} (default: %(default)g)",
    )
    add(
        "--until",
        metavar="TIME",
        help="end of the last report, ISO 8601 with a time zone (default: now)",
    )
    add(
        "--speed",
        type=parse_speed,
        default=math.inf,
        metavar="X|max",
        help="seconds of event time sent per second (default: max)",
    )
    add(
        "--faults",
        type=FaultProfile,
        choices=list(FaultProfile),
        default=FaultProfile.NONE,
        help="lossy: messages are lost, duplicated and reordered; hostile: invalid messages too "
        "(default: %(default)s)",
    )
    add(
        "--seed",
        type=whole_number(0),
        default=1,
        help="the same seed gives the same reports (default: %(default)s)",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    add_outputs(where)
    where.add_argument(
        "--write-sites",
        type=Path,
        metavar="FILE.yaml",
        help="write the sites file of the cameras and exit",
    )
    add_certificates(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the fleet; 0 if every report is acknowledged, 1 if not, 2 if an option is invalid."""
    try:
        if arguments.broker is None:
            refuse_options(arguments, *CERTIFICATES, because="they are used with --broker only")
        period = _period(arguments, now=datetime.now(UTC))
        sites = create_sites(arguments.cameras, arguments.seed)
        if arguments.write_sites is not None:
            arguments.write_sites.write_text(render_sites_file(sites), encoding="utf-8")
            sys.stderr.write(f"fleet: {len(sites)} cameras in {arguments.write_sites}\n")
            return 0
        _send(arguments, sites, period)
    except (FleetError, OptionError) as error:
        sys.stderr.write(f"fleet: {error}\n")
        return 2
    except (NotAcknowledgedError, SimulatorClientError, OSError) as error:
        sys.stderr.write(f"\nfleet: {error}\n")
        return 1
    return 0


def _period(arguments: argparse.Namespace, *, now: datetime) -> Period:
    if not 1 <= arguments.cameras <= MAX_CAMERAS:
        raise FleetError(f"--cameras {arguments.cameras}: use 1 to {MAX_CAMERAS}")
    if arguments.interval not in INTERVALS_S:
        intervals = ", ".join(map(str, INTERVALS_S))
        raise FleetError(f"--interval {arguments.interval}: use one of {intervals} seconds")
    if not 0 < arguments.days <= MAX_DAYS:
        raise FleetError(f"--days {arguments.days:g}: use more than 0 and at most {MAX_DAYS:g}")
    interval = timedelta(seconds=arguments.interval)
    until = _on_grid(_until(arguments.until, now), max(interval, timedelta(minutes=1)))
    starts_at = _on_grid(until - timedelta(days=arguments.days), interval)
    return Period(starts_at, until, interval)


def _until(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        until = datetime.fromisoformat(text)
    except ValueError as error:
        raise FleetError(f"--until {text[:60]!r}: {error}") from error
    if until.tzinfo is None or until > now:
        raise FleetError(
            f"--until {text}: give a time with its time zone that is not in the future"
        )
    return until


def _on_grid(at: datetime, step: timedelta) -> datetime:
    return at - (at - datetime(2020, 1, 1, tzinfo=UTC)) % step


def _send(arguments: argparse.Namespace, sites: list[SyntheticSite], period: Period) -> None:
    totals = ReportTotals()
    rng = np.random.default_rng((arguments.seed, 7))
    squeeze = rng if arguments.faults is not FaultProfile.NONE else None
    chunk = CHUNK if math.isinf(arguments.speed) else 1
    reports = totals.count(interleave_reports(sites, period, chunk=chunk, squeeze=squeeze))
    if arguments.out is not None:
        write_events(reports, arguments.out)
        sys.stdout.write(f"{totals}\n")
        return
    pace = ReportPace(period, arguments.speed, time.monotonic())
    started_s = time.monotonic()
    with simulator_client(arguments) as client:
        faulty = FaultyConnection(client, arguments.faults, rng)
        connection: ReportConnection = client if arguments.faults is FaultProfile.NONE else faulty
        sender = ReliableSender(connection, resend_after_s=RESEND_AFTER_S)
        sender.send_all(
            pace_batches(pack_batches(reports), pace, time.monotonic), FleetProgress(totals)
        )
    took_s = time.monotonic() - started_s
    sys.stderr.write("\n")
    sys.stdout.write(
        f"{totals}\nacknowledged in {took_s:.1f} s: {totals.reports / took_s:.0f} reports/s\n"
    )
    for kind, count in sorted(faulty.counts.items()):
        sys.stdout.write(f"{kind}: {count}\n")


def pace_batches(
    load: Iterator[ReportBatch], pace: ReportPace, clock: Callable[[], float]
) -> Iterator[ReportBatch | None]:
    """Yield each batch when it is due, and None in between."""
    for batch in load:
        while not pace.is_due(batch.ended_at, clock()):
            yield None
        yield batch


class FleetProgress:
    """Shows the progress of the fleet once a second."""

    def __init__(self, totals: ReportTotals) -> None:
        self._totals = totals
        self._shown_at_s = time.monotonic()

    def __call__(self, acknowledged: int) -> None:
        if time.monotonic() - self._shown_at_s >= PROGRESS_EVERY_S:
            self._shown_at_s = time.monotonic()
            sys.stderr.write(
                f"\rfleet: {acknowledged} acknowledged of {self._totals.reports} sent "
            )
            sys.stderr.flush()
