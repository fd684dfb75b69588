"""How often each gate wakes on drawn clips where nobody moves, and how often it sees who does.

`python tests/benchmarks/edge_gate.py`. The clips are those of
`tests/edge_agent/selection/test_motion_gate.py`, 150 pictures each, in the place of the tests and
in another that nothing was tuned on. Per cent of the pictures that woke the detector: in the upper
part 0 is right, in the lower 100. Frigate-style and MOG2 are those of `edge.py`: an outline of more
than 10 px of 178 x 100, 0.2 % of the picture.
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

TESTS = Path(__file__).parents[1] / "edge_agent" / "test_motion.py"
MOVING_RATIO = 0.002
SMALLEST_OUTLINE_PX = 10
WARM = 12  # pictures before which nothing is judged

Gate = Callable[[np.ndarray, float], bool]


def clips():
    """The test module, whose drawings these are."""
    spec = importlib.util.spec_from_file_location("clips", TESTS)
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


def woken(gate: Gate, place: np.ndarray, draw, noise: float) -> float:
    """Per cent of the pictures, after the first two seconds."""
    random = np.random.default_rng(5)
    grains = [random.normal(0, noise, place.shape).astype(np.float32) for _ in range(8)]
    answers = []
    for n in range(150):
        picture = np.clip(draw(place, n) + grains[n * 3 % 8], 0, 255).astype(np.uint8)
        answers.append(gate(picture, n / 5))
    return 100 * float(np.mean(answers[WARM:]))


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    module = clips()
    places = (module.untidy_place(), other_place(module.WIDTH, module.HEIGHT))
    print(f"{'% of pictures that wake':44}      ours   elsewhere   Frigate-style   MOG2 at 320")
    for title, test in (
        ("nobody moves", module.test_where_nobody_moves_the_detector_sleeps),
        ("somebody moves", module.test_whoever_moves_wakes_it),
    ):
        print(title)
        for clip in test.pytestmark[0].args[1]:
            draw, noise = clip.values[:2]
            rates = [woken(ours(), place, draw, noise) for place in places]
            rates += [woken(gate(), places[0], draw, noise) for gate in (theirs, subtractor)]
            print(f"  {clip.id:44}" + "".join(f"{rate:10.1f}" for rate in rates))


if __name__ == "__main__":
    main()
