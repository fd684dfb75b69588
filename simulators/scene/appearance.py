"""Appearance of a synthetic person: skin, hair, age, clothes. Sampled from a seed.

Every value is random within the usual range; no real person is depicted.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from simulators.scene.head import Build

Tone = tuple[int, int, int]  # blue, green, red

SKINS: Final[tuple[Tone, ...]] = (
    (178, 200, 236),
    (158, 184, 226),
    (140, 170, 214),
    (118, 150, 198),
    (96, 130, 180),
    (74, 104, 152),
    (58, 82, 124),
)
HAIRS: Final[tuple[Tone, ...]] = (
    (22, 22, 26),
    (30, 38, 52),
    (40, 60, 92),
    (70, 112, 160),
    (36, 62, 120),
    (150, 152, 156),
)
IRISES: Final[tuple[Tone, ...]] = ((34, 52, 84), (28, 40, 60), (120, 96, 66), (76, 104, 84))
CLOTHES: Final[tuple[Tone, ...]] = (
    (72, 52, 40), (48, 48, 52), (110, 84, 60), (60, 66, 130), (120, 120, 118), (70, 92, 70),
    (36, 38, 44), (92, 72, 110), (150, 140, 120), (44, 70, 96), (130, 100, 60), (64, 60, 150),
)  # fmt: skip


class Hair(StrEnum):
    """Hair style."""

    SHORT = "short"
    LONG = "long"
    CROPPED = "cropped"
    BALD = "bald"


@dataclass(frozen=True, slots=True)
class Appearance:
    """One person's appearance; `age_ratio` runs from 0 (young adult) to 1 (old)."""

    build: Build
    skin: Tone
    hair: Tone
    iris: Tone
    style: Hair
    coat: Tone
    trousers: Tone
    height_cm: float
    age_ratio: float
    beard_ratio: float
    lipstick_ratio: float
    brow_cm: float
    glasses: bool
    hat: bool
    texture_seed: int


def sample_appearance(rng: np.random.Generator) -> Appearance:
    """Sample one person."""
    style = Hair(rng.choice(list(Hair), p=(0.45, 0.33, 0.14, 0.08)))
    age = float(rng.beta(1.5, 2.5))
    bearded = style is not Hair.LONG and rng.random() < 0.4
    skin = SKINS[int(rng.integers(len(SKINS)))]
    grey = age > 0.65 and rng.random() < 0.7
    return Appearance(
        build=_build(rng),
        skin=skin,
        hair=HAIRS[-1] if grey else _hair_for(skin, rng),
        iris=IRISES[int(rng.integers(2 if sum(skin) < 440 else 4))],
        style=style,
        coat=CLOTHES[int(rng.integers(len(CLOTHES)))],
        trousers=CLOTHES[int(rng.integers(len(CLOTHES)))],
        height_cm=float(np.clip(rng.normal(170, 8), 152, 192)),
        age_ratio=age,
        beard_ratio=float(rng.uniform(0.3, 1.0)) if bearded else 0.0,
        lipstick_ratio=float(rng.uniform(0.3, 1.0)) if style is Hair.LONG else 0.15,
        brow_cm=float(rng.uniform(0.32, 0.6)),
        glasses=bool(rng.random() < 0.22),
        hat=bool(rng.random() < 0.1),
        texture_seed=int(rng.integers(2**31)),
    )


def _build(rng: np.random.Generator) -> Build:
    return Build(
        width=float(rng.normal(1.0, 0.035)),
        jaw=float(rng.normal(1.0, 0.06)),
        nose=float(np.clip(rng.normal(0.95, 0.12), 0.7, 1.25)),
        nose_width=float(np.clip(rng.normal(1.0, 0.12), 0.8, 1.3)),
        eyes_apart=float(rng.normal(1.0, 0.03)),
        brow=float(rng.uniform(0.6, 1.3)),
        lips=float(rng.uniform(0.8, 1.3)),
    )


def _hair_for(skin: Tone, rng: np.random.Generator) -> Tone:
    fair = 5 if sum(skin) > 500 else 3 if sum(skin) > 400 else 2
    return HAIRS[int(rng.integers(fair))]
