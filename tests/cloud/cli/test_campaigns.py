"""`campaigns`: delivery of a campaign, logs of players, and make-goods, on the command line."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cloud import database
from cloud.cli import campaigns
from cloud.database import writing
from tests.cloud.campaigns.campaign_data import SEVEN, line, report, store_lines, store_reports
from tests.cloud.databases import new_database
from wire.command_line import Parser

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    url = new_database(tmp_path)
    engine = database.connect(url)
    with writing(engine) as connection:
        store_lines(connection, line(2))
        store_reports(connection, report(1, 0, a=30), report(2, 1, a=31))
    engine.dispose()
    parser = Parser()
    campaigns.add_arguments(parser)

    def run(*words: str) -> int:
        arguments = parser.parse_args(["--database", url, *words])
        return campaigns.run(arguments, lambda: SEVEN + timedelta(hours=3))

    return run


def test_a_campaign_is_listed_shown_and_made_good(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list", "--account", "acme") == 0
    (listed,) = capsys.readouterr().out.splitlines()
    campaign = listed.split()[0]
    assert listed.endswith("1 lines  acme  Acme: Winter")
    assert run("list", "--account", "bolt") == 0
    assert run("show", campaign) == 0
    first, total, pacing = capsys.readouterr().out.splitlines()
    assert first == (
        "SO-1-1              61 of 120 plays  OTS 152 (152 to 152)  attention 305 (305 to 305) s"
        "  observed 100%"
    )
    assert total.startswith("all lines           61 of 120")
    assert pacing.startswith("pacing: ")
    assert run("make-goods", campaign) == 0
    assert "delivered 61 of 120 plays (P10 61, P90 61): 49.2% short, 0.59 GBP" in (
        capsys.readouterr().out
    )
    assert run("make-goods", campaign, "--propose", "credit") == 0
    assert run("show", "0" * 32) == 1
    assert "GET /api/campaigns lists your campaigns" in capsys.readouterr().err


def test_a_log_is_imported_and_what_is_refused_is_counted(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, names = tmp_path / "log.csv", tmp_path / "names.csv"
    rows = "media,2026-11-23 07:00:00,2026-11-23 07:00:10,Left hall,a\n" * 2
    log.write_text(f"Type,FromDT,ToDT,Display,Media\n{rows}layout,,,,\n")
    imports = ("plays", "import", str(log), "--format", "xibo")
    assert run(*imports) == 1
    names.write_text("kind,log,ours\nscreen,Left hall,KX-01\n")
    assert run(*imports, "--names", str(names), "--zone", "UTC") == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[1] == "3 rows: 1 stored, 1 stored before, 1 refused"
    assert "1 rows: the row is not about media" in err
    names.write_text("kind,log,ours\nscreen,Left hall,KX-01\n")
    whole = (*imports, "--names", str(names), "--covers", "2026-11-23T07:00Z..2026-11-23T08:00Z")
    log.write_text(f"Type,FromDT,ToDT,Display,Media\n{rows.replace(',a', ',Spot A.mp4')}")
    assert run(*whole) == 1
    log.write_text(f"Type,FromDT,ToDT,Display,Media\n{rows.replace(',a', ',spot-a')}")
    assert run(*whole) == 1
    assert "KX-01 is not covered: no creative here has the name spot-a" in capsys.readouterr().err
    names.write_text("kind,log,ours\nscreen,Left hall,KX-01\ncreative,spot-a,a\n")
    assert run(*whole, "--screen", "Left hall") == 0
    assert "every play of 2026-11-23T07:00Z..2026-11-23T08:00Z is known of KX-01" in (
        capsys.readouterr().out
    )
    assert run(*imports, "--covers", "monday") == run(*imports, "--screen", "KX-01") == 1
    names.write_text("kind,log,ours\nplayer,x,y\n")
    assert run(*imports, "--names", str(names)) == 1
    assert run(*imports, "--zone", "Mars") == 1
    assert "'Mars' is no time zone" in capsys.readouterr().err
