"""An empty database with the tables of this version, as `python -m cloud database upgrade` does."""

from pathlib import Path

from cloud import database


def new_database(folder: Path | str, name: str = "onlooker.db") -> str:
    """The URL of a new SQLite database in a folder."""
    url = f"sqlite:///{folder}/{name}"
    database.open_or_make(url).dispose()
    return url
