"""A face painted on a flat canvas: the texture of the head mesh.

The canvas is the face seen from the front without perspective, in centimetres; the renderer
projects it onto the head's surface, so that a turned head shows a turned face. No photograph is
used.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.scene.appearance import Appearance, Tone
from simulators.scene.head import Floats

PX_PER_CM: Final = 32.0
LEFT_CM: Final = -9.0
TOP_CM: Final = -13.0
WIDE_PX: Final = int(18 * PX_PER_CM)
HIGH_PX: Final = int(25 * PX_PER_CM)
SHIFT: Final = 4  # sub-pixel bits of OpenCV's drawing

Canvas = NDArray[np.uint8]


def paint_face(appearance: Appearance) -> Canvas:
    """Paint the canvas of one face, BGR."""
    rng = np.random.default_rng(appearance.texture_seed)
    canvas = _skin(appearance, rng)
    _beard(canvas, appearance, rng)
    _mouth(canvas, appearance)
    _nostrils(canvas, appearance)
    for side in (-1, 1):
        _eye(canvas, appearance, side)
        _brow(canvas, appearance, side, rng)
    _lines(canvas, appearance)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.8), dtype=np.uint8)


def sample_colours(canvas: Canvas, x: Floats, y: Floats) -> Floats:
    """Return the colours of the canvas at points of the surface, given in centimetres."""
    across = ((x - LEFT_CM) * PX_PER_CM).astype(np.float32)
    down = ((y - TOP_CM) * PX_PER_CM).astype(np.float32)
    colour = cv2.remap(canvas, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(colour, dtype=np.float32)


def grain(rng: np.random.Generator, size_cm: float) -> Floats:
    """Return smooth noise over the canvas: blotches of this size, mean about 0."""
    coarse = max(2, int(18 / size_cm)), max(2, int(25 / size_cm))
    noise = rng.standard_normal(coarse[::-1]).astype(np.float32)
    return np.asarray(cv2.resize(noise, (WIDE_PX, HIGH_PX), interpolation=cv2.INTER_CUBIC))


def spot(x_cm: float, y_cm: float, spread_x: float, spread_y: float) -> Floats:
    """Return a soft elliptical patch on the canvas, 1 in its middle."""
    x = (np.arange(WIDE_PX, dtype=np.float32) / PX_PER_CM + LEFT_CM - x_cm) / spread_x
    y = (np.arange(HIGH_PX, dtype=np.float32) / PX_PER_CM + TOP_CM - y_cm) / spread_y
    return np.asarray(np.outer(np.exp(-(y**2) / 2), np.exp(-(x**2) / 2)))


def _skin(appearance: Appearance, rng: np.random.Generator) -> Canvas:
    tone = np.array(appearance.skin, dtype=np.float32)
    mottled = 1 + 0.02 * grain(rng, 1.5) + 0.012 * grain(rng, 0.25)
    face = tone * mottled[..., None]
    red = np.array((-10, -14, 6), dtype=np.float32)
    dark = np.zeros((HIGH_PX, WIDE_PX), dtype=np.float32)
    for side in (-1, 1):
        face += red * spot(side * 3.9, 3.0, 1.5, 1.2)[..., None]
        dark += (0.30 + 0.10 * appearance.age_ratio) * spot(side * 3.0, -0.5, 1.5, 0.85)
        dark += (0.10 + 0.14 * appearance.age_ratio) * spot(side * 3.0, 1.2, 1.2, 0.4)
        dark += 0.22 * spot(side * 1.75, 4.4, 0.3, 0.6) + 0.10 * spot(side * 1.5, 0.3, 0.5, 1.0)
    dark += 0.28 * spot(0, 5.15, 1.3, 0.28) + 0.22 * spot(0, 8.15, 1.4, 0.3)
    dark += 0.35 * spot(0, 12.2, 5.0, 1.0)
    face += red * spot(0, 3.9, 0.9, 0.8)[..., None]
    return np.asarray(np.clip(face * (1 - dark[..., None]), 0, 255), dtype=np.uint8)


def _eye(canvas: Canvas, appearance: Appearance, side: int) -> None:
    x, y = side * 3.1 * appearance.build.eyes_apart, 0.0
    opened = 0.56 - 0.1 * appearance.age_ratio
    upper = [(x + side * t * 1.5, y - opened * (1 - t * t) + 0.08 * -t) for t in _steps()]
    lower = [(x + side * t * 1.5, y + 0.42 * (1 - t * t) + 0.08 * -t) for t in _steps()]
    almond = np.zeros(canvas.shape[:2], dtype=np.uint8)
    _fill(almond, upper + lower[::-1], 255)
    ball = np.empty_like(canvas)
    ball[:] = (214, 220, 226)
    ball[:] = np.clip(ball * (1 - 0.35 * spot(x, y - opened, 2.0, 0.28)[..., None]), 0, 255)
    _disc(ball, x, y - 0.06, 0.66, _times(appearance.iris, 0.6))
    _disc(ball, x, y - 0.06, 0.56, appearance.iris)
    _disc(ball, x, y - 0.06, 0.3, (12, 12, 14))
    _disc(ball, x - 0.2, y - 0.28, 0.13, (245, 245, 245))
    _mix(canvas, ball, almond)
    lash = _times(appearance.skin, 0.16)
    _stroke(canvas, upper, 0.17, lash)
    _stroke(canvas, lower, 0.06, _times(appearance.skin, 0.55))
    crease = [(px, py - 0.42 + 0.1 * abs(px - x)) for px, py in upper]
    _stroke(canvas, crease, 0.09, _times(appearance.skin, 0.58))


def _brow(canvas: Canvas, appearance: Appearance, side: int, rng: np.random.Generator) -> None:
    mask = np.zeros(canvas.shape[:2], dtype=np.uint8)
    arch = [(side * (1.35 + 3.5 * t), -1.75 - 0.75 * np.sin(2.3 * t)) for t in _steps(0, 1)]
    for (x, y), thin in zip(arch, np.linspace(1.0, 0.35, len(arch)), strict=True):
        _disc(mask, x, y, appearance.brow_cm * thin, 255)
    soft = cv2.GaussianBlur(mask, (0, 0), 3)
    strands = np.clip(0.8 + 0.25 * grain(rng, 0.12), 0, 1)
    tone = np.empty_like(canvas)
    tone[:] = _times(appearance.hair, 0.8)
    _mix(canvas, tone, (soft * strands).astype(np.uint8))


def _mouth(canvas: Canvas, appearance: Appearance) -> None:
    tone = np.array(appearance.skin, dtype=np.float32)
    natural = tone * (0.66, 0.62, 0.84)
    painted_lips = np.array((70, 50, 170), dtype=np.float32)
    lip = natural + (painted_lips - natural) * 0.5 * appearance.lipstick_ratio
    width = 2.5
    high, low = 0.62 * appearance.build.lips, 0.82 * appearance.build.lips
    seam = [(t * width, 6.68 + 0.1 * t * t) for t in _steps()]
    upper = [
        (t * width, 6.68 - high * (1 - t * t) + 0.2 * np.exp(-((t / 0.16) ** 2))) for t in _steps()
    ]
    lower = [(t * width, 6.68 + low * (1 - t * t)) for t in _steps()]
    for edge, light in ((upper, 0.88), (lower, 1.0)):
        mask = np.zeros(canvas.shape[:2], dtype=np.uint8)
        _fill(mask, seam + edge[::-1], 235)
        shade = np.empty_like(canvas)
        shade[:] = np.clip(lip * light, 0, 255)
        _mix(canvas, shade, np.asarray(cv2.GaussianBlur(mask, (0, 0), 2.5), dtype=np.uint8))
    _stroke(canvas, seam, 0.13, _times(appearance.skin, 0.3))


def _nostrils(canvas: Canvas, appearance: Appearance) -> None:
    for side in (-1, 1):
        dark = np.empty_like(canvas)
        dark[:] = _times(appearance.skin, 0.22)
        soft = 230 * spot(side * 0.75 * appearance.build.nose_width, 4.78, 0.34, 0.2)
        _mix(canvas, dark, np.clip(soft, 0, 255).astype(np.uint8))


def _beard(canvas: Canvas, appearance: Appearance, rng: np.random.Generator) -> None:
    if not appearance.beard_ratio:
        return
    x, y = np.meshgrid(
        np.arange(WIDE_PX) / PX_PER_CM + LEFT_CM, np.arange(HIGH_PX) / PX_PER_CM + TOP_CM
    )
    jaw = 1 / (1 + np.exp(-(y - (8.0 - 0.13 * x * x)) * 2.2))
    lip = np.exp(-(((y - 5.65) / 0.35) ** 2)) * (np.abs(x) < 2.6)
    mouth = np.exp(-((x / 2.5) ** 4) - ((y - 6.8) / 0.75) ** 4)
    cover = np.clip(jaw + lip - 1.4 * mouth, 0, 1) * appearance.beard_ratio * 0.85
    hairy = np.clip(cover * (0.8 + 0.3 * grain(rng, 0.12)), 0, 1)
    tone = np.empty_like(canvas)
    tone[:] = _times(appearance.hair, 0.9)
    _mix(canvas, tone, (255 * hairy).astype(np.uint8))


def _lines(canvas: Canvas, appearance: Appearance) -> None:
    strength = appearance.age_ratio
    if strength < 0.3:
        return
    tone = np.empty_like(canvas)
    tone[:] = _times(appearance.skin, 0.6)
    mask = np.zeros(canvas.shape[:2], dtype=np.uint8)
    for side in (-1, 1):
        fold = [(side * (1.9 + 1.3 * t - 0.3 * t * t), 4.2 + 2.6 * t) for t in _steps(0, 1)]
        _stroke(mask, fold, 0.16, 200)
    for level in (-5.2, -4.3, -6.1):
        _stroke(mask, [(t * 3.6, level + 0.3 * t * t) for t in _steps()], 0.1, 130)
    _mix(canvas, tone, (cv2.GaussianBlur(mask, (0, 0), 3) * strength).astype(np.uint8))


def _steps(first: float = -1.0, last: float = 1.0) -> list[float]:
    return [float(t) for t in np.linspace(first, last, 25)]


def _times(tone: Tone, factor: float) -> tuple[float, float, float]:
    return tone[0] * factor, tone[1] * factor, tone[2] * factor


def _pixels(line: list[tuple[float, float]]) -> NDArray[np.int32]:
    points = (np.array(line) - (LEFT_CM, TOP_CM)) * PX_PER_CM * 2**SHIFT
    return points.round().astype(np.int32)


def _fill(canvas: Canvas, line: list[tuple[float, float]], value: int) -> None:
    cv2.fillPoly(canvas, [_pixels(line)], (value,), cv2.LINE_AA, SHIFT)


def _stroke(
    canvas: Canvas, line: list[tuple[float, float]], wide_cm: float, tone: float | tuple[float, ...]
) -> None:
    thick = max(1, round(wide_cm * PX_PER_CM))
    colour = tone if isinstance(tone, tuple) else (tone,)
    cv2.polylines(canvas, [_pixels(line)], False, colour, thick, cv2.LINE_AA, SHIFT)


def _disc(
    canvas: Canvas, x_cm: float, y_cm: float, radius_cm: float, tone: float | tuple[float, ...]
) -> None:
    at = _pixels([(x_cm, y_cm)])[0]
    radius = round(radius_cm * PX_PER_CM * 2**SHIFT)
    colour = tone if isinstance(tone, tuple) else (tone,)
    cv2.circle(canvas, (int(at[0]), int(at[1])), radius, colour, -1, cv2.LINE_AA, SHIFT)


def _mix(canvas: Canvas, over: Canvas, cover: Canvas) -> None:
    """Blend `over` into the canvas; only the rectangle that `cover` touches is computed."""
    left, top, wide, high = cv2.boundingRect(cover)
    part = (slice(top, top + high), slice(left, left + wide))
    under, share = canvas[part], cover[part].astype(np.float32)[..., None] / 255
    under[:] = np.clip(under + (over[part].astype(np.float32) - under) * share, 0, 255)
