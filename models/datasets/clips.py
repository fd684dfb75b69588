"""Frames of real footage: a classroom, a store aisle, a workshop, streets and cars.

Source: intel-iot-devkit/sample-videos at 5797889 (480 x 270 previews and short videos).
Licence: CC-BY-4.0, credit "Intel Corporation, sample-videos". The frames have no labels.
"""

from collections.abc import Iterator
from pathlib import Path

from edge_agent.capture.decoding.frame_conversion import to_bgr
from edge_agent.capture.recording_reader import Recording
from models.datasets.picture import DatasetError, Image, LabelledPicture

LICENCE = "CC-BY-4.0 (Intel Corporation, sample-videos)"


def frames(path: Path, *, every: int = 1) -> Iterator[tuple[int, Image]]:
    """Yield (index, BGR image, upright) of each `every`-th readable frame of a video or GIF."""
    if not path.is_file():
        raise DatasetError(path)
    for index, shot in enumerate(Recording(path).shots()):
        if index % every == 0:
            yield index, to_bgr(shot.picture)


def pictures(
    folder: Path, *, at_most: int = 40, without: tuple[str, ...] = ()
) -> Iterator[LabelledPicture]:
    """Yield at most `at_most` frames, evenly spread, of every clip in `folder`."""
    clips = sorted(path for path in folder.glob("*") if path.suffix in {".gif", ".mp4"})
    if not clips:
        raise DatasetError(folder)
    for clip in clips:
        if clip.stem in without:
            continue
        count = sum(1 for _ in frames(clip))
        for index, image in frames(clip, every=max(1, -(-count // at_most))):
            yield LabelledPicture(f"clips/{clip.stem}/{index}", image)
