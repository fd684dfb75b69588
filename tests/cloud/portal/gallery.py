"""The gallery of the documentation: a wide and a narrow picture of every page, in few colours."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.cloud.portal.node_runs import ROOT, list_routes

FOLDER = ROOT / "docs" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"
COLOURS = 128
INTRODUCTION = """# Gallery

Every page of the [portal](portal.md) with the data of its tests, at 1280 and 360 pixels.
`make gallery` takes the pictures anew.
"""


def compress_pictures(source: Path, target: Path) -> None:
    """Write the pictures of a folder with a palette: a fraction of the size."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.png"):
        with Image.open(file) as picture:
            reduce_colours(picture.convert("RGB")).save(target / file.name, optimize=True)


def reduce_colours(picture: Image.Image) -> Image.Image:
    """Keep the most frequent colours exactly; each other one becomes the nearest of them.

    A palette of averages would draw two classes of a legend in one colour.
    """
    pixels = np.asarray(picture.convert("RGB"), np.int32).reshape(-1, 3)
    packed, indices, counts = np.unique(
        pixels @ (65_536, 256, 1), return_inverse=True, return_counts=True
    )
    colours = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1)
    frequent = colours[np.argsort(-counts)[:COLOURS]]
    squares = ((colours[:, None] - frequent[None]) ** 2).sum(axis=2)
    nearest = squares.argmin(axis=1).astype(np.uint8)
    reduced = Image.fromarray(nearest[indices].reshape(picture.height, picture.width), "P")
    reduced.putpalette(frequent.astype(np.uint8).tobytes())
    return reduced


def write_gallery() -> None:
    """Write the page that shows the pictures, in the order of the router."""
    shown = [_describe_page(route["path"]) for route in list_routes()]
    PAGE.write_text(INTRODUCTION + "".join(part for part in shown if part))


def name_picture(path: str) -> str:
    """`/orders/$order` as `orders-order`."""
    return path.removeprefix("/").replace("/", "-").replace("$", "") or "home"


def _describe_page(path: str) -> str:
    name = name_picture(path)
    if not (FOLDER / f"{name}-wide.png").is_file():
        return ""
    pictures = " ".join(
        f"![{path}, {size}](gallery/{name}-{size}.png)" for size in ("wide", "narrow")
    )
    return f"\n## `{path}`\n\n{pictures}\n"
