"""The edge agent's commands and settings show no secret of an address."""

import json
from itertools import product

import pytest

from edge_agent.__main__ import main as edge
from edge_agent.cameras_config import parse
from edge_agent.settings.loading import SettingsError
from tests.repository.address_secrets.camera_settings import write_config
from tests.repository.address_secrets.shapes import (
    BROKERS_REFUSED,
    CAMERAS,
    CAMERAS_REFUSED,
    PIECES,
    WEB,
    WEB_REFUSED,
)

WEB_KEYS = ("plays.url",)
BROKER_KEYS = ("plays.broker", "home_assistant.broker")


def test_check_shows_no_secret_of_a_camera(tmp_path, check_output, at):
    sources = [shape.format(at=at) for shape in (*CAMERAS, *CAMERAS_REFUSED)]
    for some in (sources[:18], sources[18:]):  # a device has 32 cameras at most
        config = write_config(some, tmp_path, isolated="false")
        assert edge(["check", "--config", str(config), "--broker", f"mqtt://{at}"]) == 2
    text = check_output()
    assert text.count("delivers no frame") == len(CAMERAS)
    assert f"rtsp://{at} delivers no frame" in text
    assert "percent-encode" in text


@pytest.mark.parametrize("shape", CAMERAS_REFUSED)
def test_a_refused_run_shows_no_secret(shape, tmp_path, check_output, at):
    config = write_config([shape.format(at=at)], tmp_path)
    assert edge(["run", "--config", str(config), "--broker", f"mqtt://{at}"]) == 2
    assert "edge_agent: " in check_output()


def test_the_representation_of_cameras_and_settings_shows_no_source(at):
    for shape in CAMERAS:
        settings, cameras = parse(
            f"[[camera]]\nsource = {json.dumps(shape.format(at=at))}\n"
            "location = 'KX-01'\ndevice = 'cam'\n"
        )
        shown = f"{settings!r}{cameras!r}"
        assert [piece for piece in PIECES if piece in shown] == []


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        *product(WEB_KEYS, (*WEB_REFUSED, *BROKERS_REFUSED)),
        *product(BROKER_KEYS, (*WEB, *BROKERS_REFUSED)),
    ],
)
def test_an_address_that_settings_refuse_shows_no_secret(key, shape, at, check_output):
    with pytest.raises(SettingsError) as refused:
        parse(f"{key} = {json.dumps(shape.format(at=at))}\n")
    check_output(refused.value)
