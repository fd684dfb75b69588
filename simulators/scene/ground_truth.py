"""Ground truth of a scene, computed from trajectories and gazes, never from pixels.

Definitions, all on the clip's frames. *In view*: part of the head is inside the frame. *Face
visible*: at least 28 px high in a frame 1280 px wide (in proportion, never below 14), entirely
inside, yaw below 60 degrees, pitch above -50, at least 70 % of it not covered by others.
*Looking*: visible and within 15 degrees of the camera; not looking is beyond 25 degrees; angles
between occur only while a head turns.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from edge_agent.perception.boxes import Box, box_area, intersection_area
from simulators.scene.lens import Lens
from simulators.scene.trajectory import Pose, Trajectory

LEAST_FACE_RATIO: Final = 28 / 1280  # of the picture's width: detectors scale the picture down
LEAST_FACE_PX: Final = 14.0
TURNED_DEG: Final = 60.0
LOWERED_DEG: Final = -50.0
LOOKING_DEG: Final = 15.0
VISIBLE_SHARE: Final = 0.7
ONLOOKER_S: Final = 1.0
VISIT_S: Final = 0.5  # a face visible for less is not a visit

Interval = tuple[float, float]


class HeadPosition(msgspec.Struct, frozen=True):
    """The head in one frame: pixels of the point between the eyes, degrees, metres."""

    at_s: float
    eyes_px: tuple[float, float]
    face_px: float
    yaw_deg: float
    pitch_deg: float
    x_m: float
    z_m: float


class PersonTruth(msgspec.Struct, frozen=True):
    """One person; intervals are half-open seconds of the clip."""

    person: int
    behaviour: str
    enter_at_s: float
    exit_at_s: float
    face_visible: tuple[Interval, ...]
    looking: tuple[Interval, ...]
    face_visible_s: float
    attention_s: float
    dwell_s: float  # from the first to the last visible frame of the face
    path: tuple[HeadPosition, ...]


class SceneTotals(msgspec.Struct, frozen=True):
    """Sums over all people; `visitors` showed their face, `onlookers` looked for 1 s."""

    people: int
    visitors: int
    onlookers: int
    in_view_s: float
    face_visible_s: float
    attention_s: float
    dwell_s: float
    peak_faces: int


class SceneTruth(msgspec.Struct, frozen=True):
    """The truth file."""

    width_px: int
    height_px: int
    fps: int
    frames: int
    seconds: float
    seed: int
    people: tuple[PersonTruth, ...]
    totals: SceneTotals


def compute_ground_truth(
    trajectories: Sequence[Trajectory], lens: Lens, *, fps: int, frames: int, seed: int
) -> SceneTruth:
    """Compute the ground truth of all people, frame by frame."""
    poses = [[one.at(frame / fps) for one in trajectories] for frame in range(frames)]
    visible = [_faces_visible(row, lens) for row in poses]
    people = tuple(
        _person(one, at, poses, visible, lens, fps) for at, one in enumerate(trajectories)
    )
    return SceneTruth(
        width_px=lens.width_px,
        height_px=lens.height_px,
        fps=fps,
        frames=frames,
        seconds=frames / fps,
        seed=seed,
        people=people,
        totals=_totals(people, max((sum(row) for row in visible), default=0)),
    )


def head_box(pose: Pose, lens: Lens) -> Box:
    """Return the box of the head with its hair, in pixels."""
    column, row = lens.pixel(pose.x_m, pose.eyes_m, pose.z_m)
    scale = lens.scale(pose.z_m)
    return column - 0.10 * scale, row - 0.13 * scale, column + 0.10 * scale, row + 0.12 * scale


def face_box(pose: Pose, lens: Lens) -> Box:
    """Return the box from brow to chin, in pixels."""
    column, row = lens.pixel(pose.x_m, pose.eyes_m, pose.z_m)
    scale = lens.scale(pose.z_m)
    return column - 0.07 * scale, row - 0.06 * scale, column + 0.07 * scale, row + 0.12 * scale


def _person(
    trajectory: Trajectory,
    at: int,
    poses: list[list[Pose | None]],
    visible: list[list[bool]],
    lens: Lens,
    fps: int,
) -> PersonTruth:
    def runs(holds: Callable[[int, Pose], bool]) -> tuple[Interval, ...]:
        flags = [
            pose is not None and holds(frame, pose)
            for frame, pose in enumerate(row[at] for row in poses)
        ]
        return intervals(flags, fps)

    in_view = runs(lambda frame, pose: _covered_ratio(head_box(pose, lens), _picture(lens)) > 0)
    visible_runs = runs(lambda frame, pose: visible[frame][at])
    looking = runs(lambda frame, pose: visible[frame][at] and _on_screen(pose))
    return PersonTruth(
        person=trajectory.person,
        behaviour=trajectory.behaviour,
        enter_at_s=in_view[0][0] if in_view else trajectory.starts_s,
        exit_at_s=in_view[-1][1] if in_view else trajectory.ends_s,
        face_visible=visible_runs,
        looking=looking,
        face_visible_s=length_s(visible_runs),
        attention_s=length_s(looking),
        dwell_s=round(visible_runs[-1][1] - visible_runs[0][0], 3) if visible_runs else 0.0,
        path=_path(at, poses, lens, fps),
    )


def _path(
    at: int, poses: list[list[Pose | None]], lens: Lens, fps: int
) -> tuple[HeadPosition, ...]:
    """Return the head positions, two a second."""
    spots = []
    for frame in range(0, len(poses), max(1, fps // 2)):
        pose = poses[frame][at]
        if pose is not None:
            spots.append(_spot(frame / fps, pose, lens))
    return tuple(spots)


def _spot(at_s: float, pose: Pose, lens: Lens) -> HeadPosition:
    column, row = lens.pixel(pose.x_m, pose.eyes_m, pose.z_m)
    return HeadPosition(
        at_s=round(at_s, 3),
        eyes_px=(round(column, 1), round(row, 1)),
        face_px=round(lens.face_px(pose.z_m), 1),
        yaw_deg=round(pose.yaw_deg, 1),
        pitch_deg=round(pose.pitch_deg, 1),
        x_m=round(pose.x_m, 2),
        z_m=round(pose.z_m, 2),
    )


def _totals(people: Sequence[PersonTruth], peak: int) -> SceneTotals:
    return SceneTotals(
        people=len(people),
        visitors=sum(person.face_visible_s >= VISIT_S for person in people),
        onlookers=sum(person.attention_s >= ONLOOKER_S for person in people),
        in_view_s=round(sum(person.exit_at_s - person.enter_at_s for person in people), 3),
        face_visible_s=round(sum(person.face_visible_s for person in people), 3),
        attention_s=round(sum(person.attention_s for person in people), 3),
        dwell_s=round(sum(person.dwell_s for person in people), 3),
        peak_faces=peak,
    )


def intervals(flags: Sequence[bool], fps: int) -> tuple[Interval, ...]:
    """Return runs of true frames as half-open intervals in seconds."""
    edges = [
        frame
        for frame, (before, now) in enumerate(zip((False, *flags), (*flags, False), strict=True))
        if before != now
    ]
    return tuple(
        (round(start / fps, 3), round(end / fps, 3))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )


def length_s(spans: Sequence[Interval]) -> float:
    """Return the total length in seconds."""
    return round(sum(end - start for start, end in spans), 3)


def _faces_visible(row: Sequence[Pose | None], lens: Lens) -> list[bool]:
    return [
        pose is not None and _is_readable(pose, lens) and not _is_hidden(pose, row, lens)
        for pose in row
    ]


def _is_readable(pose: Pose, lens: Lens) -> bool:
    face = face_box(pose, lens)
    return (
        lens.face_px(pose.z_m) >= max(LEAST_FACE_PX, LEAST_FACE_RATIO * lens.width_px)
        and abs(pose.yaw_deg) < TURNED_DEG
        and pose.pitch_deg > LOWERED_DEG
        and _covered_ratio(face, _picture(lens)) > 0.999
    )


def _on_screen(pose: Pose) -> bool:
    return max(abs(pose.yaw_deg), abs(pose.pitch_deg)) <= LOOKING_DEG


def _is_hidden(pose: Pose, row: Sequence[Pose | None], lens: Lens) -> bool:
    face = face_box(pose, lens)
    nearer = (other for other in row if other is not None and other.z_m < pose.z_m)
    covered = max((_covered(face, other, lens) for other in nearer), default=0.0)
    return covered > 1 - VISIBLE_SHARE


def _covered(face: Box, other: Pose, lens: Lens) -> float:
    column, shoulders = lens.pixel(other.x_m, other.eyes_m - 0.20, other.z_m)
    scale = lens.scale(other.z_m)
    _, floor = lens.pixel(other.x_m, 0.0, other.z_m)
    body = column - 0.22 * scale, shoulders, column + 0.22 * scale, floor
    return max(_covered_ratio(face, head_box(other, lens)), _covered_ratio(face, body))


def _picture(lens: Lens) -> Box:
    return 0.0, 0.0, float(lens.width_px), float(lens.height_px)


def _covered_ratio(box: Box, other: Box) -> float:
    """The ratio of the area of `box` that `other` covers."""
    shared = intersection_area(box, other)
    return shared / box_area(box) if shared else 0.0
