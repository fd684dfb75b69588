"""The loss of the detector: of scores, boxes and landmarks.

The target of a score is the quality of its own box (quality focal loss, Li et al. 2020), as the
root of the overlap, so that small faces have a useful score. The loss of a box is its complete IoU
(Zheng et al. 2020). Landmark errors are in units of the face's size.
"""

import torch
from torch import Tensor

from models.train.detector_net import CHANNELS

# a false face costs the product more than a missed one, which is often found in the next frame
EMPTY_WEIGHT = 1.5


def flatten_maps(maps: list[Tensor]) -> Tensor:
    """Return (n, cells, 15) from the three maps, in the order of `detector_targets.cells`."""
    rows = [m.permute(0, 2, 3, 1).reshape(m.shape[0], -1, CHANNELS) for m in maps]
    return torch.cat(rows, dim=1)


def decode_rows(rows: Tensor, centres: Tensor, strides: Tensor) -> tuple[Tensor, Tensor]:
    """Return boxes (.., 4) and landmarks (.., 10) in px."""
    step = strides[..., None]
    middle = centres + rows[..., 1:3] * step
    half = torch.exp(rows[..., 3:5].clamp(-4, 5)) * step / 2
    points = centres.repeat(*(1,) * (centres.dim() - 1), 5) + rows[..., 5:] * step
    return torch.cat([middle - half, middle + half], dim=-1), points


def complete_iou(found: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
    """Return plain and complete IoU of boxes paired row by row."""
    low, high = torch.maximum(found[:, :2], true[:, :2]), torch.minimum(found[:, 2:], true[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    size, wanted = found[:, 2:] - found[:, :2], true[:, 2:] - true[:, :2]
    iou = shared / (size.prod(1) + wanted.prod(1) - shared).clamp(min=1e-6)
    hull = torch.maximum(found[:, 2:], true[:, 2:]) - torch.minimum(found[:, :2], true[:, :2])
    away = ((found[:, :2] + found[:, 2:] - true[:, :2] - true[:, 2:]) ** 2).sum(1) / 4
    angle = torch.atan(wanted[:, 0] / wanted[:, 1]) - torch.atan(size[:, 0] / size[:, 1])
    shape = 4 / torch.pi**2 * angle**2
    weight = (shape / (1 - iou + shape + 1e-6)).detach()
    return iou, iou - away / (hull**2).sum(1).clamp(min=1e-6) - weight * shape


def score_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Quality focal loss with a square, summed."""
    gap = (torch.sigmoid(logits) - target).abs() ** 2
    gap = torch.where(target > 0, gap, gap * EMPTY_WEIGHT)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (gap * entropy).sum()


def landmark_loss(points: Tensor, true: Tensor, size: Tensor) -> Tensor:
    """Smooth L1 over the landmarks that are known, in face sizes, mean."""
    known = torch.isfinite(true)
    if not bool(known.any()):
        return points.sum() * 0
    gap = ((points - true) / size[:, None])[known]
    return torch.nn.functional.smooth_l1_loss(gap, torch.zeros_like(gap), beta=0.02)


def detection_loss(
    maps: list[Tensor], centres: Tensor, strides: Tensor, kind: Tensor, boxes: Tensor, lmk: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the loss, and its parts (score, box, landmark) for the log."""
    rows = flatten_maps(maps)
    batch, cell = torch.nonzero(kind == 1, as_tuple=True)
    found, points = decode_rows(rows[batch, cell], centres[cell], strides[cell])
    true = boxes[batch, cell]
    iou, complete = complete_iou(found, true)
    target = torch.zeros_like(rows[..., 0])
    target[batch, cell] = iou.detach().clamp(0, 1).sqrt()
    counts = kind >= 0
    score = score_loss(rows[..., 0][counts], target[counts]) / max(1, len(batch))
    box = (1 - complete).mean() if len(batch) else rows.sum() * 0
    size = (true[:, 2:] - true[:, :2]).prod(1).clamp(min=1).sqrt()
    place = landmark_loss(points, lmk[batch, cell], size)
    return 2 * score + 2 * box + 4 * place, torch.stack([score, box, place]).detach()
