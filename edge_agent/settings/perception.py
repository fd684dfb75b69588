"""Settings of perception: tracking, attention, screen geometry, models, zones."""

from typing import Annotated

from msgspec import Meta

from edge_agent.settings.field_types import Folder, Name, Polygon, Ratio, Section
from wire.visible_names import check_visible_name


class TrackingSettings(Section, frozen=True):
    """When faces in two pictures are the same person. Limits are times, not frame counts."""

    confirm_hits: Annotated[int, Meta(ge=1, le=100)] = 4  # a head from behind reached three
    confirm_s: Annotated[float, Meta(ge=0, le=10)] = 0.6
    confirm_within_s: Annotated[float, Meta(ge=0.1, le=10)] = 2.0
    lost_after_s: Annotated[float, Meta(ge=0.1, le=10)] = 1.5
    longest_gap_s: Annotated[float, Meta(ge=0.1, le=10)] = 1.0


class AttentionSettings(Section, frozen=True):
    """When a head counts as looking; `perception/attention.py` gives the reasons."""

    looking_yaw_deg: Annotated[float, Meta(gt=0, le=90)] = 20.0
    looking_pitch_deg: Annotated[float, Meta(gt=0, le=90)] = 20.0
    facing_deg: Annotated[float, Meta(gt=0, le=90)] = 45.0
    looking_ratio: Ratio = 0.6
    away_ratio: Ratio = 0.3
    hold_ratio: Ratio = 0.1
    filter_s: Annotated[float, Meta(ge=0, le=10)] = 0.4
    engaged_frames: Annotated[int, Meta(ge=1, le=1000)] = 3
    engaged_s: Annotated[float, Meta(ge=0, le=60)] = 1.0


class CameraMounting(Section, frozen=True):
    """Position and direction of the lens, seen from the screen looking out: `x_m` to the right,
    `y_m` up and `z_m` outwards from the middle of the screen; pan to the right, tilt up, roll
    clockwise. All zero is the middle of the screen, looking straight out.
    """

    horizontal_fov_deg: Annotated[float, Meta(ge=5, le=175)]
    x_m: Annotated[float, Meta(ge=-100, le=100)] = 0.0
    y_m: Annotated[float, Meta(ge=-100, le=100)] = 0.0
    z_m: Annotated[float, Meta(ge=-100, le=100)] = 0.0
    pan_deg: Annotated[float, Meta(ge=-180, le=180)] = 0.0
    tilt_deg: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    roll_deg: Annotated[float, Meta(ge=-180, le=180)] = 0.0


class ViewSettings(Section, frozen=True):
    """The screen and the camera position; see `perception/screen_geometry.py`."""

    screen_width_m: Annotated[float, Meta(gt=0, le=100)]
    screen_height_m: Annotated[float, Meta(gt=0, le=100)]
    camera: CameraMounting
    gaze_margin_deg: Annotated[float, Meta(ge=0, le=45)] = 12.0


class ModelSettings(Section, frozen=True):
    """The models by name: those of the agent, or models installed in one of `folders`.

    Without `threshold` that of the detector's card applies. A value is on the scale of the scores
    of the detector: a probability where its card has a calibration.
    """

    detector: Name = "onlooker-face"
    attention: Name = "onlooker-attention"
    demographics: Name = "onlooker-demographics"
    emotion: Name = "onlooker-emotion"
    folders: Annotated[tuple[Folder, ...], Meta(max_length=8)] = ("var/models",)
    input_px: Annotated[int, Meta(ge=64, le=4096)] = 640
    threshold: Ratio | None = None


class Zone(Section, frozen=True):
    """A named part of the picture with counts of its own. Zones may overlap."""

    name: Name
    polygon: Polygon

    def __post_init__(self) -> None:
        check_visible_name("zone name", self.name)
