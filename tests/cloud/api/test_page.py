"""The pages and their files need no key and load nothing from another server."""

import re

import pytest

from cloud.api import page
from tests.cloud.api.test_route_access import OPEN


@pytest.mark.parametrize(
    "path",
    ["/status", "/docs", "/static/status.js", "/static/onlooker.css"],
)
def test_the_pages_ask_nothing_of_anybody_else(ask, path: str):
    answer = ask.get(path)
    addresses = set(re.findall(r"https?://[^\s\"')]+", answer.text))

    assert answer.status_code == 200
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("name", ["..%2Fapp.py", "%2e%2e/app.py", "app.py", "status.html%00"])
def test_only_the_files_of_the_pages_are_served(ask, name: str):
    assert ask.get(f"/static/{name}").status_code == 404


def test_the_open_pages_are_those_of_the_table():
    assert page.OPEN | {"/static/{name}"} == OPEN
