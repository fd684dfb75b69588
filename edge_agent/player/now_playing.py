"""A short history of the creatives on the screen, from the messages of the player.

A message states when a creative starts, and may state when it ends. The creative is on the screen
until the next start or that end. Messages may be a little late or early. A player whose clock
differs states when it sent the message (`sent_at`); its times are shifted by the difference.
"""

import threading
from bisect import bisect_right, insort
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from edge_agent.privacy.encoded_data import find_encoded_data
from wire.audience import CREATIVE, UNKNOWN_CREATIVE

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
HISTORY_MS: Final = 15 * 60 * 1000  # an interval is closed seconds after its end
LONGEST_DELAY: Final = timedelta(minutes=2)
LONGEST_LEAD: Final = timedelta(hours=1)
LARGEST_SKEW: Final = timedelta(days=1)


class PlayerMessageError(ValueError):
    """A player message that cannot be used: what was found, what was expected."""


class PlayerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A player message. A null creative, or `unknown`, means that no sold content is shown.

    Other fields are ignored.
    """

    creative: Annotated[str, Meta(pattern=CREATIVE)] | None
    started_at: Annotated[datetime, Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, Meta(tz=True)] | None = None
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None


class CreativeSpan(NamedTuple):
    """A creative on the screen: milliseconds since 1970, half-open."""

    creative: str
    first_ms: int
    last_ms: int


class _Change(NamedTuple):
    at_ms: int
    creative: str
    starts: bool  # otherwise it only ends the creative before


class PlayHistory:
    """The last 15 minutes of the screen. Written by one thread, read by others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: list[_Change] = []

    def handle_message(self, payload: bytes, received_at: datetime) -> PlayerMessage:
        """Handle a message in JSON; raises PlayerMessageError."""
        try:
            message = msgspec.json.decode(payload, type=PlayerMessage)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise PlayerMessageError(
                f'{error}: send {{"creative": "name", "started_at": "2026-11-23T08:00:00Z"}}'
            ) from error
        self.add_message(message, received_at)
        return message

    def add_message(self, message: PlayerMessage, received_at: datetime) -> None:
        """Add a message; raises PlayerMessageError when its times or name cannot be used."""
        for reason in find_encoded_data(message.creative or ""):
            raise PlayerMessageError(f"creative: {reason}: give it a short name")
        skew = received_at - message.sent_at if message.sent_at else timedelta(0)
        if abs(skew) > LARGEST_SKEW:
            raise PlayerMessageError(
                f"sent_at is {skew} from the clock of this device: set the player clock"
            )
        try:
            starts_at = message.started_at + skew if message.started_at else received_at
            ends_at = message.ends_at + skew if message.ends_at else None
        except OverflowError:
            raise PlayerMessageError(
                "started_at or ends_at is out of range: set the clock"
            ) from None
        if not received_at - LONGEST_DELAY <= starts_at <= received_at + LONGEST_LEAD:
            raise PlayerMessageError(
                f"started_at is {received_at - starts_at} ago: give a time from {LONGEST_DELAY} "
                f"ago to {LONGEST_LEAD} ahead, and sent_at too when the clocks differ"
            )
        if ends_at is not None and ends_at <= starts_at:
            raise PlayerMessageError("ends_at does not come after started_at")
        creative = None if message.creative == UNKNOWN_CREATIVE else message.creative
        self._remember(creative, _ms(starts_at), _ms(ends_at) if ends_at else None)

    def creative_spans(self, first_ms: int, last_ms: int) -> list[CreativeSpan]:
        """The creatives from first to last, without gaps; `unknown` where none is known."""
        with self._lock:
            changes = list(self._changes)
        before = bisect_right(changes, first_ms, key=lambda change: change.at_ms)
        playing = changes[before - 1].creative if before else UNKNOWN_CREATIVE
        found, since_ms = [], first_ms
        for change in changes[before:]:
            if change.at_ms >= last_ms:
                break
            found.append(CreativeSpan(playing, since_ms, change.at_ms))
            playing, since_ms = change.creative, change.at_ms
        return [*(piece for piece in found if piece.first_ms < piece.last_ms),
                CreativeSpan(playing, since_ms, last_ms)]  # fmt: skip

    def starts(self, first_ms: int, last_ms: int) -> Counter[str]:
        """How often each creative started in [first, last)."""
        with self._lock:
            return Counter(
                change.creative
                for change in self._changes
                if change.starts and first_ms <= change.at_ms < last_ms
            )

    def now(self, at: datetime) -> str:
        """The creative on the screen."""
        return self.creative_spans(_ms(at), _ms(at) + 1)[0].creative

    def _remember(self, creative: str | None, starts_ms: int, ends_ms: int | None) -> None:
        with self._lock:
            oldest_ms = starts_ms - HISTORY_MS
            remaining = [
                change
                for position, change in enumerate(self._changes)
                if not (
                    change.at_ms >= starts_ms and not change.starts
                )  # an end that the new start overrides
                and not (change.starts and change.at_ms == starts_ms)  # a repeated message
                and not self._is_over(position, oldest_ms)
            ]
            insort(
                remaining, _Change(starts_ms, creative or UNKNOWN_CREATIVE, creative is not None)
            )
            if ends_ms is not None:
                insort(remaining, _Change(ends_ms, UNKNOWN_CREATIVE, starts=False))
            self._changes = remaining

    def _is_over(self, position: int, before_ms: int) -> bool:
        following = position + 1
        return following < len(self._changes) and self._changes[following].at_ms < before_ms


def _ms(instant: datetime) -> int:
    return (instant - EPOCH) // MILLISECOND
