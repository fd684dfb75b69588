"""Accuracy of visits and dwell in a video, against people counted by hand.

The truth is CSV, one line for each person: `person,first_frame,last_frame_exclusive`, in frames of
the video from 0, and optionally `shows_face` (1 or 0): a person who never shows a face is no
audience, and a visit there is an error. Other columns are ignored. Each person is matched with the
visit that overlaps most in time, one visit for each person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_agent.capture.camera import CaptureError
from edge_agent.capture.recording_reader import open_recording
from models.datasets.table import LabelRow, read_rows
from models.evaluate.agent_replay import ReplayedVisit, ReplayResult, VideoError, summarize_audience
from models.evaluate.intervals import bootstrap

COLUMNS = ("person", "first_frame", "last_frame_exclusive")


@dataclass(frozen=True, slots=True)
class Present:
    """One person's true presence, seconds of the video."""

    person: str
    first_s: float
    last_s: float
    shows_face: bool

    @property
    def dwell_s(self) -> float:
        return self.last_s - self.first_s


def frames_per_s(video: Path) -> float:
    """Return the frame rate of the video; raises `VideoError`."""
    try:
        with open_recording(video) as container:
            rate = container.streams.video[0].average_rate
    except CaptureError as error:
        raise VideoError(f"found no video at {video}, expected a video file ({error})") from error
    if not rate:
        raise VideoError(
            f"found {video} without a frame rate, expected one to place frames in time"
        )
    return float(rate)


def presence(table: Path, fps: float) -> list[Present]:
    """Read the truth; raises `LabelTableError` with the line that is invalid."""
    return [_present(row, fps) for row in read_rows(table, *COLUMNS)]


def _present(row: LabelRow, fps: float) -> Present:
    first, last = row.number("first_frame"), row.number("last_frame_exclusive")
    if not 0 <= first < last or first % 1 or last % 1:
        raise row.refuse("whole frames, 0 <= first_frame < last_frame_exclusive")
    shows = row.one_of("shows_face", ("0", "1")) if row.cells.get("shows_face") else 1
    return Present(row.text("person"), first / fps, last / fps, bool(shows))


def against(result: ReplayResult, truth: Sequence[Present]) -> dict[str, Any]:
    """Compare the visits of a video with the people present; intervals over people."""
    matched = _match(result.visits, truth)
    people = [person for person in truth if person.shows_face]
    pairs = [(person, matched.get(index)) for index, person in enumerate(truth)]
    shown = [(person, visit) for person, visit in pairs if person.shows_face]
    report: dict[str, Any] = {
        "people": len(truth),
        "people_who_show_a_face": len(people),
        "counted": sum(visit is not None for _, visit in shown),
        "counted_without_a_face": sum(
            visit is not None for person, visit in pairs if not person.shows_face
        ),
        "counted_twice_or_nobody": len(result.visits) - len(matched),
        "true_dwell_s": round(sum(person.dwell_s for person in people), 2),
        "measured_dwell_s": round(sum(visit.dwell_s for visit in result.visits), 2),
        "audience": summarize_audience(result),
    }
    if shown:
        report["found"] = bootstrap(shown, _found).as_dict()
        report["dwell_error_s"] = bootstrap(shown, _dwell_error).as_dict()
    report["errors"] = _errors(pairs)
    return report


Pair = tuple[Present, ReplayedVisit | None]


def _found(pairs: Sequence[Pair]) -> float:
    return sum(visit is not None for _, visit in pairs) / len(pairs)


def _dwell_error(pairs: Sequence[Pair]) -> float:
    """Return the mean absolute error, s; the error of a missed person is their whole dwell."""
    errors = [abs((visit.dwell_s if visit else 0.0) - person.dwell_s) for person, visit in pairs]
    return sum(errors) / len(errors)


def _errors(pairs: Sequence[Pair]) -> list[str]:
    result = []
    for person, visit in pairs:
        if person.shows_face and visit is None:
            result.append(f"person {person.person}: {person.dwell_s:.1f} s, missed")
        elif not person.shows_face and visit is not None:
            result.append(f"person {person.person}: shows no face, counted")
        elif visit is not None and abs(visit.dwell_s - person.dwell_s) >= 0.5:
            result.append(
                f"person {person.person}: {person.dwell_s:.1f} s, reported {visit.dwell_s:.1f}"
            )
    return result


def _match(visits: Sequence[ReplayedVisit], truth: Sequence[Present]) -> dict[int, ReplayedVisit]:
    """Match people and visits by the time they share, the longest first."""
    shared = sorted(
        (
            (min(visit.last_s, person.last_s) - max(visit.first_s, person.first_s), place, index)
            for place, visit in enumerate(visits)
            for index, person in enumerate(truth)
        ),
        reverse=True,
    )
    pairs: dict[int, ReplayedVisit] = {}
    taken: set[int] = set()
    for seconds, place, index in shared:
        if seconds > 0 and place not in taken and index not in pairs:
            taken.add(place)
            pairs[index] = visits[place]
    return pairs
