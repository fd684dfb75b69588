"""The databases of tests: an empty one as `python -m cloud database upgrade` makes it."""

from pathlib import Path
from typing import Final

import pytest

from cloud import database


def new_database(folder: Path | str, name: str = "onlooker.db") -> str:
    """The URL of a new SQLite database in a folder."""
    url = f"sqlite:///{folder}/{name}"
    database.open_or_make(url).dispose()
    return url


SQLITE_ONLY: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of something else than the database: `engine` on SQLite alone."""
