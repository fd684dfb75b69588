"""Cached answers of retail prices: for at most five minutes, and only for the same inputs.

The key of an answer is a digest of everything that it was computed from: state, estimate, rules and
day. Each request reads its inputs, so a new price point, approved price, estimate or rule set is
another key at once, in every process. With Redis, processes also share what they computed.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from cloud.app.etag import TaggedResponse
from cloud.app.shared.shared_store import SharedStore
from cloud.lru_cache import LruCache

MAX_AGE: Final = timedelta(minutes=5)
MAX_ANSWERS: Final = 20_000
MAX_BYTES: Final = 128 * 1024 * 1024
PREFIX: Final = "retail"


class _Encoded(msgspec.Struct, frozen=True, array_like=True):
    """An answer in the shared store."""

    computed_at: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class _CachedAnswer:
    computed_at: datetime
    response: TaggedResponse

    def is_fresh(self, now: datetime) -> bool:
        return self.computed_at <= now < self.computed_at + MAX_AGE


_decoder: Final = msgspec.msgpack.Decoder(_Encoded)


def digest_inputs(*inputs: Any) -> str:
    """A digest of what an answer is computed from."""
    return hashlib.sha256(msgspec.json.encode(inputs)).hexdigest()[:32]


@dataclass(frozen=True)
class AnswerCache:
    """The answers of one process."""

    _answers: LruCache[_CachedAnswer] = field(
        default_factory=lambda: LruCache(MAX_ANSWERS, MAX_BYTES, lambda one: one.response.weight)
    )

    def find_or_compute(
        self, shared: SharedStore, digest: str, now: datetime, compute: Callable[[], bytes]
    ) -> TaggedResponse:
        """The answer for these inputs: cached here, by another process, or computed now."""
        held = self._answers.get(digest)
        if held is not None and held.is_fresh(now):
            return held.response
        name = f"{PREFIX}:{digest}"
        stored = shared.get(name)
        found = _decode(stored)
        if found is None or not found.is_fresh(now):
            computed = msgspec.msgpack.encode(_Encoded(now, compute()))
            found = _decode(shared.put(name, computed, stored, MAX_AGE)) or _decode(computed)
        assert found is not None, "what was just encoded can be decoded"
        return self._answers.put(digest, found).response


def _decode(stored: bytes | None) -> _CachedAnswer | None:
    """An answer of the shared store; None for none and for the encoding of another version."""
    try:
        found = None if stored is None else _decoder.decode(stored)
    except msgspec.MsgspecError:
        return None
    return (
        None if found is None else _CachedAnswer(found.computed_at, TaggedResponse(found.content))
    )
