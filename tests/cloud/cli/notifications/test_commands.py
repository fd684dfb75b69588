"""`notifications run --once` finds, sends to a relay and ends; `list` shows what became of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cloud.__main__ import main
from cloud.database import writing
from tests.cloud.alerting.test_senders import Smtp
from tests.cloud.databases import new_engine
from tests.cloud.notifications.notice_world import open_world
from tests.cloud.notifications.rules.test_holds import hold
from tests.cloud.peers import Behaviour, Peer

HOUR = timedelta(hours=1)
LINK = ["--link", "https://sales.example"]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = new_engine(tmp_path)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{tmp_path}/onlooker.db")
    return engine


def test_a_hold_that_expires_is_mailed_once(
    database: Engine, peer: Callable[[Behaviour], Peer], capsys: pytest.CaptureFixture[str]
) -> None:
    world, relay = open_world(database), Smtp()
    hold(world, "a", expires_at=datetime.now(UTC) + HOUR)
    options = ["--smtp", f"127.0.0.1:{peer(relay).port}", *LINK]
    for _ in range(2):
        assert main(["notifications", "run", "--once", *options]) == 0
    assert relay.mail.count(b"Message-ID:") == 3  # Ann, Bob, and Eve of the agency
    assert main(["notifications", "list", "--state", "sent"]) == 0
    listed = capsys.readouterr().out
    assert listed.count("hold_expiring") == 3
    assert "3 notifications" in listed
    assert "@" not in listed


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "--smtp HOST:PORT"),
        (["--smtp", "localhost:25"], "--link"),
        (["--smtp", "localhost:25", *LINK, "--every", "-1"], "--every"),
        (["--smtp", "localhost:x", *LINK], "--smtp"),
    ],
)
def test_options_that_cannot_be_used_are_refused_with_a_sentence(
    database: Engine, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["notifications", "run", "--once", *options]) == 2
    assert sentence in capsys.readouterr().err


def test_a_database_error_is_a_status(database: Engine, caplog) -> None:
    with writing(database) as connection:
        connection.exec_driver_sql("DROP TABLE notices")
    assert main(["notifications", "run", "--once", "--smtp", "localhost:1", *LINK]) == 1
    assert "database.unavailable" in caplog.text
