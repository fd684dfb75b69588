"""One shadow: the desired state of a device, its reported state, and the difference.

The behaviour is that of AWS IoT Device Shadow as its developer guide describes it. Objects merge
key by key, `null` deletes, arrays are replaced whole and cannot hold `null`. The version grows with
every change and is checked only when a request sends one. Nothing here does I/O; `at` is whole
seconds since 1970, the only precision of a shadow's metadata.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

SECTIONS: Final = ("desired", "reported")
MAX_STATE_BYTES: Final = 8 * 1024  # of the state, without metadata
MAX_DEPTH: Final = 6  # levels inside desired or reported
MAX_TOKEN_BYTES: Final = 64

State = dict[str, Any]


class ShadowError(ValueError):
    """A request that is refused, with the code that the protocol gives the reason."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow. Version 0 was never written."""

    state: State = field(default_factory=dict)
    metadata: State = field(default_factory=dict)
    version: int = 0

    @property
    def delta(self) -> State:
        """What is desired and not, or not equally, reported."""
        return compute_delta(self.state.get("desired", {}), self.state.get("reported", {}))

    def document(self) -> State:
        """State, metadata and version, as `documents` and `get` show them."""
        return {"state": self.state, "metadata": self.metadata, "version": self.version}


@dataclass(frozen=True, slots=True)
class ShadowUpdate:
    """A request to change a shadow, already understood."""

    state: State
    version: int | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class ShadowChange:
    """The result of an accepted update, and the three documents about it."""

    shadow: Shadow
    accepted: State
    documents: State
    delta: State | None


def parse_update(payload: bytes) -> ShadowUpdate:
    """Parse an update request, or raise ShadowError."""
    request = parse_request(payload)
    state = request.get("state")
    if "state" not in request:
        raise ShadowError(400, "Missing required node: state")
    if not isinstance(state, dict):
        raise ShadowError(400, "State node must be an object")
    for section in state:
        _check_section(section, state[section])
    return ShadowUpdate(state, _version(request), _token(request))


def parse_request(payload: bytes) -> State:
    """A request's JSON object; an empty payload is an empty object."""
    if not payload:
        return {}
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise ShadowError(
            415, "Unsupported documented encoding; supported encoding is UTF-8"
        ) from None
    try:
        request = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        raise ShadowError(400, "Invalid JSON") from None
    if not isinstance(request, dict):
        raise ShadowError(400, "Invalid JSON")
    return request


def parse_token(payload: bytes) -> str | None:
    """The client token of a request that needs nothing else, or ShadowError."""
    return _token(parse_request(payload))


def token_or_none(payload: bytes) -> str | None:
    """The client token of a request that may be otherwise unreadable."""
    try:
        return parse_token(payload)
    except ShadowError:
        return None


def apply_update(before: Shadow, request: ShadowUpdate, *, at: int) -> ShadowChange:
    """Merge a request into a shadow, or raise ShadowError."""
    if request.version is not None and request.version != before.version:
        raise ShadowError(409, "Version conflict")
    state, metadata = dict(before.state), dict(before.metadata)
    touched: State = {}
    for section, wanted in request.state.items():
        if wanted is None:
            state.pop(section, None)
            metadata.pop(section, None)
            continue
        stamps = timestamp_leaves(wanted, at)
        touched[section] = _drop_nulls(stamps)
        state[section] = merge(state.get(section, {}), wanted)
        metadata[section] = merge(metadata.get(section, {}), stamps)
    after = Shadow(_drop_empty(state), _drop_empty(metadata), before.version + 1)
    if len(msgspec.json.encode(after.state)) > MAX_STATE_BYTES:
        raise ShadowError(413, "The payload exceeds the maximum size allowed")
    return _build_change(before, after, request, touched, at)


def _build_change(
    before: Shadow, after: Shadow, request: ShadowUpdate, touched: State, at: int
) -> ShadowChange:
    token = {"clientToken": request.token} if request.token is not None else {}
    rest = {"version": after.version, "timestamp": at, **token}
    delta = after.delta
    return ShadowChange(
        shadow=after,
        accepted={"state": request.state, "metadata": touched, **rest},
        documents={
            "previous": before.document(),
            "current": after.document(),
            "timestamp": at,
            **token,
        },
        delta={
            "state": delta,
            "metadata": project_metadata(after.metadata.get("desired", {}), delta),
            **rest,
        }
        if delta
        else None,
    )


def build_response(shadow: Shadow, *, at: int, token: str | None) -> State:
    """The answer to `get`."""
    delta = shadow.delta
    state = {**shadow.state, "delta": delta} if delta else shadow.state
    return {
        "state": state,
        "metadata": shadow.metadata,
        "version": shadow.version,
        "timestamp": at,
        **({"clientToken": token} if token is not None else {}),
    }


def merge(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> State:
    """`before` with the keys of `wanted`; a key that is `null` there is removed."""
    result = dict(before)
    for key, value in wanted.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            inner = result.get(key)
            result[key] = merge(inner if isinstance(inner, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def compute_delta(desired: Mapping[str, Any], reported: Mapping[str, Any]) -> State:
    """The part of `desired` that `reported` lacks or holds otherwise; arrays as a whole."""
    result: State = {}
    for key, value in desired.items():
        held = reported.get(key)
        if isinstance(value, Mapping) and isinstance(held, Mapping):
            if inner := compute_delta(value, held):
                result[key] = inner
        elif key not in reported or not _json_equal(value, held):
            result[key] = value
    return result


def timestamp_leaves(value: Any, at: int) -> Any:
    """The metadata of a value: the moment, at each leaf; `null` stays, to delete."""
    if isinstance(value, Mapping):
        return {key: timestamp_leaves(inner, at) for key, inner in value.items()}
    if isinstance(value, list):
        return [timestamp_leaves(inner, at) for inner in value]
    return None if value is None else {"timestamp": at}


def project_metadata(metadata: Mapping[str, Any], shape: Mapping[str, Any]) -> State:
    """The part of some metadata that belongs to the keys of `shape`."""
    return {
        key: project_metadata(metadata[key], value)
        if isinstance(value, Mapping) and isinstance(metadata[key], Mapping)
        else metadata[key]
        for key, value in shape.items()
        if key in metadata
    }


def _json_equal(one: Any, other: Any) -> bool:
    """JSON's equality: `true` is not 1, 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_json_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_json_equal(one[key], other[key]) for key in one)
    return bool(one == other)


def _drop_nulls(stamps: State) -> State:
    return merge({}, stamps)


def _drop_empty(sections: State) -> State:
    return {name: content for name, content in sections.items() if content}


def _check_section(section: str, content: Any) -> None:
    if section not in SECTIONS:
        raise ShadowError(400, f"State contains an invalid node: {section[:64]!r}")
    if content is None:
        return
    if not isinstance(content, dict):
        raise ShadowError(400, f"{section.capitalize()} node must be an object")
    if _depth(content) > MAX_DEPTH:
        raise ShadowError(400, f"JSON contains too many levels of nesting; maximum is {MAX_DEPTH}")
    if _holds_null_in_array(content):
        raise ShadowError(400, "State contains an invalid node: arrays cannot hold null")


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return max(map(_depth, value), default=0)
    return 0


def _holds_null_in_array(value: Any, *, inside: bool = False) -> bool:
    if isinstance(value, dict):
        return any(_holds_null_in_array(inner, inside=inside) for inner in value.values())
    if isinstance(value, list):
        return any(_holds_null_in_array(inner, inside=True) for inner in value)
    return inside and value is None


def _version(request: State) -> int | None:
    version = request.get("version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise ShadowError(400, "Invalid version")
    return version


def _token(request: State) -> str | None:
    token = request.get("clientToken")
    if token is None:
        return None
    if not isinstance(token, str) or len(token.encode()) > MAX_TOKEN_BYTES:
        raise ShadowError(400, "Invalid clientToken")
    return token
