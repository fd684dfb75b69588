"""`python -m cloud marts`: an operator builds the marts and publishes them."""

import errno
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from cloud.__main__ import main
from cloud.database import connect, reading, writing
from cloud.ingest import report_store
from simulators.synthetic.cameras import render_sites_file
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_database
from tests.cloud.marts.audience_rows import CAMERAS

CAMERA = CAMERAS[0].address


def test_marts_are_built_and_published(
    tmp_path: Path, report: Reports, capsys: pytest.CaptureFixture[str]
) -> None:
    url = new_database(tmp_path)
    engine = connect(url)
    with writing(engine) as connection:
        received = [report(location=CAMERA.location, device=CAMERA.device)]
        report_store.write_reports(connection, received, NINE)
    (tmp_path / "sites.yaml").write_text(render_sites_file(CAMERAS))
    shared = ["marts", "--database", url, "--lake", str(tmp_path / "lake"),
              "--sites", str(tmp_path / "sites.yaml")]  # fmt: skip

    assert main(["lake", *shared[1:-2], "update"]) == 0
    capsys.readouterr()
    assert main([*shared, "build"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-11-20: audience_demographics_hourly 0, audience_metrics 96, campaign_performance 0",
        "profiles of 4 locations built",
        "season from 2026-09-01: 8 rows",
    ]
    assert main([*shared, "publish"]) == 0
    assert "mart_audience_metrics: 1 days, 96 rows" in capsys.readouterr().out
    with reading(engine) as connection:
        visits = connection.execute(text("SELECT sum(visits) FROM mart_audience_metrics")).scalar()
    assert visits == 2
    engine.dispose()


def test_days_are_built_again_from_a_given_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from argparse import Namespace
    from datetime import UTC, datetime

    from cloud.cli import marts

    arguments = Namespace(
        database=new_database(tmp_path), lake=str(tmp_path / "lake"), sites=None,
        action="build", since=date(2026, 11, 19), spark=False,
    )  # fmt: skip
    assert marts.run(arguments, lambda: datetime(2026, 11, 20, 3, tzinfo=UTC)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-11-19: no reports, left as it is",
        "2026-11-20: no reports, left as it is",
        "profiles of 0 locations built",
    ]


def test_a_storage_that_fails_ends_a_build_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cloud.cli.marts.build_profiles", fail)
    monkeypatch.delenv("ONLOOKER_SITES")
    words = ["marts", "--database", new_database(tmp_path), "--lake", str(tmp_path / "lake")]
    assert main([*words, "build"]) == 2
    shown = capsys.readouterr().err
    assert "No space left on device. Nothing that was committed is lost" in shown
    assert "no sites file is named" in shown
