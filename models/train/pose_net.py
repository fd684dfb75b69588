"""The attention network: from a 64 x 64 face to head pose, its uncertainty and five landmarks.

Yaw, pitch and roll are degrees. The logarithm of the standard deviation of yaw and pitch is trained
with them (Kendall and Gal 2017) and does not affect their gradients. Landmarks are shares of the
crop's side; training them improves the features.
"""

# mypy: disallow-subclassing-any=False
import torch
from torch import Tensor, nn

from models.train.detector_net import Separable

# three angles, two log-sigmas (of yaw and pitch), ten landmark shares
OUTPUTS = 15
DEGREES = 30.0


class PoseNet(nn.Module):
    """Maps (n, 3, 64, 64) BGR 0 to 255 to (n, 15)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU(inplace=True)
        )
        self.body = nn.Sequential(
            Separable(24, 48, 2),
            Separable(48, 48),
            Separable(48, 96, 2),
            Separable(96, 96),
            Separable(96, 96),
            Separable(96, 128, 2),
            Separable(128, 128),
        )
        self.whole = nn.Sequential(
            nn.Conv2d(128, 128, 4, groups=128, bias=False), nn.BatchNorm2d(128), nn.Flatten()
        )
        self.answer = nn.Linear(128, OUTPUTS)

    def forward(self, image: Tensor) -> Tensor:
        rows = self.answer(self.whole(self.body(self.stem((image - 127.5) / 64.0))))
        angles = rows[:, :3] * DEGREES
        return torch.cat([angles, rows[:, 3:5] + 1.8, rows[:, 5:] * 0.3 + 0.5], dim=1)


def pose_loss(rows: Tensor, angles: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss and its parts: degrees of error, likelihood of sigma, landmark error."""
    gap = rows[:, :3] - angles
    smooth = nn.functional.smooth_l1_loss(rows[:, :3], angles, beta=2.0)
    log_sigma = rows[:, 3:5].clamp(-1.0, 4.0)
    error = gap[:, :2].detach()
    doubt = (log_sigma + 0.5 * (error * torch.exp(-log_sigma)) ** 2).mean()
    place = nn.functional.smooth_l1_loss(rows[:, 5:], landmarks, beta=0.02)
    loss = smooth / 3 + 0.1 * doubt + 8 * place
    return loss, torch.stack([gap.abs().mean(), doubt, (rows[:, 5:] - landmarks).abs().mean()])
