"""Value types of the settings: what each accepts, and what it refuses."""

import msgspec
import pytest

from edge_agent.settings.field_types import Clock, Polygon, Section, SensorName

VALID = [
    (Clock, ["00:00", "09:59", "23:59", "24:00"]),
    (SensorName, ["a", "lux", "temperature_c", "pm2_5", "a" * 32]),
    (Polygon, [[[0, 0], [1, 0], [1, 1]], [[0.5, 0.5]] * 64]),
]
INVALID = [
    (
        Clock,
        [
            "",
            "9:00",
            "24:01",
            "23:60",
            "23:59:00",
            "23:59\n",
            " 23:59",
            "\u0660\u0669:\u0660\u0660",
            9,
        ],
    ),
    (SensorName, ["", "Lux", "2lux", "_lux", "lux\n", "lux c", "größe", "a" * 33, 5]),
    (
        Polygon,
        [[], [[0, 0], [1, 1]], [[0, 0], [1, 0], [1, 1.01]], [[0, 0, 0]] * 3, [[0.5, 0.5]] * 65],
    ),
]


@pytest.mark.parametrize(("kind", "value"), [(kind, one) for kind, some in VALID for one in some])
def test_a_valid_value_is_accepted(kind, value):
    assert msgspec.to_builtins(msgspec.convert(value, kind)) in (value, _as_tuples(value))


@pytest.mark.parametrize(("kind", "value"), [(kind, one) for kind, some in INVALID for one in some])
def test_an_invalid_value_is_refused(kind, value):
    with pytest.raises(msgspec.ValidationError, match=r"^Expected "):
        msgspec.convert(value, kind)


def test_a_section_refuses_a_key_that_it_does_not_have_and_cannot_be_changed():
    class Example(Section, frozen=True):
        size_px: int = 3

    with pytest.raises(msgspec.ValidationError, match="unknown field `size`"):
        msgspec.convert({"size": 4}, Example)
    with pytest.raises(AttributeError, match="immutable"):
        Example().size_px = 4


def _as_tuples(value):
    return tuple(map(tuple, value)) if isinstance(value, list) else value
