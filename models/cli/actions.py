"""The commands of `python -m models`. A command imports the libraries that only it needs."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from edge_agent.perception.model_cards import WEIGHTS, read_card
from models import registry
from models.cli import folders
from models.detectors import ALIASES
from models.evaluate.errors import CommandError
from models.train.recipes import COMMERCIAL, RECIPES
from wire.process.interrupts import exit_on_interrupt


def list_networks(_: argparse.Namespace) -> list[dict[str, Any]]:
    """Describe every network that is present or can be fetched."""
    rows = [
        {
            "name": card.name,
            "version": card.version,
            "present": True,
            "allows": card.licence_allows,
            "bytes": card.bytes,
        }
        for folder in folders.FOLDERS
        for card in map(read_card, sorted(folder.glob("*.json")))
    ]
    present = {row["name"] for row in rows}
    rows += [
        {
            "name": name,
            "version": entry.card.version,
            "present": False,
            "allows": entry.card.licence_allows,
            "bytes": entry.card.bytes or None,
            "stated": entry.stated,
        }
        for name, entry in registry.read_manifest().items()
        if name not in present
    ]
    return rows


def fetch_network(options: argparse.Namespace) -> dict[str, str]:
    """Download a network by name, or verify and store a local copy."""
    entry = registry.find_network(ALIASES.get(options.name, options.name))
    if options.source:
        card = registry.copy_network(entry, options.source, options.to)
    else:
        card = registry.fetch_network(entry, options.to, progress=_show_progress)
        sys.stderr.write("\n")
    return {"name": entry.card.name, "card": str(card)}


def _show_progress(done: int, size: int) -> None:
    shown = f"{done * 100 // size:3d} %" if size else f"{done >> 10} KiB"
    sys.stderr.write(f"\r{shown}")
    sys.stderr.flush()


def record_figures(options: argparse.Namespace) -> dict[str, int]:
    """Write the figures of an evaluation into the model cards of its networks."""
    from models import figures

    try:
        return figures.record(json.loads(options.figures.read_bytes()), (WEIGHTS, folders.RESEARCH))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CommandError(
            f"found {options.figures} that cannot be read as figures ({type(error).__name__}: "
            f"{error}), expected the JSON of: python -m models evaluate all"
        ) from error


def evaluate(options: argparse.Namespace) -> Any:
    """Run the chosen evaluation."""
    from models.evaluate import commands

    if options.subject == "detection":
        return commands.detection_figures(options, folders.FOLDERS)
    if options.subject == "attention":
        return commands.attention_figures(options, folders.FOLDERS)
    if options.subject == "dwell":
        return commands.dwell_figures(options)
    detectors = options.detector if "detector" in options else None
    if options.subject == "speed":
        return commands.speed_figures(detectors, folders.FOLDERS)
    if options.subject in {"demographics", "emotion"}:
        return commands.class_figures(
            options.subject,
            options.folder,
            folders.FOLDERS,
            accept_research=options.accept_research,
            plot=options.plot,
        )
    compared = detectors or commands.COMPARED
    return commands.development_figures(options.data, compared, folders.FOLDERS)


def calibrate(options: argparse.Namespace) -> dict[str, Any]:
    """Calibrate a network with labelled pictures and write the result into its card."""
    from models.evaluate import commands

    first = (options.weights,) if options.weights else ()
    kinds = {"detection": commands.calibrate_detector, "attention": commands.calibrate_pose}
    return kinds[options.kind](options, (*first, *folders.FOLDERS))


def train(options: argparse.Namespace) -> dict[str, str]:
    """Train by recipe; needs the `train` extra (torch, and openvino for the labels)."""
    with _train_extra():
        from models.train.commands import train_network
    checkpoint = train_network(options.kind, options.data, options.runs, options.steps)
    return {"checkpoint": str(checkpoint)}


def export(options: argparse.Namespace) -> dict[str, str]:
    """Export by recipe; needs the `train` extra."""
    if not RECIPES[options.kind].checkpoint(options.runs).is_file():
        raise CommandError(
            f"found no checkpoint of {options.kind} in {options.runs}; create one with: "
            f"python -m models train {options.kind}"
        )
    with _train_extra():
        from models.train.commands import export_network
    folder: Path = options.to or (WEIGHTS if options.kind in COMMERCIAL else folders.RESEARCH)
    return {"card": str(export_network(options.kind, options.runs, folder, options.version))}


@contextmanager
def _train_extra() -> Iterator[None]:
    """Refuse the command if a library of the `train` extra cannot be imported inside."""
    try:
        with exit_on_interrupt():
            yield
    except ImportError as error:
        raise CommandError(
            f"found no {error.name}, which training and export need; install the extra: "
            "pip install 'onlooker[train]'"
        ) from error


ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace], Any]]] = {
    "train": train,
    "export": export,
    "evaluate": evaluate,
    "calibrate": calibrate,
    "list": list_networks,
    "record": record_figures,
    "fetch": fetch_network,
}
