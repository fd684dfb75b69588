"""The pictures of the gallery keep the colours that a legend explains."""

from PIL import Image

from tests.cloud.portal.gallery import COLOURS, reduce_colours

CLASSES = ((237, 169, 58), (201, 122, 40))


def test_two_classes_of_a_legend_keep_their_colours_among_many_shades() -> None:
    picture = Image.new("RGB", (200, 100), "white")
    for shade in range(2 * COLOURS):
        picture.putpixel((shade % 200, shade // 200), (shade % 256, shade // 2, shade // 3))
    for at, colour in enumerate(CLASSES):
        picture.paste(colour, (10 + 20 * at, 50, 22 + 20 * at, 62))

    reduced = reduce_colours(picture)

    assert len(reduced.getcolors() or []) <= COLOURS
    shown = reduced.convert("RGB")
    assert [shown.getpixel((15 + 20 * at, 55)) for at in range(2)] == [*CLASSES]
