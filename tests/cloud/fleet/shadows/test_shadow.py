"""A shadow behaves as the developer guide of AWS IoT says: merge, delta, versions, refusals."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.fleet.shadows.shadow import (
    Shadow,
    ShadowError,
    ShadowUpdate,
    apply_update,
    build_response,
    compute_delta,
    merge,
    parse_update,
    token_or_none,
)

AT = 1_795_000_000


def changed(shadow, *, at=AT, version=None, token=None, **sections):
    return apply_update(shadow, ShadowUpdate(sections, version, token), at=at)


def shadow_of(**sections):
    return changed(Shadow(), **sections).shadow


def test_objects_merge_key_by_key_and_arrays_are_replaced_whole():
    before = shadow_of(desired={"a": {"x": 1, "y": 2}, "list": [1, 2, 3]})
    after = changed(before, desired={"a": {"y": 5}, "list": [9]}).shadow
    assert after.state == {"desired": {"a": {"x": 1, "y": 5}, "list": [9]}}


def test_null_deletes_a_key_and_an_emptied_section_is_gone():
    before = shadow_of(desired={"a": 1, "b": 2})
    after = changed(before, desired={"a": None}).shadow
    assert after.state == {"desired": {"b": 2}}
    assert changed(after, desired={"b": None}).shadow.state == {}


def test_null_in_place_of_a_section_deletes_it():
    before = shadow_of(desired={"a": 1}, reported={"a": 1})
    assert changed(before, desired=None).shadow.state == {"reported": {"a": 1}}


def test_the_delta_holds_the_nested_path_and_the_whole_array():
    shadow = shadow_of(
        desired={"net": {"wifi": {"on": True, "ch": 6}}, "list": [1, 2], "only": 1, "same": "x"},
        reported={"net": {"wifi": {"on": False, "ch": 6}}, "list": [1, 3], "same": "x", "own": 5},
    )
    assert shadow.delta == {"net": {"wifi": {"on": True}}, "list": [1, 2], "only": 1}


def test_true_is_not_one_but_one_is_one_point_nought():
    assert compute_delta({"a": True, "b": 1, "c": [0]}, {"a": 1, "b": 1.0, "c": [False]}) == {
        "a": True,
        "c": [0],
    }


def test_no_difference_publishes_no_delta():
    assert changed(shadow_of(desired={"a": 1}), reported={"a": 1}).delta is None


def test_the_three_documents_of_an_update():
    before = shadow_of(desired={"a": 1}, reported={"a": 1})
    change = changed(before, at=AT + 5, token="t-1", desired={"a": 2, "gone": None})
    stamp = {"timestamp": AT + 5}
    assert change.accepted == {
        "state": {"desired": {"a": 2, "gone": None}},
        "metadata": {"desired": {"a": stamp}},
        "version": 2,
        "timestamp": AT + 5,
        "clientToken": "t-1",
    }
    assert change.delta == {
        "state": {"a": 2},
        "metadata": {"a": stamp},
        "version": 2,
        "timestamp": AT + 5,
        "clientToken": "t-1",
    }
    assert change.documents["previous"] == before.document()
    assert change.documents["current"]["state"] == {"desired": {"a": 2}, "reported": {"a": 1}}
    assert change.documents["current"]["metadata"]["reported"] == {"a": {"timestamp": AT}}


def test_a_get_shows_the_delta_only_when_there_is_one():
    differing = shadow_of(desired={"a": 1})
    assert build_response(differing, at=AT, token="t")["state"] == {
        "desired": {"a": 1},
        "delta": {"a": 1},
    }
    assert "delta" not in build_response(shadow_of(reported={"a": 1}), at=AT, token=None)["state"]


def test_a_version_is_checked_only_when_it_is_sent():
    shadow = shadow_of(desired={"a": 1})
    assert changed(shadow, version=1, desired={"a": 2}).shadow.version == 2
    with pytest.raises(ShadowError, match="Version conflict") as refused:
        changed(shadow, version=7, desired={"a": 2})
    assert refused.value.code == 409


def test_eight_kibibytes_count_the_merged_document():
    shadow = shadow_of(desired={"a": "x" * 5_000})
    assert changed(shadow, desired={"a": "y" * 5_000}).shadow.version == 2
    with pytest.raises(ShadowError, match="exceeds the maximum size") as refused:
        changed(shadow, reported={"a": "y" * 5_000})
    assert refused.value.code == 413


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"k": value}
    return value


def payload(**request):
    return json.dumps(request).encode()


def test_six_levels_are_accepted():
    assert parse_update(payload(state={"desired": nested(6)})).state["desired"] == nested(6)


@pytest.mark.parametrize(
    ("request_bytes", "code", "message"),
    [
        (b"{", 400, "Invalid JSON"),
        (b"[]", 400, "Invalid JSON"),
        (b"null", 400, "Invalid JSON"),
        (b"[" * 100_000, 400, "Invalid JSON"),
        (b'{"state": {"desired": {"a": NaN}}}', 400, "Invalid JSON"),
        (b'{"state": "\xff"}', 415, "supported encoding is UTF-8"),
        (b"", 400, "Missing required node: state"),
        (payload(), 400, "Missing required node: state"),
        (payload(state=None), 400, "State node must be an object"),
        (payload(state=[1]), 400, "State node must be an object"),
        (payload(state={"desired": 5}), 400, "Desired node must be an object"),
        (payload(state={"reported": []}), 400, "Reported node must be an object"),
        (payload(state={"wanted": {}}), 400, "State contains an invalid node"),
        (payload(state={"desired": {"a": [1, None]}}), 400, "arrays cannot hold null"),
        (payload(state={"desired": nested(7)}), 400, "too many levels of nesting; maximum is 6"),
        (payload(state={}, version="1"), 400, "Invalid version"),
        (payload(state={}, version=True), 400, "Invalid version"),
        (payload(state={}, clientToken=5), 400, "Invalid clientToken"),
        (payload(state={}, clientToken="x" * 65), 400, "Invalid clientToken"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(request_bytes, code, message):
    with pytest.raises(ShadowError, match=message) as refused:
        parse_update(request_bytes)
    assert refused.value.code == code


def test_a_refusal_still_finds_the_token_where_it_can_be_read():
    assert token_or_none(payload(state=5, clientToken="t")) == "t"
    assert token_or_none(b"{") is None


leaves = st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
states = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        leaves | st.lists(leaves, max_size=2),
        lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=2, min_size=1),
        max_leaves=6,
    ),
    max_size=3,
)


@given(states, states)
def test_reporting_the_delta_leaves_no_delta(desired, reported):
    #  a device that applies each delta it is sent always arrives
    delta = compute_delta(desired, reported)
    assert compute_delta(desired, merge(reported, delta)) == {}


@given(states, states)
def test_merging_twice_is_merging_once(before, wanted):
    once = merge(before, wanted)
    assert merge(once, wanted) == once
