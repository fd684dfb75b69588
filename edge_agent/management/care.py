"""The fleet's part in one enrolled camera: what it starts with, what it listens to, who attends."""

from edge_agent.identity import IdentityFolder
from edge_agent.management import kept
from edge_agent.management.line import Line
from edge_agent.management.shadow import ConfigKeeper, Load, Measuring, in_force
from edge_agent.management.steward import Steward
from edge_agent.settings import Settings
from wire.device_config import answers

CONFIG_FILE = "config.json"


class Care:
    """Of one camera; its memory lies in the identity's folder."""

    def __init__(self, folder: IdentityFolder, own: Settings, load: Load) -> None:
        self._device = folder.belonging().device
        self._path = folder.path / CONFIG_FILE
        self._own = own
        self._load = load
        self.hears = answers(self._device)
        self.settings = in_force(own, kept.read(self._path), load)

    def attending(self, camera: Measuring, line: Line) -> Steward:
        """Whoever attends to this camera while it runs; enter it."""
        shadow = ConfigKeeper(self._device, line, camera, self._own, self._path, load=self._load)
        return Steward(self._device, line, shadow=shadow)
