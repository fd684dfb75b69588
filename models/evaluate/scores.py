"""Calibrates a detector's scores on labelled pictures and measures them on held-out pictures.

Slope and zero are those of `edge_agent.perception.score_calibration`, fitted as in Platt (1999)
with the smoothed targets of Lin, Lin and Weng (2007). A detected face without a label counts as
false, so the probabilities are too low where labels are missing.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.face_detector import DOUBTFUL_RATIO
from edge_agent.perception.score_calibration import (
    SLOPE,
    ZERO,
    ScoreCalibration,
    from_log_odds,
    log_odds,
    read_calibration,
)
from models.evaluate.average_precision import Matches
from models.evaluate.calibration import expected_error
from models.evaluate.detection import scores_above
from models.evaluate.errors import EvaluationError
from models.evaluate.intervals import Estimate, bootstrap
from wire.model_card import ModelCard, ModelFigure

HELD_OUT = "calibration_error, held out"
FOLDS = 5
LEAST_OF_EACH = 20
STEPS, RIDGE = 50, 1e-9
DIGITS = 6


class ScoresError(EvaluationError):
    """Scores that no calibration can be fitted to."""


def fit_scores(pictures: Sequence[Matches]) -> ScoreCalibration:
    """Return the slope and zero of maximum likelihood, by Newton's method."""
    scores, right = scores_above(pictures, 0.0)
    yes, no = int(right.sum()), int((~right).sum())
    if min(yes, no) < LEAST_OF_EACH:
        raise ScoresError(
            f"found {yes} right and {no} false boxes to calibrate with, expected at least "
            f"{LEAST_OF_EACH} of each; label more pictures"
        )
    targets = np.where(right, (yes + 1) / (yes + 2), 1 / (no + 2))
    rows = np.stack([log_odds(scores), np.ones(len(scores))], axis=1)
    fitted = np.asarray([1.0, 0.0])
    for _ in range(STEPS):
        predicted = from_log_odds(rows @ fitted)
        hessian = (rows * (predicted * (1 - predicted))[:, None]).T @ rows + RIDGE * np.eye(2)
        fitted = fitted - np.linalg.solve(hessian, rows.T @ (predicted - targets))
    slope, zero = (round(float(number), DIGITS) for number in fitted)
    if not slope > 0:
        raise ScoresError(
            f"found scores that are no higher for right boxes than for false ones (slope {slope}),"
            " expected higher ones; check that the boxes belong to these pictures"
        )
    return ScoreCalibration(slope, zero)


def score_held_out(pictures: Sequence[Matches]) -> list[Matches]:
    """Return the pictures with probabilities for scores, fitted on the folds they are not in."""
    scored = list(pictures)
    for fold in range(FOLDS):
        held_out = range(fold, len(pictures), FOLDS)
        known = fit_scores([one for at, one in enumerate(pictures) if at not in held_out])
        for at in held_out:
            scored[at] = _with_scores(pictures[at], known.probability(pictures[at].scores))
    return scored


def at_all_sizes(runs: Sequence[Sequence[Matches]]) -> list[Matches]:
    """Join the boxes of several runs over the same pictures, picture by picture."""
    return [
        Matches(
            np.concatenate([one.scores for one in same]),
            np.concatenate([one.right for one in same]),
            sum(one.wanted for one in same),
        )
        for same in zip(*runs, strict=True)
    ]


def calibrate_card(
    card: ModelCard, pictures: Sequence[Matches], name: str
) -> tuple[ModelCard, dict[str, Any]]:
    """Return the card with the calibration fitted to `pictures`, and the figures.

    All scores that the agent uses are fitted, down to `DOUBTFUL_RATIO` of the threshold. The
    threshold is converted with the scores, so that the same boxes are above it. The pictures hold
    the scores of a detector with this card.
    """
    old, threshold = read_calibration(card), card.thresholds["score"]
    if old:
        pictures = [_with_scores(one, old.score(one.scores)) for one in pictures]
        threshold = float(old.score(threshold))
    used = [_select(one, one.scores >= threshold * DOUBTFUL_RATIO) for one in pictures]
    known, held_out = fit_scores(used), score_held_out(used)
    sure = [one.scores >= threshold for one in used]
    error = _error(list(map(_select, held_out, sure)))
    figure = msgspec.convert({"metric": HELD_OUT, "set": name, **error.as_dict()}, ModelFigure)
    moved = round(float(known.probability(threshold)), DIGITS)
    report = {
        "model": card.name,
        "pictures": len(pictures),
        "boxes": sum(len(one.scores) for one in used),
        SLOPE: known.slope,
        ZERO: known.zero,
        "threshold": {"own": round(threshold, DIGITS), "probability": moved},
        "calibration_error": {
            "own_scores": _error(
                [_select(*pair) for pair in zip(used, sure, strict=True)]
            ).as_dict(),
            "held_out": error.as_dict(),
            "held_out_and_doubtful": _error(held_out).as_dict(),
        },
    }
    others = [one for one in card.figures if one.metric != HELD_OUT]
    changed = msgspec.structs.replace(
        card,
        thresholds=card.thresholds | {"score": moved},
        calibration=card.calibration | {SLOPE: known.slope, ZERO: known.zero},
        figures=[*others, figure],
    )
    return changed, report


def _with_scores(picture: Matches, scores: NDArray[np.float64]) -> Matches:
    return Matches(scores, picture.right, picture.wanted)


def _select(picture: Matches, chosen: NDArray[np.bool_]) -> Matches:
    return Matches(picture.scores[chosen], picture.right[chosen], picture.wanted)


def _error(pictures: Sequence[Matches]) -> Estimate:
    return bootstrap(pictures, lambda units: expected_error(*scores_above(units, 0.0)))
