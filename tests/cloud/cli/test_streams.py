"""A gap that cannot be filled is listed, and can be closed by an operator."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from cloud.__main__ import main
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, encode_event

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"
JOURNAL = "00000000000000a1"

Reports = Callable[..., AudienceReport]


def acknowledged_through(engine: Engine, *reports: AudienceReport) -> list[int]:
    source = MemorySource((TOPIC, encode_event(audience_event(one))) for one in reports)
    Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: NOW).step()
    events = [event for _, payload in source.sent for event in envelope.decode_events(payload)]
    return [event.data.through for event in events if isinstance(event, AckEvent)]


def test_a_lost_database_is_made_good_by_hand(
    engine: Engine,
    report: Reports,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", engine.url.render_as_string())
    assert (
        acknowledged_through(engine, report(500), report(501)) == []
    )  # 1 to 499 are long forgotten

    assert main(["streams", "list", "--gaps"]) == 0
    assert f"KX-01/kx-01-cam-1  {JOURNAL}  through 0, then 1 gaps" in capsys.readouterr().out
    assert main(["streams", "close", "kx-01-cam-1", JOURNAL]) == 0
    assert "closed 1 to 501" in capsys.readouterr().out

    assert acknowledged_through(engine, report(500)) == [501]
    assert acknowledged_through(engine, report(502)) == [502]
    assert main(["streams", "list", "--gaps"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("device", ["kx-01-cam-1", "nobody"])
def test_there_may_be_nothing_to_close(
    engine: Engine,
    report: Reports,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    device: str,
) -> None:
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", engine.url.render_as_string())
    acknowledged_through(engine, report(1))
    assert main(["streams", "close", device, JOURNAL]) == 1
    assert "see `streams list`" in capsys.readouterr().err
