"""Verifies each detected box on a crop at native resolution."""

import numpy as np

from edge_agent.capture.frame import Image
from edge_agent.perception.image_crops import as_bgr, crop
from edge_agent.perception.inference import Floats, ModelSession
from edge_agent.perception.model_cards import input_side_px, required_number
from edge_agent.perception.model_errors import ModelError


class FaceVerifier:
    """Classifies detected boxes as face or not: backs of heads and round objects are not."""

    def __init__(self, session: ModelSession) -> None:
        card = session.card
        if card.task != "face-check":
            raise ModelError(
                f"found {card.name} for {card.task}, expected a network for face-check; correct "
                "`second_look` on the detector's card"
            )
        self._side_px, self._margin = input_side_px(card), required_number(card, "crop_margin")
        self._session, self._input = session, card.inputs[0].name
        self.first_look_share = card.calibration.get("first_look_share", 0.5)

    def probabilities(self, image: Image, boxes: Floats) -> Floats:
        """Return (n,) the probability that each box holds a face, from native pixels."""
        if not len(boxes):
            return np.zeros(0, np.float32)
        places = [(float(b[0]), float(b[1]), float(b[2]), float(b[3])) for b in boxes]
        bgr = as_bgr(image)
        crops = np.stack([crop(bgr, box, self._margin, self._side_px) for box in places])
        planes = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        return self._session.run({self._input: planes})[0][:, 0]
