"""The pinhole camera above the screen: metres of the concourse to pixels of the picture.

It is 1.75 m above the floor, its axis is horizontal. x runs to the picture's right, z away from the
camera; an angle of a head is measured against the line from that head to the camera.
"""

import math
from dataclasses import dataclass
from typing import Final

CAMERA_HEIGHT_M: Final = 1.75
HORIZON_RATIO: Final = 0.40  # of the picture's height, from above
FOCAL_RATIO: Final = 0.8  # of the picture's width: a 64 degree lens
FACE_M: Final = 0.18  # brow to chin with a little more, as detectors box a face


class SizeError(ValueError):
    """A picture size that cannot be drawn or encoded."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Projection for one picture size."""

    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        fits = 320 <= self.width_px <= 3840 and 180 <= self.height_px <= 2160
        if not fits or self.width_px % 2 or self.height_px % 2:
            raise SizeError(
                f"a picture of {self.width_px}x{self.height_px} cannot be drawn: use even numbers "
                "between 320x180 and 3840x2160"
            )

    @property
    def focal_px(self) -> float:
        """Pixels per metre at one metre's distance."""
        return FOCAL_RATIO * self.width_px

    def scale(self, z_m: float) -> float:
        """Pixels per metre at a distance."""
        return self.focal_px / z_m

    def pixel(self, x_m: float, height_m: float, z_m: float) -> tuple[float, float]:
        """Return the column and row of a point."""
        scale = self.scale(z_m)
        horizon = HORIZON_RATIO * self.height_px
        return self.width_px / 2 + scale * x_m, horizon + scale * (CAMERA_HEIGHT_M - height_m)

    def face_px(self, z_m: float) -> float:
        """Return the height of a face at a distance."""
        return FACE_M * self.scale(z_m)

    def edge_m(self, z_m: float) -> float:
        """Return how far the picture extends to each side at a distance."""
        return z_m * self.width_px / 2 / self.focal_px


def yaw_to_camera(x_m: float, z_m: float, along_x: float, along_z: float) -> float:
    """Return degrees from the line to the camera to a direction; positive points right."""
    reach = math.hypot(x_m, z_m)
    to_x, to_z = -x_m / reach, -z_m / reach
    ahead = along_x * to_x + along_z * to_z
    right = along_x * -to_z + along_z * to_x
    return math.degrees(math.atan2(right, ahead))
