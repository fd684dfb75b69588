"""Random effects of light, lens, sensor and compression on a picture.

Low light, sensor noise, motion blur and strong compression are rare in the training photographs and
common at a screen, so they are applied often. Every function maps BGR uint8 to BGR uint8 and takes
its random numbers as an argument.
"""

import cv2
import numpy as np

from models.datasets.picture import Floats, Image


def toned(image: Image, rng: np.random.Generator) -> Image:
    """Change gamma, contrast, brightness and white balance with one table per channel."""
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    gamma = np.exp(rng.normal(0, 0.35))
    tables = []
    gain, lift = rng.uniform(0.55, 1.3), rng.uniform(-0.12, 0.15)
    for _ in range(3):
        line = ramp ** (gamma * rng.uniform(0.93, 1.07)) * gain * rng.uniform(0.88, 1.12) + lift
        tables.append(np.clip(line * 255, 0, 255))
    table = np.stack(tables, axis=-1).astype(np.uint8).reshape(256, 1, 3)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def saturated(image: Image, rng: np.random.Generator) -> Image:
    """Reduce or increase the saturation of every colour."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    shares = [0.0, rng.uniform(0.2, 0.8), rng.uniform(0.8, 1.6)]
    share = float(rng.choice(shares, p=[0.3, 0.4, 0.3]))
    return np.asarray(cv2.addWeighted(image, share, grey, 1 - share, 0), np.uint8)


def shaded(image: Image, rng: np.random.Generator) -> Image:
    """Multiply the picture by a smooth field of light: a lamp, a window, a shadow."""
    few = rng.uniform(0.25, 1.5, (3, 3)).astype(np.float32)
    field = cv2.resize(few, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(image * np.clip(field, 0.1, 1.8)[..., None], 0, 255), np.uint8)


def darkened(image: Image, rng: np.random.Generator) -> Image:
    """Remove most of the light and add sensor noise."""
    dim = image.astype(np.float32) * rng.uniform(0.15, 0.5) + rng.uniform(0, 14)
    dim += rng.normal(0, rng.uniform(1, 6), image.shape).astype(np.float32)
    return np.asarray(np.clip(dim, 0, 255), np.uint8)


def noisy(image: Image, rng: np.random.Generator) -> Image:
    """Add noise of one standard deviation."""
    grain = rng.normal(0, rng.uniform(2, 14), image.shape).astype(np.float32)
    return np.asarray(np.clip(image + grain, 0, 255), np.uint8)


def blurred(image: Image, rng: np.random.Generator) -> Image:
    """Blur the picture as a lens out of focus or a moving subject does."""
    if rng.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    length = int(rng.integers(3, 8))
    kernel: Floats = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    for step in np.linspace(-1, 1, 2 * length):
        x, y = np.cos(angle) * step, np.sin(angle) * step
        kernel[round((y + 1) / 2 * (length - 1)), round((x + 1) / 2 * (length - 1))] = 1
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def coarsened(image: Image, rng: np.random.Generator) -> Image:
    """Shrink the picture and enlarge it again, as a scaler between camera and network does."""
    height, width = image.shape[:2]
    ratio = rng.uniform(0.45, 0.9)
    methods = [cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST]
    small = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=int(rng.choice(methods)))
    return np.asarray(cv2.resize(small, (width, height)), np.uint8)


def compressed(image: Image, rng: np.random.Generator) -> Image:
    """Compress the picture as JPEG of low to medium quality."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 85))]
    _, packed = cv2.imencode(".jpg", image, quality)
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


STEPS = (
    (toned, 0.8),
    (saturated, 0.35),
    (shaded, 0.15),
    (blurred, 0.25),
    (coarsened, 0.2),
    (darkened, 0.15),
    (noisy, 0.2),
    (compressed, 0.3),
)


def weathered(image: Image, rng: np.random.Generator) -> Image:
    """Apply each step with its own probability, in the order in which they occur in a camera."""
    for step, probability in STEPS:
        if rng.random() < probability:
            image = step(image, rng)
    return image
