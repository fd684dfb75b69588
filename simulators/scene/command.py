"""`python -m simulators scene`: draw a scene and write its ground truth next to it."""

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Final

import av
import msgspec

from simulators.output_file import replace_file
from simulators.scene.ground_truth import SceneTruth, compute_ground_truth
from simulators.scene.lens import Lens, SizeError
from simulators.scene.population import (
    LONGEST_S,
    SHORTEST_S,
    PopulationError,
    create_population,
)
from simulators.scene.trajectory import Trajectory
from simulators.scene.video_writer import SceneRenderer, write_video

PROGRESS_EVERY_S: Final = 1.0
LENGTHS: Final = f"{SHORTEST_S:g} to {LONGEST_S:g} s"
_SIZE: Final = re.compile(r"([0-9]{1,9})x([0-9]{1,9})")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m simulators scene`."""
    parser.add_argument("--people", type=int, required=True, help="number of people")
    parser.add_argument(
        "--seconds",
        type=float,
        required=True,
        help=f"length of the clip, {LENGTHS}",
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same scene")
    parser.add_argument("--out", type=Path, required=True, metavar="CLIP.mp4", help="the video")
    parser.add_argument(
        "--truth", type=Path, required=True, metavar="TRUTH.json", help="its ground truth"
    )
    parser.add_argument(
        "--size",
        default="1280x720",
        metavar="WIDTHxHEIGHT",
        help="size of the picture in pixels (default: %(default)s)",
    )
    parser.add_argument("--fps", type=int, default=15, help="frames per second, 1 to 60")
    parser.add_argument(
        "--covered",
        action="store_true",
        help="draw what a camera with a covered lens shows; the truth stays that of a clear one",
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw the scene; return 0 when both files are written, 2 when it cannot be drawn.

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
    """Return the lens of a frame size written as 1280x720; raises `SizeError`."""
    found = _SIZE.fullmatch(size)
    if found is None:
        raise SizeError(f"--size {size[:40]!r} is not a size: write it as 1280x720")
    return Lens(int(found[1]), int(found[2]))


def _write(arguments: argparse.Namespace, trajectories: tuple[Trajectory, ...], lens: Lens) -> None:
    frames = round(arguments.seconds * arguments.fps)
    truth = compute_ground_truth(
        trajectories, lens, fps=arguments.fps, frames=frames, seed=arguments.seed
    )
    scene = SceneRenderer(trajectories, lens, arguments.seed, is_covered=arguments.covered)
    with replace_file(arguments.truth) as truth_file, replace_file(arguments.out) as clip:
        truth_file.write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=1))
        reported_s = time.monotonic()
        for done in write_video(scene, frames, arguments.fps, clip, lens):
            if time.monotonic() - reported_s >= PROGRESS_EVERY_S:
                reported_s = time.monotonic()
                sys.stderr.write(f"\rscene: {done} of {frames} frames ")
                sys.stderr.flush()
    sys.stderr.write(f"\rscene: {frames} frames in {arguments.out}; {summary(truth)}\n")


def summary(truth: SceneTruth) -> str:
    """Return the totals in one line."""
    totals = truth.totals
    return (
        f"{totals.people} people, {totals.visitors} show their face, "
        f"{totals.onlookers} onlookers, {totals.attention_s:.1f} attention seconds"
    )
