"""What stands around the cameras of one device: the board, the player's word, page and watchdog."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypedDict

from edge_agent.board import Board
from edge_agent.playing import Playing
from edge_agent.plays import PlayWords, listening
from edge_agent.roster import Mount
from edge_agent.settings import Settings
from edge_agent.status.server import Sights, served
from edge_agent.status.watchdog import Watchdog


class Company(TypedDict):
    """What an agent is given beside its camera, its networks and its link."""

    board: Board
    playing: Playing | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Shared by all cameras."""

    board: Board
    playing: Playing | None

    def company(self, mount: Mount) -> Company:
        """For one camera's agent."""
        return Company(board=self.board, playing=self.playing)


@contextmanager
def surroundings(settings: Settings) -> Iterator[Surroundings]:
    """In place while the block runs."""
    board = Board()
    with listening(settings.plays) as ears:
        playing, words = ears or (None, None)
        hear = _answering(words) if words and settings.plays.http else None
        with Watchdog(board), served(settings.status, Sights(board, hear=hear)):
            yield Surroundings(board, playing)


def _answering(words: PlayWords) -> Any:
    def hear(body: bytes) -> Mapping[str, Any]:
        return {"creative": words.hear(body).creative}

    return hear
