"""A client gets gzip only where it accepts it."""

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from cloud.accepted_encoding import AcceptedGzipMiddleware, accepts_gzip
from tests.cloud.api.conftest import ApiClient


@pytest.mark.parametrize(
    ("header", "is_accepted"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("br, x-gzip ; q=1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("gzip;q=half", False),
        ("gzip;q=-1", False),
        ("notgzip", False),
        ("identity", False),
        ("", False),
    ],
)
def test_gzip_is_accepted_with_a_weight_above_zero(header: str, is_accepted: bool):
    assert accepts_gzip(header) is is_accepted


@pytest.mark.parametrize(("header", "encoding"), [("gzip", "gzip"), ("gzip;q=0", None)])
def test_an_answer_is_compressed_only_where_it_is_accepted(header: str, encoding: str | None):
    app = FastAPI()
    app.add_api_route("/", lambda: PlainTextResponse("a" * 2_000))
    app.add_middleware(AcceptedGzipMiddleware, minimum_size=100)
    answer = ApiClient(app).get("/", headers={"accept-encoding": header})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.text == "a" * 2_000
