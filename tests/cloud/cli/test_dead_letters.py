"""`python -m cloud dead-letters` lists, shows, replays and deletes refused messages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from cloud.__main__ import main
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from tests.cloud.databases import SQLITE_ONLY
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"

Reports = Callable[..., AudienceReport]


def consume(engine: Engine, payload: bytes, now: datetime = NOW) -> None:
    source = MemorySource([(TOPIC, payload)])
    Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: now).step()


def test_the_command_lists_shows_and_replays(
    engine: Engine,
    report: Reports,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", engine.url.render_as_string())
    consume(engine, b'{"\x1b[31m": 1}')
    consume(engine, encode_event(audience_event(report(1, starts_at=NOW + timedelta(minutes=30)))))

    assert main(["dead-letters", "list"]) == 0
    listed = capsys.readouterr().out
    assert "unreadable" in listed
    assert "future" in listed
    assert "\x1b" not in listed

    assert main(["dead-letters", "show", "1"]) == 0
    assert "reason" in capsys.readouterr().out
    assert main(["dead-letters", "show", "99"]) == 1

    assert main(["dead-letters", "replay"]) == 1
    assert "1: refused again" in capsys.readouterr().out


@pytest.fixture
def letters(engine: Engine, report: Reports, monkeypatch: pytest.MonkeyPatch) -> None:
    """Number 1 is unreadable, number 2 from the future."""
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    early = report(1, starts_at=NOW + timedelta(minutes=30))
    consume(engine, b"rubbish")
    consume(engine, encode_event(audience_event(early)), NOW + timedelta(seconds=1))


@SQLITE_ONLY
@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--kind", "future"], ["2"]),
        (["--kind", "unreadable"], ["1"]),
        (["--kind", "topic"], []),
        (["--limit", "1"], ["2"]),
    ],
)
def test_the_list_is_cut_by_kind_and_number(capsys, words: list[str], shown: list[str]) -> None:
    assert main(["dead-letters", "list", *words]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == shown


@SQLITE_ONLY
@pytest.mark.usefixtures("letters")
def test_the_sample_is_shown_without_its_digest(capsys) -> None:
    assert main(["dead-letters", "show", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "rubbish"
    assert not any(line.split()[0] == "digest" for line in lines[:-1])


@SQLITE_ONLY
@pytest.mark.usefixtures("letters")
def test_only_the_dead_letters_of_the_device_are_deleted(capsys) -> None:
    assert main(["dead-letters", "delete", "lb-01-cam-1"]) == 0
    assert main(["dead-letters", "delete", "kx-01-cam-1"]) == 0
    assert capsys.readouterr().out == (
        "0 dead letters of lb-01-cam-1 deleted\n2 dead letters of kx-01-cam-1 deleted\n"
    )
    assert main(["dead-letters", "list"]) == 0
    assert capsys.readouterr().out == ""


@SQLITE_ONLY
@pytest.mark.usefixtures("letters")
def test_a_device_that_is_not_in_quarantine_is_not_released(capsys) -> None:
    assert main(["dead-letters", "quarantined"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["dead-letters", "release", "kx-\x1b[31m"]) == 1
    refused = capsys.readouterr().err
    assert "is not in quarantine: see `dead-letters quarantined`" in refused
    assert "\x1b" not in refused
