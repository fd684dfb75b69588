"""Which objects a message of S3 names as created.

The form is that of S3's event notifications, version 2. The test event that S3 sends when a
notification is set up, and events of other kinds, name none.
"""

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import unquote_plus

import msgspec
from msgspec import Meta

CREATED: Final = "ObjectCreated:"
SHOWN: Final = 200


class EventError(ValueError):
    """A message that cannot be handled: what was found, what was expected, what to do."""


@dataclass(frozen=True, slots=True)
class CreatedObject:
    """An object `PRODUCT/FILE`, as a bucket has it."""

    bucket: str
    product: str
    file_name: str

    @property
    def key(self) -> str:
        """The key of the object."""
        return f"{self.product}/{self.file_name}"


class _Named(msgspec.Struct):
    name: str


class _Object(msgspec.Struct):
    key: Annotated[str, Meta(min_length=1)]


class _S3(msgspec.Struct):
    bucket: _Named
    object: _Object


class _Record(msgspec.Struct, rename="camel"):
    event_name: str
    s3: _S3 | None = None


class _Message(msgspec.Struct):
    records: list[_Record] | None = msgspec.field(name="Records", default=None)
    event: str | None = msgspec.field(name="Event", default=None)


def read_events(body: str) -> list[CreatedObject]:
    """The created objects of a message; markers of folders are none.

    Raises:
        EventError: it is no message of S3, or an object has another name.
    """
    try:
        message = msgspec.json.decode(body, type=_Message)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EventError(
            f"found {body[:SHOWN]!r} ({error}), expected an event notification of S3: connect only "
            "the bucket with this queue"
        ) from None
    if message.records is None and message.event is None:
        raise EventError(f"found {body[:SHOWN]!r}, expected Records as S3 sends them")
    keys = [
        (record.s3.bucket.name, unquote_plus(record.s3.object.key))
        for record in message.records or ()
        if record.s3 is not None and record.event_name.startswith(CREATED)
    ]
    return [_to_object(bucket, key) for bucket, key in keys if not key.endswith("/")]


def _to_object(bucket: str, key: str) -> CreatedObject:
    product, _, name = key.partition("/")
    if not product or not name or "/" in name:
        raise EventError(
            f"found the object {key[:SHOWN]!r}, expected PRODUCT/FILE: copy it to such a name"
        )
    return CreatedObject(bucket, product, name)
