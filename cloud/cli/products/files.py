"""Files that a person names: which upload takes them, and what became of them."""

import getpass
from datetime import datetime
from pathlib import Path

from cloud.cli.lake.output import write_line
from cloud.products.definitions.product import DataProduct, Upload
from cloud.products.uploads.load import LoadedFile, Loader, ReceivedFile, find_upload
from cloud.products.uploads.refusal import UploadRefusedError
from cloud.suggestions import unknown_word
from wire.command_line import OptionError


def choose_upload(product: DataProduct, name: str, table: str | None) -> Upload:
    """The upload that takes the file.

    Raises:
        OptionError: none takes a file of this name, or there is no such table.
    """
    uploads = {one.table: one for one in product.file.uploads}
    if table is not None:
        if table not in uploads:
            raise OptionError(unknown_word("table", table, uploads))
        return uploads[table]
    found = find_upload(product, name)
    if found is None:
        patterns = ", ".join(pattern for one in uploads.values() for pattern in one.files)
        raise OptionError(
            f"{name}: found no upload of {product.name} for a file of this name, expected one of "
            f"{patterns or 'none: it takes no files'}; name the table with --table"
        )
    return found


def load_path(
    loader: Loader, product: DataProduct, upload: Upload, path: Path, now: datetime
) -> LoadedFile:
    """Load a file of this machine; raises UploadRefusedError, also where there is none."""
    require_file(path)
    file = ReceivedFile(path, path.name, getpass.getuser())
    return loader.load(product, upload, file, now=now)


def require_file(path: Path) -> None:
    """Raise UploadRefusedError unless the path is a file."""
    if not path.is_file():
        raise UploadRefusedError(f"{path} is not a file")


def write_loaded(name: str, loaded: LoadedFile) -> None:
    """Say what became of a file."""
    record = loaded.record
    if loaded.duplicate_of is not None:
        write_line(
            f"{name}: the same content was loaded on {record.received_at:%Y-%m-%d %H:%M}Z as "
            f"{record.file_name}: nothing to do"
        )
        return
    write_line(
        f"{name}: {record.rows_loaded} rows loaded, {record.rows_refused} refused ({record.reason})"
    )
    if record.rows_refused:
        write_line(
            f"{'':4}see them with `python -m cloud lake quarantine --table {record.table_name}`"
        )
