"""`python -m cloud products watch --queue URL`: load files as S3 announces them."""

import sys
from collections.abc import Callable
from datetime import datetime

from cloud.cli.lake.output import write_line
from cloud.lake.lake import Lake
from cloud.products.definitions.product import DataProduct
from cloud.products.events.load_objects import ObjectLoader, load_next
from cloud.products.events.message_queue import WAIT_S, MessageQueue
from cloud.products.events.s3_events import CreatedObject
from cloud.products.uploads.load import LoadedFile, Loader
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.refusal import UploadRefusedError
from wire.aws import create_client

Note = Callable[[str, LoadedFile], None]


def watch_queue(
    lake: Lake,
    url: str,
    run: Callable[[DataProduct], None],
    note: Note,
    clock: Callable[[], datetime],
    *,
    once: bool,
) -> int:
    """Handle messages without end; with `once` until there is none.

    Raises:
        AwsError: the queue cannot be read.
    """

    def report(created: CreatedObject, result: LoadedFile | UploadRefusedError) -> None:
        if isinstance(result, LoadedFile):
            note(created.key, result)
        else:
            sys.stderr.write(f"refused: {created.key}: {result}\n")

    loader = Loader(lake, Pseudonyms.from_environment())
    objects = ObjectLoader(loader, create_client("s3"), run, report, clock)
    queue = MessageQueue(create_client("sqs"), url)
    write_line("waiting for files")
    while load_next(queue, objects.load, wait_s=0 if once else WAIT_S) or not once:
        sys.stdout.flush()
    return 0
