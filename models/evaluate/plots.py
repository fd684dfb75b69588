"""Plots of the figures as PNG files: precision and recall, confusion, calibration.

Only this module needs matplotlib.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.inference import Floats
from models.evaluate.calibration import reliability
from models.evaluate.errors import EvaluationError

SIZE_INCHES, DPI = (5.0, 4.5), 120


class PlotError(EvaluationError):
    """Plots cannot be drawn: matplotlib is missing."""


def _axes(title: str, across: str, up: str) -> tuple[Any, Any]:
    try:
        import matplotlib as mpl

        mpl.use("agg")
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotError(
            "found no matplotlib, expected it for --plot; pip install matplotlib, or leave it out"
        ) from error
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=across, ylabel=up)
    return figure, axes


def _save(figure: Any, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    figure.savefig(path, dpi=DPI)
    return path


def precision_recall(folder: Path, curves: Mapping[str, tuple[Floats, Floats]]) -> Path:
    """Draw precision over recall, one line for each detector, from (precision, recall)."""
    figure, axes = _axes("Faces found", "recall", "precision")
    for name, (precision, recall) in curves.items():
        axes.plot(recall, precision, label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return _save(figure, folder, "precision-recall")


def confusion(
    folder: Path, name: str, truth: NDArray[Any], guess: NDArray[Any], kinds: Sequence[str]
) -> Path:
    """Draw the confusion matrix, as shares of each true class."""
    counts = np.zeros((len(kinds), len(kinds)))
    np.add.at(counts, (truth.astype(int), guess.astype(int)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _axes(name, "predicted", "true")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.6 else "black"
        axes.text(column, row, f"{share:.2f}", ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(len(kinds)), kinds, rotation=45, ha="right")
    axes.set_yticks(range(len(kinds)), kinds)
    return _save(figure, folder, f"confusion-{name}")


def calibration(
    folder: Path, name: str, probabilities: NDArray[np.floating[Any]], outcomes: NDArray[np.bool_]
) -> Path:
    """Draw observed frequency over predicted probability; a calibrated model is on the diagonal."""
    predicted, observed, counts = reliability(probabilities, outcomes)
    figure, axes = _axes(f"Calibration of {name}", "predicted", "observed")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot(predicted, observed, marker="o")
    for x, y, count in zip(predicted, observed, counts, strict=True):
        axes.annotate(str(int(count)), (x, y), textcoords="offset points", xytext=(4, -10))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return _save(figure, folder, f"calibration-{name}")
