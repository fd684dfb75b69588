"""One search for a plan at a time in this process; a few wait, further ones are refused."""

import asyncio
from typing import Final

MAX_WAITING: Final = 8


class SearchQueueFull(RuntimeError):  # noqa: N818 - reads as what happened
    """Too many searches are waiting."""


class SearchQueue:
    """An asynchronous context manager around a search: first come, first served."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._inside = 0

    async def __aenter__(self) -> None:
        if self._inside > MAX_WAITING:
            raise SearchQueueFull("too many plans are being searched for: ask again in a minute")
        self._inside += 1
        try:
            await self._turn.acquire()
        except asyncio.CancelledError:
            self._inside -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()
        self._inside -= 1
