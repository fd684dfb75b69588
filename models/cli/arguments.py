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
    "evaluate detection": "evaluate detection --boxes boxes.csv --images images",
    "evaluate attention": "evaluate attention --labels labels.csv --crops crops",
    "evaluate dwell": "evaluate dwell --video video.mp4 --truth people.csv",
    "evaluate demographics": "evaluate demographics --folder faces --accept-research",
    "evaluate emotion": "evaluate emotion --folder faces --accept-research",
    "evaluate speed": "evaluate speed --detector onlooker-face",
    "evaluate all": "evaluate all --data data",
    "calibrate": "calibrate detection --boxes boxes.csv --images images",
    "calibrate detection": "calibrate detection --boxes boxes.csv --images images",
    "calibrate attention": "calibrate attention --labels labels.csv --crops crops",
    "list": "list",
    "record": "record figures.json",
    "fetch": "fetch yunet-s",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = Parser(prog="python -m models", description=DESCRIPTION, **_example("list"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=about, **_texts(name, about))

    _add_train(add("train", "train a network; continues from its last checkpoint"))
    _add_export(add("export", "write the ONNX file and model card of a checkpoint"))
    _add_evaluate(add("evaluate", "measure networks; JSON on standard output"))
    _add_calibrate(add("calibrate", "fit the scores of a network to labelled pictures"))
    add("list", "list the networks in the repository and in the manifest")
    record = add("record", "write the figures of `evaluate all` into the model cards")
    record.add_argument(
        "figures", type=Path, metavar="FIGURES.json", help="the output of `evaluate all`"
    )
    _add_fetch(add("fetch", "download a public network and verify its checksum"))
    return top


def _texts(name: str, about: str) -> dict[str, Any]:
    return {"description": f"{about[0].upper()}{about[1:]}.", **_example(name)}


def _example(name: str) -> dict[str, Any]:
    return {
        "epilog": f"example:\n  python -m models {EXAMPLES[name]}\n",
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def _add_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", choices=tuple(RECIPES), help="the network")
    _add_data(command)
    _add_path(command, "--runs", "DIR", "folder of checkpoints and labels", default=RUNS)
    command.add_argument("--steps", type=_count, help="total steps; default: as in the recipe")


def _add_export(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", choices=tuple(RECIPES), help="the network")
    _add_path(command, "--runs", "DIR", "folder of checkpoints", default=RUNS)
    _add_path(command, "--to", "DIR", "folder of the files; default: that of the agent's networks")
    command.add_argument("--version", default="1.0.0", help="version on the model card")


def _add_fetch(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", help="name in the manifest, see `python -m models list`")
    _add_path(command, "--to", "DIR", "folder of the network", default=registry.FETCHED)
    command.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="a local copy, without internet"
    )


def _add_calibrate(command: argparse.ArgumentParser) -> None:
    kinds = command.add_subparsers(dest="kind", required=True, metavar="KIND")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        return kinds.add_parser(name, help=about, **_texts(f"calibrate {name}", about))

    boxes = add("detection", "turn detector scores into probabilities")
    _add_path(boxes, "--boxes", "CSV", "boxes in pictures of your own")
    _add_path(boxes, "--images", "DIR", "folder of those pictures")
    boxes.add_argument("--detector", default="onlooker-face", metavar="NAME", help="the detector")
    _add_sizes(boxes)
    poses = add("attention", "fit scale, zero and uncertainty of head pose")
    _add_path(poses, "--labels", "CSV", "angles of crops of your own")
    _add_path(poses, "--crops", "DIR", "folder of those crops")
    _add_estimator(poses)
    for one in (boxes, poses):
        _add_data(one)
        _add_path(one, "--weights", "DIR", "folder that is searched first")
        _add_research(one)


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    subjects = command.add_subparsers(dest="subject", required=True, metavar="SUBJECT")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        return subjects.add_parser(name, help=about, **_texts(f"evaluate {name}", about))

    boxes = add("detection", "compare detectors with labelled boxes")
    _add_path(boxes, "--boxes", "CSV", "columns image, x1, y1, x2, y2", required=True)
    _add_path(boxes, "--images", "DIR", "folder of the pictures", required=True)
    _add_detectors(boxes)
    _add_sizes(boxes)
    poses = add("attention", "compare attention with labelled crops, or measure a video")
    _add_path(poses, "--labels", "CSV", "angles of crops, or with --video of faces in the video")
    _add_path(poses, "--crops", "DIR", "folder of the crops")
    _add_path(poses, "--video", "FILE", "video to measure with the agent")
    _add_estimator(poses)
    visits = add("dwell", "compare the visits of a video with the people present")
    _add_path(visits, "--video", "FILE", "video to measure with the agent", required=True)
    _add_path(
        visits, "--truth", "CSV", "columns person, first_frame, last_frame_exclusive", required=True
    )
    for video in (poses, visits):
        video.add_argument("--detector", metavar="NAME", help="detector instead of the configured")
        _add_path(video, "--config", "TOML", "settings of the camera")
    faces = [
        add(name, f"compare {name} with a folder of labelled faces; research only")
        for name in ("demographics", "emotion")
    ]
    for one in faces:
        _add_path(one, "--folder", "DIR", "folder of the data set", required=True)
    for one in (boxes, poses, *faces):
        _add_research(one)
        _add_path(one, "--plot", "DIR", "folder for plots (PNG)")
    _add_detectors(add("speed", "measure milliseconds per frame on one thread"))
    everything = add("all", "measure the whole development set, with YuNet for comparison")
    _add_data(everything)
    _add_detectors(everything)


def _add_path(
    command: argparse.ArgumentParser, option: str, metavar: str, about: str, **how: Any
) -> None:
    command.add_argument(option, type=Path, metavar=metavar, help=about, **how)


def _add_data(command: argparse.ArgumentParser) -> None:
    _add_path(command, "--data", "DIR", "folder with train/ and dev/", default=DATA)


def _add_detectors(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--detector",
        action="append",
        metavar="NAME",
        help="may be repeated; default: ours and YuNet",
    )


def _add_estimator(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--estimator", default="onlooker-attention", metavar="NAME", help="head-pose network"
    )


def _add_sizes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--input-px", type=_side_px, action="append", metavar="PX",
        help="input size, 64 to 4096; may be repeated; default: 320 and 640",
    )  # fmt: skip


def _add_research(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--accept-research", action="store_true", help="load networks for research only"
    )


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
