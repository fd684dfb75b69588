"""`trade`: files for Xibo and Broadsign from the database, and requests of other dialects."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.campaigns.campaign import make_campaign_id
from cloud.cli.trade import commands as trade
from cloud.database import writing
from tests.cloud.campaigns.campaign_data import line, report, store_lines, store_reports
from tests.cloud.databases import new_database
from tests.cloud.rates import SITES_FILE
from wire.command_line import Parser

TUESDAY_NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CAMPAIGN = make_campaign_id(("acme", "Acme", "Winter"))


@pytest.fixture(scope="module")
def where(tmp_path_factory) -> str:
    url: str = new_database(tmp_path_factory.mktemp("trade"))
    engine = database.connect(url)
    with writing(engine) as connection:
        store_lines(connection, line(2))
        store_reports(connection, report(1, 0, a=30), report(2, 1, a=30))
    engine.dispose()
    return url


@pytest.fixture
def run(where: str, monkeypatch, capsys) -> Callable[..., list[str]]:
    parser = Parser()
    trade.add_arguments(parser)
    contexts = trade.open_context

    def open_later(arguments) -> AppContext:
        return replace(contexts(arguments), clock=lambda: TUESDAY_NOON)

    monkeypatch.setattr(trade, "open_context", open_later)

    def run(*words: str, status: int = 0) -> list[str]:
        typed = ["--database", where, "--sites", str(SITES_FILE), *words]
        assert trade.run(parser.parse_args(typed)) == status
        shown = capsys.readouterr()
        return (shown.err if status else shown.out).splitlines()

    return run


def test_an_hour_is_exported_to_xibo_and_to_broadsign_with_the_same_impressions(run) -> None:
    xibo = run("export", "xibo", "--time-slot", "2026-11-25T08:00", "KX-01", "LB-01")
    rows = {row["customId"]: row for row in csv.DictReader(io.StringIO("\n".join(xibo)))}
    assert list(rows) == ["KX-01", "LB-01"]
    assert float(rows["KX-01"]["costPerPlay"]) > 0

    days = ("--from", "2026-11-25", "--days", "1", "--method", "prorated", "KX-01")
    lines = run("export", "broadsign", *days)
    hours = {row["start_time"]: row for row in csv.DictReader(io.StringIO("\n".join(lines)))}
    assert len(hours) == 24
    impressions = hours["08:00:00"]["impressions_per_play"]
    assert f"{float(impressions):.4f}" == rows["KX-01"]["impressionsPerPlay"]


def test_a_campaign_is_exported_as_delivered(run, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("kind,log,ours\nscreen,Left hall,KX-01\ncreative,Winter.mp4,a\n")
    out = tmp_path / "displays.jsonl"
    words = ("--campaign", CAMPAIGN, "--format", "api", "--names", str(names), "--out", str(out))
    assert run("export", "xibo", *words) == []
    (shown,) = map(json.loads, out.read_text().splitlines())
    assert shown == {
        "display": "Left hall", "media": "Winter.mp4",
        "form": {"customId": "KX-01", "impressionsPerPlay": "2.5000", "costPerPlay": "0.0200"},
    }  # fmt: skip


def test_notices_and_interrupted_requests_are_counted(run) -> None:
    (shown,) = run("notices")
    assert shown == (
        "0 notices sent, 0 failed, 0 without delivery; 0 interrupted bid requests ended"
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("export", "xibo", "--campaign", "0" * 32), "no campaign"),
        (("export", "xibo", "--time-slot", "2026-11-25T08:30"), "2026-11-25T08:30"),
        (("export", "xibo", "--time-slot", "2026-11-25T08:00", "XX-99"), "no location 'XX-99'"),
        (("export", "broadsign", "--from", "2026-11-25", "--days", "0"), "expected 1 to 92"),
        (("export", "broadsign", "--from", "2026-11-25", "--template", "none.csv"), "none.csv"),
        (("read", "none.json"), "none.json"),
    ],
)
def test_what_cannot_be_exported_is_refused(run, words, reason) -> None:
    assert reason in run(*words, status=1)[0]
