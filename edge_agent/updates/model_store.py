"""The detectors that have come to this camera after its program, and which of them was chosen."""

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from edge_agent.atomic_files import PUBLIC_MODE, write_atomically
from edge_agent.perception.demographics import demographics_estimator_for
from edge_agent.perception.face_detector import FaceDetector, load_detector
from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.perception.model_errors import ModelError
from edge_agent.perception.networks import Networks, open_pose_estimator
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.version_history import version_key
from wire.model_card import ModelCard
from wire.scalars import WireMessage

log = logging.getLogger(__name__)

DETECTION_TASK = "face-detection"
CARD_FILE = "card.json"


class ChosenModel(WireMessage, frozen=True, kw_only=True):
    """The detector that a job has put in the place of the settings' own; null, the own."""

    detector: str | None = None


class ModelStore:
    """One camera's folder of models. `provided` opens those that came with the program."""

    def __init__(self, folder: Path, provided: Callable[[Settings], Networks]) -> None:
        self._folder = folder
        self._provided = provided

    @property
    def chosen(self) -> str | None:
        """`name:version` of the detector that a job has chosen."""
        try:
            return msgspec.json.decode(self._choice.read_bytes(), type=ChosenModel).detector
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    @property
    def _choice(self) -> Path:
        return self._folder / "chosen.json"

    def apply_choice(self, own: Settings) -> Settings:
        """The camera's own settings with the chosen detector in its place."""
        chosen = self.chosen
        if chosen is None or self.find(chosen) is None:
            return own
        models = msgspec.structs.replace(own.models, detector=chosen.partition(":")[0])
        return msgspec.structs.replace(own, models=models)

    def load(self, settings: Settings) -> Networks:
        """The networks that these settings mean on this camera; raises ModelError."""
        chosen = self.chosen
        if chosen is None or chosen.partition(":")[0] != settings.models.detector:
            return self._provided(settings)
        card = self.find(chosen)
        if card is None or card.parent == WEIGHTS:
            return self._provided(settings)
        demographics_estimator_for(
            settings
        )  # raises now rather than when the first person has left
        return open_detector(card, settings), open_pose_estimator(settings)

    def find(self, version: str) -> Path | None:
        """The card of a model on this camera by `name:version`, or by name alone."""
        for path in self._cards():
            try:
                card = read_card(path)
            except ModelError:
                continue
            if version in (card.name, f"{card.name}:{card.version}"):
                return path
        return None

    def provided(self, name: str) -> ModelCard | None:
        """The newest card of that name which came with the program."""
        cards = [card for path in WEIGHTS.glob("*.json") if (card := _card_at(path))]
        named = [card for card in cards if card.name == name]
        return max(named, key=lambda card: version_key(card.version), default=None)

    def in_use(self, settings: Settings) -> str:
        """`name:version` of the detector that these settings mean; empty when it has no card."""
        path = self.find(self.chosen) if self.chosen else None
        card = _card_at(path) if path else self.provided(settings.models.detector)
        return model_id(card) if card else ""

    def install(self, card_text: bytes, fetch: Callable[[int], bytes]) -> Path:
        """Bring a model here, whole and as its card says, or raise ModelError or ValueError.

        `fetch` is given the most bytes that may come.
        """
        card = msgspec.json.decode(card_text, type=ModelCard)
        if Path(card.file).name != card.file or card.file.startswith("."):
            raise ModelError(f"the card names the file {card.file[:60]!r}: wanted a plain name")
        home = self._folder / hashlib.sha256(card_text).hexdigest()[:16]
        weights = fetch(card.bytes)
        if hashlib.sha256(weights).hexdigest() != card.sha256:
            raise ModelError(f"{len(weights)} bytes came that are not those of {card.name}'s card")
        write_atomically(home / card.file, weights, mode=PUBLIC_MODE)
        write_atomically(home / CARD_FILE, card_text, mode=PUBLIC_MODE)
        return home / CARD_FILE

    def choose(self, card: Path) -> None:
        """Use this detector from now on; all that came before it, but the last, is removed."""
        before = self.chosen and self.find(self.chosen)
        named = read_card(card)
        choice = ChosenModel(detector=f"{named.name}:{named.version}")
        write_atomically(self._choice, msgspec.json.encode(choice), mode=PUBLIC_MODE)
        kept = {card.parent, before.parent if before else None}
        for home in self._folder.glob("*/"):
            if home not in kept:
                shutil.rmtree(home, ignore_errors=True)

    def _cards(self) -> Iterator[Path]:
        yield from sorted(self._folder.glob(f"*/{CARD_FILE}"))
        yield from sorted(WEIGHTS.glob("*.json"))


def model_id(card: ModelCard) -> str:
    """The name under which jobs know a model."""
    return f"{card.name}:{card.version}"


def model_digest(card: ModelCard) -> str:
    """What tells one content of a version from another: all of the card, its weights' too."""
    return hashlib.sha256(msgspec.json.encode(card)).hexdigest()


def _card_at(path: Path) -> ModelCard | None:
    try:
        return read_card(path)
    except ModelError:
        return None


def open_detector(card: Path, settings: Settings) -> FaceDetector:
    """The detector of a card, as these settings want it."""
    if read_card(card).task != DETECTION_TASK:
        raise ModelError(f"{card} is no detector of faces: only these can be changed by a job")
    models = settings.models
    return load_detector(
        card,
        input_px=models.input_px,
        threshold=models.threshold,
        folders=(WEIGHTS, *map(Path, models.folders)),
        accept_research=settings.privacy.accept_research_licence,
        doubtful=True,
    )
