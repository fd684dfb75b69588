"""Whether the location exists in the cloud, requested over HTTP."""

import json
from contextlib import contextmanager

import pytest

from edge_agent.check.cloud import CloudError, check_location, fetch_locations
from edge_agent.check.findings import Level
from tests.edge_agent.check.answers import answering

PLACES = {"locations": [{"id": "KX-01", "formerly": ["KX-1"], "name": "x"}, {"id": "LB-01"}]}


@contextmanager
def api(body, status="200 OK"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = f"Content-Length: {len(content)}\r\n\r\n"
    head = f"HTTP/1.1 {status}\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\nConnection: close\r\n"
    with answering((head + length).encode() + content) as p:
        yield f"http://user:s3cret@127.0.0.1:{p}"


@pytest.mark.parametrize(
    ("name", "level"), [("KX-01", Level.OK), ("KX-1", Level.OK), ("ZZ-1", Level.FAILURE)]
)
def test_a_location_is_known_by_its_present_and_former_ids(name, level):
    with api(PLACES) as url:
        answer = fetch_locations(url)
    assert check_location(answer, name).level is level
    assert answer.at.isoformat() == "2026-11-23T12:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (
            {},
            "401 Unauthorized",
            "responded with status 401: give the file of an API key with --cloud-key-file",
        ),
        ({}, "404 s3cret", "responded with status 404: correct --cloud"),
        ({}, "200 OK", "is not an Onlooker API"),
        (b"<html>s3cret", "200 OK", "is not an Onlooker API"),
    ],
)
def test_an_unexpected_response_is_reported_without_credentials(body, status, sentence):
    with api(body, status) as url, pytest.raises(CloudError, match=sentence) as caught:
        fetch_locations(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://u:s3cret@127.0.0.1:9", "ftp://u:s3cret@h", "u:s3cret@h"])
def test_an_invalid_url_is_reported_without_credentials(url):
    with pytest.raises(CloudError) as caught:
        fetch_locations(url)
    assert "s3cret" not in str(caught.value)


def test_a_key_is_read_from_a_file(tmp_path):
    with pytest.raises(CloudError, match=r"--cloud-key-file .* cannot be read: No such file"):
        fetch_locations("http://127.0.0.1:9", tmp_path / "none")
