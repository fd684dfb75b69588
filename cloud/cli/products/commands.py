"""`python -m cloud products ACTION`: load files into data products, run them and report on them."""

import argparse
import getpass
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from cloud import database, settings
from cloud.cli.lake.commands import FOLDER
from cloud.cli.lake.output import FAILURES, describe_failure, write_line, write_stopped
from cloud.cli.products.queue_watch import watch_queue
from cloud.cli.products.report import add_report_arguments, write_report
from cloud.cli.products.watch import SECONDS, FolderWatch
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.ownership import ForeignLakeError, require_listed_files
from cloud.lake.storage import StorageError, open_storage
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.products.definitions.product import (
    DataProduct,
    UnknownProductError,
    Upload,
    find_product,
    list_products,
)
from cloud.products.limits import list_exceeded
from cloud.products.profiling.table_profile import profile_table
from cloud.products.profiling.text import describe_profile
from cloud.products.pulls.pull import Puller, list_queried
from cloud.products.runs import (
    Clocks,
    find_upload_of,
    promote_uploads,
    read_last_run,
    run_products,
)
from cloud.products.uploads.load import LoadedFile, Loader, ReceivedFile, find_upload
from cloud.products.uploads.preview import preview_file
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.refusal import UploadRefusedError
from cloud.products.uploads.store import UploadRecord, read_uploads
from cloud.suggestions import unknown_word
from wire.aws import AwsError
from wire.clock import utc_now
from wire.command_line import OptionError, whole_number

REFUSED: Final = (
    AwsError, ForeignLakeError, LakeConflictError, StorageError, UnknownProductError,
)  # fmt: skip
PASSING: Final = (LakeConflictError, StorageError, DamagedFileError)
"""What does not end the watch of a folder: another program, or storage that comes back."""
LOOKS: Final = 2
"""A file is loaded when two looks find it unchanged."""
Action = Callable[[Lake, argparse.Namespace, Callable[[], datetime]], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `products`."""
    settings.add_arguments(parser, "database")
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE", FOLDER),
        help=f"folder or s3://bucket/prefix (ONLOOKER_LAKE, {FOLDER})",
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the data products, their tables and newest runs")
    loads = actions.add_parser("load", help="load files, then run their product")
    loads.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV or workbook")
    _add_product(loads)
    loads.add_argument("--table", help="when the name of the file does not say it")
    previews = actions.add_parser("preview", help="how a file would be read, without loading it")
    previews.add_argument("file", type=Path, metavar="FILE", help="CSV or workbook")
    _add_product(previews)
    previews.add_argument("--table", help="when the name of the file does not say it")
    profiles = actions.add_parser("profile", help="columns of a table, outliers, suggested rules")
    profiles.add_argument("product", metavar="PRODUCT", help="name, as `products list` shows it")
    profiles.add_argument(
        "table", metavar="TABLE", help="as zone.table, such as trusted.orders_placed"
    )
    add_report_arguments(actions.add_parser("report", help="one HTML file of a product, or CSV"))
    runs = actions.add_parser("run", help="promote uploaded rows and compute the results")
    runs.add_argument("products", nargs="*", metavar="PRODUCT", help="all without one")
    pulls = actions.add_parser("pull", help="load the rows of the product's queries, then run it")
    pulls.add_argument("product", metavar="PRODUCT", help="name, as `products list` shows it")
    _add_product(actions.add_parser("uploads", help="the newest files and what became of them"))
    watches = actions.add_parser("watch", help="load files as they appear as PRODUCT/FILE")
    places = watches.add_mutually_exclusive_group(required=True)
    places.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="has one folder for each product"
    )
    places.add_argument("--queue", metavar="URL", help="of SQS, with the events of a bucket")
    watches.add_argument(
        "--seconds", type=whole_number(1), default=SECONDS, help="between looks (%(default)s)"
    )
    watches.add_argument("--once", action="store_true", help="end after the files that are there")


def _add_product(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--product", metavar="PRODUCT", required=True, help="name, as `products list` shows it"
    )


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when a file or a product is left out, 2 when it is refused."""
    engine = database.open_or_make(settings.read(arguments).database_url)
    try:
        lake = Lake(open_storage(arguments.lake), engine)
        return ACTIONS[arguments.action](lake, arguments, clock)
    except (DamagedFileError, UploadRefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except REFUSED as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:  # of standard output
        raise
    except FAILURES as error:
        sys.stderr.write(describe_failure(error))
        return 2
    finally:
        engine.dispose()


def _list(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    for product in list_products():
        last = read_last_run(lake, product.name)
        state = "not run yet" if last is None else f"run {last.started_at:%Y-%m-%d %H:%M}Z"
        if last is not None and last.failure:
            state = f"{state}, failed: {last.failure}"
        write_line(f"{product.name:16}{product.file.title} ({product.file.owner}); {state}")
        for name in product.tables:
            write_line(f"{'':16}{name}")
    return 0


def _load(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    product = find_product(arguments.product)
    loader = Loader(lake, Pseudonyms.from_environment())
    refused = 0
    for path in arguments.files:
        upload = choose_upload(product, path.name, arguments.table)
        try:
            _write_loaded(path.name, _load_path(loader, product, upload, path, clock()))
        except UploadRefusedError as error:
            sys.stderr.write(f"refused: {path}: {error}\n")
            refused += 1
    if refused == len(arguments.files):
        return 1
    status = run_all(lake, [product], clock)
    return 1 if refused else status


def _load_path(
    loader: Loader, product: DataProduct, upload: Upload, path: Path, now: datetime
) -> LoadedFile:
    _require_file(path)
    file = ReceivedFile(path, path.name, getpass.getuser())
    return loader.load(product, upload, file, now=now)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise UploadRefusedError(f"{path} is not a file")


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


def _write_loaded(name: str, loaded: LoadedFile) -> None:
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


def _preview(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    product = find_product(arguments.product)
    upload = choose_upload(product, arguments.file.name, arguments.table)
    _require_file(arguments.file)
    for line in preview_file(arguments.file, upload).lines():
        write_line(line)
    return 0


def _profile(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    product = find_product(arguments.product)
    if arguments.table not in product.tables:
        raise OptionError(unknown_word("table", arguments.table, product.tables))
    table = product.tables[arguments.table].table
    hidden = product.find_pseudonyms(table.name)
    for line in describe_profile(profile_table(lake, table, hidden=hidden)):
        write_line(line)
    return 0


def _run(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    names: Sequence[str] = arguments.products
    products = [find_product(name) for name in names] if names else list_products()
    loader = Loader(lake, Pseudonyms.from_environment())
    left = 0

    def find(record: UploadRecord) -> tuple[DataProduct, Upload] | None:
        return find_upload_of(record, products)

    for result in loader.load_received(find, now=clock()):
        if isinstance(result, LoadedFile):
            _write_loaded(result.record.file_name, result)
        else:
            sys.stderr.write(f"refused: {result}\n")
            left += 1
    status = run_all(lake, products, clock)
    return 1 if left else status


def _pull(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    product = find_product(arguments.product)
    if not list_queried(product):
        raise OptionError(f"{product.name}: found no upload with `query` in its product.yaml")
    puller = Puller(Loader(lake, Pseudonyms.from_environment()), getpass.getuser())
    failed = 0
    for result in puller.pull(product, now=clock()):
        if isinstance(result, LoadedFile):
            _write_loaded(result.record.file_name, result)
        else:
            sys.stderr.write(f"not loaded: {result}\n")
            failed += 1
    status = run_all(lake, [product], clock)
    return 1 if failed else status


def run_all(lake: Lake, products: Sequence[DataProduct], clock: Callable[[], datetime]) -> int:
    """Promote and compute; 1 when a day or a product is left as it is."""
    require_listed_files(lake)
    stopped = write_stopped(promote_uploads(lake, now=clock()))
    with DuckDbEngine().open() as engine:
        runs = run_products(lake, engine, products, Clocks(clock, time.process_time))
    for one in runs:
        if one.failure:
            sys.stderr.write(f"{one.product}: {one.failure}\n")
            continue
        write_line(
            f"{one.product}: {one.tables_changed} tables changed, {one.rows_written} rows written, "
            f"{one.cpu_s:.2f} CPU-s"
        )
    with database.reading(lake.engine) as connection:
        for product in products:
            for note in list_exceeded(connection, product, now=clock()):
                sys.stderr.write(f"limit: {note}\n")
    return 1 if stopped or any(one.failure for one in runs) else 0


def _uploads(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    product = find_product(arguments.product)
    with database.reading(lake.engine) as connection:
        for one in read_uploads(connection, product.name):
            counts = "" if one.rows_loaded is None else f" {one.rows_loaded}/{one.rows_refused}"
            write_line(
                f"{one.received_at:%Y-%m-%d %H:%M}Z {one.state:9}{one.table_name} "
                f"{one.file_name}{counts} {one.reason or ''}".rstrip()
            )
    return 0


def _watch(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    if arguments.queue is not None:
        return watch_queue(
            lake, arguments.queue, lambda product: _run_one(lake, product, clock), _write_loaded,
            clock, once=arguments.once,
        )  # fmt: skip
    if not arguments.folder.is_dir():
        raise OptionError(
            f"{arguments.folder} is not a folder: create it, with one for each product"
        )
    loader = Loader(lake, Pseudonyms.from_environment())
    watch = FolderWatch(arguments.folder)
    changed: dict[str, DataProduct] = {}
    for number in count(1):
        for found in watch.look():
            try:
                upload = choose_upload(found.product, found.path.name, None)
                loaded = _load_path(loader, found.product, upload, found.path, clock())
                _write_loaded(found.path.name, loaded)
                changed[found.product.name] = found.product
            except (UploadRefusedError, OptionError) as error:
                sys.stderr.write(f"refused: {found.path}: {error}\n")
            except PASSING as error:
                watch.give_again(found.path)
                sys.stderr.write(f"tried again later: {found.path}: {error}\n")
        _run_changed(lake, changed, clock)
        if arguments.once and number == LOOKS:
            break
        sys.stdout.flush()
        time.sleep(arguments.seconds)
    return 0


def _run_changed(
    lake: Lake, changed: dict[str, DataProduct], clock: Callable[[], datetime]
) -> None:
    """Run the products; those of a run that fails stay in `changed` for the next one."""
    if not changed:
        return
    try:
        run_all(lake, list(changed.values()), clock)
    except PASSING as error:
        sys.stderr.write(f"tried again later: {', '.join(changed)}: {error}\n")
    else:
        changed.clear()


def _run_one(lake: Lake, product: DataProduct, clock: Callable[[], datetime]) -> None:
    run_all(lake, [product], clock)


ACTIONS: Final[dict[str, Action]] = {
    "list": _list,
    "load": _load,
    "preview": _preview,
    "profile": _profile,
    "pull": _pull,
    "report": write_report,
    "run": _run,
    "uploads": _uploads,
    "watch": _watch,
}
