"""The coarse pictures of cameras that operators look at, in memory, for a minute each.

Several API processes share them through Redis; without Redis a process has those alone that it
received. They are in no database, log, lake or report.
"""

import threading
from datetime import datetime, timedelta
from typing import Final

import msgspec

from cloud.app.shared.shared_store import SharedStore
from wire.fleet.preview import PreviewPicture

HELD_FOR: Final = timedelta(seconds=60)


class PictureExists(ValueError):  # noqa: N818 - reads as what happened
    """A second picture for one request."""


class HeldPicture(msgspec.Struct, frozen=True):
    """A picture, and when it is removed."""

    picture: PreviewPicture
    until: datetime


class PreviewPictures:
    """Pictures by the job that asked for them. Calls may block for a quarter of a second."""

    def __init__(self, shared: SharedStore) -> None:
        self._shared = shared
        self._own: dict[str, HeldPicture] = {}
        self._lock = threading.Lock()

    def put(self, job: str, picture: PreviewPicture, now: datetime) -> None:
        """Hold the picture of a request; PictureExists when there is one."""
        held = HeldPicture(picture, now + HELD_FOR)
        encoded = msgspec.json.encode(held)
        is_first = self._shared.put(_key(job), encoded, None, HELD_FOR) == encoded
        with self._lock:
            self._remove_expired(now)
            if not is_first or job in self._own:
                raise PictureExists(f"the picture of {job} was received: ask for another one")
            self._own[job] = held

    def get(self, job: str, now: datetime) -> HeldPicture | None:
        """The picture of a request, if it was received in the last minute."""
        with self._lock:
            self._remove_expired(now)
            held = self._own.get(job)
        if held is None:
            encoded = self._shared.get(_key(job))
            held = msgspec.json.decode(encoded, type=HeldPicture) if encoded else None
        return held if held is not None and now < held.until else None

    def _remove_expired(self, now: datetime) -> None:
        for job in [job for job, held in self._own.items() if held.until <= now]:
            del self._own[job]


def _key(job: str) -> str:
    return f"picture:{job}"
