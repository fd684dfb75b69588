"""The messages of a player, recorded with their times, for the agent of a replay.

They reach the agent as they would have done then: before the first frame after their time.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from edge_agent.player.now_playing import PlayerMessage, PlayerMessageError, PlayHistory


class PlayedCreativesError(ValueError):
    """A file of player messages that cannot be used; the message names the line."""


def read_messages(path: Path) -> list[PlayerMessage]:
    """Read one message a line, in order of time; raises PlayedCreativesError and OSError."""
    messages = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            message = msgspec.json.decode(line, type=PlayerMessage)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise PlayedCreativesError(f"{path}, line {number}: {error}") from error
        if message.started_at is None:
            raise PlayedCreativesError(
                f"{path}, line {number}: there is no started_at, which a replay needs"
            )
        messages.append(message)
    return sorted(messages, key=start_of)


class PlayerFeed:
    """Passes messages to the history of the screen as the time of the camera advances."""

    def __init__(self, messages: Iterable[PlayerMessage]) -> None:
        self.history = PlayHistory()
        self._waiting = deque(messages)

    def advance(self, now: datetime) -> None:
        """Pass all messages up to `now`; raises PlayedCreativesError for one that is refused."""
        while self._waiting and start_of(self._waiting[0]) <= now:
            message = self._waiting.popleft()
            try:
                self.history.add_message(message, start_of(message))
            except PlayerMessageError as error:
                raise PlayedCreativesError(
                    f"{message.creative} at {message.started_at}: {error}"
                ) from error


def start_of(message: PlayerMessage) -> datetime:
    """When the creative of a recorded message starts."""
    assert message.started_at is not None  # required by `read_messages`
    return message.started_at
