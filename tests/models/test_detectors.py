"""Detectors are opened by their name, an alias, or through the library of the cloud."""

import boto3
import numpy as np
import pytest

from edge_agent.perception.model_cards import WEIGHTS
from edge_agent.perception.model_errors import ModelError, ModelMissingError
from models.cli.folders import DATA
from models.detectors import LOW, open_detector
from models.registry import FETCHED, read_manifest, store_network


def test_yunet_is_an_alias_of_the_first_release(tmp_path):
    listed = read_manifest()["yunet-2023mar"]
    for file in (FETCHED / listed.card.file, DATA / "teachers" / listed.card.file):
        if file.is_file():
            store_network(listed, file.read_bytes(), tmp_path)
            detector, threshold = open_detector("yunet", [tmp_path], 640)
            assert (detector.name, threshold) == ("yunet-2023mar", 0.6)
            return
    with pytest.raises(ModelMissingError, match="fetch"):
        open_detector("yunet", [tmp_path], 640)


def test_a_detector_is_opened_with_a_low_threshold_and_its_default_is_returned():
    detector, threshold = open_detector("onlooker-face", [WEIGHTS], 320)
    assert detector.threshold == detector.probability(LOW)
    assert threshold > 0.3


def test_rekognition_is_opened_through_its_library(monkeypatch):
    class Service:
        def detect_faces(self, **request):
            return {"FaceDetails": []}

    monkeypatch.setattr(boto3, "client", lambda name, **_: Service())
    detector, threshold = open_detector("rekognition", [], 320)
    assert (detector.name, threshold) == ("rekognition", 0.8)
    assert detector.faces(np.zeros((64, 64, 3), np.uint8)) == []


def test_without_a_region_the_cloud_is_refused(monkeypatch, tmp_path):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ModelError, match="no region is set; set AWS_DEFAULT_REGION"):
        open_detector("rekognition", [], 320)
