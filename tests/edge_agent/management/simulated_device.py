"""A device under management: a config shadow and a camera, on a simulated clock."""

from edge_agent.agent import AgentStatus
from edge_agent.management.config_shadow import ConfigShadow
from edge_agent.management.mqtt_rpc import parse_body
from edge_agent.settings.camera_settings import Settings
from tests.edge_agent.management.shadow_service import DEVICE, ShadowService
from wire.health import CaptureState


class FakeCamera:
    """Applies settings at once unless `applies_changes` is false.

    `fails_under` states for which settings it delivers no frames.
    """

    def __init__(self, settings):
        self.applied = []
        self.settings = settings
        self.captured = 0
        self.model_faults = 0
        self.capture = CaptureState.STREAMING
        self.fails_under = lambda settings: False
        self.applies_changes = True

    @property
    def status(self):
        if not self.fails_under(self.settings):
            self.captured += 5
        return AgentStatus(self.settings.digest, self.captured, self.model_faults, self.capture)

    def apply(self, settings, networks=None):
        self.applied.append((settings, networks))
        if self.applies_changes:
            self.settings = settings


class SimulatedDevice:
    """A `ConfigShadow` between a shadow service and a camera."""

    def __init__(self, folder, own=None):
        self.own = own or Settings()
        self.path = folder / "config.json"
        self.service = ShadowService()
        self.camera = FakeCamera(self.own)
        self.now_s = 0.0
        self.loaded = []
        self.load_error = None
        self.start()

    def start(self):
        """Start the process, or restart it."""
        self.config_shadow = ConfigShadow(
            DEVICE, self.service.link, self.camera, self.own, self.path, load=self._load
        )
        self.camera.settings = self.config_shadow.settings
        self.service.link.sessions += 1

    def advance(self, seconds=10.0):
        """Advance the clock in steps of a second."""
        for _ in range(round(seconds)):
            self.config_shadow.pump(self.now_s)
            while self.service.link.inbox:
                for topic, payload in self.service.link.take_messages():
                    self.config_shadow.handle_message(topic, parse_body(payload), self.now_s)
            self.now_s += 1.0

    def _load(self, settings):
        if self.load_error:
            raise self.load_error
        self.loaded.append(settings.models.detector)
        return ("detector", "pose")
