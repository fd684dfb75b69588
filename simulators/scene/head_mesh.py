"""A complete head as coloured points: skin, hair, ears, neck, hat and glasses.

Points, not triangles: they are closer together than the pixels they are drawn on. Drawing is one
sort and one assignment, the same for skin, hair and glasses.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from simulators.scene.appearance import Appearance, Hair
from simulators.scene.face import paint_face, sample_colours
from simulators.scene.head import Floats, build_surface, compute_normals

SHINY_SKIN: Final = 0.10
DULL: Final = 0.0
AROUND_AXIS: Final = (1.0, 0.3, 1.0)  # outwards is mostly away from the axis


@dataclass(frozen=True, slots=True, eq=False)
class HeadMesh:
    """Points with unit normals, colours (BGR 0-255) and shine; all arrays of n rows."""

    points: Floats
    normals: Floats
    colours: Floats
    shine: Floats


def build_head_mesh(appearance: Appearance) -> HeadMesh:
    """Build the head of one person."""
    rng = np.random.default_rng(appearance.texture_seed + 1)
    parts = [_skin_and_hair(appearance, rng), _neck(appearance)]
    if appearance.style is Hair.LONG:
        outside = _curtain(appearance, rng)
        parts += [outside, replace(outside, normals=-outside.normals)]  # visible from inside too
    else:
        parts += [_ear(appearance, side) for side in (-1, 1)]
    if appearance.hat:
        parts += _hat(appearance)
    if appearance.glasses:
        parts += _glasses(appearance)
    return HeadMesh(*(np.concatenate([getattr(p, f) for p in parts]) for f in HeadMesh.__slots__))


def _skin_and_hair(appearance: Appearance, rng: np.random.Generator) -> HeadMesh:
    skin = build_surface(appearance.build)
    x, y = skin.points[..., 0], skin.points[..., 1]
    colours = sample_colours(paint_face(appearance), x, y)
    cover = _hair_cover(skin.longitude_deg, y, appearance)
    strands = _strands(skin.longitude_deg, y, rng)
    thick_cm = {Hair.SHORT: 1.0, Hair.LONG: 1.3, Hair.CROPPED: 0.25, Hair.BALD: 0.0}[
        appearance.style
    ]
    out = cover * thick_cm * (1 + 0.12 * strands)
    points = skin.points + skin.normals * out[..., None]
    tone = np.array(appearance.hair, np.float32) * (1 + 0.22 * strands[..., None])
    share = cover[..., None] * (0.85 if appearance.style is Hair.CROPPED else 1.0)
    colours = colours + (tone - colours) * share
    return _part(points, colours, SHINY_SKIN * (1 - cover))


def _hair_cover(longitude_deg: Floats, y: Floats, appearance: Appearance) -> Floats:
    """Return 1 on hair and 0 on bare skin; the hairline descends from the brow to the nape."""
    if appearance.style is Hair.BALD:
        line = np.interp(np.abs(longitude_deg), (0, 55, 75, 95, 180), (-14, -14, -5, -1, -2))
    else:
        high = -7.0 - 1.8 * appearance.age_ratio * (appearance.style is not Hair.LONG)
        steps = (high, high + 0.3, -5.2, -2.0, 1.6, 3.0, 7.5)
        line = np.interp(np.abs(longitude_deg), (0, 30, 48, 62, 76, 100, 150), steps)
    return np.asarray(1 / (1 + np.exp((y - line) * 3.0)), dtype=np.float32)


def _strands(longitude_deg: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    phase = rng.uniform(0, 6.28, 4)
    waves = sum(
        np.sin(np.radians(longitude_deg) * pitch + p + 0.35 * y * np.cos(p))
        for pitch, p in zip((23, 41, 67, 11), phase, strict=True)
    )
    return np.asarray(np.asarray(waves) / 2, dtype=np.float32)


def _curtain(appearance: Appearance, rng: np.random.Generator) -> HeadMesh:
    """Long hair beside and behind the face, down to the shoulders."""
    around, y = np.meshgrid(
        np.radians(np.linspace(62, 298, 300)), np.linspace(-6, 16, 210), indexing="xy"
    )
    wide = np.interp(y, (-6, 0, 6, 11, 16), (8.2, 8.6, 8.4, 8.2, 7.6))
    deep = np.interp(y, (-6, 0, 6, 11, 16), (10.6, 10.6, 9.4, 7.6, 6.6))
    strands = _strands(np.degrees(around).astype(np.float32), y.astype(np.float32), rng)
    scale = 1 + 0.015 * strands
    z = deep * np.cos(around) * scale - 0.6
    points = np.stack([wide * np.sin(around) * scale, y, z], axis=-1).astype(np.float32)
    colours = np.array(appearance.hair, np.float32) * (1 + 0.25 * strands[..., None])
    return _part(points, colours, np.zeros_like(strands))


def _ear(appearance: Appearance, side: int) -> HeadMesh:
    turn, tilt = np.meshgrid(np.linspace(0, 2 * np.pi, 120), np.linspace(0, np.pi, 70))
    x = side * (7.2 * appearance.build.width + 0.75 * np.sin(tilt) * np.cos(turn))
    y = 1.6 - 3.1 * np.cos(tilt)
    z = -0.8 + 1.7 * np.sin(tilt) * np.sin(turn)
    shade = 0.72 + 0.28 * np.sin(tilt)
    colours = np.array(appearance.skin, np.float32) * (0.9, 0.88, 1.0) * shade[..., None]
    return _part(np.stack([x, y, z], axis=-1), colours, np.zeros_like(tilt))


def _neck(appearance: Appearance) -> HeadMesh:
    around, y = np.meshgrid(np.linspace(-np.pi, np.pi, 300), np.linspace(6, 22, 130))
    wide = 5.3 * (1 + np.clip((y - 15) / 14, 0, 1))
    points = np.stack([wide * np.sin(around), y, 5.3 * np.cos(around) - 1.2], axis=-1)
    shade = 0.62 + 0.2 * np.clip((y - 11) / 6, 0, 1)
    colours = np.array(appearance.skin, np.float32) * shade[..., None]
    return _part(points, colours, np.zeros_like(y))


def _hat(appearance: Appearance) -> list[HeadMesh]:
    around, step = np.meshgrid(np.linspace(-np.pi, np.pi, 520), np.linspace(0, 1, 170))
    y = -5.2 - 8.2 * np.sin(step * np.pi / 2)
    size = np.cos(step * np.pi / 2) ** 0.5
    dome = np.stack([8.5 * np.sin(around) * size, y, 10.6 * np.cos(around) * size - 0.4], axis=-1)
    colours = np.array(appearance.coat, np.float32) * (0.9 + 0.1 * (step[..., None] < 0.12))
    return [_part(dome, np.broadcast_to(colours, dome.shape), np.zeros_like(step))]


def _glasses(appearance: Appearance) -> list[HeadMesh]:
    """Two rims before the eyes, a bridge, and an arm to each ear."""
    turn, thick = np.meshgrid(np.linspace(0, 2 * np.pi, 260), np.linspace(-0.16, 0.16, 6))
    front = 10.4
    lines = []
    for side in (-1, 1):
        x = side * 3.2 + (2.35 + thick) * np.cos(turn)
        y = 0.25 + (1.75 + thick) * np.sin(turn)
        lines.append(np.stack([x, y, np.full_like(x, front) - 0.12 * np.abs(x)], axis=-1))
        back, arm = np.meshgrid(np.linspace(0, 1, 130), np.linspace(-0.2, 0.2, 6))
        x = side * (5.5 + 2.0 * back**0.4)
        lines.append(np.stack([x, -0.4 + arm, front - 0.6 - 10.6 * back], axis=-1))
    across, bridge = np.meshgrid(np.linspace(-0.95, 0.95, 40), np.linspace(-0.16, 0.16, 6))
    lines.append(np.stack([across, -0.3 + bridge, np.full_like(across, front + 0.1)], axis=-1))
    tone = np.array((34, 32, 36), np.float32)
    return [
        _part(line, np.broadcast_to(tone, line.shape), np.full(line.shape[:2], DULL))
        for line in lines
    ]


def _part(points: Floats, colours: Floats, shine: Floats) -> HeadMesh:
    normals = compute_normals(np.asarray(points, dtype=np.float32))
    outward = np.sign(np.sum(normals * points * AROUND_AXIS, axis=-1, keepdims=True))
    return HeadMesh(
        points=np.asarray(points, np.float32).reshape(-1, 3),
        normals=(normals * np.where(outward == 0, 1, outward)).reshape(-1, 3),
        colours=np.asarray(colours, np.float32).reshape(-1, 3),
        shine=np.asarray(shine, np.float32).reshape(-1),
    )
