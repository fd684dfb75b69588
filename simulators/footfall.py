"""Generate a plausible history of one location, as the reports of a camera.

Sending it twice changes nothing: the reports and sequences of a day depend only on location, seed
and date, so the cloud counts them once.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from simulators.delivery.mqtt_client import SimulatorClientError, simulator_client
from simulators.delivery.reliable_sender import NotAcknowledgedError, ReliableSender, pack_batches
from simulators.output_file import replace_file
from simulators.synthetic.footfall_model import (
    Profile,
    SyntheticSite,
    generate_history,
    local_midnight,
)
from wire.audience import AudienceReport
from wire.command_line import CERTIFICATES, OptionError, add_certificates, refuse_options
from wire.envelope import audience_event, encode_event
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress, TopicError

MAX_DAYS: Final = 1_100
EARLIEST: Final = datetime(2020, 1, 3, tzinfo=UTC)  # the cloud refuses older reports


class FootfallError(ValueError):
    """Invalid options of a history."""


@dataclass(slots=True)
class ReportTotals:
    """Exact sums of the generated reports, to compare with the sums of the cloud."""

    reports: int = 0
    visits: int = 0
    onlookers: int = 0
    dwell_ms: int = 0
    looking_ms: int = 0
    observed_ms: int = 0
    blind_ms: int = 0

    def count(self, reports: Iterable[AudienceReport]) -> Iterator[AudienceReport]:
        """Yield the reports and add them up."""
        for report in reports:
            self.reports += 1
            self.visits += report.visits
            self.onlookers += report.onlookers
            self.dwell_ms += report.dwell_ms
            self.looking_ms += report.looking_ms
            self.observed_ms += report.observed_ms
            self.blind_ms += sum(report.blind_ms.values())
            yield report

    def __str__(self) -> str:
        return (
            f"{self.reports} reports, {self.visits} visits, {self.onlookers} onlookers, "
            f"{self.dwell_ms} ms dwell, {self.looking_ms} ms looking, "
            f"{self.observed_ms} ms observed, {self.blind_ms} ms blind"
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators footfall`."""
    add = parser.add_argument
    add("--location", required=True, metavar="ID", help="location of the reports")
    add("--device", metavar="ID", help="device of the reports (default: LOCATION-sim, lower case)")
    add(
        "--days",
        type=int,
        required=True,
        metavar="N",
        help=f"whole days before the day of --until, 1 to {MAX_DAYS}",
    )
    add(
        "--until",
        metavar="TIME",
        help="end of the history, ISO 8601; local if it has no time zone (default: last midnight)",
    )
    add(
        "--timezone",
        default="Europe/London",
        metavar="NAME",
        help="time zone of the location (default: %(default)s)",
    )
    add(
        "--seed",
        type=int,
        default=1,
        help="the same seed gives the same history (default: %(default)s)",
    )
    add(
        "--profile",
        choices=list(Profile),
        default=Profile.STATION,
        type=Profile,
        help="daily and weekly pattern of visits (default: %(default)s)",
    )
    add_outputs(parser.add_mutually_exclusive_group(required=True))
    add_certificates(parser)


def add_outputs(where: argparse._MutuallyExclusiveGroup) -> None:
    """Offer `--broker` and `--out`, the two places that reports can go to."""
    where.add_argument(
        "--broker", metavar="URL", help="send the reports to this broker, mqtt[s]://host[:port]"
    )
    where.add_argument(
        "--out", type=Path, metavar="FILE.jsonl", help="write the reports here, one event a line"
    )


def run(arguments: argparse.Namespace) -> int:
    """Generate the history; 0 when all reports are acknowledged or written."""
    totals = ReportTotals()
    try:
        reports = totals.count(_history(arguments, now=datetime.now(UTC)))
        if arguments.out is not None:
            refuse_options(arguments, *CERTIFICATES, because="they are used with --broker only")
            write_events(reports, arguments.out)
        else:
            with simulator_client(arguments) as client:
                ReliableSender(client).send_all(pack_batches(reports), _show_progress)
            sys.stderr.write("\n")
    except (FootfallError, OptionError, TopicError) as error:
        sys.stderr.write(f"footfall: {error}\n")
        return 2
    except (NotAcknowledgedError, SimulatorClientError, OSError) as error:
        sys.stderr.write(f"\nfootfall: {error}\n")
        return 1
    sys.stdout.write(f"{totals}\n")
    return 0


def write_events(reports: Iterable[AudienceReport], path: Path) -> None:
    """Write one event per line; no file is left if writing is interrupted."""
    with replace_file(path) as partial, partial.open("wb") as lines:
        lines.writelines(encode_event(audience_event(report)) + b"\n" for report in reports)


def _history(arguments: argparse.Namespace, *, now: datetime) -> Iterator[AudienceReport]:
    timezone = _timezone(arguments.timezone)
    device = arguments.device or f"{arguments.location.lower()}-sim"
    address = DeviceAddress(LocationId(arguments.location), DeviceId(device))
    until = _until(arguments.until, timezone, now)
    if not 1 <= arguments.days <= MAX_DAYS:
        raise FootfallError(f"--days {arguments.days}: use 1 to {MAX_DAYS}")
    first_on = until.astimezone(timezone).date() - timedelta(days=arguments.days)
    if local_midnight(first_on, timezone) < EARLIEST:
        raise FootfallError(
            f"the history would begin on {first_on}, before {EARLIEST.date()}: use fewer days"
        )
    site = SyntheticSite(address, arguments.profile, timezone, arguments.seed)
    return generate_history(site, first_on, until)


def _until(text: str | None, timezone: ZoneInfo, now: datetime) -> datetime:
    if text is None:
        return local_midnight(now.astimezone(timezone).date(), timezone)
    try:
        until = datetime.fromisoformat(text)
    except ValueError as error:
        raise FootfallError(f"--until {text[:60]!r}: {error}") from error
    until = until if until.tzinfo else until.replace(tzinfo=timezone)
    if until > now:
        raise FootfallError(f"--until {text} is in the future: the cloud would refuse it")
    return until


def _timezone(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except (KeyError, OSError, ValueError) as error:  # not found is a KeyError
        raise FootfallError(
            f"--timezone {key[:60]!r} is unknown: use a name like Europe/London"
        ) from error


def _show_progress(acknowledged: int) -> None:
    sys.stderr.write(f"\rfootfall: {acknowledged} reports acknowledged ")
    sys.stderr.flush()
