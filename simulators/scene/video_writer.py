"""Draw a scene frame by frame and write it as H.264.

Faces are drawn, not photographed: a head is a mesh with anatomical proportions, its face is painted
(`face.py`), and it is rotated by known angles (`head_renderer.py`). No photographs are used, so the
clips may be kept, published and used for training under this project's licence. The same arguments
give the same pixels.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.scene.background import Background
from simulators.scene.body import draw_body
from simulators.scene.head_mesh import build_head_mesh
from simulators.scene.head_renderer import PX_PER_CM, SIDE_PX, HeadRenderer
from simulators.scene.lens import Lens
from simulators.scene.trajectory import Pose, Trajectory

# The fastest preset takes a fifth of the CPU time of `veryfast`; its files are twice as large.
CODEC: Final = {"preset": "ultrafast", "crf": "23", "g": "30"}
ENCODER_THREADS: Final = 2  # fixed: the number of threads changes the bytes
COVER_GAIN: Final = 0.03  # of the light, through a cap or a piece of tape

Picture = NDArray[np.uint8]


class SceneRenderer:
    """People and background, ready to be drawn at any instant; a covered lens shows noise only."""

    def __init__(
        self,
        trajectories: tuple[Trajectory, ...],
        lens: Lens,
        seed: int,
        *,
        is_covered: bool = False,
    ) -> None:
        self._is_covered = is_covered
        self._trajectories = trajectories
        self._lens = lens
        self._background = Background(lens, seed)
        self._heads = {
            one.person: HeadRenderer(build_head_mesh(one.appearance)) for one in trajectories
        }

    def picture(self, at_s: float) -> Picture:
        """Return the camera's frame at an instant of the clip, BGR."""
        picture = self._background.empty()
        present = [(one, pose) for one in self._trajectories if (pose := one.at(at_s))]
        for trajectory, pose in sorted(present, key=lambda pair: -pair[1].z_m):
            draw_body(picture, pose, trajectory.appearance, self._lens)
            self._draw_head(picture, trajectory, pose)
        if self._is_covered:
            picture = np.asarray(cv2.convertScaleAbs(picture, alpha=COVER_GAIN), dtype=np.uint8)
        return self._background.add_exposure(picture, at_s)

    def _draw_head(self, picture: Picture, trajectory: Trajectory, pose: Pose) -> None:
        sprite = self._heads[trajectory.person].at(pose.yaw_deg, pose.pitch_deg)
        side_px = max(2, round(SIDE_PX * self._lens.scale(pose.z_m) / 100 / PX_PER_CM))
        column, row = self._lens.pixel(pose.x_m, pose.eyes_m, pose.z_m)
        small = cv2.resize(sprite, (side_px, side_px), interpolation=cv2.INTER_AREA)
        paste_sprite(
            picture,
            np.asarray(small, dtype=np.uint8),
            round(column - side_px / 2),
            round(row - side_px / 2),
        )


def paste_sprite(picture: Picture, sprite: Picture, left: int, top: int) -> None:
    """Blend the part of a premultiplied BGRA sprite that lies inside the picture."""
    place = picture[max(0, top) :, max(0, left) :]
    part = sprite[max(0, -top) :, max(0, -left) :][: place.shape[0], : place.shape[1]]
    place = place[: part.shape[0], : part.shape[1]]
    through = 255 - part[..., 3:].astype(np.uint16)
    place[:] = part[..., :3] + (place * through + 127) // 255


def to_video_frame(picture: Picture) -> av.VideoFrame:
    """Convert a picture with even sides; OpenCV needs half of the encoder's time for it."""
    planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def write_video(
    scene: SceneRenderer, frames: int, fps: int, into: Path, lens: Lens
) -> Iterator[int]:
    """Write the clip; yield the number of frames written so far."""
    with av.open(str(into), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=CODEC)
        stream.width, stream.height, stream.pix_fmt = lens.width_px, lens.height_px, "yuv420p"
        stream.codec_context.thread_count = ENCODER_THREADS
        for number in range(frames):
            frame = to_video_frame(scene.picture(number / fps))
            frame.pts = number
            container.mux(stream.encode(frame))
            yield number + 1
        container.mux(stream.encode())
