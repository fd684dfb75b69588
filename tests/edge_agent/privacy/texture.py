"""A textured picture, in which any detail that is left would show."""

import numpy as np

TEXTURE = np.random.default_rng(3).integers(0, 255, (180, 320, 3), np.uint8)


def detail(image, box):
    """How much neighbouring pixels differ inside a box: about 80 levels in the texture."""
    x1, y1, x2, y2 = (round(edge) for edge in box)
    part = image[max(y1, 0) : y2, max(x1, 0) : x2].astype(int)
    return float(np.abs(np.diff(part, axis=1)).mean())
