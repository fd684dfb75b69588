"""Uploads as recorded in the database."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from cloud.database import insert
from cloud.database.lake.data_products import (
    LOADED,
    RECEIVED,
    REFUSED,
    loaded_files,
    product_uploads,
)

MOST_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """One file that was received, and what became of it."""

    id: str
    product: str
    table_name: str
    file_name: str
    path: str
    sha256: str
    size_bytes: int
    received_at: datetime
    received_by: str
    state: str = RECEIVED
    loaded_at: datetime | None = None
    rows_loaded: int | None = None
    rows_refused: int | None = None
    reason: str | None = None


def add_upload(connection: Connection, record: UploadRecord) -> None:
    """Record a file that was received."""
    connection.execute(product_uploads.insert().values(asdict(record)))


def find_loaded(connection: Connection, table_name: str, sha256: str) -> UploadRecord | None:
    """The upload whose content is the same and is loaded already."""
    columns = loaded_files.c
    query = (
        select(product_uploads)
        .join(loaded_files, product_uploads.c.id == columns.upload)
        .where(columns.table_name == table_name, columns.sha256 == sha256)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _to_record(row)


def find_newest(
    connection: Connection, table_name: str, *, with_rows: bool = False
) -> UploadRecord | None:
    """The newest upload of a raw table; `with_rows`: of those that brought the rows it has."""
    columns = product_uploads.c
    query = select(product_uploads).where(columns.table_name == table_name)
    if with_rows:
        query = query.where(columns.state == LOADED, columns.rows_loaded.is_not(None))
    ordered = query.order_by(columns.received_at.desc(), columns.id.desc()).limit(1)
    row = connection.execute(ordered).one_or_none()
    return None if row is None else _to_record(row)


def mark_loaded(
    connection: Connection, record: UploadRecord, *, loaded: int, refused: int, notes: str | None,
    now: datetime, again: UploadRecord | None = None,
) -> bool:  # fmt: skip
    """Record that the rows are in the lake; False: the same content was loaded meanwhile.

    `again` is the earlier upload of the same content, whose rows others have replaced.
    """
    statement = insert(connection.dialect.name, loaded_files).values(
        table_name=record.table_name, sha256=record.sha256, upload=record.id
    )
    statement = statement.on_conflict_do_update(
        index_elements=[loaded_files.c.table_name, loaded_files.c.sha256],
        set_={"upload": record.id},
        where=loaded_files.c.upload == (again.id if again else None),
    )
    if connection.execute(statement).rowcount != 1:
        return False
    _update(
        connection, record.id, state=LOADED, loaded_at=now, rows_loaded=loaded,
        rows_refused=refused, reason=notes,
    )  # fmt: skip
    return True


def mark_refused(connection: Connection, upload: str, reason: str) -> None:
    """Record why the file as a whole is not loaded."""
    _update(connection, upload, state=REFUSED, reason=reason)


def read_uploads(
    connection: Connection, product: str, *, limit: int = MOST_LISTED
) -> list[UploadRecord]:
    """The newest uploads of a product, newest first."""
    columns = product_uploads.c
    query = select(product_uploads).where(columns.product == product)
    ordered = query.order_by(columns.received_at.desc(), columns.id.desc()).limit(limit)
    return [_to_record(row) for row in connection.execute(ordered)]


def read_loaded_rows(connection: Connection, table_name: str, limit: int) -> list[int]:
    """The rows of the newest loaded files of a raw table, newest first."""
    columns = product_uploads.c
    query = select(columns.rows_loaded).where(
        columns.table_name == table_name,
        columns.state == LOADED,
        columns.rows_loaded.is_not(None),
    )
    ordered = query.order_by(columns.loaded_at.desc(), columns.id.desc()).limit(limit)
    return list(connection.execute(ordered).scalars())


def find_refusal(connection: Connection, table_name: str) -> str | None:
    """Why the newest upload of a raw table was refused; None: it was not."""
    newest = find_newest(connection, table_name)
    if newest is None or newest.state != REFUSED:
        return None
    return (
        f"{table_name.partition('.')[2]}: the load of {newest.file_name} at "
        f"{newest.received_at:%Y-%m-%d %H:%M}Z was refused: {newest.reason}"
    )


def read_received(connection: Connection) -> list[UploadRecord]:
    """Uploads that are not loaded yet, oldest first: a program ended before it could."""
    columns = product_uploads.c
    query = select(product_uploads).where(columns.state == RECEIVED)
    ordered = query.order_by(columns.received_at, columns.id)
    return [_to_record(row) for row in connection.execute(ordered)]


def _update(connection: Connection, upload: str, **values: Any) -> None:
    statement = update(product_uploads).where(product_uploads.c.id == upload)
    connection.execute(statement.values(**values))


def _to_record(row: Row[Any]) -> UploadRecord:
    return UploadRecord(**row._mapping)
