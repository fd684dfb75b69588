"""Parse one line of the stream into rows that Spark can count, validated by `cloud.ingest`.

A line is a record of the IoT rule or, in a recorded file, an event or a batch of events as the
camera sent it; the source in the event then replaces the topic. Runs on the executors, without
Spark.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from cloud.database import microseconds
from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind, digest_of, printable, sample_of
from cloud.ingest.minute_sums import report_minute, report_sums
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.sources.kinesis_record import UNREADABLE_TOPIC, parse_record
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import (
    DEFAULT_RULES,
    DeviceMessage,
    IsListed,
    ValidationResult,
    ValidReport,
    validate,
)
from wire.audience import encode_report
from wire.envelope import InvalidEvent, decode_events
from wire.health import Heartbeat
from wire.topics import Channel, DeviceAddress

REPORT: Final = "report"
DEAD_LETTER: Final = "dead_letter"
OLDEST_HELD: Final = "oldest_held"  # a heartbeat with the oldest number that its camera holds


class ParsedRow(NamedTuple):
    """One row. Without a stream it acknowledges nothing; `sums` end with the peak.

    `at_us` is when the report ended or the heartbeat was sent; 0 where that is not trusted.
    `payload` is a report's own JSON, or a sample of what was refused.
    """

    stream_id: str | None
    device: str | None
    location: str | None
    what: str
    first: int
    last: int
    at_us: int
    minute_at: int
    sums: list[int]
    kind: str
    reason: str
    topic: str
    payload: bytes
    digest: str


SCHEMA: Final = (
    "stream_id string, device string, location string, what string, first bigint, last bigint, "
    "at_us bigint, minute_at bigint, sums array<bigint>, kind string, reason string, topic string, "
    "payload binary, digest string"
)


def parse_line(
    line: bytes, *, is_listed: IsListed, now: datetime, rules: ValidationRules = DEFAULT_RULES
) -> list[ParsedRow]:
    """Every row of one line; what is neither report nor refusal nor of use here is left out."""
    delivery = parse_record(line)
    deliveries = _as_recorded(line) if delivery.topic == UNREADABLE_TOPIC else [delivery]
    validated = partial(validate, is_listed=is_listed, now=now, rules=rules)
    results = (one for each in deliveries for one in validated(each))
    return [row for result in results for row in _rows(result)]


def _as_recorded(line: bytes) -> Iterable[Delivery]:
    """A recorded line under the topic that its event names; one that names none is torn."""
    for event in decode_events(line):
        if not isinstance(event, InvalidEvent):
            channel = Channel.HEARTBEAT if isinstance(event.data, Heartbeat) else Channel.AUDIENCE
            topic = event.source.removeprefix("/") + f"/{channel}"
            return [Delivery(topic, line)]
    return [Delivery(UNREADABLE_TOPIC, line)]


def _rows(result: ValidationResult) -> Iterator[ParsedRow]:
    match result:
        case ValidReport():
            report, identity = result.report, result.identity
            sums = [*report_sums(report), report.peak]
            yield ParsedRow(
                identity.stream_id,
                identity.address.device,
                identity.address.location,
                REPORT,
                identity.first,
                identity.last,
                microseconds(report.ends_at),
                report_minute(report),
                sums,
                "",
                "",
                result.topic,
                encode_report(report),
                "",
            )
        case DeadLetter():
            yield _dead_letter_row(result)
        case DeviceMessage(about=Heartbeat() as heartbeat) if heartbeat.oldest_sequence:
            yield _oldest_held_row(result, heartbeat, heartbeat.oldest_sequence)


def _oldest_held_row(message: DeviceMessage, heartbeat: Heartbeat, oldest: int) -> ParsedRow:
    """With the fields of its dead letter, in case its numbers are implausible."""
    dead_letter = message.as_dead_letter(DeadLetterKind.SEQUENCE, "")
    last = max(oldest, heartbeat.next_sequence) - 1
    return ParsedRow(
        heartbeat.journal,
        message.address.device,
        message.address.location,
        OLDEST_HELD,
        oldest,
        last,
        microseconds(heartbeat.sent_at),
        0,
        [],
        "",
        "",
        message.topic,
        sample_of(dead_letter),
        digest_of(dead_letter),
    )


def _dead_letter_row(dead_letter: DeadLetter) -> ParsedRow:
    identity = dead_letter.acknowledges
    address: DeviceAddress | None = dead_letter.address
    return ParsedRow(
        identity.stream_id if identity else None,
        address.device if address else None,
        address.location if address else None,
        DEAD_LETTER,
        identity.first if identity else 0,
        identity.last if identity else 0,
        0,
        0,
        [],
        str(dead_letter.kind),
        printable(dead_letter.reason),
        printable(dead_letter.topic),
        sample_of(dead_letter),
        digest_of(dead_letter),
    )
