"""The services that the cameras of one device share: state board, player input, status page."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypedDict

from edge_agent.cameras_config import CameraConfig
from edge_agent.observers import FrameObserver, SensorReader
from edge_agent.player.now_playing import PlayHistory
from edge_agent.player.player_input import PlayerInput, listen_to_player
from edge_agent.privacy.coarse_picture import build_coarse_picture
from edge_agent.recorder.hls import Recorder
from edge_agent.recorder.redacting_observer import RedactedFrameSink, RedactingObserver
from edge_agent.sensors.light import PictureLightSensor
from edge_agent.sensors.sources import PolledSensor
from edge_agent.settings.services import SensorSettings
from edge_agent.state_board import StateBoard
from edge_agent.status.home_assistant import publish_to_home_assistant
from edge_agent.status.requested_image import RequestedImage, encode_jpeg
from edge_agent.status.server import ImageSource, PlayerMessageHandler, StatusSources, serve_status
from edge_agent.status.watchdog import Watchdog
from wire.fleet.preview import PreviewPicture
from wire.scalars import DeviceId
from wire.topics import DeviceAddress

CoarsePictures = Callable[[], PreviewPicture | None]


class AgentServices(TypedDict):
    """The services of one agent, as arguments of `Agent`."""

    board: StateBoard
    playing: PlayHistory | None
    observers: Sequence[FrameObserver]
    sensors: Sequence[SensorReader]


@dataclass(frozen=True, slots=True)
class DeviceServices:
    """The services that all cameras of the device share."""

    first: DeviceAddress
    board: StateBoard
    playing: PlayHistory | None
    previews: dict[DeviceId, ImageSource]
    polled: Sequence[PolledSensor]
    coarse_pictures: dict[DeviceId, CoarsePictures] = field(default_factory=dict)

    def request_coarse_picture(self, device: DeviceId) -> PreviewPicture | None:
        """A picture of the camera for operators, where its local settings allow one."""
        request = self.coarse_pictures.get(device)
        return None if request is None else request()

    def agent_services(self, camera: CameraConfig) -> AgentServices:
        """The services for the agent of one camera."""
        lux_at_mid_grey = camera.settings.sensors.lux_at_mid_grey
        light = [PictureLightSensor(lux_at_mid_grey)] if lux_at_mid_grey else []
        return AgentServices(
            board=self.board,
            playing=self.playing,
            observers=[*self._redacted_frames(camera), *light],
            sensors=[*self._polled_sensors(camera), *light],
        )

    def _polled_sensors(self, camera: CameraConfig) -> Sequence[SensorReader]:
        """Sensors report with the first camera, so that no reading counts twice."""
        return self.polled if camera.address == self.first else ()

    def _redacted_frames(self, camera: CameraConfig) -> Iterator[FrameObserver]:
        device, recorder = camera.address.device, camera.settings.recorder
        sinks: list[RedactedFrameSink] = []
        if camera.settings.status.preview:
            preview = RequestedImage(encode_jpeg)
            self.previews[device] = preview.request
            sinks.append(preview)
        if camera.settings.privacy.remote_preview:
            coarse = RequestedImage(partial(build_coarse_picture, device=device))
            self.coarse_pictures[device] = coarse.request
            sinks.append(coarse)
        if recorder.on:
            sinks.append(Recorder(Path(recorder.folder, device), recorder))
        if sinks:
            yield RedactingObserver(sinks, width_px=recorder.width_px)


@contextmanager
def start_services(cameras: Sequence[CameraConfig]) -> Iterator[DeviceServices]:
    """Run the services during the block, with the settings of the first camera."""
    first, settings = cameras[0].address, cameras[0].settings
    board = StateBoard()
    with (
        _start_sensors(settings.sensors) as polled,
        publish_to_home_assistant(settings.home_assistant, board, first.device),
        listen_to_player(settings.plays) as sources,
    ):
        playing, player_input = sources or (None, None)
        handle: PlayerMessageHandler | None = None
        if player_input is not None and settings.plays.http:
            handle = _handle_player_message(player_input)
        previews: dict[DeviceId, ImageSource] = {}
        with Watchdog(board), serve_status(settings.status, StatusSources(board, previews, handle)):
            yield DeviceServices(first, board, playing, previews, polled)


@contextmanager
def _start_sensors(settings: SensorSettings) -> Iterator[Sequence[PolledSensor]]:
    polled = [PolledSensor(source) for source in settings.sources]
    for sensor in polled:
        sensor.start()
    try:
        yield polled
    finally:
        for sensor in polled:
            sensor.stop()


def _handle_player_message(player_input: PlayerInput) -> PlayerMessageHandler:
    return lambda body: {"creative": player_input.handle_message(body).creative}
