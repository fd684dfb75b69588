"""The command line of `python -m models`."""

import argparse
from pathlib import Path
from typing import Any, Final

from models import registry
from models.cli.folders import DATA, RUNS
from models.train.recipes import RECIPES
from wire.command_line import Parser

DESCRIPTION: Final = """\
Train, export, evaluate, calibrate, list and fetch networks.

JSON is written to standard output, progress and errors to standard error."""
EXAMPLES: Final = {
    "train": "train detection --data data --runs runs",
    "export": "export detection --runs runs --version 1.0.1",
    "evaluate": "evaluate speed",
    "calibrate": "calibrate detection --boxes boxes.csv --images images",
    "list": "list",
    "record": "record figures.json",
    "fetch": "fetch yunet-s",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = Parser(prog="python -m models", description=DESCRIPTION, **_help("list"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=about, description=f"{about}.", **_help(name))

    _add_train(add("train", "train a network; continues from its last checkpoint"))
    _add_export(add("export", "write the ONNX file and model card of a checkpoint"))
    _add_evaluate(add("evaluate", "measure networks; JSON on standard output"))
    _add_calibrate(add("calibrate", "fit the scores of a network to labelled pictures"))
    add("list", "list the networks in the repository and in the manifest")
    record = add("record", "write the figures of `evaluate all` into the model cards")
    record.add_argument("figures", type=Path, metavar="FIGURES.json")
    fetch = add("fetch", "download a public network and verify its checksum")
    fetch.add_argument("name")
    fetch.add_argument("--to", type=Path, default=registry.FETCHED, metavar="FOLDER")
    fetch.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="a local copy, without internet"
    )
    return top


def _help(name: str) -> dict[str, Any]:
    return {
        "epilog": f"example:\n  python -m models {EXAMPLES[name]}\n",
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def _add_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", choices=tuple(RECIPES))
    command.add_argument("--data", type=Path, default=DATA)
    command.add_argument("--runs", type=Path, default=RUNS)
    command.add_argument("--steps", type=_count, help="total steps; default: as in the recipe")


def _add_export(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", choices=tuple(RECIPES))
    command.add_argument("--runs", type=Path, default=RUNS)
    command.add_argument("--to", type=Path, metavar="FOLDER", help="where the files are written")
    command.add_argument("--version", default="1.0.0")


def _add_calibrate(command: argparse.ArgumentParser) -> None:
    kinds = command.add_subparsers(dest="kind", required=True, metavar="KIND")
    boxes = kinds.add_parser(
        "detection", help="turn detector scores into probabilities", **_help("calibrate")
    )
    boxes.add_argument("--boxes", type=Path, help="CSV of boxes in pictures of your own")
    boxes.add_argument("--images", type=Path, help="folder of those pictures")
    boxes.add_argument("--detector", default="onlooker-face")
    boxes.add_argument("--input-px", type=_side_px, action="append", default=None)
    poses = kinds.add_parser(
        "attention",
        help="fit scale, zero and uncertainty of head pose",
        **_help("calibrate"),
    )
    poses.add_argument("--labels", type=Path, help="CSV of angles of crops of your own")
    poses.add_argument("--crops", type=Path, help="folder of those crops")
    poses.add_argument("--estimator", default="onlooker-attention")
    for one in (boxes, poses):
        one.add_argument("--data", type=Path, default=DATA, help="the development set")
        one.add_argument("--weights", type=Path, help="folder that is searched first")
        one.add_argument("--accept-research", action="store_true")


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    subjects = command.add_subparsers(dest="subject", required=True, metavar="SUBJECT")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        return subjects.add_parser(name, help=about, **_help("evaluate"))

    boxes = add("detection", "compare with a CSV of boxes")
    boxes.add_argument("--boxes", type=Path, required=True)
    boxes.add_argument("--images", type=Path, required=True)
    boxes.add_argument("--detector", action="append", default=None)
    boxes.add_argument("--input-px", type=_side_px, action="append", default=None)
    boxes.add_argument("--accept-research", action="store_true")
    poses = add("attention", "compare with labelled crops, or measure a video")
    poses.add_argument("--labels", type=Path)
    poses.add_argument("--crops", type=Path)
    poses.add_argument("--video", type=Path)
    poses.add_argument("--estimator", default="onlooker-attention")
    poses.add_argument("--accept-research", action="store_true")
    visits = add("dwell", "compare the visits of a video with the people present")
    visits.add_argument("--video", type=Path, required=True)
    visits.add_argument("--truth", type=Path, required=True)
    for video in (poses, visits):
        video.add_argument("--detector")
        video.add_argument("--config", type=Path, help="settings of the camera (TOML)")
    for name in ("demographics", "emotion"):
        faces = add(name, "compare with a folder of labelled faces; research only")
        faces.add_argument("--folder", type=Path, required=True)
        faces.add_argument("--accept-research", action="store_true")
        faces.add_argument("--plot", type=Path)
    for plotted in (boxes, poses):
        plotted.add_argument("--plot", type=Path, help="folder for plots (PNG)")
    speed = add("speed", "milliseconds per frame on one thread")
    speed.add_argument("--detector", action="append", default=None)
    everything = add("all", "the whole development set, with YuNet for comparison")
    everything.add_argument("--data", type=Path, default=DATA)
    everything.add_argument("--detector", action="append", default=None)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"found {count}, expected at least 1")
    return count


def _side_px(text: str) -> int:
    side = int(text)
    if not 64 <= side <= 4096:
        raise argparse.ArgumentTypeError(f"found {side}, expected 64 to 4096")
    return side
