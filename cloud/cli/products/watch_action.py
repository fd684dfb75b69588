"""`products watch`: load files as they appear, in a folder or in a bucket."""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Final

from cloud.cli.products.files import choose_upload, load_path, write_loaded
from cloud.cli.products.queue_watch import watch_queue
from cloud.cli.products.run_all import run_all
from cloud.cli.products.watch import FolderWatch
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.storage import StorageError
from cloud.products.definitions.product import DataProduct
from cloud.products.uploads.load import Loader
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.refusal import UploadRefusedError
from wire.command_line import OptionError

PASSING: Final = (LakeConflictError, StorageError, DamagedFileError)
"""What does not end the watch of a folder: another program, or storage that comes back."""
LOOKS: Final = 2
"""A file is loaded when two looks find it unchanged."""


def watch(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """Load files until Ctrl-C, or once; 0."""
    if arguments.queue is not None:
        return watch_queue(
            lake, arguments.queue, lambda product: _run_one(lake, product, clock), write_loaded,
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
                loaded = load_path(loader, found.product, upload, found.path, clock())
                write_loaded(found.path.name, loaded)
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
