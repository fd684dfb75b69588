"""Sites are selected by venue; a fault of one site affects no other."""

import pytest

from cloud.api import inventory, pricing
from cloud.pricing.quote import quote
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.conftest import screens_of

INVENTORY = "/api/inventory?time_slot="
MONDAY = "2026-11-23T08:00"


@pytest.mark.parametrize("venue", ["10503", "105", "1", "10502"])
def test_a_venue_is_found_by_every_id_that_it_is_known_by(ask: ApiClient, venue: str):
    assert "KX-01" in screens_of(ask, f"{INVENTORY}{MONDAY}&venue={venue}")[0]


def test_the_ids_that_are_sent_find_the_screens_that_sent_them(ask: ApiClient):
    for screen in ask.get(INVENTORY + MONDAY).json()["screens"]:
        (sent,) = screen["dooh"]["venuetype"]
        assert screen["dooh"]["id"] in screens_of(ask, f"{INVENTORY}{MONDAY}&venue={sent}")[0]


def test_a_word_that_is_no_venue_is_refused_with_the_list(ask: ApiClient):
    for word in ("platform", "99999", "", "105033"):
        refused = ask.get(f"{INVENTORY}{MONDAY}&venue={word}")
        assert refused.status_code == 422
        assert "10503" in refused.json()["detail"]
    assert screens_of(ask, f"{INVENTORY}{MONDAY}&venue=3") == ([], {})


def test_a_fault_in_one_price_is_that_of_one_place(ask: ApiClient, monkeypatch):

    def fragile(site, *of):
        if site.id == "LB-01":
            raise ZeroDivisionError
        return quote(site, *of)

    for module in (inventory, pricing):
        monkeypatch.setattr(module, "quote", fragile)
    question = [{"location": name, "time_slot": MONDAY} for name in ("KX-01", "LB-01")]
    screens, left_out = screens_of(ask, INVENTORY + MONDAY)
    batch = ask("POST", "/api/pricing/batch", json={"slots": question}).json()["answers"]

    assert (len(screens), list(left_out)) == (7, ["LB-01"])
    assert (batch[0]["refused"], batch[1]["price"]) == (None, None)
