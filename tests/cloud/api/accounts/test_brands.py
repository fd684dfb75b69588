"""Brands are created and listed for the accounts that the caller may see."""

import pytest


@pytest.mark.parametrize("categories", [[], ["IAB8-5", "218"]])
def test_a_brand_is_read_as_it_was_created(office, categories):
    buyer = office.browser(office.buyer)
    asked = {"account": "acme", "name": "Tea", "categories": categories}
    created = buyer("POST", "/api/brands", json=asked)

    assert {**created.json(), **asked} == created.json()
    assert buyer("GET", created.headers["location"]).json() == created.json()
    assert buyer("GET", "/api/brands").json()["brands"] == [created.json()]
    assert buyer("POST", "/api/brands", json=asked).status_code == 409
