"""Remote config and local settings are converted both ways; differences are exact."""

import pytest

from edge_agent.management.remote_config import (
    FIELD_MAPPINGS,
    ConfigError,
    apply_desired_config,
    describe_config,
    diff_objects,
    merge_objects,
)
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import parse
from wire.fleet.device_config import LARGEST_CONFIG_BYTES, ConfigThresholds, DeviceConfig

TRIANGLE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]


def test_an_empty_config_is_the_local_settings():
    local = parse("interval_s = 20\n[capture]\nanalysed_fps = 3\n")
    assert apply_desired_config(local, {}) == local


def test_milliseconds_become_seconds_and_back():
    settings = apply_desired_config(Settings(), {"report_interval_ms": 20_000})
    assert settings.interval_s == 20
    assert describe_config(settings)["report_interval_ms"] == 20_000
    assert describe_config(Settings())["heartbeat_interval_ms"] == 30_000


def test_a_threshold_reaches_its_section_and_leaves_the_others():
    settings = apply_desired_config(Settings(), {"thresholds": {"face": 0.9, "dark_below": 10}})
    assert (settings.models.threshold, settings.quality.dark_below) == (0.9, 10.0)
    assert settings.tracking == Settings().tracking


def test_every_field_of_the_remote_config_has_a_setting():
    fields = {path[-1] for path, *_ in FIELD_MAPPINGS if path[0] == "thresholds"}
    assert fields == set(ConfigThresholds.__struct_fields__)
    assert {path[0] for path, *_ in FIELD_MAPPINGS} == set(DeviceConfig.__struct_fields__)


def test_a_described_config_applies_to_the_same_settings():
    local = parse(
        "interval_s = 20\n[capture]\nanalysed_fps = 3\n[models]\nthreshold = 0.7\n"
        "[[zones]]\nname = 'left'\npolygon = [[0, 0], [1, 0], [1, 1]]\n"
    )
    described = describe_config(local)
    assert apply_desired_config(local, described) == local
    assert described["thresholds"]["face"] == 0.7
    assert "view" not in described  # it has none


@pytest.mark.parametrize(
    ("desired", "reason"),
    [
        ({"fps": 5}, "unknown field `fps`"),
        ({"report_interval_ms": "20000"}, "Expected `int`, got `str`"),
        ({"report_interval_ms": 7_000}, "does not divide one minute"),
        ({"report_interval_ms": 10**400}, "Expected `int` <= 60000"),
        ({"analysed_fps": 10, "masks": [TRIANGLE[:2]]}, "length >= 3"),
        ({"thresholds": {"facing": 3}}, "unknown field `facing`"),
        ({"detector": ""}, "length >= 1"),
        ({"zones": [{"name": "a", "polygon": TRIANGLE}] * 2}, "two have the same name"),
        ({"thresholds": {"confirm_s": 5}}, "confirm_within_s must not be shorter"),
    ],
)
def test_an_invalid_part_rejects_the_whole_config_with_a_reason(desired, reason):
    with pytest.raises(ConfigError, match=reason):
        apply_desired_config(Settings(), desired)


def test_a_config_over_the_limit_of_a_shadow_is_rejected_by_its_size():
    with pytest.raises(ConfigError, match=rf"\d+ bytes: the limit is {LARGEST_CONFIG_BYTES}"):
        apply_desired_config(Settings(), {"detector": "x" * LARGEST_CONFIG_BYTES})


@pytest.mark.parametrize(
    ("under", "over", "merged"),
    [
        ({}, {}, {}),
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"t": {"x": 1, "y": 2}}, {"t": {"y": 3}}, {"t": {"x": 1, "y": 3}}),
        ({"t": {"x": 1}}, {"t": 5}, {"t": 5}),
        ({"t": 5}, {"t": {"x": 1}}, {"t": {"x": 1}}),
        ({"t": [1, 2]}, {"t": [3]}, {"t": [3]}),  # a list is replaced as a whole
    ],
)
def test_objects_are_merged_key_by_key(under, over, merged):
    before = repr(under)
    assert merge_objects(under, over) == merged
    assert repr(under) == before


@pytest.mark.parametrize(
    ("before", "wanted", "change"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 1.0}, {}),  # the same number in JSON
        ({"a": 1}, {"a": True}, {"a": True}),
        ({"a": False}, {"a": 0}, {"a": 0}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
        ({}, {"a": None}, {"a": None}),
        ({"t": {"x": 1, "y": 2}}, {"t": {"x": 1, "y": 3}}, {"t": {"y": 3}}),
        ({"t": {"x": 1}}, {"t": {}}, {"t": {"x": None}}),
        ({"t": {"x": 1}}, {"t": [1]}, {"t": [1]}),
        ({"t": [1, 2]}, {"t": [2, 1]}, {"t": [2, 1]}),
    ],
)
def test_a_difference_names_changed_and_removed_keys_only(before, wanted, change):
    assert diff_objects(before, wanted) == change
