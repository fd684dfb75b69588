"""Amazon Rekognition as a detector: what is sent, and what is read from its answer."""

import cv2
import numpy as np
import pytest

from models.rekognition import RekognitionError, RekognitionFaceDetector, pack_picture

BLACK = np.zeros((100, 200, 3), np.uint8)


class Service:
    """Answers every request with the same faces and records the size of the picture."""

    def __init__(self, *details):
        self.details = list(details)
        self.sizes = []

    def detect_faces(self, **request):
        content = np.frombuffer(request["Image"]["Bytes"], np.uint8)
        self.sizes.append(cv2.imdecode(content, cv2.IMREAD_COLOR).shape)
        return {"FaceDetails": self.details}


def detail(confidence, *, left=0.25, top=0.1, width=0.5, height=0.8, **points):
    return {
        "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
        "Confidence": confidence,
        "Landmarks": [{"Type": name, "X": x, "Y": y} for name, (x, y) in points.items()],
    }


def detect(*details, image=BLACK, **options):
    return RekognitionFaceDetector(Service(*details), **options).faces(image)


def test_shares_of_the_picture_become_pixels():
    (face,) = detect(detail(99.5, nose=(0.5, 0.4)))
    assert face.box == (50, 10, 150, 90)
    assert face.score == pytest.approx(0.995)
    assert face.landmarks[2].tolist() == [100, 40]


def test_a_missing_landmark_is_not_a_number():
    (face,) = detect(detail(99.0, nose=(0.5, 0.4)))
    assert np.isnan(face.landmarks).all(axis=1).tolist() == [True, True, False, True, True]


def test_the_eye_on_the_left_of_the_picture_is_the_subjects_right_one():
    (face,) = detect(detail(99.0, eyeLeft=(0.3, 0.3), eyeRight=(0.7, 0.3)))
    assert face.landmarks[0, 0] < face.landmarks[1, 0]


def test_a_box_over_the_edge_is_clipped_to_the_picture():
    (face,) = detect(detail(99.0, left=-0.1, top=0.5, width=1.5, height=0.9))
    assert face.box == (0, 50, 200, 100)


def test_faces_are_sorted_by_score_and_those_below_the_threshold_left_out():
    scores = [face.score for face in detect(detail(80.0), detail(97.0), detail(79.9))]
    assert scores == pytest.approx([0.97, 0.80])
    assert len(detect(detail(10.0), threshold=0.05)) == 1
    assert detect() == []


@pytest.mark.parametrize(
    ("size", "sent"), [((3000, 4000), (1440, 1920, 3)), ((100, 200), (100, 200, 3))]
)
def test_a_picture_is_reduced_to_what_the_service_accepts(size, sent):
    service = Service()
    RekognitionFaceDetector(service).faces(np.zeros((*size, 3), np.uint8))
    assert service.sizes == [sent]


def test_boxes_of_a_reduced_picture_are_pixels_of_the_original():
    (face,) = detect(detail(99.0), image=np.zeros((3000, 4000, 3), np.uint8))
    assert face.box == (1000, 300, 3000, 2700)


def test_a_picture_that_stays_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("models.rekognition.MOST_BYTES", 1000)
    noise = np.random.default_rng(1).integers(0, 256, (100, 200, 3), np.uint8)
    with pytest.raises(RekognitionError, match="expected at most 1000; shrink it"):
        pack_picture(noise)


def test_a_response_without_faces_is_refused_with_its_fields():
    class Broken:
        def detect_faces(self, **request):
            return {"Fault": len(request)}

    with pytest.raises(RekognitionError, match=r"found a response with \['Fault'\], expected"):
        RekognitionFaceDetector(Broken()).faces(BLACK)
