"""A failing database ends a command with one sentence and status 2, and changes nothing."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from cloud.__main__ import main
from cloud.database import DatabaseError, connect, writing
from cloud.database import engine as database_engine
from cloud.database.failures import failure_sentence, is_passing
from cloud.fleet.__main__ import main as fleet
from tests.cloud.databases import copy_filled
from tests.small_disk import SmallDisk, small_disk

SECRET = "a-row-that-nobody-may-read"
COMMANDS: list[list[str]] = [
    ["stream"],
    ["streams", "list"],
    ["dead-letters", "list"],
    ["alerts", "run", "--once"],
    ["retention"],
    ["forecast"],
    ["fleet", "list"],
    ["database", "current"],
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database that holds a secret."""
    return filled(tmp_path / "onlooker.db")


def filled(file: Path) -> Path:
    copy_filled(file.parent, insert_secret)
    return file


def insert_secret(made: Engine) -> None:
    insert(made, [{"location": f"{SECRET}-{number}"} for number in range(2_000)])


def insert(made: Engine, rows: list[dict[str, str]]) -> None:
    with writing(made) as connection:
        connection.execute(text("INSERT INTO location_updates VALUES (:location, 1, 1)"), rows)


def spoil_pages(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 : len(content)] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)


def spoil_header(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[:64] = b"\0" * 64
    file.write_bytes(content)


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize("spoil", [spoil_pages, spoil_header])
def test_a_damaged_database_ends_a_command_with_one_sentence_and_stays_as_it_is(
    file: Path,
    spoil: Callable[[Path], None],
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoil(file)
    before = digest(file)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{file}")
    assert main(command) == 2
    output = capsys.readouterr().err
    assert "is damaged; restore a copy" in output
    assert SECRET not in output
    assert "Traceback" not in output
    assert digest(file) == before


def test_the_fleet_program_says_the_same(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_pages(file)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{file}")
    assert fleet(["list"]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_a_database_that_another_program_holds_is_locked_not_damaged(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_engine, "BUSY_TIMEOUT_MS", 50)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert main(["retention"]) == 2
    assert "is locked by another program" in capsys.readouterr().err
    assert main(["retention"]) == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_a_full_disk_is_said_and_nothing_is_lost(
    disk: SmallDisk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = filled(disk.folder / "onlooker.db")
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{file}")
    disk.fill()
    assert main(["database", "current"]) in (0, 2)
    made = connect(f"sqlite:///{file}")
    rows = [{"location": f"more-{number}"} for number in range(20_000)]
    with pytest.raises(DBAPIError) as failed:
        insert(made, rows)
    assert is_passing(failed.value)
    output = failure_sentence(failed.value)
    assert "the disk is full" in output or "check the disk" in output  # growing the -shm is I/O
    assert "more-" not in str(failed.value)
    made.dispose()
    disk.empty()
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("SELECT count(*) FROM location_updates").fetchone() == (2_000,)


def test_a_database_on_a_read_only_file_system_is_not_damaged(
    disk: SmallDisk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = filled(disk.folder / "onlooker.db")
    before = digest(file)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{file}")
    disk.remount("ro")
    try:
        assert main(["retention"]) == 2
    finally:
        disk.remount("rw")
    output = capsys.readouterr().err
    assert "read-only file system" in output or "cannot be opened" in output
    assert digest(file) == before
    assert main(["retention"]) == 0


def test_a_folder_that_cannot_be_made_is_said(disk: SmallDisk) -> None:
    disk.remount("ro")
    with pytest.raises(DatabaseError, match="cannot be created: Read-only file system"):
        connect(f"sqlite:///{disk.folder}/new/onlooker.db")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_row_that_postgresql_refuses_is_not_printed(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as failed:
        insert(engine, [{"location": SECRET}] * 2)
    assert not is_passing(failed.value)
    assert SECRET not in failure_sentence(failed.value)
    assert "touched_pkey" in failure_sentence(failed.value)
