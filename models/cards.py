"""The model cards of our own networks: ports, data, licences and limits.

Figures are not written here: `python -m models record` adds those of an evaluation.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from models.datasets.fer import EXPRESSIONS
from models.datasets.utkface import AGE_GROUPS, GENDERS
from wire.model_card import ModelCard, ModelFigure, Port, TrainingSet

# chosen on the development set, see docs/accuracy.md
FACE_SCORE = 0.45
FIRST_LOOK_SHARE = 0.78
POSE_MARGIN = 1.25
# side of the training crops of the class networks, in sides of the box of our own detector
CHIP_MARGINS = {"demographics": 1.02, "emotion": 1.27}
UNSEALED = "0" * 64

PERMISSIVE = [
    TrainingSet("face_boxes_facemask", "CC0-1.0 as claimed by its publisher", 682),
    TrainingSet("synthetic_faces_sfhq (contact sheets)", "synthetic, no restriction stated", 11),
    TrainingSet("sample-videos (frames), Intel Corporation", "CC-BY-4.0", 165),
    TrainingSet("backgrounds_no_face, dusty-nv/jetson-inference", "MIT", 36),
]
POSE_PERMISSIVE = PERMISSIVE[:2]
YTF = TrainingSet("head_pose_ytf (YouTube Faces)", "research only", 2812)
UTKFACE = TrainingSet("age_gender_utkface (UTKFace)", "non-commercial research", 9000)
FER = TrainingSet("emotion_fer2013 (FER2013)", "research, none stated", 4900)

CLASSES = {
    "demographics": {"age_group": list(AGE_GROUPS), "gender": list(GENDERS)},
    "emotion": {"expression": list(EXPRESSIONS)},
}
INTEL_FACES = "face-detection-adas-0001 (Apache-2.0) for faces without a label, score 0.75 or more"
INTEL_LANDMARKS = "landmarks-regression-retail-0009 (Apache-2.0) for landmarks"
INTEL_POSE = "head-pose-estimation-adas-0001 (Apache-2.0) for head pose"
RESEARCH = "research only: trained on images that may not be used commercially"


def write_card(path: Path, card: ModelCard) -> Path:
    """Write a card as indented JSON; return its path."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
    return path


def seal_card(card: ModelCard, path: Path) -> Path:
    """Write `card` beside the ONNX file, with the name, checksum and size of that file."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    sealed = msgspec.structs.replace(card, file=path.name, sha256=digest, bytes=len(content))
    return write_card(path.with_suffix(".json"), sealed)


def face_card(
    version: str, opset: int, threshold: float, figures: Sequence[ModelFigure] = ()
) -> ModelCard:
    """Return the card of the default face detector, without the checksum of its file."""
    meaning = (
        "per cell: probability of a face; offset of its centre and log of width and height; "
        "x, y of right eye, left eye, nose, right and left mouth corner; in strides"
    )
    names = ("stride_8", "stride_16", "stride_32")
    return ModelCard(
        name="onlooker-face",
        version=version,
        task="face-detection",
        layout="onlooker-maps",
        file="onlooker-face.onnx",
        sha256=UNSEALED,
        bytes=0,
        opset=opset,
        inputs=[Port("image", [1, 3, "height", "width"], "BGR planes, 0 to 255, sides by 32")],
        outputs=[Port(name, [1, 15, "height", "width"], meaning) for name in names],
        thresholds={"score": threshold, "overlap": 0.4},
        licence="Apache-2.0",
        licence_allows="commercial",
        training_data=PERMISSIVE,
        teachers=[INTEL_FACES, INTEL_LANDMARKS],
        figures=list(figures),
        limits=[
            "Faces below 8 px at the network's input size are not found. Large faces are missed: "
            "5, 15 and 63 % of 183 cut-out faces of 210, 290 and 380 px at that size.",
            "False faces in three of thirteen pictures of textures and objects at 640 px (gravel, "
            "a printed page, a field of galaxies), in none at 320 px.",
            "The threshold and the weights of detector and verifier were chosen on the development "
            "set.",
            "Most faces in the training photographs wear a mask; most faces without a mask are "
            "synthetic portraits.",
            "Frames of the classroom and head-pose clips were used for training; those of the "
            "store aisle and the videos of the development folder were not.",
            "Its own landmarks are too coarse for head pose: use the attention network.",
            "Not measured by skin tone or age: the labelled sets contain neither.",
        ],
        second_look="onlooker-face-check",
    )


def face_verifier_card(version: str, opset: int) -> ModelCard:
    """Return the card of the network that verifies the faces of the face detector."""
    return ModelCard(
        name="onlooker-face-check",
        version=version,
        task="face-check",
        layout="onlooker-check",
        file="onlooker-face-check.onnx",
        sha256=UNSEALED,
        bytes=0,
        opset=opset,
        inputs=[Port("image", ["faces", 3, 64, 64], "BGR planes, 0 to 255, face and margin")],
        outputs=[Port("face", ["faces", 1], "probability that the crop shows a face")],
        thresholds={},
        licence="Apache-2.0",
        licence_allows="commercial",
        training_data=PERMISSIVE,
        teachers=[INTEL_FACES, INTEL_POSE],
        limits=["Measured only together with onlooker-face, whose card names it."],
        calibration={"crop_margin": POSE_MARGIN, "first_look_share": FIRST_LOOK_SHARE},
    )


def attention_card(
    version: str, opset: int, figures: Sequence[ModelFigure] = (), *, research: bool = False
) -> ModelCard:
    """Return the card of the attention network before calibration; `research` for the variant
    trained on YouTube Faces.
    """
    name = "onlooker-attention-ytf" if research else "onlooker-attention"
    meaning = (
        "yaw to the picture's right, pitch up, roll clockwise, degrees; log of the standard "
        "deviation of yaw and pitch; x, y of five landmarks as shares of the crop"
    )
    return ModelCard(
        name=name,
        version=version,
        task="head-pose",
        layout="onlooker-pose",
        file=f"{name}.onnx",
        sha256=UNSEALED,
        bytes=0,
        opset=opset,
        inputs=[Port("image", ["faces", 3, 64, 64], "BGR planes, 0 to 255, face and margin")],
        outputs=[Port("pose", ["faces", 15], meaning)],
        thresholds={"looking_deg": 20.0},
        licence=RESEARCH if research else "Apache-2.0",
        licence_allows="research" if research else "commercial",
        training_data=[YTF] if research else POSE_PERMISSIVE,
        teachers=[] if research else [INTEL_LANDMARKS, INTEL_POSE],
        figures=list(figures),
        limits=[
            "Head direction only: eye movements are not measured.",
            "Valid up to about 45 degrees of yaw and 30 degrees of pitch.",
            "Scale and zero of the angles were fitted on half of the persons of the development "
            "set; every person of that set is a public figure filmed by broadcasters.",
        ],
        calibration={"crop_margin": POSE_MARGIN},
    )


def class_card(kind: str, version: str, opset: int, calibration: dict[str, float]) -> ModelCard:
    """Return the card of a research network that classifies faces: `demographics` or `emotion`."""
    labels = CLASSES[kind]
    meaning = "logits, in this order: " + "; ".join(
        f"{name} ({', '.join(classes)})" for name, classes in labels.items()
    )
    count = sum(len(classes) for classes in labels.values())
    name = f"onlooker-{kind}"
    return ModelCard(
        name=name,
        version=version,
        task="emotion" if kind == "emotion" else "demographics",
        layout="onlooker-classes",
        file=f"{name}.onnx",
        sha256=UNSEALED,
        bytes=0,
        opset=opset,
        inputs=[Port("image", ["faces", 3, 64, 64], "BGR planes, 0 to 255, a face cut out")],
        outputs=[Port("logits", ["faces", count], meaning)],
        thresholds={"unknown_below": 0.6},
        licence=RESEARCH,
        licence_allows="research",
        training_data=[FER if kind == "emotion" else UTKFACE],
        limits=[
            "Off by default: the agent reports unknown.",
            "Age is the median of the seven shares; unknown where it and its neighbours hold less "
            "than 0.6. Gender and expression: the likeliest, unknown below 0.6.",
            "Appearance is not identity: a label is what annotators guessed from a picture.",
            "The same persons may be in training and development pictures: the figures are "
            "optimistic.",
        ],
        calibration={"crop_margin": CHIP_MARGINS[kind], **calibration},
    )
