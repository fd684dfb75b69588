"""Reduces a report that exceeds the packet limit: the receipt and breakdowns are removed.

Totals are kept. Without its creatives a report is no longer what its receipt says.
"""

from collections.abc import Callable
from typing import Final

from msgspec import UNSET, structs

from wire.audience import AudienceReport
from wire.envelope import AudienceEvent, audience_event, decode_events, encode_event

REMOVAL_STEPS: Final[tuple[Callable[[AudienceReport], AudienceReport], ...]] = (
    lambda report: report,  # without its receipt
    lambda report: structs.replace(report, creatives=UNSET),
    lambda report: structs.replace(report, zones=UNSET),
    lambda report: structs.replace(report, sensors={}, demographics=(), expressions=UNSET),
)


def shorten_report(event: bytes, limit_bytes: int) -> bytes:
    """The event with as many of its breakdowns as fit; the totals alone if none fits."""
    for one in decode_events(event):
        if isinstance(one, AudienceEvent):
            report = one.data
            for step in REMOVAL_STEPS:
                report = step(report)
                event = encode_event(audience_event(report))
                if len(event) <= limit_bytes:
                    break
    return event
