"""Load a file into the lake: kept as received, then its rows in one transaction, once.

A file whose content is loaded already is recognised by its hash. A program that ends between the
two steps leaves an upload that is `received`; `load_received` completes it.
"""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pyarrow as pa

from cloud.database import reading, writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    LakeConflictError,
    Operation,
    commit,
    read_files,
)
from cloud.lake.quarantine import QUARANTINE, QuarantinedRow, to_table
from cloud.lake.records import write_records
from cloud.lake.storage import UPLOADS
from cloud.lake.tables import LakeTable, Zone
from cloud.lake.trusted.declared_tables import RECEIVED_AT
from cloud.lake.writer import open_staged, publish_staged, write_days
from cloud.products.definitions.product import DataProduct, Upload
from cloud.products.uploads.file_format import recognise
from cloud.products.uploads.parse import ParsedFile, parse_file
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.refusal import UploadRefusedError
from cloud.products.uploads.store import (
    UploadRecord,
    add_upload,
    find_loaded,
    find_newest,
    find_refusal,
    mark_loaded,
    mark_refused,
    read_received,
)

BLOCK_BYTES: Final = 1 << 20
LONGEST_NAME: Final = 255
APPEND: Final = Operation.APPEND


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of the local disk, its name where it comes from, and who gave it."""

    path: Path
    name: str
    author: str


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What became of a file; `duplicate_of` is the upload that had the same content before."""

    record: UploadRecord
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads the files of products into one lake."""

    lake: Lake
    pseudonyms: Pseudonyms

    def load(
        self, product: DataProduct, upload: Upload, file: ReceivedFile, *, now: datetime
    ) -> LoadedFile:
        """Load one file of the local disk, which stays.

        Raises:
            UploadRefusedError: the file as a whole is not loaded, with the reason; it is recorded.
            LakeConflictError: another program loads the same content at the same time.
        """
        table = f"{Zone.RAW}.{upload.table}"
        sha256 = hash_file(file.path)
        earlier = self._find_present(upload, table, sha256)
        if earlier is not None:
            self._end_refusal(earlier, file, now)
            return LoadedFile(earlier, duplicate_of=earlier.id)
        record = self._receive(product, table, file, sha256, now)
        return self._load_recorded(product, upload, record, file.path, now)

    def _find_present(self, upload: Upload, table: str, sha256: str) -> UploadRecord | None:
        """The upload with the same content whose rows others have not replaced."""
        with reading(self.lake.engine) as connection:
            earlier = find_loaded(connection, table, sha256)
            if earlier is None or not upload.replaces:
                return earlier
            newest = find_newest(connection, table, with_rows=True)
        return earlier if newest is None or newest.id == earlier.id else None

    def _end_refusal(self, earlier: UploadRecord, file: ReceivedFile, now: datetime) -> None:
        """After a refused upload, record that content which is loaded already came again."""
        with writing(self.lake.engine) as connection:
            if find_refusal(connection, earlier.table_name) is None:
                return
            same = f"the same content as {earlier.file_name}: nothing to load"
            again = replace(
                earlier, id=uuid.uuid4().hex, file_name=file.name[-LONGEST_NAME:], received_at=now,
                received_by=file.author, loaded_at=now, rows_loaded=None, rows_refused=None,
                reason=same,
            )  # fmt: skip
            add_upload(connection, again)

    def load_received(
        self, find: Callable[[UploadRecord], tuple[DataProduct, Upload] | None], *, now: datetime
    ) -> Iterator[LoadedFile | UploadRefusedError]:
        """Load the files that an earlier program received and did not load.

        One that cannot be loaded any more is recorded as refused, and does not stop the others.
        """
        with reading(self.lake.engine) as connection:
            records = read_received(connection)
        for record in records:
            found = find(record)
            if found is not None:
                try:
                    yield self._complete(*found, record, now)
                except UploadRefusedError as error:
                    yield error

    def _complete(
        self, product: DataProduct, upload: Upload, record: UploadRecord, now: datetime
    ) -> LoadedFile:
        present = self._find_present(upload, record.table_name, record.sha256)
        if present is not None:
            self._refuse(record, f"the same content was loaded as {present.file_name}")
            return LoadedFile(present, duplicate_of=present.id)
        path = self.lake.storage.stage()
        try:
            with self.lake.storage.open(record.path) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, BLOCK_BYTES)
            return self._load_recorded(product, upload, record, path, now)
        except FileNotFoundError as error:
            reason = f"{record.file_name} as received is not in the lake any more: send it again"
            self._refuse(record, reason)
            raise UploadRefusedError(reason) from error
        finally:
            path.unlink(missing_ok=True)

    def _refuse(self, record: UploadRecord, reason: str) -> None:
        with writing(self.lake.engine) as connection:
            mark_refused(connection, record.id, reason)
        self.lake.storage.delete(record.path)

    def _receive(
        self, product: DataProduct, table: str, file: ReceivedFile, sha256: str, now: datetime
    ) -> UploadRecord:
        upload_id = uuid.uuid4().hex
        stored = f"{UPLOADS}/{Zone.LANDING}/{table.partition('.')[2]}/{upload_id}"
        record = UploadRecord(
            upload_id, product.name, table, file.name[-LONGEST_NAME:], stored, sha256,
            file.path.stat().st_size, now, file.author,
        )  # fmt: skip
        staged = self.lake.storage.stage()
        try:
            shutil.copyfile(file.path, staged)
            self.lake.storage.publish(staged, stored)
        finally:
            staged.unlink(missing_ok=True)
        with writing(self.lake.engine) as connection:
            add_upload(connection, record)
        return record

    def _load_recorded(
        self, product: DataProduct, upload: Upload, record: UploadRecord, path: Path, now: datetime
    ) -> LoadedFile:
        table = replace(product.tables[f"{Zone.TRUSTED}.{upload.table}"].table, zone=Zone.RAW)
        try:
            with parse_file(recognise(path), upload, self.pseudonyms) as parsed:
                _require_rows(parsed)
                loaded = self._commit(table, record, parsed, upload.replaces, now)
        except UploadRefusedError as error:
            self._refuse(record, str(error))
            raise
        if upload.personal:
            self.lake.storage.delete(record.path)
        return LoadedFile(loaded)

    def _commit(
        self,
        table: LakeTable,
        record: UploadRecord,
        parsed: ParsedFile,
        replaces: bool,
        now: datetime,
    ) -> UploadRecord:
        day = record.received_at.astimezone(UTC).date()
        files = [self._write(table, record, parsed, day)]
        notes = describe(parsed)
        bad = to_table(
            [
                QuarantinedRow(table.full_name, one.row, day, one.rule,
                               f"{record.file_name}: {one.reason}", one.content)
                for one in parsed.bad
            ]
        )  # fmt: skip
        quarantined = list(write_days(self.lake.storage, QUARANTINE, bad))

        with writing(self.lake.engine) as connection:
            again = find_loaded(connection, table.full_name, record.sha256) if replaces else None
            is_first = mark_loaded(
                connection, record, loaded=parsed.good, refused=parsed.bad_count, notes=notes,
                now=now, again=again,
            )  # fmt: skip
            if not is_first:
                raise LakeConflictError(
                    f"another program has loaded the content of {record.file_name} meanwhile"
                )
            if quarantined:
                commit(connection, QUARANTINE.full_name, APPEND, added=quarantined, now=now)
            removed = read_files(connection, table.full_name) if replaces else []
            operation = Operation.REPLACE if removed else APPEND
            commit(connection, table.full_name, operation, added=files, removed=removed, now=now)
        write_records(self.lake, [QUARANTINE.full_name, table.full_name])
        return replace(
            record, state="loaded", loaded_at=now, rows_loaded=parsed.good,
            rows_refused=parsed.bad_count, reason=notes,
        )  # fmt: skip

    def _write(
        self, table: LakeTable, record: UploadRecord, parsed: ParsedFile, day: date
    ) -> DataFile:
        origin = {
            "upload": f"'{record.id}'",
            RECEIVED_AT: f"TIMESTAMPTZ '{record.received_at.isoformat()}'",
        }
        with open_staged(self.lake.storage, table) as writer:
            for batch in parsed.read_good(origin):
                writer.write(pa.Table.from_batches([batch]))
            return publish_staged(self.lake.storage, table, day, writer.complete())


def find_upload(product: DataProduct, name: str) -> Upload | None:
    """The upload of the product that takes a file of this name."""
    plain = Path(name).name.casefold()
    for upload in product.file.uploads:
        if any(fnmatch(plain, pattern.casefold()) for pattern in upload.files):
            return upload
    return None


def hash_file(path: Path) -> str:
    """SHA-256 of the content, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe(parsed: ParsedFile) -> str:
    """How the file was read, and what was left out."""
    sentences = [parsed.description]
    if parsed.ignored:
        named = ", ".join(repr(title[:40]) for title in parsed.ignored[:12])
        sentences.append(f"columns left out: {named}")
    return "; ".join(sentences)


def _require_rows(parsed: ParsedFile) -> None:
    if parsed.good:
        return
    if not parsed.bad:
        raise UploadRefusedError("the file has a heading and no rows")
    first = parsed.bad[0]
    raise UploadRefusedError(
        f"none of its {parsed.bad_count:,} rows can be read; the first, row {first.row}: "
        f"{first.reason}"
    )
