"""`alerts list` prints the latest alerts up to its limit."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from cloud import database
from cloud.__main__ import main
from cloud.database import alerts
from tests.cloud.databases import new_database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

Listed = Callable[..., list[str]]


@pytest.fixture
def listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Listed:
    """The lines of `alerts list` over three alerts, of which the second has ended."""
    url = new_database(tmp_path)
    engine = database.connect(url)
    rows = [
        {"kind": kind, "location": location, "device": device, "raised_at": NOON,
         "last_held_at": NOON, "value": 1.0, "message": "gone", "cleared_at": cleared_at}
        for kind, location, device, cleared_at in (
            ("camera.offline", "KX-01", "a", None),
            ("camera.offline", "LB-01", "b", NOON + timedelta(hours=1)),
            ("crowd.surge", "LB-01", "", None),
        )
    ]  # fmt: skip
    with database.writing(engine) as connection:
        connection.execute(insert(alerts), rows)
    engine.dispose()

    def listed(*words: str) -> list[str]:
        assert main(["alerts", "list", "--database", url, *words]) == 0
        return capsys.readouterr().out.splitlines()

    return listed


def test_the_latest_alerts_are_listed_first_and_counted(listed: Listed) -> None:
    assert listed() == [
        "3  info  crowd.surge  LB-01  since 2026-11-20 12:00:00Z, open",
        "2  critical  camera.offline  LB-01/b  since 2026-11-20 12:00:00Z, "
        "until 2026-11-20 13:00:00Z",
        "1  critical  camera.offline  KX-01/a  since 2026-11-20 12:00:00Z, open",
        "3 alerts",
    ]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--limit", "1"], ["3"]),
        (["--limit", "2"], ["3", "2"]),
        (["--limit", "1000000"], ["3", "2", "1"]),
        (["--limit", "1", "--kind", "camera."], ["2"]),
        (["--open"], ["3", "1"]),
        (["--open", "--location", "KX-01"], ["1"]),
        (["--location", "KX-01", "--location", "LB-01", "--kind", "crowd.surge"], ["3"]),
        (["--location", "XX-99"], []),
    ],
)
def test_the_limit_counts_the_alerts_that_match(
    listed: Listed, options: list[str], numbers: list[str]
) -> None:
    *lines, last = listed(*options)
    assert [line.split()[0] for line in lines] == numbers
    assert last == f"{len(numbers)} alerts"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--limit", "0"], "write a whole number from 1 to"),
        (["--limit", "many"], "write a whole number from 1 to"),
        (["--count", "5"], "unrecognized arguments: --count"),
        (["--kind", "weather"], "'weather' is neither a kind of alert nor the beginning of one"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_with_a_sentence(
    listed: Listed, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        listed(*options)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
