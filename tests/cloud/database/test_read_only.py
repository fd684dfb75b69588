"""Another program's SQLite file is read and left as it is."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from cloud.database.engine import DatabaseError
from cloud.database.read_only import select_read_only


def select(url: str, statement: str) -> list[tuple]:
    with select_read_only(url, statement, timeout_s=9, monotonic=lambda: 0.0) as result:
        return [tuple(row) for row in result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "other 100%.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('50 % :x');")
    connection.close()
    return path


def test_rows_are_read_and_the_file_is_not_changed(path: Path):
    before = path.read_bytes()
    url = f"sqlite:///{str(path).replace('%', '%25')}"
    assert select(url, "SELECT a, ':y' FROM t WHERE a LIKE '50 %'") == [("50 % :x", ":y")]
    with pytest.raises(OperationalError, match=r"readonly|read-only"):
        select(url, "DELETE FROM t")
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_file_that_is_missing_is_not_created(tmp_path: Path):
    with pytest.raises(OperationalError, match="unable to open"):
        select(f"sqlite:///{tmp_path}/none/x.db", "SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_database_is_refused_without_its_address():
    with pytest.raises(DatabaseError, match="Write sqlite:") as found:
        select("mysql://ann:hunter2@host/x", "SELECT 1")
    assert "hunter2" not in str(found.value)
