"""A command that needs a database never creates one, and names the one that it did not find."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from cloud.database import NoDatabaseError, location_venues, open_existing, reading, writing
from cloud.database.existing import require_file
from tests.cloud.databases import new_database


def test_a_missing_file_is_named_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(NoDatabaseError, match=r"none\.db: name it with --database") as refused:
        open_existing(f"sqlite:///{tmp_path}/none.db")
    assert f"there is no database {tmp_path}/none.db" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_relative_file_is_named_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoDatabaseError, match=f"there is no database {tmp_path}/var/x.db"):
        require_file("sqlite:///var/x.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "postgresql://db/onlooker"])
def test_a_database_without_a_file_is_not_looked_for(url: str) -> None:
    require_file(url)


def test_an_existing_file_is_accepted_with_its_options(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    require_file(f"sqlite:///{tmp_path}/a.db?timeout=5")


@pytest.mark.parametrize("statement", [None, "CREATE TABLE orders (id INTEGER)"])
def test_a_database_without_our_tables_is_refused_and_unchanged(
    tmp_path: Path, statement: str | None
) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement or "PRAGMA user_version = 1"))
    with pytest.raises(NoDatabaseError, match=r"other\.db holds no tables of Onlooker"):
        open_existing(url)
    assert inspect(engine).get_table_names() == (["orders"] if statement else [])
    engine.dispose()


def test_an_address_is_shown_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = create_engine(f"sqlite:///{tmp_path}/empty.db")
    monkeypatch.setattr("cloud.database.existing.connect", lambda _: empty)
    with pytest.raises(NoDatabaseError) as refused:
        open_existing("postgresql://ann:s3cret@db.example/onlooker")
    assert "db.example" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_an_existing_database_is_opened_with_its_rows(tmp_path: Path) -> None:
    url = new_database(tmp_path)
    engine = open_existing(url)
    with writing(engine) as connection:
        connection.execute(location_venues.insert().values(location="KX-01", venue_type="10"))
    engine.dispose()
    engine = open_existing(url)
    with reading(engine) as connection:
        assert connection.execute(location_venues.select()).all() == [("KX-01", "10")]
    engine.dispose()
