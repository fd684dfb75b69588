import http.client
import json
from datetime import UTC, datetime

import pytest

from edge_agent.cameras_config import CameraConfig
from edge_agent.recorder.redacting_observer import RedactingObserver
from edge_agent.sensors.light import PictureLightSensor
from edge_agent.services import DeviceServices, start_services
from edge_agent.settings.loading import parse
from edge_agent.state_board import StateBoard
from simulators.servers.mosquitto import free_port
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

SECOND = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-2"))
POLLED = [object(), object()]


@pytest.fixture
def services(address):
    """The services of a device with two polled sensors, whose first camera is `address`."""
    return DeviceServices(address, StateBoard(), None, {}, POLLED)


def of_camera(services, address, text=""):
    return services.agent_services(CameraConfig("clip.mp4", address, parse(text)))


def test_by_default_a_camera_is_observed_by_nothing(services, address):
    assert of_camera(services, address)["observers"] == []


def test_polled_sensors_report_with_the_first_camera_only(services, address):
    assert of_camera(services, address)["sensors"] == POLLED
    assert of_camera(services, SECOND)["sensors"] == []


def test_all_cameras_share_the_state_board(services, address):
    boards = {id(of_camera(services, one)["board"]) for one in (address, SECOND)}
    assert boards == {id(services.board)}


def test_every_camera_estimates_its_own_light(services):
    parts = of_camera(services, SECOND, "[sensors]\nlux_at_mid_grey = 500\n")
    (light,) = parts["sensors"]
    assert isinstance(light, PictureLightSensor)
    assert parts["observers"] == [light]


def test_a_preview_is_available_under_the_name_of_its_camera(services):
    (observer,) = of_camera(services, SECOND, "[status]\npreview = true\n")["observers"]
    assert isinstance(observer, RedactingObserver)
    assert list(services.previews) == [SECOND.device]
    observer.close()


def test_preview_and_recorder_share_one_redaction(services, address, tmp_path):
    text = f"[status]\npreview = true\n[recorder]\non = true\nfolder = '{tmp_path}'\n"
    (observer,) = of_camera(services, address, text)["observers"]
    assert isinstance(observer, RedactingObserver)
    assert list(services.previews) == [address.device]
    observer.close()


def test_without_settings_no_service_listens_and_no_history_exists(address):
    with start_services([CameraConfig("clip.mp4", address, parse(""))]) as services:
        assert (services.playing, services.polled, services.previews) == (None, [], {})
        assert services.first == address


def test_a_player_posts_to_the_status_page(address):
    port = free_port()
    settings = parse(f"[status]\nport = {port}\n[plays]\nhttp = true\n")
    with start_services([CameraConfig("clip.mp4", address, settings)]) as services:
        for message, status in ((b'{"creative": "tea"}', 200), (b'{"creative": "a b"}', 422)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("POST", "/plays", message, {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = json.loads(response.read())
            connection.close()
            assert response.status == status, body
        assert services.playing.now(datetime.now(UTC)) == "tea"


def test_pictures_for_operators_exist_only_where_the_local_settings_allow_them(services, address):
    of_camera(services, address)
    assert services.request_coarse_picture(address.device) is None
    assert services.coarse_pictures == {}
    (observer,) = of_camera(services, SECOND, "[privacy]\nremote_preview = true\n")["observers"]
    assert isinstance(observer, RedactingObserver)
    assert list(services.coarse_pictures) == [SECOND.device]
    assert services.previews == {}
    observer.close()
