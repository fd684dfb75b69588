"""Dead letters: which acknowledge a report, when two are one, and what of them is stored."""

import pytest

from cloud.ingest.dead_letters import (
    NOT_ACKNOWLEDGED,
    SAMPLE_BYTES,
    DeadLetter,
    DeadLetterKind,
    ReportIdentity,
    digest_of,
    printable,
    sample_of,
)
from wire.envelope import MAX_PAYLOAD_BYTES
from wire.scalars import DeviceId, JournalId, LocationId
from wire.topics import DeviceAddress

ADDRESS = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
STREAM = JournalId("00000000000000a1")
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"


def identity(first: int = 3, last: int = 5, stream: JournalId = STREAM) -> ReportIdentity:
    return ReportIdentity(ADDRESS, stream, first, last)


def dead_letter(
    kind: DeadLetterKind = DeadLetterKind.FUTURE,
    *,
    topic: str = TOPIC,
    payload: bytes = b"{}",
    which: ReportIdentity | None = None,
) -> DeadLetter:
    return DeadLetter(kind, "a reason", topic, payload, ADDRESS, which)


@pytest.mark.parametrize("kind", DeadLetterKind)
def test_only_a_report_that_the_device_may_delete_is_acknowledged(kind: DeadLetterKind) -> None:
    acknowledged = dead_letter(kind, which=identity()).acknowledges
    assert acknowledged == (None if kind in NOT_ACKNOWLEDGED else identity())
    assert dead_letter(kind).acknowledges is None


@pytest.mark.parametrize(
    "kind",
    [
        DeadLetterKind.TOPIC,
        DeadLetterKind.OVERSIZE,
        DeadLetterKind.UNREADABLE,
        DeadLetterKind.UNKNOWN,
        DeadLetterKind.SEQUENCE,
        DeadLetterKind.SCATTERED,
    ],
)
def test_these_kinds_stay_with_the_device(kind: DeadLetterKind) -> None:
    assert dead_letter(kind, which=identity()).acknowledges is None


@pytest.mark.parametrize(
    ("first", "covered"), [(2, False), (3, True), (4, True), (5, True), (6, False)]
)
def test_a_range_covers_a_report_that_starts_in_it(first: int, covered: bool) -> None:
    assert identity(3, 5).covers(identity(first, 9)) is covered


def test_a_range_of_another_stream_or_device_covers_nothing() -> None:
    other = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-2"))
    assert not identity().covers(identity(stream=JournalId("00000000000000b2")))
    assert not identity().covers(ReportIdentity(other, STREAM, 3, 5))


def test_an_unlisted_camera_has_one_dead_letter_per_topic() -> None:
    kind = DeadLetterKind.UNKNOWN
    some = digest_of(dead_letter(kind, payload=b"a", which=identity(1, 1)))
    assert some == digest_of(dead_letter(kind, payload=b"b", which=identity(2, 2)))
    assert some != digest_of(dead_letter(kind, topic=TOPIC.replace("cam-1", "cam-2")))


def test_a_repeated_report_has_the_digest_of_its_numbers_whatever_its_bytes() -> None:
    some = digest_of(dead_letter(payload=b"a", which=identity(1, 1)))
    assert some == digest_of(dead_letter(payload=b"b", which=identity(1, 1)))
    assert some != digest_of(dead_letter(payload=b"a", which=identity(1, 2)))
    assert some != digest_of(
        dead_letter(DeadLetterKind.ANCIENT, payload=b"a", which=identity(1, 1))
    )


def test_another_report_under_used_numbers_has_the_digest_of_its_bytes() -> None:
    kind = DeadLetterKind.SEQUENCE_REUSED
    some = digest_of(dead_letter(kind, payload=b"a", which=identity(1, 1)))
    assert some == digest_of(dead_letter(kind, payload=b"a", which=identity(2, 2)))
    assert some != digest_of(dead_letter(kind, payload=b"b", which=identity(1, 1)))


def test_what_can_be_replayed_is_stored_whole_and_the_rest_as_a_sample() -> None:
    payload = b"x" * (MAX_PAYLOAD_BYTES + 1)
    assert len(sample_of(dead_letter(payload=payload, which=identity()))) == MAX_PAYLOAD_BYTES
    assert len(sample_of(dead_letter(payload=payload))) == SAMPLE_BYTES
    assert sample_of(dead_letter(payload=b"")) == b""


def test_another_reason_changes_nothing_else() -> None:
    some = dead_letter(which=identity())
    other = some.as_dead_letter(DeadLetterKind.UNSTORABLE, "out of range")
    assert (other.kind, other.reason) == (DeadLetterKind.UNSTORABLE, "out of range")
    assert (other.topic, other.payload, other.identity) == (some.topic, some.payload, some.identity)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("Größe 5", "Größe 5"), ("a\0b\nc", "a\ufffdb\ufffdc"), ("\ud800", "\ufffd")],
)
def test_control_characters_and_lone_surrogates_are_replaced(text: str, shown: str) -> None:
    assert printable(text) == shown
