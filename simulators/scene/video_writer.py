"""Draws a scene frame by frame and writes it as H.264, with its truth beside it.

Faces are drawn, not photographed: a head's shape is built from anatomy's proportions, a face is
painted on it (`face.py`), and it is turned by known angles (`render.py`). Nobody's picture is
used, so the clips are free to keep, to show and to train on, under this project's licence. The
same arguments give the same pictures.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from simulators.output_file import replace_file
from simulators.scene.background import Background
from simulators.scene.body import draw_body
from simulators.scene.figure import build_head_mesh
from simulators.scene.ground_truth import SceneTruth, compute_ground_truth
from simulators.scene.head_renderer import PX_PER_CM, SIDE_PX, HeadRenderer
from simulators.scene.lens import Lens, SizeError
from simulators.scene.population import PopulationError, create_population
from simulators.scene.trajectory import Pose, Trajectory

CODEC: Final = {"preset": "veryfast", "crf": "23", "g": "30"}
ENCODER_THREADS: Final = 2  # fixed: the number of threads changes the bytes
PROGRESS_EVERY_S: Final = 1.0

Picture = NDArray[np.uint8]


class SceneRenderer:
    """Everybody and the place, ready to be drawn at any instant."""

    def __init__(self, trajectories: tuple[Trajectory, ...], lens: Lens, seed: int) -> None:
        self._walks = trajectories
        self._lens = lens
        self._stage = Background(lens, seed)
        self._portraits = {
            walk.person: HeadRenderer(build_head_mesh(walk.appearance)) for walk in trajectories
        }

    def picture(self, at_s: float) -> Picture:
        """The camera's frame at an instant of the clip, BGR."""
        picture = self._stage.empty()
        present = [(walk, stance) for walk in self._walks if (stance := walk.at(at_s))]
        for walk, stance in sorted(present, key=lambda pair: -pair[1].z_m):
            draw_body(picture, stance, walk.appearance, self._lens)
            self._draw_head(picture, walk, stance)
        return self._stage.add_exposure(picture, at_s)

    def _draw_head(self, picture: Picture, trajectory: Trajectory, pose: Pose) -> None:
        sprite = self._portraits[trajectory.person].at(pose.yaw_deg, pose.pitch_deg)
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
    """Lay a premultiplied BGRA sprite on the picture, as far as it lies inside."""
    place = picture[max(0, top) :, max(0, left) :]
    part = sprite[max(0, -top) :, max(0, -left) :][: place.shape[0], : place.shape[1]]
    place = place[: part.shape[0], : part.shape[1]]
    through = 255 - part[..., 3:].astype(np.uint16)
    place[:] = part[..., :3] + (place * through + 127) // 255


def write_video(
    scene: SceneRenderer, frames: int, fps: int, into: Path, lens: Lens
) -> Iterator[int]:
    """Write the clip; yields the number of frames written so far."""
    with av.open(str(into), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=CODEC)
        stream.width, stream.height, stream.pix_fmt = lens.width_px, lens.height_px, "yuv420p"
        stream.codec_context.thread_count = ENCODER_THREADS
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(scene.picture(number / fps), format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
            yield number + 1
        container.mux(stream.encode())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators scene`."""
    parser.add_argument("--people", type=int, required=True, help="how many walk through")
    parser.add_argument("--seconds", type=float, required=True, help="length of the clip")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same scene")
    parser.add_argument("--out", type=Path, required=True, metavar="CLIP.mp4")
    parser.add_argument("--truth", type=Path, required=True, metavar="TRUTH.json")
    parser.add_argument("--size", default="1280x720", metavar="WIDTHxHEIGHT")
    parser.add_argument("--fps", type=int, default=15, help="frames per second, 1 to 60")


def run(arguments: argparse.Namespace) -> int:
    """Draw the scene; 0 when both files are written, 2 when it cannot be drawn.

    On any failure and on Ctrl-C neither file is written.
    """
    try:
        lens = lens_for(arguments.size)
        if not 1 <= arguments.fps <= 60 or arguments.seed < 0:
            raise PopulationError(
                f"--fps {arguments.fps} and --seed {arguments.seed}: use 1 to 60 frames per "
                "second and a seed that is not negative"
            )
        walks = create_population(arguments.people, arguments.seconds, arguments.seed, lens)
        _write(arguments, walks, lens)
    except (PopulationError, SizeError) as error:
        sys.stderr.write(f"scene: {error}\n")
        return 2
    except (OSError, av.FFmpegError) as error:
        sys.stderr.write(f"scene: {arguments.out} or {arguments.truth}: {error}\n")
        return 2
    return 0


def lens_for(size: str) -> Lens:
    """The camera for a size written as 1280x720."""
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise SizeError(f"--size {size[:40]!r} is no size: write it as 1280x720")
    return Lens(int(width), int(height))


def _write(arguments: argparse.Namespace, trajectories: tuple[Trajectory, ...], lens: Lens) -> None:
    frames = round(arguments.seconds * arguments.fps)
    happens = compute_ground_truth(
        trajectories, lens, fps=arguments.fps, frames=frames, seed=arguments.seed
    )
    scene = SceneRenderer(trajectories, lens, arguments.seed)
    with replace_file(arguments.truth) as facts, replace_file(arguments.out) as clip:
        facts.write_bytes(msgspec.json.format(msgspec.json.encode(happens), indent=1))
        shown_s = time.monotonic()
        for done in write_video(scene, frames, arguments.fps, clip, lens):
            if time.monotonic() - shown_s >= PROGRESS_EVERY_S:
                shown_s = time.monotonic()
                sys.stderr.write(f"\rscene: {done} of {frames} frames ")
                sys.stderr.flush()
    sys.stderr.write(f"\rscene: {frames} frames in {arguments.out}; {summary(happens)}\n")


def summary(facts: SceneTruth) -> str:
    """The totals in one line."""
    totals = facts.totals
    return (
        f"{totals.people} people, {totals.visitors} show their face, "
        f"{totals.onlookers} onlookers, {totals.looking_s:.1f} s of looking"
    )
