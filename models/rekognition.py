"""Amazon Rekognition as a face detector, for comparison and for sites that choose the cloud.

Pictures are sent to Amazon, which the agent never does by default: a site that uses this must
inform its visitors. The client is an argument (`boto3.client("rekognition")`), so this module needs
no cloud library. The relative boxes of the service become pixels of the picture.
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

# the service accepts at most 5 MB and 4096 px a side in a request with the bytes
LONGEST_PX, JPEG_QUALITY, MOST_BYTES = 1920, 92, 5_000_000
# its left eye is on the left of the picture, the subject's right eye
POINTS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")


class RekognitionError(RuntimeError):
    """A response of the service without faces, or a picture that it does not accept."""


class Client(Protocol):
    """The call of the service that is used."""

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
            response = self._client.detect_faces(
                Image={"Bytes": pack_picture(bgr)}, Attributes=["DEFAULT"]
            )
        if "FaceDetails" not in response:
            raise RekognitionError(
                f"found a response with {sorted(response)}, expected FaceDetails; check the "
                "status of the service and the version of the client"
            )
        found = [_face(detail, bgr) for detail in response["FaceDetails"]]
        above = [face for face in found if face.score >= self.threshold]
        return sorted(above, key=lambda face: -face.score)


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
    positions = {
        point["Type"]: (point["X"] * width, point["Y"] * height)
        for point in detail.get("Landmarks", [])
    }
    missing = (float("nan"), float("nan"))
    marks: Floats = np.asarray([positions.get(name, missing) for name in POINTS], np.float32)
    edges = np.clip([left, top, right, low], 0, [width, height, width, height])
    x1, y1, x2, y2 = (float(edge) for edge in edges)
    return Face((x1, y1, x2, y2), detail["Confidence"] / 100, marks)
