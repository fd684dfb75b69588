"""The gallery of the documentation: a wide and a narrow picture of every page, in few colours."""

import json
from pathlib import Path

from PIL import Image

from tests.cloud.portal.node_runs import BUNDLE, ROOT

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
    counted = picture.getcolors(picture.width * picture.height) or []
    frequent = sorted(counted, reverse=True)[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in frequent for part in colour])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def write_gallery() -> None:
    """Write the page that shows the pictures, in the order of the router."""
    routes = json.loads(BUNDLE.with_name("routes.json").read_text())
    shown = [_describe_page(route["path"]) for route in routes]
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
