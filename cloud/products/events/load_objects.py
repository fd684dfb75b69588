"""Load the objects that a queue announces.

A message is deleted when its files are committed, or refused and recorded. Any other failure leaves
it to the queue, with the reason in the log: it is received again, and goes to the dead-letter queue
in the end. The same object announced twice is recognised by its content.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloud.database.failures import failure_sentence
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.manifest import LakeConflictError
from cloud.products.definitions.product import (
    DataProduct,
    UnknownProductError,
    Upload,
    find_product,
)
from cloud.products.events.message_queue import MessageQueue
from cloud.products.events.s3_events import CreatedObject, EventError, read_events
from cloud.products.uploads.file_format import LARGEST_BYTES
from cloud.products.uploads.load import LoadedFile, Loader, ReceivedFile, find_upload
from cloud.products.uploads.refusal import UploadRefusedError
from wire.addresses import hide_addresses
from wire.aws import AwsError, explain_aws_errors

AUTHOR: Final = "s3"
BLOCK_BYTES: Final = 1 << 20
LEFT: Final = (
    EventError, AwsError, SQLAlchemyError, OSError, LakeConflictError, DamagedFileError,
    duckdb.Error, pa.ArrowException,
)  # fmt: skip
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ObjectLoader:
    """Loads objects of S3; `run` computes the results of a product, `note` names what was done."""

    loader: Loader
    client: Any
    run: Callable[[DataProduct], None]
    note: Callable[[CreatedObject, LoadedFile | UploadRefusedError], None]
    clock: Callable[[], datetime]

    def load(self, created: CreatedObject) -> None:
        """Load one object and compute the results.

        Raises:
            EventError: no product takes it, or it is too large.
            AwsError: it cannot be read.
        """
        product, upload = _find_upload(created)
        path = self.loader.lake.storage.stage()
        try:
            self._download(created, path)
            file = ReceivedFile(path, created.file_name, AUTHOR)
            self.note(created, self.loader.load(product, upload, file, now=self.clock()))
        except UploadRefusedError as error:
            self.note(created, error)
            return
        finally:
            path.unlink(missing_ok=True)
        self.run(product)

    def _download(self, created: CreatedObject, path: Path) -> None:
        with explain_aws_errors():
            answer = self.client.get_object(Bucket=created.bucket, Key=created.key)
            size = answer["ContentLength"]
            if size > LARGEST_BYTES:
                raise EventError(
                    f"{created.key}: found {size:,} bytes, expected at most {LARGEST_BYTES:,}: "
                    "divide the file"
                )
            with path.open("wb") as target:
                shutil.copyfileobj(answer["Body"], target, BLOCK_BYTES)


def load_next(queue: MessageQueue, load: Callable[[CreatedObject], None], *, wait_s: int) -> bool:
    """Handle the next message; False: there is none within the time."""
    message = queue.receive(wait_s)
    if message is None:
        return False
    try:
        with queue.hide(message):
            for created in read_events(message.body):
                load(created)
    except LEFT as error:
        log.warning(
            "products.event_left",
            extra={
                "message_id": message.id,
                "receives": message.receives,
                "reason": _explain(error),
            },
        )
        return True
    queue.delete(message)
    return True


def _explain(error: Exception) -> str:
    if isinstance(error, DBAPIError):
        return failure_sentence(error)
    return hide_addresses(str(error).strip().partition("\n")[0])


def _find_upload(created: CreatedObject) -> tuple[DataProduct, Upload]:
    try:
        product = find_product(created.product)
    except UnknownProductError as error:
        raise EventError(f"{created.key}: {error}") from error
    upload = find_upload(product, created.file_name)
    if upload is None:
        patterns = ", ".join(pattern for one in product.file.uploads for pattern in one.files)
        raise EventError(
            f"{created.key}: found no upload of {product.name} for a file of this name, expected "
            f"one of {patterns or 'none: it takes no files'}"
        )
    return product, upload
