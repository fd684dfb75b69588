"""What stands around the cameras of one device: the board, the player's word, page and watchdog."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from edge_agent.agent import Witness
from edge_agent.board import Board
from edge_agent.playing import Playing
from edge_agent.plays import PlayWords, listening
from edge_agent.recorder.hls import Recorder
from edge_agent.recorder.witness import Screen, Veiled
from edge_agent.roster import Mount
from edge_agent.settings import Settings
from edge_agent.status.preview import Preview
from edge_agent.status.server import Picture, Sights, served
from edge_agent.status.watchdog import Watchdog
from wire.scalars import DeviceId


class Company(TypedDict):
    """What an agent is given beside its camera, its networks and its link."""

    board: Board
    playing: Playing | None
    witnesses: Sequence[Witness]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Shared by all cameras."""

    board: Board
    playing: Playing | None
    previews: dict[DeviceId, Picture]

    def company(self, mount: Mount) -> Company:
        """For one camera's agent."""
        return Company(
            board=self.board, playing=self.playing, witnesses=list(self._witnesses(mount))
        )

    def _witnesses(self, mount: Mount) -> Iterator[Witness]:
        device, recorder = mount.address.device, mount.settings.recorder
        screens: list[Screen] = []
        if mount.settings.status.preview:
            preview = Preview()
            self.previews[device] = preview.jpeg
            screens.append(preview)
        if recorder.on:
            screens.append(Recorder(Path(recorder.folder, device), recorder))
        if screens:
            yield Veiled(screens, width_px=recorder.width_px)


@contextmanager
def surroundings(settings: Settings) -> Iterator[Surroundings]:
    """In place while the block runs."""
    board = Board()
    with listening(settings.plays) as ears:
        playing, words = ears or (None, None)
        hear = _answering(words) if words and settings.plays.http else None
        previews: dict[DeviceId, Picture] = {}
        with Watchdog(board), served(settings.status, Sights(board, previews, hear)):
            yield Surroundings(board, playing, previews)


def _answering(words: PlayWords) -> Any:
    def hear(body: bytes) -> Mapping[str, Any]:
        return {"creative": words.hear(body).creative}

    return hear
