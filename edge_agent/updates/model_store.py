"""Detectors installed on this camera by jobs, and which of them is selected."""

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
    """The detector selected by a job; null for that of the settings."""

    detector: str | None = None


class ModelStore:
    """The models of one camera. `provided` opens those installed with the program."""

    def __init__(self, folder: Path, provided: Callable[[Settings], Networks]) -> None:
        self._folder = folder
        self._provided = provided

    @property
    def chosen(self) -> str | None:
        """`name:version` of the detector selected by a job."""
        try:
            return msgspec.json.decode(self._choice.read_bytes(), type=ChosenModel).detector
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    @property
    def _choice(self) -> Path:
        return self._folder / "chosen.json"

    def apply_choice(self, own: Settings) -> Settings:
        """Settings with the selected detector."""
        chosen = self.chosen
        if chosen is None or self.find(chosen) is None:
            return own
        models = msgspec.structs.replace(own.models, detector=chosen.partition(":")[0])
        return msgspec.structs.replace(own, models=models)

    def load(self, settings: Settings) -> Networks:
        """Open the networks of these settings; raises ModelError."""
        chosen = self.chosen
        if chosen is None or chosen.partition(":")[0] != settings.models.detector:
            return self._provided(settings)
        card = self.find(chosen)
        if card is None or card.parent == WEIGHTS:
            return self._provided(settings)
        demographics_estimator_for(settings)  # raises now rather than at the first visit
        return open_detector(card, settings), open_pose_estimator(settings)

    def find(self, version: str) -> Path | None:
        """The card of an installed model, by `name:version` or by name."""
        for path in self._cards():
            try:
                card = read_card(path)
            except ModelError:
                continue
            if version in (card.name, f"{card.name}:{card.version}"):
                return path
        return None

    def provided(self, name: str) -> ModelCard | None:
        """The newest card of that name installed with the program."""
        cards = [card for path in WEIGHTS.glob("*.json") if (card := _card_at(path))]
        matching = [card for card in cards if card.name == name]
        return max(matching, key=lambda card: version_key(card.version), default=None)

    def in_use(self, settings: Settings) -> str:
        """`name:version` of the detector of these settings; empty without a card."""
        path = self.find(self.chosen) if self.chosen else None
        card = _card_at(path) if path else self.provided(settings.models.detector)
        return model_id(card) if card else ""

    def install(self, card_text: bytes, fetch: Callable[[int], bytes]) -> Path:
        """Download and verify a model, or raise ModelError or ValueError.

        `fetch` receives the largest number of bytes to download.
        """
        card = msgspec.json.decode(card_text, type=ModelCard)
        if not card.file or Path(card.file).name != card.file or card.file.startswith("."):
            raise ModelError(
                f"the card names the file {card.file[:60]!r}: expected a plain file name"
            )
        folder = self._folder / hashlib.sha256(card_text).hexdigest()[:16]
        weights = fetch(card.bytes)
        if hashlib.sha256(weights).hexdigest() != card.sha256:
            raise ModelError(
                f"the download of {len(weights)} bytes is not {card.name}: its checksum differs"
            )
        write_atomically(folder / card.file, weights, mode=PUBLIC_MODE)
        write_atomically(folder / CARD_FILE, card_text, mode=PUBLIC_MODE)
        return folder / CARD_FILE

    def choose(self, card: Path) -> None:
        """Select this detector; remove all others but the one selected before."""
        before = self.chosen and self.find(self.chosen)
        matching = read_card(card)
        choice = ChosenModel(detector=f"{matching.name}:{matching.version}")
        write_atomically(self._choice, msgspec.json.encode(choice), mode=PUBLIC_MODE)
        used = {card.parent, before.parent if before else None}
        for folder in self._folder.glob("*/"):
            if folder not in used:
                shutil.rmtree(folder, ignore_errors=True)

    def _cards(self) -> Iterator[Path]:
        yield from sorted(self._folder.glob(f"*/{CARD_FILE}"))
        yield from sorted(WEIGHTS.glob("*.json"))


def model_id(card: ModelCard) -> str:
    """The id of a model in jobs."""
    return f"{card.name}:{card.version}"


def model_digest(card: ModelCard) -> str:
    """Digest of a model card, which contains the checksum of the weights."""
    return hashlib.sha256(msgspec.json.encode(card)).hexdigest()


def _card_at(path: Path) -> ModelCard | None:
    try:
        return read_card(path)
    except ModelError:
        return None


def open_detector(card: Path, settings: Settings) -> FaceDetector:
    """Open the detector of a card with these settings."""
    if read_card(card).task != DETECTION_TASK:
        raise ModelError(f"{card} is not a face detector: jobs can only replace face detectors")
    models = settings.models
    return load_detector(
        card,
        input_px=models.input_px,
        threshold=models.threshold,
        folders=(WEIGHTS, *map(Path, models.folders)),
        accept_research=settings.privacy.accept_research_licence,
        doubtful=True,
    )
