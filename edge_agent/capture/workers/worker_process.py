"""The worker process that reads one camera, so that a hanging FFmpeg can be killed.

It reads one request from a pipe (not from its command line, where other users could read the
password of the camera). Then it answers each further byte with the newest picture or a gap. It
ends when the pipe is closed, so that no orphan process keeps reading a camera.

A reply is a length of four bytes, a header in MessagePack, and the picture's planes (I420).
"""

import logging
import socket
import time
from datetime import datetime
from typing import Annotated, BinaryIO, Final

import msgspec
import numpy as np
from msgspec import Meta

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.decoding.frame_conversion import to_i420
from edge_agent.capture.decoding.packet_decoder import DecodedPicture
from edge_agent.capture.dual_camera import DualCamera
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.frame import Frame, FrameGap, Image
from edge_agent.capture.source import LiveSource
from edge_agent.capture.stream_camera import StreamCamera
from edge_agent.capture.workers.fork_server import fork_on_request
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

LENGTH_BYTES: Final = 4
NEXT: Final = b"n"
NEXT_RESTING: Final = b"r"
NO_PICTURE: Final = np.zeros((0, 0), np.uint8)
LARGEST_SIDE_PX: Final = 16_384  # limits the memory of a reply that is not valid

SidePx = Annotated[int, Meta(ge=0, le=LARGEST_SIDE_PX)]


class WorkerRequest(msgspec.Struct, frozen=True):
    """What to read, and the start of the timeline (`time.monotonic` of this machine)."""

    source: LiveSource
    settings: CaptureSettings
    begun_s: float
    substream: LiveSource | None = None


class WorkerReply(msgspec.Struct, frozen=True):
    """One moment of the camera. Without height it is a gap and no planes follow.

    The luma of the substream follows the planes where there is one.
    """

    captured_at: datetime
    elapsed_s: float
    state: CaptureState
    captured: int
    dropped: int
    reconnects: int
    quiet_s: float
    failure: CaptureFailure | None
    resting: bool = False
    index: int = 0
    is_coarse: bool = False
    is_software: bool = False
    height_px: SidePx = 0
    width_px: SidePx = 0
    luma_height_px: SidePx = 0
    luma_width_px: SidePx = 0

    def __post_init__(self) -> None:
        if self.height_px % 2 or self.width_px % 2:
            raise ValueError(f"planes of {self.width_px} x {self.height_px}: both sides are even")

    @property
    def planes_bytes(self) -> int:
        return self.height_px * self.width_px * 3 // 2

    @property
    def luma_bytes(self) -> int:
        return self.luma_height_px * self.luma_width_px


def run_fork_server(control: str) -> None:
    """The program of the fork server; `control` is the descriptor of its socket."""
    logging.disable()  # every reply states the failure, and the agent logs it
    with socket.socket(fileno=int(control)) as agent:
        fork_on_request(agent, serve)


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the pipe is closed."""
    request = msgspec.msgpack.decode(_message(requests), type=WorkerRequest)
    camera = _camera(request)
    moments = iter(camera)
    while level := requests.read(1):
        camera.set_activity(
            ActivityLevel.KEY_PICTURES if level == NEXT_RESTING else ActivityLevel.FULL
        )
        _answer(replies, camera, next(moments))
    camera.close()


def _camera(request: WorkerRequest) -> StreamCamera | DualCamera:
    source, settings, begun_s = request.source, request.settings, request.begun_s
    if request.substream is None:
        return StreamCamera(source, settings, begun_s=begun_s, wrap=_planes)
    return DualCamera(source, request.substream, settings, begun_s=begun_s, wrap=_planes)


def _answer(replies: BinaryIO, camera: StreamCamera | DualCamera, moment: Frame | FrameGap) -> None:
    planes = moment.image if isinstance(moment, Frame) else NO_PICTURE
    luma = NO_PICTURE
    if isinstance(moment, Frame) and isinstance(camera, DualCamera) and not moment.is_coarse:
        luma = moment.luma()
    reply = WorkerReply(
        captured_at=moment.captured_at,
        elapsed_s=moment.elapsed_s,
        state=camera.state,
        captured=camera.counters.captured,
        dropped=camera.counters.dropped,
        reconnects=camera.counters.reconnects,
        quiet_s=time.monotonic() - camera.alive_s,
        failure=camera.failure,
        resting=isinstance(moment, FrameGap) and moment.resting,
        index=moment.index if isinstance(moment, Frame) else 0,
        is_coarse=isinstance(moment, Frame) and moment.is_coarse,
        is_software=camera.is_software,
        height_px=planes.shape[0] * 2 // 3,
        width_px=planes.shape[1],
        luma_height_px=luma.shape[0],
        luma_width_px=luma.shape[1],
    )
    replies.write(with_length(msgspec.msgpack.encode(reply)))
    replies.write(planes.data)
    replies.write(np.ascontiguousarray(luma).data)
    replies.flush()


def _planes(picture: DecodedPicture, captured_at: datetime, elapsed_s: float, index: int) -> Frame:
    """In this process the image of a frame is its planes; the agent converts colours."""
    return Frame(
        lambda: to_i420(picture),
        captured_at,
        elapsed_s,
        index,
        luma=lambda: _luma(to_i420(picture)),
    )


def _luma(planes: Image) -> Image:
    return planes[: planes.shape[0] * 2 // 3]


def with_length(message: bytes) -> bytes:
    """A message preceded by its length."""
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


def _message(stream: BinaryIO) -> bytes:
    return stream.read(int.from_bytes(stream.read(LENGTH_BYTES), "big"))
