"""`products load`, `preview`, `run` and `pull`."""

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from cloud.cli.lake.output import write_line
from cloud.cli.products.files import choose_upload, load_path, require_file, write_loaded
from cloud.cli.products.run_all import run_all
from cloud.lake.lake import Lake
from cloud.products.definitions.product import (
    DataProduct,
    Upload,
    find_product,
    list_products,
)
from cloud.products.pulls.pull import Puller, list_queried
from cloud.products.runs import find_upload_of
from cloud.products.uploads.load import LoadedFile, Loader
from cloud.products.uploads.preview import preview_file
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.refusal import UploadRefusedError
from cloud.products.uploads.store import UploadRecord
from wire.command_line import OptionError


def load(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """Load files, then run their product; 1 when one is refused."""
    product = find_product(arguments.product)
    loader = Loader(lake, Pseudonyms.from_environment())
    refused = 0
    for path in arguments.files:
        upload = choose_upload(product, path.name, arguments.table)
        try:
            write_loaded(path.name, load_path(loader, product, upload, path, clock()))
        except UploadRefusedError as error:
            sys.stderr.write(f"refused: {path}: {error}\n")
            refused += 1
    if refused == len(arguments.files):
        return 1
    status = run_all(lake, [product], clock)
    return 1 if refused else status


def preview(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """How a file would be read."""
    product = find_product(arguments.product)
    upload = choose_upload(product, arguments.file.name, arguments.table)
    require_file(arguments.file)
    for line in preview_file(arguments.file, upload).lines():
        write_line(line)
    return 0


def run_products_again(
    lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]
) -> int:
    """Complete files that were received, then run the products."""
    names: Sequence[str] = arguments.products
    products = [find_product(name) for name in names] if names else list_products()
    loader = Loader(lake, Pseudonyms.from_environment())
    left = 0

    def find(record: UploadRecord) -> tuple[DataProduct, Upload] | None:
        return find_upload_of(record, products)

    for result in loader.load_received(find, now=clock()):
        if isinstance(result, LoadedFile):
            write_loaded(result.record.file_name, result)
        else:
            sys.stderr.write(f"refused: {result}\n")
            left += 1
    status = run_all(lake, products, clock)
    return 1 if left else status


def pull(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """Load the rows of the product's queries, then run it."""
    product = find_product(arguments.product)
    if not list_queried(product):
        raise OptionError(f"{product.name}: found no upload with `query` in its product.yaml")
    puller = Puller(Loader(lake, Pseudonyms.from_environment()), getpass.getuser())
    failed = 0
    for result in puller.pull(product, now=clock()):
        if isinstance(result, LoadedFile):
            write_loaded(result.record.file_name, result)
        else:
            sys.stderr.write(f"not loaded: {result}\n")
            failed += 1
    status = run_all(lake, [product], clock)
    return 1 if failed else status
