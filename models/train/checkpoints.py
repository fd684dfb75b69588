"""Training that can be stopped at any step and goes on as if it had not been.

Everything random is drawn from (seed, step), so the state is only the step, the weights, their
moving average and the optimiser. The rate warms up, stays, and falls over the last fifth: a
longer run may therefore go on from any earlier checkpoint.
"""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`steps` in all; `rate` between warm-up and the fall that ends the run."""

    steps: int
    rate: float = 2e-3
    warm_up_steps: int = 100
    fall_ratio: float = 0.25

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        warm = min(1.0, (step + 1) / self.warm_up_steps)
        falling = max(1.0, self.steps * self.fall_ratio)
        left = min(1.0, (self.steps - step) / falling)
        return self.rate * warm * max(0.01, left)


class Average:
    """A moving average of the weights: steadier than any single step."""

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
    """Write a checkpoint under another name first, so that a broken write harms nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "step": step,
        "net": net.state_dict(),
        "average": average.state,
        "optimiser": optimiser.state_dict(),
    }
    fresh = path.with_suffix(".part")
    torch.save(state, fresh)
    fresh.replace(path)
    log.info("train.saved", extra={"path": str(path), "step": step})


def resume(path: Path, net: nn.Module, average: Average, optimiser: torch.optim.Optimizer) -> int:
    """Load a checkpoint where there is one and return the step to go on from."""
    if not path.is_file():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    net.load_state_dict(state["net"])
    average.state = state["average"]
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def steps_of(path: Path) -> int:
    """Return the step that a checkpoint was made at."""
    return int(torch.load(path, map_location="cpu", weights_only=True)["step"])
