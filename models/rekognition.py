"""Amazon Rekognition as a face detector, for sites that choose the cloud and say so.

Pictures leave the camera here, which the default never does: a site that wires this in must have
told its visitors. The client is handed in (`boto3.client("rekognition")`), so this file carries
no cloud library, and the service's relative boxes become the pixels of the picture.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import cv2
import numpy as np

from edge_agent.capture.frame import Image
from edge_agent.perception.face_detector import Face
from edge_agent.perception.image_crops import as_bgr
from edge_agent.perception.inference import Floats
from wire.aws import explain_aws_errors

# the service takes at most 5 MB and 4096 px a side when the bytes are sent along
LONGEST_PX, JPEG_QUALITY, MOST_BYTES = 1920, 92, 5_000_000
# its left eye is the one on the picture's left, the subject's right
POINTS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")


class RekognitionError(RuntimeError):
    """The service answered with something else than faces."""


class Client(Protocol):
    """The one call of the service that is used."""

    def detect_faces(self, *, Image: Mapping[str, bytes], Attributes: list[str]) -> Any: ...  # noqa: N803 - the service's names


class RekognitionFaceDetector:
    """Finds faces by `DetectFaces`; `threshold` is a confidence of 0 to 1."""

    name, version = "rekognition", "DetectFaces"

    def __init__(self, client: Client, *, threshold: float = 0.8) -> None:
        self._client = client
        self.threshold = threshold

    def faces(self, image: Image) -> list[Face]:
        """Send one picture and read its faces, best score first."""
        bgr = as_bgr(image)
        with explain_aws_errors():
            answer = self._client.detect_faces(
                Image={"Bytes": pack_picture(bgr)}, Attributes=["DEFAULT"]
            )
        if "FaceDetails" not in answer:
            raise RekognitionError(
                f"found an answer with {sorted(answer)}, expected FaceDetails; check the service's "
                "status and the client's version"
            )
        found = [_face(detail, bgr) for detail in answer["FaceDetails"]]
        kept = [face for face in found if face.score >= self.threshold]
        return sorted(kept, key=lambda face: -face.score)


def pack_picture(image: Image) -> bytes:
    """Return the picture as JPEG within the service's limits."""
    ratio = min(1.0, LONGEST_PX / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if len(content) > MOST_BYTES:
        raise RekognitionError(
            f"found a picture of {len(content)} bytes, expected at most {MOST_BYTES}; shrink it"
        )
    return content.tobytes()


def _face(detail: Mapping[str, Any], image: Image) -> Face:
    height, width = image.shape[:2]
    box = detail["BoundingBox"]
    left, top = box["Left"] * width, box["Top"] * height
    right, low = left + box["Width"] * width, top + box["Height"] * height
    places = {
        point["Type"]: (point["X"] * width, point["Y"] * height)
        for point in detail.get("Landmarks", [])
    }
    nowhere = (float("nan"), float("nan"))
    marks: Floats = np.asarray([places.get(name, nowhere) for name in POINTS], np.float32)
    edges = np.clip([left, top, right, low], 0, [width, height, width, height])
    x1, y1, x2, y2 = (float(edge) for edge in edges)
    return Face((x1, y1, x2, y2), detail["Confidence"] / 100, marks)
