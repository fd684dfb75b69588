"""Options of `python -m cloud stream-spark`, and the acknowledgements that it publishes."""

import argparse
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cloud.cli.stream_spark import acknowledge_by_iot, acknowledgement, add_arguments, instant
from wire.envelope import AckEvent, decode_events

COUNT = ["count", "--folder", "out", "--checkpoint", "marks"]


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(list(words))


def test_an_acknowledgement_follows_the_wire_schema() -> None:
    row: Any = SimpleNamespace(
        device="kx-01-cam-1", location="KX-01", stream_id="00000000000000a1", through=7
    )
    topic, payload = acknowledgement(row)
    assert topic == "onlooker/v1/KX-01/kx-01-cam-1/ack"
    (event,) = decode_events(payload)
    assert isinstance(event, AckEvent)
    assert (event.data.journal, event.data.through) == ("00000000000000a1", 7)


def test_an_acknowledgement_is_published_for_each_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, int]] = []

    class Client:
        def publish(self, *, topic: str, qos: int, payload: bytes) -> None:
            sent.append((topic, qos))

    monkeypatch.setattr("cloud.cli.stream_spark.create_client", lambda *_, **__: Client())
    rows: Any = [
        SimpleNamespace(device=name, location="KX-01", stream_id="00000000000000a1", through=1)
        for name in ("a", "b")
    ]
    acknowledge_by_iot("eu-west-2", rows)
    assert sent == [("onlooker/v1/KX-01/a/ack", 0), ("onlooker/v1/KX-01/b/ack", 0)]


@pytest.mark.parametrize(
    "typed", ["2026-11-18T12:00+00:00", "2026-11-18T12:00Z", "2026-11-18T14:30+02:30"]
)
def test_an_instant_is_read_in_utc(typed: str) -> None:
    assert instant(typed) == datetime(2026, 11, 18, 12, tzinfo=UTC)
    assert instant(typed).tzinfo is UTC


@pytest.mark.parametrize(
    "typed", ["2026-11-18T12:00", "2026-11-18", "noon", "", "0001-01-01T00:00+14:00"]
)
def test_an_instant_without_an_offset_or_out_of_range_is_refused(typed: str, capsys) -> None:
    with pytest.raises(SystemExit):
        parse("windows", "--folder", "out", "--since", typed, "--until", "2026-11-18T12:00Z")
    assert "is no instant with an offset: write one like" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (COUNT, "one of the arguments --files --kinesis is required"),
        ([*COUNT, "--files", "in", "--kinesis", "s"], "not allowed with argument --files"),
        (["count", "--files", "in", "--folder", "out"], "required: --checkpoint"),
        (["windows", "--folder", "out"], "required: --since, --until"),
        ([], "action"),
    ],
)
def test_options_that_do_not_fit_are_refused(words: list[str], sentence: str, capsys) -> None:
    with pytest.raises(SystemExit):
        parse(*words)
    assert sentence in capsys.readouterr().err
