"""Checkpoints: a training run that is stopped at any step resumes with the same results.

All random numbers depend on (seed, step) only. The state is therefore the step, the weights, their
moving average and the state of the optimiser.
"""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False

import logging
from pathlib import Path

import torch
from torch import nn

log = logging.getLogger(__name__)


class Average:
    """The moving average of the weights, which varies less than the weights of one step."""

    def __init__(self, net: nn.Module, decay: float = 0.998) -> None:
        self.state = {k: v.detach().clone() for k, v in net.state_dict().items()}
        self._decay = decay

    @torch.no_grad()
    def follow(self, net: nn.Module, step: int) -> None:
        decay = min(self._decay, (step + 1) / (step + 10))
        for key, value in net.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[key].lerp_(value, 1 - decay)
            else:
                self.state[key].copy_(value)


def save(
    path: Path, step: int, net: nn.Module, average: Average, optimiser: torch.optim.Optimizer
) -> None:
    """Write a checkpoint under another name first: a failed write leaves the old one intact."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "step": step,
        "net": net.state_dict(),
        "average": average.state,
        "optimiser": optimiser.state_dict(),
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)
    log.info("train.saved", extra={"path": str(path), "step": step})


def resume(path: Path, net: nn.Module, average: Average, optimiser: torch.optim.Optimizer) -> int:
    """Load the checkpoint, if there is one, and return the next step."""
    if not path.is_file():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    net.load_state_dict(state["net"])
    average.state = state["average"]
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def steps_of(path: Path) -> int:
    """Return the number of steps before a checkpoint was written."""
    return int(torch.load(path, map_location="cpu", weights_only=True)["step"])
