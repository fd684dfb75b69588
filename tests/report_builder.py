"""Audience reports for tests: every field that a test does not name is empty."""

from typing import Any, Final

from wire.audience import AttentionBasis, AudienceReport, FrameCounts, Versions
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

EMPTY: Final[dict[str, Any]] = {
    "frames": FrameCounts(captured=0, dropped=0, analysed=0),
    "observed_ms": 0,
    "blind_ms": {},
    "person_ms": 0,
    "facing_ms": 0,
    "looking_ms": 0,
    "unsure_ms": 0,
    "entries": 0,
    "visits": 0,
    "onlookers": 0,
    "peak": 0,
    "dwell_ms": 0,
    "dwell_histogram": (0,) * (len(DWELL_EDGES_MS) + 1),
    "attention_histogram": (0,) * (len(ATTENTION_EDGES_MS) + 1),
    "demographics": (),
    "sensors": {},
    "attention_basis": AttentionBasis.ANGLES,
    "versions": Versions(agent="1", detector="d", attention="a", config="c"),
}


def build_report(**fields: Any) -> AudienceReport:
    """A report of these fields; location, device, stream, sequence and times are required."""
    return AudienceReport(**{**EMPTY, **fields})
