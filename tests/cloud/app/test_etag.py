"""A tagged response is sent only to a client without it, compressed if the client reads gzip."""

import gzip
import json

import pytest
from starlette.requests import Request

from cloud.app.etag import COMPRESSED_FROM_BYTES, TaggedResponse

SMALL = b'{"price":"43.12"}'
LARGE = json.dumps(["KX-01"] * 1_000).encode()


def request_of(**headers: str) -> Request:
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": encoded})


def test_equal_bytes_have_equal_weak_tags_and_others_have_not() -> None:
    assert TaggedResponse(SMALL).tag == TaggedResponse(bytes(SMALL)).tag
    assert TaggedResponse(SMALL).tag != TaggedResponse(SMALL + b" ").tag
    assert TaggedResponse(b"").tag.startswith(b'W/"')


def test_a_first_request_gets_the_bytes_with_their_tag() -> None:
    tagged = TaggedResponse(SMALL)
    response = tagged.answer(request_of())
    assert (response.status_code, response.body) == (200, SMALL)
    assert response.headers["etag"] == tagged.tag.decode()
    assert response.headers["cache-control"] == "private, no-cache"
    assert response.headers["vary"] == "Accept-Encoding, Authorization, X-API-Key"
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "held", ["{tag}", "{opaque}", '"other", {tag}', "*", '  W/"other" ,{opaque} ', '{tag},"x"']
)
def test_a_client_that_has_the_bytes_gets_304_without_a_body(held: str) -> None:
    tagged = TaggedResponse(SMALL)
    tag = tagged.tag.decode()
    shown = held.format(tag=tag, opaque=tag.removeprefix("W/"))
    response = tagged.answer(request_of(if_none_match=shown))
    assert (response.status_code, response.body) == (304, b"")
    assert response.headers["etag"] == tag
    assert "vary" in response.headers


@pytest.mark.parametrize("held", ["", '""', '"other"', "W/", "x" * 10_000, '"**"'])
def test_any_other_tag_gets_the_bytes(held: str) -> None:
    assert TaggedResponse(SMALL).answer(request_of(if_none_match=held)).status_code == 200


def test_a_client_means_this_version_with_its_tag_or_without_one() -> None:
    tagged = TaggedResponse(SMALL)
    tag = tagged.tag.decode()
    for wanted in (None, "*", tag, tag.removeprefix("W/"), f'"other", {tag}'):
        assert tagged.is_match(wanted)
    assert not any(map(tagged.is_match, ('"other"', "", "W/")))


def test_a_part_of_a_tag_is_another_tag() -> None:
    tagged = TaggedResponse(SMALL)
    for part in (tagged.tag[:-2], tagged.tag[2:-1], tagged.tag.strip(b'W/"')):
        response = tagged.answer(request_of(if_none_match=part.decode()))
        assert response.status_code == 200


def test_large_bytes_are_compressed_once_for_clients_that_read_gzip() -> None:
    tagged = TaggedResponse(LARGE)
    first = tagged.answer(request_of(accept_encoding="br, gzip"))
    again = tagged.answer(request_of(accept_encoding="gzip"))
    plain = tagged.answer(request_of(accept_encoding="br, gzip;q=0"))
    assert first.headers["content-encoding"] == "gzip"
    assert gzip.decompress(first.body) == LARGE
    assert first.headers["content-length"] == str(len(first.body))
    assert again.body is first.body
    assert plain.body == LARGE
    assert "content-encoding" not in plain.headers
    assert {one.headers["etag"] for one in (first, again, plain)} == {tagged.tag.decode()}


@pytest.mark.parametrize(("size", "is_packed"), [(0, True), (-1, False)])
def test_small_bytes_are_not_compressed(size: int, is_packed: bool) -> None:
    tagged = TaggedResponse(b"1" * (COMPRESSED_FROM_BYTES + size))
    response = tagged.answer(request_of(accept_encoding="gzip"))
    assert ("content-encoding" in response.headers) is is_packed


def test_the_weight_covers_the_bytes_and_their_compressed_copy() -> None:
    tagged = TaggedResponse(LARGE)
    packed = tagged.answer(request_of(accept_encoding="gzip")).body
    assert tagged.weight >= len(LARGE) + len(packed)
