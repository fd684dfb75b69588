"""Decides from a measured head pose whether a person looks at the screen.

The direction of a head is known with an error (`sigma_deg`), so the result is a probability.
Without a configured screen it is the probability that yaw and pitch both lie within fixed angles
of the camera axis, each a normal variable around the measurement. `screen_geometry` computes it
for the screen itself. The probability is smoothed over the track in time and compared with
separate thresholds for entering and leaving a state. Between the thresholds a person is `unsure`,
which is neither looking nor not looking, and is reported as such. Everybody in view is an
opportunity to see (OTS); some of them face the screen, and some of those look at it.

Defaults: 20 degrees in each direction cover a screen at the walking distances of a street site.
The head lags the eyes by up to 12 degrees; published systems use 22.5 degrees.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from edge_agent.settings.perception import AttentionSettings

HIGH_ABOVE, MEDIUM_FROM = 0.90, 0.70


class Attention(StrEnum):
    """The attention of one person in one picture."""

    LOOKING = "looking"
    FACING = "facing"  # the face is turned to the camera, the gaze is not on the screen
    UNSURE = "unsure"
    AWAY = "away"


class HeadAngles(Protocol):
    """A measured head pose: zero points at the camera; `sigma_deg` is one standard error."""

    @property
    def yaw_deg(self) -> float: ...

    @property
    def pitch_deg(self) -> float: ...

    @property
    def sigma_deg(self) -> float: ...


class AttentionBand(StrEnum):
    """The probability that a person looks, in the three bands that advertisers use."""

    HIGH = "high"  # above 0.90
    MEDIUM = "medium"  # 0.70 to 0.90
    LOW = "low"


@dataclass(frozen=True, slots=True)
class GazeProbabilities:
    """P(the head points at the screen) and P(the face is turned to it at all) in one picture."""

    looking: float
    facing: float


@dataclass(frozen=True, slots=True)
class GazeState:
    """The attention of one track so far. `looking_ratio` and `facing_ratio` are smoothed."""

    at_s: float
    looking_ratio: float
    facing_ratio: float
    attention: Attention

    @property
    def band(self) -> AttentionBand:
        """The band of the smoothed probability."""
        return attention_band(self.looking_ratio)


def attention_band(probability: float) -> AttentionBand:
    if probability > HIGH_ABOVE:
        return AttentionBand.HIGH
    return AttentionBand.MEDIUM if probability >= MEDIUM_FROM else AttentionBand.LOW


def within_probability(measured_deg: float, sigma_deg: float, limit_deg: float) -> float:
    """P(|true angle| <= limit) for a normal error of `sigma_deg` around the measured angle."""
    scale = max(sigma_deg, 1e-3) * math.sqrt(2)
    upper = math.erf((limit_deg - measured_deg) / scale)
    lower = math.erf((-limit_deg - measured_deg) / scale)
    return (upper - lower) / 2


def looking_probability(head: HeadAngles, settings: AttentionSettings) -> float:
    """P(the head points at the screen)."""
    return within_probability(
        head.yaw_deg, head.sigma_deg, settings.looking_yaw_deg
    ) * within_probability(head.pitch_deg, head.sigma_deg, settings.looking_pitch_deg)


def facing_probability(head: HeadAngles, settings: AttentionSettings) -> float:
    """P(the face is turned to the camera at all)."""
    return within_probability(
        head.yaw_deg, head.sigma_deg, settings.facing_deg
    ) * within_probability(head.pitch_deg, head.sigma_deg, settings.facing_deg)


def gaze_from_angles(head: HeadAngles, settings: AttentionSettings) -> GazeProbabilities:
    """The gaze by the angles to the camera alone; NaN where an angle is not finite."""
    if not math.isfinite(head.yaw_deg + head.pitch_deg + head.sigma_deg):
        return GazeProbabilities(math.nan, math.nan)
    return GazeProbabilities(
        looking_probability(head, settings), facing_probability(head, settings)
    )


def update_gaze(
    before: GazeState | None,
    chances: GazeProbabilities | None,
    at_s: float,
    settings: AttentionSettings,
) -> GazeState:
    """The gaze state after one more picture; unsure where the picture gives no probability."""
    if chances is None or not math.isfinite(chances.looking + chances.facing):
        held = before or GazeState(at_s, 0.5, 0.5, Attention.UNSURE)
        return replace(held, at_s=at_s, attention=Attention.UNSURE)
    looking, facing = chances.looking, chances.facing
    if before is not None:
        weight = _filter_weight(at_s - before.at_s, settings.filter_s)
        looking += (before.looking_ratio - looking) * weight
        facing += (before.facing_ratio - facing) * weight
    attention = _decide_attention(
        before.attention if before else Attention.UNSURE, looking, facing, settings
    )
    return GazeState(at_s, looking, facing, attention)


def _filter_weight(passed_s: float, filter_s: float) -> float:
    return math.exp(-max(passed_s, 0.0) / filter_s) if filter_s > 0 else 0.0


def _decide_attention(
    before: Attention, looking: float, facing: float, settings: AttentionSettings
) -> Attention:
    """Looking starts at `looking_ratio` and ends `hold_ratio` below it; away likewise, reversed."""
    was_looking = before is Attention.LOOKING
    was_decided_away = before in (Attention.FACING, Attention.AWAY)
    if looking >= settings.looking_ratio - settings.hold_ratio * was_looking:
        return Attention.LOOKING
    if looking <= settings.away_ratio + settings.hold_ratio * was_decided_away:
        return Attention.FACING if facing >= 0.5 else Attention.AWAY
    return Attention.UNSURE
