"""Deinterlaces pictures that were captured as two fields.

FFmpeg's bwdif uses the picture before and after, so each picture is delayed by one. Only pictures
that are marked as interlaced pass through the filter; the first of them creates it.
"""

from collections import deque
from typing import Final

import av
from av.error import BlockingIOError as NothingYetError
from av.error import EOFError as NothingMoreError
from av.filter import Graph

FILTER: Final = "bwdif"
OPTIONS: Final = "mode=send_frame:parity=auto:deint=interlaced"
RESET_AFTER: Final = 250  # progressive pictures in a row, after which the filter is removed


class Deinterlacer:
    """The filter of one stream. Pictures keep their time and order."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._times: deque[float | None] = deque()
        self._progressive = 0

    def deinterlace(self, picture: av.VideoFrame) -> list[tuple[av.VideoFrame, float | None]]:
        """The pictures that are ready after this one, each with its time."""
        is_interlaced = picture.interlaced_frame
        if self._graph is None and not is_interlaced:
            return [(picture, picture.time)]
        self._progressive = 0 if is_interlaced else self._progressive + 1
        ready = []
        if self._progressive > RESET_AFTER or self._shape != _shape(picture):
            ready = self.flush()
        if not is_interlaced and self._graph is None:
            return [*ready, (picture, picture.time)]
        return [*ready, *self._filtered(picture)]

    def flush(self) -> list[tuple[av.VideoFrame, float | None]]:
        """The pictures that the filter still holds; the next one starts a new filter."""
        if self._graph is None:
            return []
        self._graph.push(None)
        ready = self._pulled()
        self.reset()
        return ready

    def reset(self) -> None:
        """Discard the pictures that the filter holds."""
        self._graph = self._shape = None
        self._times.clear()
        self._progressive = 0

    def _filtered(self, picture: av.VideoFrame) -> list[tuple[av.VideoFrame, float | None]]:
        if self._graph is None:
            self._graph, self._shape = _graph(picture), _shape(picture)
        self._times.append(picture.time)
        self._graph.push(picture)
        return self._pulled()

    def _pulled(self) -> list[tuple[av.VideoFrame, float | None]]:
        assert self._graph is not None
        pulled = []
        while self._times:
            try:
                whole = self._graph.vpull()
            except (NothingYetError, NothingMoreError):
                break
            pulled.append((whole, self._times.popleft()))
        return pulled


def _shape(picture: av.VideoFrame) -> tuple[int, int, str]:
    return picture.width, picture.height, picture.format.name


def _graph(picture: av.VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base,
    )
    whole, sink = graph.add(FILTER, OPTIONS), graph.add("buffersink")
    source.link_to(whole)
    whole.link_to(sink)
    graph.configure()
    return graph
