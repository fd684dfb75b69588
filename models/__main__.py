"""`python -m models`: train, export, evaluate, calibrate, list and fetch networks.

JSON goes to standard output, everything for people to standard error.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from edge_agent.inference import WEIGHTS, ModelError, read_card
from edge_agent.settings import SettingsError
from models import registry
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import PictureError
from models.datasets.table import TableError
from models.detectors import ALIASES
from models.evaluate.refusal import CommandError, EvaluationError
from models.rekognition import RekognitionError

DATA = Path("../shared/data/models")
RUNS = Path("runs")
RESEARCH = Path(__file__).parent / "weights" / "research"
REFUSALS = (
    ModelError,
    DatasetError,
    PictureError,
    TableError,
    EvaluationError,
    RekognitionError,
    registry.FetchError,
    SettingsError,
)
FOLDERS = (WEIGHTS, registry.FETCHED, RESEARCH)


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(prog="models", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True)
    kinds = ["detection", "attention", "face-check", "attention-ytf", "demographics", "emotion"]
    train = verbs.add_parser("train", help="train a network; goes on from its last checkpoint")
    train.add_argument("kind", choices=kinds)
    train.add_argument("--data", type=Path, default=DATA)
    train.add_argument("--runs", type=Path, default=RUNS)
    train.add_argument("--steps", type=int, help="steps in all; the recipe's own by default")
    export = verbs.add_parser("export", help="make the ONNX file and card of a checkpoint")
    export.add_argument("kind", choices=kinds)
    export.add_argument("--runs", type=Path, default=RUNS)
    export.add_argument("--to", type=Path, help="folder of the weights")
    export.add_argument("--version", default="1.0.0")
    _evaluate(verbs.add_parser("evaluate", help="measure networks; JSON on standard output"))
    _calibrate(verbs.add_parser("calibrate", help="fit what a network says to labelled pictures"))
    verbs.add_parser("list", help="networks in the repository and in the manifest")
    record = verbs.add_parser("record", help="write figures of `evaluate all` into the cards")
    record.add_argument("figures", type=Path)
    fetch = verbs.add_parser("fetch", help="bring a public network in and verify it")
    fetch.add_argument("name")
    fetch.add_argument("--to", type=Path, default=registry.FETCHED)
    fetch.add_argument("--from", dest="source", type=Path, help="a copy of the file, no internet")
    return top


def _calibrate(verb: argparse.ArgumentParser) -> None:
    kinds = verb.add_subparsers(dest="kind", required=True)
    boxes = kinds.add_parser("detection", help="make a detector's scores probabilities")
    boxes.add_argument("--boxes", type=Path, help="pictures of your own, instead: CSV of boxes")
    boxes.add_argument("--images", type=Path, help="and their folder")
    boxes.add_argument("--detector", default="onlooker-face")
    boxes.add_argument("--input-px", type=_side_px, action="append", default=None)
    looks = kinds.add_parser("attention", help="fit scale, zero and doubt of head pose")
    looks.add_argument("--labels", type=Path, help="crops of your own, instead: CSV of angles")
    looks.add_argument("--crops", type=Path, help="and their folder")
    looks.add_argument("--estimator", default="onlooker-attention")
    for one in (boxes, looks):
        one.add_argument("--data", type=Path, default=DATA, help="the development set")
        one.add_argument("--weights", type=Path, help="a folder to look for the network in first")
        one.add_argument("--accept-research", action="store_true")


def _evaluate(verb: argparse.ArgumentParser) -> None:
    what = verb.add_subparsers(dest="what", required=True)
    boxes = what.add_parser("detection", help="against a CSV of boxes")
    boxes.add_argument("--boxes", type=Path, required=True)
    boxes.add_argument("--images", type=Path, required=True)
    boxes.add_argument("--detector", action="append", default=None)
    boxes.add_argument("--input-px", type=_side_px, action="append", default=None)
    boxes.add_argument("--accept-research", action="store_true")
    looks = what.add_parser("attention", help="against labelled crops, or of a film")
    looks.add_argument("--labels", type=Path)
    looks.add_argument("--crops", type=Path)
    looks.add_argument("--video", type=Path)
    looks.add_argument("--estimator", default="onlooker-attention")
    looks.add_argument("--accept-research", action="store_true")
    stays = what.add_parser("dwell", help="a film's visits against who was there")
    stays.add_argument("--video", type=Path, required=True)
    stays.add_argument("--truth", type=Path, required=True)
    for film in (looks, stays):
        film.add_argument("--detector")
        film.add_argument("--config", type=Path, help="the camera's settings, TOML")
    for name in ("demographics", "emotion"):
        other = what.add_parser(name, help="against a folder of labelled faces; research only")
        other.add_argument("--folder", type=Path, required=True)
        other.add_argument("--accept-research", action="store_true")
        other.add_argument("--plot", type=Path)
    for drawn in (boxes, looks):
        drawn.add_argument("--plot", type=Path, help="folder for drawings, PNG")
    speed = what.add_parser("speed", help="ms per frame, one thread")
    speed.add_argument("--detector", action="append", default=None)
    every = what.add_parser("all", help="the whole development set, YuNet beside ours")
    every.add_argument("--data", type=Path, default=DATA)
    every.add_argument("--detector", action="append", default=None)


def _side_px(text: str) -> int:
    side = int(text)
    if not 64 <= side <= 4096:
        raise argparse.ArgumentTypeError(f"found {side}, wanted 64 to 4096")
    return side


def listed() -> list[dict[str, Any]]:
    """Tell every network that is here or may be fetched."""
    rows = []
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.json")):
            card = read_card(path)
            rows.append(
                {
                    "name": card.name,
                    "version": card.version,
                    "here": True,
                    "allows": card.licence_allows,
                    "bytes": card.bytes,
                }
            )
    here = {row["name"] for row in rows}
    for name, entry in registry.manifest().items():
        if name not in here:
            rows.append(
                {
                    "name": name,
                    "version": entry.card.version,
                    "here": False,
                    "allows": entry.card.licence_allows,
                    "bytes": entry.card.bytes or None,
                    "stated": entry.stated,
                }
            )
    return rows


def fetched(options: argparse.Namespace) -> dict[str, str]:
    """Fetch by name, or verify and keep a copy that is already here."""
    entry = registry.entry(ALIASES.get(options.name, options.name))
    if options.source:
        card = registry.copied(entry, options.source, options.to)
    else:
        card = registry.fetch(entry, options.to, progress=_progress)
        print(file=sys.stderr)
    return {"name": entry.card.name, "card": str(card)}


def recorded(options: argparse.Namespace) -> dict[str, int]:
    """Write the figures of an evaluation into the cards of the networks measured."""
    from models import figures

    try:
        return figures.record(json.loads(options.figures.read_bytes()), (WEIGHTS, RESEARCH))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CommandError(
            f"found {options.figures} that does not read as figures ({type(error).__name__}: "
            f"{error}), wanted the JSON of: python -m models evaluate all"
        ) from error


def _progress(done: int, size: int) -> None:
    told = f"{done * 100 // size:3d} %" if size else f"{done >> 10} KiB"
    print(f"\r{told}", end="", file=sys.stderr, flush=True)


def evaluated(options: argparse.Namespace) -> Any:
    """Run the chosen evaluation."""
    from models.evaluate import commands

    if options.what == "detection":
        return commands.detection_figures(options, FOLDERS)
    if options.what == "attention":
        return commands.attention_figures(options, FOLDERS)
    if options.what == "dwell":
        return commands.dwell_figures(options)
    detectors = options.detector if "detector" in options else None
    if options.what == "speed":
        return commands.speed_figures(detectors, FOLDERS)
    if options.what in {"demographics", "emotion"}:
        return commands.class_figures(
            options.what,
            options.folder,
            FOLDERS,
            accept_research=options.accept_research,
            plot=options.plot,
        )
    return commands.development_figures(options.data, detectors or commands.COMPARED, FOLDERS)


def calibrated(options: argparse.Namespace) -> dict[str, Any]:
    """Fit what a network says to labelled pictures and write the numbers into its card."""
    from models.evaluate import commands

    first = (options.weights,) if options.weights else ()
    kinds = {"detection": commands.calibrated, "attention": commands.calibrated_angles}
    return kinds[options.kind](options, (*first, *FOLDERS))


def _recipes() -> ModuleType:
    try:
        from models.train import recipes
    except ImportError as error:
        raise CommandError(
            f"found no {error.name}, wanted it for training and export; install the extra: "
            "pip install 'onlooker[train]'"
        ) from error
    return recipes


def trained(options: argparse.Namespace) -> dict[str, str]:
    """Train by recipe; needs the `train` extra (torch, and openvino for the labels)."""
    recipes = _recipes()
    checkpoint = recipes.run(options.kind, options.data, options.runs, options.steps)
    return {"checkpoint": str(checkpoint)}


def exported(options: argparse.Namespace) -> dict[str, str]:
    """Export by recipe; needs the `train` extra."""
    recipes = _recipes()
    if not (options.runs / recipes.RECIPES[options.kind].folder / "last.pt").is_file():
        raise CommandError(
            f"found no checkpoint of {options.kind} in {options.runs}, wanted one to export; run: "
            f"python -m models train {options.kind}"
        )
    folder = options.to or (WEIGHTS if options.kind in recipes.COMMERCIAL else RESEARCH)
    return {"card": str(recipes.export(options.kind, options.runs, folder, options.version))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; 0 when it worked, 2 when it refused with a sentence."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    options = parser().parse_args(arguments)
    verbs = {
        "record": recorded,
        "train": trained,
        "export": exported,
        "evaluate": evaluated,
        "fetch": fetched,
        "calibrate": calibrated,
    }
    try:
        answer = listed() if options.verb == "list" else verbs[options.verb](options)
    except REFUSALS as error:
        print(f"models: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"models: found {error.filename} of no use ({error.strerror}), wanted a file or folder "
            "that may be read and written; correct the path or its rights",
            file=sys.stderr,
        )
        return 2
    print(json.dumps(answer, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
