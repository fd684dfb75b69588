"""From one line of the stream to rows that Spark can count: the judging is the embedded one's.

A line is a record of the IoT rule, or, in a recorded file, an event or a batch of events as the
camera said it; its own source then stands for the topic. Runs on the executors; no Spark in here.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from cloud.database import microseconds
from cloud.ingest.dead_letters import digest_of, printable, sample_of
from cloud.ingest.minute_sums import report_minute, report_sums
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.sources.base import Delivery
from cloud.ingest.sources.kinesis_record import UNREADABLE_TOPIC, parse_record
from cloud.ingest.validate import (
    DEFAULT_RULES,
    DeadLetter,
    DeadLetterKind,
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
LETTER: Final = "letter"
FORGOTTEN: Final = "forgotten"  # a camera says below which number it holds nothing any more


class ParsedRow(NamedTuple):
    """One row. Without a stream it settles nothing; `sums` are those of a tally, then its peak.

    `at_us` is when the report ended or the heartbeat was sent; 0 where that is not believed.
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
    deliveries = _as_said(line) if delivery.topic == UNREADABLE_TOPIC else [delivery]
    judged = partial(validate, is_listed=is_listed, now=now, rules=rules)
    findings = (one for each in deliveries for one in judged(each))
    return [row for finding in findings for row in _rows(finding)]


def _as_said(line: bytes) -> Iterable[Delivery]:
    """A recorded line under the topic that its event names; one that names none is torn."""
    for event in decode_events(line):
        if not isinstance(event, InvalidEvent):
            channel = Channel.HEARTBEAT if isinstance(event.data, Heartbeat) else Channel.AUDIENCE
            topic = event.source.removeprefix("/") + f"/{channel}"
            return [Delivery(topic, line)]
    return [Delivery(UNREADABLE_TOPIC, line)]


def _rows(finding: ValidationResult) -> Iterator[ParsedRow]:
    match finding:
        case ValidReport():
            report, which = finding.report, finding.identity
            sums = [*report_sums(report), report.peak]
            yield ParsedRow(which.stream_id, which.address.device, which.address.location, REPORT,
                       which.first, which.last, microseconds(report.ends_at),
                       report_minute(report), sums, "", "", finding.topic,
                       encode_report(report), "")  # fmt: skip
        case DeadLetter():
            yield _letter(finding)
        case DeviceMessage(about=Heartbeat() as beat) if beat.oldest_sequence:
            yield _forgotten(finding, beat, beat.oldest_sequence)


def _forgotten(note: DeviceMessage, beat: Heartbeat, oldest: int) -> ParsedRow:
    """With all that its dead letter needs, should it speak of numbers that cannot be."""
    letter = note.as_dead_letter(DeadLetterKind.SEQUENCE, "")
    last = max(oldest, beat.next_sequence) - 1
    return ParsedRow(
        beat.journal,
        note.address.device,
        note.address.location,
        FORGOTTEN,
        oldest,
        last,
        microseconds(beat.sent_at),
        0,
        [],
        "",
        "",
        note.topic,
        sample_of(letter),
        digest_of(letter),
    )


def _letter(letter: DeadLetter) -> ParsedRow:
    which = letter.acknowledges
    at: DeviceAddress | None = letter.address
    return ParsedRow(
        which.stream_id if which else None,
        at.device if at else None,
        at.location if at else None,
        LETTER,
        which.first if which else 0,
        which.last if which else 0,
        0,
        0,
        [],
        str(letter.kind),
        printable(letter.reason),
        printable(letter.topic),
        sample_of(letter),
        digest_of(letter),
    )
