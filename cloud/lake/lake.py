"""One lake: where its files are, and the database of its manifest."""

from dataclasses import dataclass

from sqlalchemy import Engine

from cloud.lake.storage import Storage


@dataclass(frozen=True, slots=True)
class Lake:
    """The files and the database of their manifest."""

    storage: Storage
    engine: Engine
