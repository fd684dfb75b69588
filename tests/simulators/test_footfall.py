"""The `footfall` command: what it writes, and what it refuses."""

import pytest

from simulators.__main__ import main
from simulators.footfall import ReportTotals
from wire.envelope import (
    decode_events,
)


def test_the_command_writes_the_totals_it_prints(tmp_path, capsys):
    out = tmp_path / "history.jsonl"
    words = f"footfall --location KX-01 --days 2 --until 2026-11-18 --out {out}"
    assert main(words.split()) == 0
    counted = ReportTotals()
    events = [event for line in out.read_bytes().splitlines() for event in decode_events(line)]
    assert sum(1 for _ in counted.count(event.data for event in events)) == 2 * 96
    assert capsys.readouterr().out == f"{counted}\n"


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--location", "KX/01", "not a name"),
        ("--device", "+", "not a name"),
        ("--days", "0", "use 1 to"),
        ("--days", "1101", "use 1 to"),
        ("--until", "yesterday", "yesterday"),
        ("--until", "2999-01-01", "future"),
        ("--until", "2020-01-05", "use fewer days"),
        ("--timezone", "Mars/Olympus", "use a name like"),
        ("--timezone", "../etc", "use a name like"),
    ],
)
def test_an_invalid_history_is_refused(tmp_path, capsys, option, value, complaint):
    asked = {"--location": "KX-01", "--days": "3", "--until": "2026-11-18", option: value}
    words = [f"{name}={given}" for name, given in asked.items()]
    assert main(["footfall", *words, f"--out={tmp_path / 'h.jsonl'}"]) == 2
    assert complaint in capsys.readouterr().err


def test_an_unreachable_broker_is_named(capsys):
    words = "footfall --location KX-01 --days 1 --broker mqtt://127.0.0.1:1"
    assert main(words.split()) == 1
    assert "no broker at mqtt://127.0.0.1:1 " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("127.0.0.1:1883", "has no scheme: begin it with mqtt:// or mqtts://"),
        ("http://127.0.0.1", "is http: begin it with mqtt:// or mqtts://"),
        ("mqtt://", "has no host: write mqtt://host"),
        ("mqtt://h:port", "the port is no number from 1 to 65535"),
    ],
)
def test_an_invalid_broker_address_is_refused(capsys, url, sentence):
    assert main(["footfall", "--location=KX-01", "--days=1", f"--broker={url}"]) == 1
    assert sentence in capsys.readouterr().err


def test_certificates_without_a_broker_are_refused_by_name(tmp_path, capsys):
    words = ["--location=KX-01", "--days=1", f"--out={tmp_path / 'h.jsonl'}", "--ca=ca.pem"]
    assert main(["footfall", *words]) == 2
    assert "--ca would have no effect: they are used with --broker only" in capsys.readouterr().err


def test_certificates_for_a_broker_without_tls_are_refused(tmp_path, capsys):
    words = ["--location=KX-01", "--days=1", "--broker=mqtt://127.0.0.1:1", "--ca=ca.pem"]
    assert main(["footfall", *words]) == 1
    assert "certificates were given for an mqtt:// broker" in capsys.readouterr().err
