"""How often each motion gate opens on drawn clips without and with motion.

`python tests/benchmarks/edge_gate.py`. The clips are those of
`tests/edge_agent/selection/drawn_clips.py`, 150 pictures each, in the place of the tests and in
another that nothing was tuned on. Per cent of the pictures that opened the gate: in the upper part
0 is right, in the lower 100. Frigate-style and MOG2 are those of `edge.py`: an outline of more than
10 px of 178 x 100, 0.2 % of the picture.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from edge import frigate_style, mog2

from edge_agent.selection.background_model import BackgroundModel
from edge_agent.selection.downscale import downscale
from edge_agent.settings.capture import MotionSettings

CLIPS = Path(__file__).parents[1] / "edge_agent" / "selection" / "drawn_clips.py"
MOVING_RATIO = 0.002
SMALLEST_OUTLINE_PX = 10
WARM = 12  # pictures while the background is learned

Gate = Callable[[np.ndarray, float], bool]


def load_clips():
    """The module that draws the clips of the tests."""
    spec = importlib.util.spec_from_file_location("clips", CLIPS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def other_place(width: int, height: int) -> np.ndarray:
    """Walls with hard edges and a fine grain, unlike the tests' place."""
    random = np.random.default_rng(11)
    walls = random.integers(30, 200, (9, 16)).astype(np.float32)
    walls = cv2.resize(walls, (width, height), interpolation=cv2.INTER_NEAREST)
    grain = random.integers(-30, 30, (height // 2, width // 2)).astype(np.float32)
    return np.clip(walls + cv2.resize(grain, (width, height)), 15, 225)


def ours() -> Gate:
    scene = BackgroundModel(MotionSettings())
    return lambda picture, at_s: scene.detect_motion(downscale(picture), at_s)


def theirs() -> Gate:
    look = frigate_style()
    return lambda picture, at_s: max(look(picture, at_s), default=0) > SMALLEST_OUTLINE_PX


def subtractor() -> Gate:
    look = mog2((320, 180))
    return lambda picture, at_s: look(picture, at_s) > MOVING_RATIO * 320 * 180


def opened_percent(gate: Gate, pictures) -> float:
    """Per cent of the pictures that opened the gate, after the first two seconds."""
    answers = [gate(picture, n / 5) for n, picture in enumerate(pictures)]
    return 100 * float(np.mean(answers[WARM:]))


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    drawn = load_clips()
    places = (drawn.untidy_place(), other_place(drawn.WIDTH, drawn.HEIGHT))
    print(f"{'% of pictures that open the gate':44}      ours   elsewhere   Frigate-style   MOG2")
    for title, clips in (("no motion", drawn.WITHOUT_MOTION), ("motion", drawn.WITH_MOTION)):
        print(title)
        for clip in clips:
            rates = [opened_percent(ours(), drawn.pictures(place, clip)) for place in places]
            rates += [
                opened_percent(gate(), drawn.pictures(places[0], clip))
                for gate in (theirs, subtractor)
            ]
            print(f"  {clip.name:44}" + "".join(f"{rate:10.1f}" for rate in rates))


if __name__ == "__main__":
    main()
