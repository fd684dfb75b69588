"""Which zones a face is in."""

import pytest

from edge_agent.perception.zones import zones_of
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.perception import Zone

DOOR = Zone(name="door", polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
STAIRS = Zone(name="stairs", polygon=((0.4, 0.5), (1.0, 0.5), (1.0, 1.0), (0.4, 1.0)))


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        ((100.0, 100.0, 140.0, 140.0), ("door",)),
        ((900.0, 700.0, 960.0, 760.0), ("door", "stairs")),
        ((1700.0, 800.0, 1760.0, 860.0), ("stairs",)),
        ((1700.0, 100.0, 1760.0, 160.0), ()),
    ],
)
def test_the_middle_of_the_face_decides(box, inside):
    assert zones_of(box, (1920, 1080), (DOOR, STAIRS)) == inside


def test_two_zones_of_one_name_are_refused():
    zone = '[[zones]]\nname = "a"\npolygon = [[0, 0], [1, 0], [1, 1]]\n'
    with pytest.raises(SettingsError, match="same name"):
        parse(zone * 2)
