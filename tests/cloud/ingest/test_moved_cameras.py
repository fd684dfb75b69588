"""A report counts for the location where its camera stood when the report was made."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind
from cloud.ingest.membership import Membership
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import ValidationResult, ValidReport, validate
from cloud.sites.sites_file import SAMPLE, load_sites
from cloud.yaml_document import DocumentError
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 11, 19, 9, tzinfo=UTC), datetime(2026, 11, 21, 9, tzinfo=UTC)
MOVED = (
    ("[kx-01-cam-1,", "[{id: kx-01-cam-1, until: 2026-11-20},"),
    ("[lb-01-cam-1,", "[lb-01-cam-1, {id: kx-01-cam-1, from: 2026-11-20},"),
)

Reports = Callable[..., AudienceReport]


def sites(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SAMPLE.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "sites.yaml"
    file.write_text(text)
    return file


def judged(file: Path, report: AudienceReport) -> ValidationResult:
    membership = Membership(file)
    topic = f"onlooker/v1/{report.location}/{report.device}/audience"
    (finding,) = validate(
        Delivery(topic, encode_event(audience_event(report))),
        is_listed=membership.is_listed,
        now=NOW,
        rules=membership.rules(),
    )
    return finding


@pytest.mark.parametrize(
    ("location", "starts_at", "counts"),
    [
        ("KX-01", BEFORE, True),
        ("KX-01", AFTER, False),
        ("LB-01", BEFORE, False),
        ("LB-01", AFTER, True),
    ],
)
def test_a_camera_that_moved_counts_where_it_stood_at_the_time(
    tmp_path: Path, report: Reports, location: str, starts_at: datetime, counts: bool
) -> None:
    finding = judged(sites(tmp_path, *MOVED), report(1, location=location, starts_at=starts_at))
    assert isinstance(finding, ValidReport) is counts
    if isinstance(finding, DeadLetter):
        assert (finding.kind, finding.acknowledges) == (DeadLetterKind.UNKNOWN, None)
        assert "`from` and `until` dates" in finding.reason
        assert "the camera keeps its reports" in finding.reason


def test_a_camera_moved_without_dates_gets_a_reason_with_the_dates_to_write(
    tmp_path: Path, report: Reports
) -> None:
    file = sites(tmp_path, ("[kx-01-cam-1,", "["), ("[lb-01-cam-1,", "[lb-01-cam-1, kx-01-cam-1,"))
    finding = judged(file, report(1, starts_at=BEFORE))
    assert isinstance(finding, DeadLetter)
    assert (finding.kind, finding.acknowledges) == (DeadLetterKind.UNKNOWN, None)
    assert "at 'KX-01' with `until: DATE` and at 'LB-01' with `from: DATE`" in finding.reason


def test_dates_of_a_camera_with_one_location_only_say_when_it_is_expected(
    tmp_path: Path, report: Reports
) -> None:
    file = sites(tmp_path, MOVED[0])
    assert isinstance(judged(file, report(1, starts_at=AFTER)), ValidReport)


def test_a_camera_has_one_location_at_a_time(tmp_path: Path) -> None:
    later = ("[lb-01-cam-1,", "[lb-01-cam-1, {id: kx-01-cam-1, from: 2026-11-19},")
    with pytest.raises(DocumentError, match=r"kx-01-cam-1' is given 2 times.*`until: DATE`"):
        load_sites(sites(tmp_path, MOVED[0], later))
