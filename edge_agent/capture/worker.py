"""The process that touches the camera, so that whatever FFmpeg does there can be killed.

It reads one order from a pipe (never from its command line, where everybody could read the
camera's password), then answers each further byte with the newest picture or with silence. When
the pipe ends, it ends: no orphan goes on reading a camera.

A reply is a length of four bytes, a header in MessagePack, and the picture's planes (I420).
"""

import logging
import socket
import time
from datetime import datetime
from typing import BinaryIO, Final

import av
import msgspec

from edge_agent.capture.camera import Rest
from edge_agent.capture.decoded import i420
from edge_agent.capture.nursery import fork_on_request
from edge_agent.capture.stream import Source, StreamCamera
from edge_agent.frame import Frame, Silence
from edge_agent.settings import CaptureSettings
from wire.health import CaptureState

LENGTH_BYTES: Final = 4
NEXT: Final = b"n"
NEXT_RESTING: Final = b"r"


class Order(msgspec.Struct, frozen=True):
    """What to read, and where the steady timeline began (`time.monotonic` of this machine)."""

    source: Source
    settings: CaptureSettings
    begun_s: float


class Reply(msgspec.Struct, frozen=True):
    """One moment of the camera. Without height it is a silence and no planes follow."""

    captured_at: datetime
    elapsed_s: float
    state: CaptureState
    captured: int
    dropped: int
    reconnects: int
    quiet_s: float
    trouble: str
    resting: bool = False
    index: int = 0
    height_px: int = 0
    width_px: int = 0

    @property
    def planes_bytes(self) -> int:
        return self.height_px * self.width_px * 3 // 2


def forking(control: str) -> None:
    """The nursery's program; `control` is the number of its socket."""
    logging.disable()  # every reply says what troubles it, and the agent logs that
    with socket.socket(fileno=int(control)) as agent:
        fork_on_request(agent, serve)


def serve(orders: BinaryIO, replies: BinaryIO) -> None:
    """Obey until the orders end."""
    order = msgspec.msgpack.decode(_message(orders), type=Order)
    camera = StreamCamera(order.source, order.settings, begun_s=order.begun_s, wrap=_planes)
    moments = iter(camera)
    while wish := orders.read(1):
        camera.rest(Rest.DOZING if wish == NEXT_RESTING else Rest.AWAKE)
        _answer(replies, camera, next(moments))
    camera.close()


def _answer(replies: BinaryIO, camera: StreamCamera, moment: Frame | Silence) -> None:
    picture = moment.image if isinstance(moment, Frame) else None
    reply = Reply(
        captured_at=moment.captured_at,
        elapsed_s=moment.elapsed_s,
        state=camera.state,
        captured=camera.counters.captured,
        dropped=camera.counters.dropped,
        reconnects=camera.counters.reconnects,
        quiet_s=time.monotonic() - camera.alive_s,
        trouble=camera.trouble,
        resting=isinstance(moment, Silence) and moment.resting,
        index=moment.index if isinstance(moment, Frame) else 0,
        height_px=0 if picture is None else picture.shape[0] * 2 // 3,
        width_px=0 if picture is None else picture.shape[1],
    )
    replies.write(framed(msgspec.msgpack.encode(reply)))
    if picture is not None:
        replies.write(picture.data)
    replies.flush()


def _planes(picture: av.VideoFrame, captured_at: datetime, elapsed_s: float, index: int) -> Frame:
    """In this process alone, a frame's image is its planes: colours are the agent's business."""
    return Frame(lambda: i420(picture), captured_at, elapsed_s, index)


def framed(message: bytes) -> bytes:
    """A message with its length before it."""
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


def _message(stream: BinaryIO) -> bytes:
    return stream.read(int.from_bytes(stream.read(LENGTH_BYTES), "big"))
