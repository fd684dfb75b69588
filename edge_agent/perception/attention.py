"""When does a turned head count as looking? Policy only: the model measures, this judges.

A head's direction is known with an error (`sigma_deg`), so the question is asked as a
probability. Where the screen's place is not configured: how likely is it that yaw and pitch both
lie inside fixed angles of the camera, each a normal variable around what was measured? (`screen`
asks it of the screen itself.) The answer is smoothed over the track in time, and crosses separate
thresholds on its way in and out. Between them a person is `unsure`, which is neither looking nor
not looking and is reported as such. Everybody in view is an opportunity to see; of those some
face the screen, and of those some look.

Defaults: 20 deg each way covers a screen as seen from the walking distances of a street
installation (a head lags the eyes by up to 12 deg, and 22.5 deg is the angle peers use).
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from edge_agent.settings.perception import AttentionSettings

HIGH_ABOVE, MEDIUM_FROM = 0.90, 0.70


class Attention(StrEnum):
    """What one person does with the screen in one picture."""

    LOOKING = "looking"
    FACING = "facing"  # the face is towards the camera, the gaze is not on the screen
    UNSURE = "unsure"
    AWAY = "away"


class HeadAngles(Protocol):
    """A measured head: zero is straight into the camera; `sigma_deg` is one standard error."""

    @property
    def yaw_deg(self) -> float: ...

    @property
    def pitch_deg(self) -> float: ...

    @property
    def sigma_deg(self) -> float: ...


class AttentionBand(StrEnum):
    """How sure one picture is that a person looks, in the words advertisers know."""

    HIGH = "high"  # above 0.90
    MEDIUM = "medium"  # 0.70 to 0.90
    LOW = "low"


@dataclass(frozen=True, slots=True)
class GazeProbabilities:
    """What one picture says of one head: P(it looks at the screen) and P(it faces it at all)."""

    looking: float
    facing: float


@dataclass(frozen=True, slots=True)
class GazeState:
    """One track's attention so far. `looking_ratio` and `facing_ratio` are smoothed."""

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
    """P(|true angle| <= limit) for a normal error of `sigma_deg` around what was measured."""
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
    """P(the face is towards the camera at all)."""
    return within_probability(
        head.yaw_deg, head.sigma_deg, settings.facing_deg
    ) * within_probability(head.pitch_deg, head.sigma_deg, settings.facing_deg)


def gaze_from_angles(head: HeadAngles, settings: AttentionSettings) -> GazeProbabilities:
    """Judge a head by its angles to the camera alone; without finite angles there is no answer."""
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
    """The track's regard after one more picture; without an answer (no pose) it is unsure."""
    if chances is None or not math.isfinite(chances.looking + chances.facing):
        held = before or GazeState(at_s, 0.5, 0.5, Attention.UNSURE)
        return replace(held, at_s=at_s, attention=Attention.UNSURE)
    looking, facing = chances.looking, chances.facing
    if before is not None:
        kept = _filter_weight(at_s - before.at_s, settings.filter_s)
        looking += (before.looking_ratio - looking) * kept
        facing += (before.facing_ratio - facing) * kept
    attention = _decide_attention(
        before.attention if before else Attention.UNSURE, looking, facing, settings
    )
    return GazeState(at_s, looking, facing, attention)


def _filter_weight(passed_s: float, filter_s: float) -> float:
    return math.exp(-max(passed_s, 0.0) / filter_s) if filter_s > 0 else 0.0


def _decide_attention(
    before: Attention, looking: float, facing: float, settings: AttentionSettings
) -> Attention:
    """Looking is entered at `looking_ratio` and left `hold_ratio` below; away is its mirror."""
    was_looking = before is Attention.LOOKING
    was_decided_away = before in (Attention.FACING, Attention.AWAY)
    if looking >= settings.looking_ratio - settings.hold_ratio * was_looking:
        return Attention.LOOKING
    if looking <= settings.away_ratio + settings.hold_ratio * was_decided_away:
        return Attention.FACING if facing >= 0.5 else Attention.AWAY
    return Attention.UNSURE
