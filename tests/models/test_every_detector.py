"""The contract of every detector.

YuNet is tested where it has been fetched, or where its file is beside the repository.
"""

import cv2
import numpy as np
import pytest
from skimage import data

from edge_agent.perception.face_detector import load_detector
from edge_agent.perception.image_crops import ImageError
from models.cli.folders import DATA
from models.registry import FETCHED, read_manifest, store_network
from models.rekognition import RekognitionFaceDetector

# the face of the astronaut's portrait, in shares of its sides
ASTRONAUT = {"Left": 0.34, "Top": 0.13, "Width": 0.2, "Height": 0.26}


class Service:
    """Answers as Rekognition does: a face in every picture that is not of one colour."""

    def detect_faces(self, **request):
        content = np.frombuffer(request["Image"]["Bytes"], np.uint8)
        picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
        if picture.std() < 20:
            return {"FaceDetails": []}
        names = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
        places = [(0.40, 0.22), (0.47, 0.22), (0.44, 0.26), (0.41, 0.31), (0.47, 0.31)]
        marks = [{"Type": name, "X": x, "Y": y} for name, (x, y) in zip(names, places, strict=True)]
        face = {"BoundingBox": ASTRONAUT, "Confidence": 99.4, "Landmarks": marks}
        doubtful = {"BoundingBox": ASTRONAUT, "Confidence": 51.0, "Landmarks": []}
        return {"FaceDetails": [doubtful, face]}


def yunet(tmp_path):
    listed = read_manifest()["yunet-2023mar"]
    for file in (FETCHED / listed.card.file, DATA / "teachers" / listed.card.file):
        if file.is_file():
            store_network(listed, file.read_bytes(), tmp_path)
            return load_detector("yunet-2023mar", folders=[tmp_path])
    pytest.skip("YuNet has not been fetched: python -m models fetch yunet-2023mar")


@pytest.fixture(params=["onlooker-face", "yunet-2023mar", "rekognition"])
def detector(request, tmp_path):
    if request.param == "yunet-2023mar":
        return yunet(tmp_path)
    if request.param == "rekognition":
        return RekognitionFaceDetector(Service())
    return load_detector(request.param)


@pytest.fixture
def astronaut():
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


def test_it_has_a_name_and_a_version(detector):
    assert detector.name
    assert detector.version


def test_it_finds_the_astronaut(detector, astronaut):
    best = detector.faces(astronaut)[0]
    x1, y1, x2, y2 = best.box
    assert abs((x1 + x2) / 2 - 223) < 20
    assert abs((y1 + y2) / 2 - 120) < 30
    assert 0 < best.score <= 1


def test_its_landmarks_name_the_subjects_right_first(detector, astronaut):
    marks = detector.faces(astronaut)[0].landmarks
    assert marks.shape == (5, 2)
    assert marks[0, 0] < marks[1, 0]
    assert marks[3, 0] < marks[4, 0]


def test_it_finds_no_face_on_a_grey_wall(detector):
    assert detector.faces(np.full((240, 320, 3), 127, np.uint8)) == []


def test_it_refuses_sixteen_bits(detector):
    with pytest.raises(ImageError, match="uint16"):
        detector.faces(np.zeros((64, 64, 3), np.uint16))
