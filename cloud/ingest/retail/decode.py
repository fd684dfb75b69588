"""Read the bytes of one price point: a message, or the entry for the error queue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec

from cloud.ingest.retail.price_error import PriceError, PriceRefusal, describe_refusal
from cloud.retail_wire import PriceErrorReason, PriceMessage
from cloud.suggestions import explain_field

MOST_BYTES: Final = 16_384
FIELD_IN_ERROR: Final = re.compile(r"`\$\.(?P<field>\w+)`|field `(?P<named>[^`]{1,60})")
MOST_POINTS: Final = 5_000
"""Of one message or request: they are committed in one transaction."""
_DECODER: Final = msgspec.json.Decoder(PriceMessage)
_ARRAY_DECODER: Final = msgspec.json.Decoder(
    Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_POINTS)]
)


@dataclass(frozen=True, slots=True)
class ReceivedPoint:
    """One point of a batch, read or unreadable, and where it was."""

    position: str
    read: PriceMessage | PriceError


def decode_point(payload: bytes, position: str) -> PriceMessage | PriceError:
    """One JSON object as a message; any other bytes are an error and never raise."""
    if len(payload) > MOST_BYTES:
        return describe_refusal(
            PriceRefusal(
                PriceErrorReason.TOO_LARGE, None, f"{len(payload)} bytes",
                f"at most {MOST_BYTES} bytes for one price point",
            ),
            position,
            payload,
        )  # fmt: skip
    try:
        return _DECODER.decode(payload)
    except msgspec.ValidationError as error:
        return describe_refusal(explain_form(error), position, payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        refusal = PriceRefusal(
            PriceErrorReason.UNREADABLE, None, _explain_bytes(error), "one JSON object in UTF-8"
        )
        return describe_refusal(refusal, position, payload)


def decode_points(payload: bytes, position: str) -> list[ReceivedPoint]:
    """One object, or an array of them: each is read by itself."""
    if payload.lstrip()[:1] != b"[":
        return [ReceivedPoint(position, decode_point(payload, position))]
    try:
        parts = _ARRAY_DECODER.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        refusal = PriceRefusal(
            PriceErrorReason.UNREADABLE, None, _explain_bytes(error),
            f"an array of at most {MOST_POINTS} JSON objects in UTF-8",
        )  # fmt: skip
        return [ReceivedPoint(position, describe_refusal(refusal, position, payload))]
    places = (f"{position}[{number}]" for number in range(len(parts)))
    return [
        ReceivedPoint(place, decode_point(bytes(part), place))
        for place, part in zip(places, parts, strict=True)
    ]


def convert_point(fields: Mapping[str, Any], position: str) -> PriceMessage | PriceError:
    """The fields of a message that were read otherwise, such as the columns of a CSV row."""
    try:
        return msgspec.convert(fields, PriceMessage)
    except msgspec.ValidationError as error:
        payload = msgspec.json.encode(fields)
        return describe_refusal(explain_form(error), position, payload)


def explain_form(error: msgspec.ValidationError) -> PriceRefusal:
    """The reason of an object that has not the form of a message."""
    text = str(error)
    found = FIELD_IN_ERROR.search(text)
    field = (found["field"] or found["named"]) if found else None
    if "missing required field" in text:
        return PriceRefusal(
            PriceErrorReason.MISSING_FIELD, field, "no value", f"a value of {field}"
        )
    if "unknown field" in text:
        explained = explain_field(text, PriceMessage)
        return PriceRefusal(PriceErrorReason.UNKNOWN_FIELD, field, field, explained)
    if field is not None and "got `null`" in text:
        return PriceRefusal(PriceErrorReason.MISSING_FIELD, field, "null", f"a value of {field}")
    return PriceRefusal(PriceErrorReason.WRONG_TYPE, field, "another form", text)


def _explain_bytes(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "bytes that are not UTF-8"
    if isinstance(error, RecursionError):
        return "an object that is nested too deeply"
    return str(error)
