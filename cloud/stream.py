"""`python -m cloud stream`: receive from the broker, count once, acknowledge, until stopped.

The clock is read here. SIGTERM and Ctrl-C let the current batch be committed and acknowledged; the
exit status is then 0. No message from a device ends the program.
"""

import argparse
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cloud import database, settings
from cloud.database.failures import failure_of, is_passing
from cloud.database.partitions import PartitionMaker
from cloud.ingest.commit import CommitResult
from cloud.ingest.consumer import Consumer
from cloud.ingest.membership import Membership
from cloud.ingest.sources.message_source import MessageSource, SourceError
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url, read_common_name
from cloud.metrics_server import serving_metrics
from cloud.receipts.options import add_log_arguments, read_receipt_keys, read_receipt_roots
from cloud.receipts.upkeep import ReceiptLog
from cloud.sites.sites_file import SAMPLE
from cloud.windows.renamed_locations import LocationRenames
from cloud.windows.venue_types import VenueTypeSync
from wire.aws import create_client
from wire.clock import utc_now
from wire.command_line import CERTIFICATES, add_certificates, refuse_options
from wire.process.garbage import reduce_garbage_collection

log = logging.getLogger(__name__)

STOPPED: Final = 0
PROGRESS_EVERY_S: Final = 10.0
DATABASE_AGAIN_S: Final = 2.0
SETTINGS: Final = ("broker", "database", "sites", "people-per-camera", "people-per-second")
_SECOND: Final = timedelta(seconds=1)
Maintain = Callable[[datetime], None]
"""Called before every batch: partitions, renamed locations, venue types, receipts."""

REPORTS = Counter("onlooker_ingest_reports", "Reports counted, each once")
DUPLICATES = Counter("onlooker_ingest_duplicates", "Reports that were counted before")
DEVICE_MESSAGES = Counter(
    "onlooker_ingest_device_messages", "Heartbeats, alarms and status messages received"
)
DEAD_LETTERS = Counter("onlooker_ingest_dead_letters", "Messages that failed validation", ["kind"])
WITHHELD = Counter(
    "onlooker_ingest_withheld_messages", "Failing messages that are counted and not stored"
)
QUARANTINED = Counter("onlooker_ingest_quarantined_devices", "Devices put in quarantine")
RECEIPTS = Counter(
    "onlooker_ingest_receipts", "Receipts appended to the log or rejected", ["state"]
)
LOST = Counter("onlooker_ingest_lost_reports", "Reports recorded as lost")
ACKS = Counter("onlooker_ingest_acks", "Acknowledgements sent")
LAG = Histogram(
    "onlooker_ingest_lag_seconds",
    "From the end of a report to its commit",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 3600, 86400),
)
BATCH_S = Histogram(
    "onlooker_ingest_batch_seconds",
    "One batch, from the first read to the last acknowledgement",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
LATEST_AT = Gauge(
    "onlooker_ingest_latest_commit_timestamp_seconds", "When the latest report was counted"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stream`."""
    settings.add_arguments(parser, *SETTINGS)
    offer = parser.add_argument
    offer(
        "--client-id",
        metavar="NAME",
        help="client id at the broker (default: the name in the certificate)",
    )
    offer("--share", metavar="GROUP", help="divide the messages among consumers of this group")
    offer("--identity", type=Path, metavar="DIR",
          help="stream.crt, stream.key and trust.pem (`ca issue --service stream`)")  # fmt: skip
    add_certificates(parser)
    offer("--kinesis", metavar="STREAM", default=os.environ.get("ONLOOKER_KINESIS_STREAM"),
          help="read a Kinesis stream, not a broker (ONLOOKER_KINESIS_STREAM)")  # fmt: skip
    add_log_arguments(parser, roots=True)
    offer("--metrics-port", type=int, metavar="PORT", help="serve Prometheus metrics on loopback")


def run(arguments: argparse.Namespace) -> int:
    """Stream until stopped."""
    chosen = settings.read(arguments)
    membership = Membership(chosen.sites or SAMPLE)
    if arguments.kinesis:
        refuse_options(
            arguments,
            *("broker", "client-id", "share", "identity", *CERTIFICATES),
            because="they belong to an MQTT broker, and --kinesis reads none",
        )
    keys, roots = read_receipt_keys(arguments), read_receipt_roots(arguments)
    engine = database.connect(chosen.database_url)
    receipt_log = ReceiptLog(engine, keys, roots)
    source = _kinesis(arguments.kinesis, engine) if arguments.kinesis else _mqtt(arguments, chosen)
    reduce_garbage_collection()
    with serving_metrics(arguments.metrics_port or None), _stopping() as stopping:
        if not _ready(engine, stopping):
            return STOPPED
        consumer = Consumer(
            source,
            engine,
            is_listed=membership.is_listed,
            clock=utc_now,
            rules=membership.rules(chosen.people_per_camera, chosen.people_per_second),
            stopping=stopping,
        )
        try:
            return stream(consumer, stopping, _maintenance(engine, membership, receipt_log))
        finally:
            engine.dispose()


def _ready(engine: Engine, stopping: threading.Event) -> bool:
    """Wait until the database is available; False when stopped meanwhile."""
    while True:
        try:
            database.create(engine)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("database.unavailable", extra={"reason": failure_of(error)})
        else:
            return True
        if stopping.wait(DATABASE_AGAIN_S):
            return False


def _mqtt(arguments: argparse.Namespace, chosen: settings.Settings) -> MessageSource:
    ca_file, cert_file, key_file = _certificates(arguments)
    return MqttSource(
        parse_broker_url(
            chosen.broker_url,
            client_id=arguments.client_id or _client_id(arguments.share, cert_file),
            share=arguments.share,
            ca_file=ca_file,
            cert_file=cert_file,
            key_file=key_file,
        )
    )


def _certificates(arguments: argparse.Namespace) -> tuple[Path | None, Path | None, Path | None]:
    """Authority, certificate and key: those of the options, else those of the identity."""
    ca, cert, key = arguments.ca, arguments.cert, arguments.key
    folder: Path | None = arguments.identity
    if folder is None:
        return ca, cert, key
    found = sorted(folder.glob("stream*.crt"))
    if len(found) != 1 and cert is None:
        raise SourceError(
            f"{folder} holds {len(found)} certificates stream*.crt, expected one: give --cert, or "
            f"`python -m provisioning ca issue --dir CA --service stream --out {folder}`"
        )
    cert = cert or found[0]
    return ca or folder / "trust.pem", cert, key or cert.with_suffix(".key")


def _kinesis(stream: str, engine: Engine) -> MessageSource:
    try:
        from cloud.ingest.sources.kinesis import KinesisSource
    except ImportError as error:
        raise SourceError("Kinesis needs boto3: install onlooker[cloud,aws]") from error
    return KinesisSource(
        stream, engine, kinesis=create_client("kinesis"), iot_data=create_client("iot-data")
    )


def _maintenance(engine: Engine, membership: Membership, receipt_log: ReceiptLog) -> Maintain:
    ahead, venues, renames = PartitionMaker(engine), VenueTypeSync(engine), LocationRenames(engine)

    def maintain(now: datetime) -> None:
        ahead.maintain(now)
        renames.maintain(membership.sites, now)
        venues.maintain(membership.venues)
        result = receipt_log.maintain(now)
        RECEIPTS.labels("logged").inc(result.appended)
        RECEIPTS.labels("rejected").inc(result.rejected)

    return maintain


def stream(consumer: Consumer, stopping: threading.Event, maintain: Maintain) -> int:
    """Process batches until `stopping` is set."""
    log.info("stream.started")
    try:
        _process_batches(consumer, stopping, maintain)
    finally:
        consumer.finish()
    log.info("stream.stopped")
    return STOPPED


def _process_batches(consumer: Consumer, stopping: threading.Event, maintain: Maintain) -> None:
    progress = Progress()
    while not stopping.is_set():
        maintain(datetime.now(UTC))
        began = time.perf_counter()
        outcome = consumer.step()
        if outcome is not None:
            BATCH_S.observe(time.perf_counter() - began)
            measure(outcome, datetime.now(UTC))
            progress.add(outcome)
        progress.log_when_due(time.monotonic())
    progress.log_now()


def measure(outcome: CommitResult, now: datetime) -> None:
    """Add one batch to the metrics."""
    REPORTS.inc(len(outcome.counted))
    DUPLICATES.inc(outcome.duplicates)
    DEVICE_MESSAGES.inc(outcome.device_messages)
    ACKS.inc(len(outcome.acks))
    LOST.inc(outcome.lost)
    WITHHELD.inc(outcome.withheld.total())
    QUARANTINED.inc(len(outcome.quarantined))
    for dead_letter in outcome.dead_letters:
        DEAD_LETTERS.labels(dead_letter.kind).inc()
    for valid in outcome.counted:
        LAG.observe(max(0.0, (now - valid.report.ends_at) / _SECOND))
    if outcome.counted:
        LATEST_AT.set(now.timestamp())


class Progress:
    """Logs the progress every ten seconds, when there is any."""

    def __init__(self) -> None:
        self._logged_at = 0.0
        self._fields: dict[str, int] = {}

    def add(self, outcome: CommitResult) -> None:
        """Add one batch."""
        for name, value in (
            ("reports", len(outcome.counted)),
            ("duplicates", outcome.duplicates),
            ("dead_letters", len(outcome.dead_letters)),
            ("device_messages", outcome.device_messages),
            ("withheld", outcome.withheld.total()),
            ("lost", outcome.lost),
        ):
            self._fields[name] = self._fields.get(name, 0) + value

    def log_when_due(self, now_s: float) -> None:
        """Log when ten seconds have passed since the last time."""
        if now_s - self._logged_at >= PROGRESS_EVERY_S:
            self._logged_at = now_s
            self.log_now()

    def log_now(self) -> None:
        """Log the progress since the last time."""
        if self._fields:
            log.info("stream.progress", extra=self._fields)
            self._fields = {}


def _client_id(share: str | None, certificate: Path | None) -> str:
    """The name in the certificate, which is unique to a consumer; else a generated one."""
    if certificate is not None and (name := read_common_name(certificate)):
        return name
    host = socket.gethostname().split(".")[0]
    member = f"-{host}-{threading.get_native_id()}" if share else ""
    return f"onlooker-stream{member}"


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    stopping = threading.Event()

    def stop(_number: int, _frame: Any) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
