"""Pull the rows of queries into the tables of a product, as uploads.

A query that fails is recorded like a refused file, and the rows that were loaded before stay. The
address of the database is in no message: the name of its variable is.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import CursorResult
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloud.database import writing
from cloud.database.engine import DatabaseError
from cloud.database.failures import failure_of
from cloud.database.lake.data_products import REFUSED
from cloud.database.read_only import BATCH_ROWS, select_read_only
from cloud.lake.tables import Zone
from cloud.products.definitions.product import DataProduct, Upload
from cloud.products.definitions.query import UploadQuery
from cloud.products.pulls.rows_file import RowsError, write_rows
from cloud.products.uploads.load import LoadedFile, Loader, ReceivedFile
from cloud.products.uploads.refusal import UploadRefusedError
from cloud.products.uploads.store import UploadRecord, add_upload
from wire.addresses import hide_addresses

STAYS: Final = "the rows loaded before stay"


class PullError(RuntimeError):
    """A query gives no rows: what was found, what was expected, what to do."""


@dataclass(frozen=True, slots=True)
class Puller:
    """Runs the queries of products; `environment` has the addresses of the databases."""

    loader: Loader
    author: str
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    monotonic: Callable[[], float] = time.monotonic

    def pull(self, product: DataProduct, *, now: datetime) -> Iterator[LoadedFile | PullError]:
        """Load the rows of each query of the product; one that fails does not stop the others."""
        for upload in list_queried(product):
            try:
                yield self._pull(product, upload, now)
            except PullError as error:
                self._record(product, upload, str(error), now)
                yield PullError(f"{product.name}, table {upload.table}: {error}; {STAYS}")
            except UploadRefusedError as error:  # recorded by the loader
                yield PullError(f"{product.name}, table {upload.table}: {error}; {STAYS}")

    def _pull(self, product: DataProduct, upload: Upload, now: datetime) -> LoadedFile:
        assert upload.query is not None
        path = self.loader.lake.storage.stage()
        try:
            self._write(path, upload, upload.query)
            file = ReceivedFile(path, name_of(upload.query), self.author)
            return self.loader.load(product, upload, file, now=now)
        finally:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, upload: Upload, query: UploadQuery) -> None:
        address = self.environment.get(query.address_variable)
        if not address:
            raise PullError(
                f"found no {query.address_variable} in the environment, expected the address of "
                "a database: set it to postgresql://user@host/name or sqlite:///path/to/file.db"
            )
        ends_at = self.monotonic() + query.timeout_s
        try:
            with select_read_only(
                address, query.statement, timeout_s=query.timeout_s, monotonic=self.monotonic
            ) as result:
                batches = self._read_batches(result, query, ends_at)
                count = write_rows(path, list(result.keys()), batches, upload.decimal_mark)
        except DBAPIError as error:
            raise PullError(self._explain(error, query, ends_at)) from None
        except DatabaseError as error:
            raise PullError(f"{query.address_variable}: {error}") from None
        except (RowsError, SQLAlchemyError) as error:
            raise PullError(f"{name_of(query)}: {hide_addresses(str(error))}") from None
        if not count:
            raise PullError(f"{name_of(query)}: found no rows, expected one or more")

    def _read_batches(
        self, result: CursorResult[Any], query: UploadQuery, ends_at: float
    ) -> Iterator[Sequence[Any]]:
        for rows in result.partitions(BATCH_ROWS):
            yield rows
            if self.monotonic() > ends_at:
                raise PullError(_explain_time(query))

    def _explain(self, error: DBAPIError, query: UploadQuery, ends_at: float) -> str:
        is_cancelled = getattr(error.orig, "sqlstate", None) == QUERY_CANCELED
        if is_cancelled or self.monotonic() > ends_at:
            return _explain_time(query)
        return (
            f"{name_of(query)}: found {failure_of(error)}, expected rows: check the database, the "
            "statement and the rights of its user"
        )

    def _record(self, product: DataProduct, upload: Upload, reason: str, now: datetime) -> None:
        assert upload.query is not None
        record = UploadRecord(
            uuid.uuid4().hex, product.name, f"{Zone.RAW}.{upload.table}", name_of(upload.query),
            NO_FILE, NO_FILE, 0, now, self.author, state=REFUSED, reason=reason,
        )  # fmt: skip
        with writing(self.loader.lake.engine) as connection:
            add_upload(connection, record)


QUERY_CANCELED: Final = "57014"
NO_FILE: Final = "-"


def list_queried(product: DataProduct) -> list[Upload]:
    """The uploads of a product that have a query."""
    return [one for one in product.file.uploads if one.query is not None]


def name_of(query: UploadQuery) -> str:
    """What stands in place of the name of a file."""
    return f"query of {query.address_variable}"


def _explain_time(query: UploadQuery) -> str:
    return (
        f"{name_of(query)}: found no end after {query.timeout_s} s, expected all rows by then: "
        "choose fewer rows, add an index, or raise timeout_s in product.yaml"
    )
