import pytest

from edge_agent.privacy.sensor_names import is_allowed_name


@pytest.mark.parametrize(
    ("name", "own", "allowed"),
    [
        ("lux", (), True),
        ("lux_2", (), True),
        ("co2_ppm", (), True),
        ("dew_point_c", ("dew_point_c",), True),
        ("dew_point_c", (), False),
        ("a7f3k2", (), False),
        ("lux_face_of_somebody", (), False),
        ("lux_99", (), True),
        ("lux_100", (), False),
        ("lux_", (), False),
        ("lux_2_2", (), False),
        ("lux_2\n", (), False),
        ("lux_\u0662", (), False),
        ("LUX", (), False),
        ("pm10_ug_m3_1", (), True),
        ("dew_point_c_2", ("dew_point_c",), False),
        ("", (), False),
    ],
)
def test_a_reading_is_sent_under_a_known_name_or_one_of_the_settings(name, own, allowed):
    assert is_allowed_name(name, own) == allowed
