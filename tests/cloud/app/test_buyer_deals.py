"""A negotiated price belongs to one account; its author and reason are shown to staff only."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.access import Scope
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.planning.plan_worker import PlanWorker
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.route_table import API_ROUTES
from tests.cloud.app_context import FRIDAY_NOON

SLOT = "KX-01/2026-11-23T08:00"
PRICE = f"/api/pricing/slot/{SLOT}"
OVERRIDE = f"/api/pricing/override/{SLOT}"
LOCATION, _, TIME = SLOT.partition("/")
BRIEF = {
    "budget": "900.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"],
    "dayparts": [{"from_hour": 8, "to_hour": 9}],
}  # fmt: skip
REASON, OWNER = "because Zebedee asked", "Mary Poole"


@pytest.fixture
def locked(context: AppContext) -> ApiClient:
    return ApiClient(create_app(context, quota=Quota(questions=100_000)))


@pytest.fixture
def key(context: AppContext) -> Callable[..., dict[str, str]]:
    def key(role: Role, owner: str, account: str | None = None) -> dict[str, str]:
        shown = create_key(context.engine, role, owner, by="me", now=FRIDAY_NOON, account=account)
        return {"x-api-key": shown}

    return key


@pytest.fixture
def staff(key) -> dict[str, str]:
    return key(Role.SALES, OWNER)


def set_price(
    asker: ApiClient, staff: dict[str, str], price: str, account: str | None = None
) -> None:
    wanted = {"price": price, "reason": REASON, "account": account}
    assert asker("PUT", OVERRIDE, json=wanted, headers=staff).status_code == 200


def quoted(asker: ApiClient, who: dict[str, str], account: str | None = None) -> list[str]:
    """The price of the slot as each of the ways to ask tells it."""
    more = {"headers": who, "params": {"account": account} if account else {}}
    question = {"location": LOCATION, "time_slot": TIME}
    batch = asker("POST", "/api/pricing/batch", json={"slots": [question]}, **more).json()
    explained = asker.get(f"/api/pricing/explain/{SLOT}", **more).text
    page = {**more, "params": {**more["params"], **question}}
    imp = asker.get("/api/inventory", **page).json()["screens"][0]["imp"][0]
    plan = asker("POST", "/api/pricing/optimize", json=BRIEF, **more).json()
    return [
        asker.get(PRICE, **more).json()["price"],
        batch["answers"][0]["price"]["price"],
        re.findall(r"price +£([\d.]+) ", explained)[0],
        f"{imp['ext']['onlooker']['slot_price_minor'] / 100:.2f}",
        plan["lines"][0]["cost"],
    ]


def test_a_deal_holds_for_its_account_and_for_nobody_else(locked: ApiClient, key, staff):
    acme, bolt = (key(Role.ADVERTISER, name, account=name) for name in ("acme", "bolt"))
    (normal,) = set(quoted(locked, bolt))
    set_price(locked, staff, "45.67", "acme")

    assert quoted(locked, acme) == ["45.67"] * 5
    assert quoted(locked, bolt) == [normal] * 5
    assert quoted(locked, staff) == [normal] * 5
    assert quoted(locked, staff, "acme") == ["45.67"] * 5
    set_price(locked, staff, "50.00")
    assert quoted(locked, acme) == ["45.67"] * 5
    assert quoted(locked, bolt) == ["50.00"] * 5
    locked("DELETE", f"{OVERRIDE}?account=acme", headers=staff)
    assert quoted(locked, acme) == ["50.00"] * 5
    locked("DELETE", OVERRIDE, headers=staff)
    assert quoted(locked, acme) == quoted(locked, bolt) == [normal] * 5


def test_the_tag_of_one_account_is_none_for_another(locked: ApiClient, key, staff):
    acme, bolt = (key(Role.ADVERTISER, name, account=name) for name in ("acme", "bolt"))
    set_price(locked, staff, "45.67", "acme")
    for path in (PRICE, f"/api/inventory?time_slot={TIME}&location={LOCATION}"):
        mine = locked.get(path, headers=acme)
        theirs = locked.get(path, headers={**bolt, "if-none-match": mine.headers["etag"]})
        again = locked.get(path, headers={**acme, "if-none-match": mine.headers["etag"]})

        assert (theirs.status_code, again.status_code) == (200, 304)
        assert "X-API-Key" in mine.headers["vary"]


def test_nobody_is_quoted_for_the_account_of_another(locked: ApiClient, key, staff):
    acme = key(Role.ADVERTISER, "acme", account="acme")
    assert locked.get(f"{PRICE}?account=acme", headers=acme).status_code == 200
    refused = locked.get(f"{PRICE}?account=bolt", headers=acme)
    assert refused.status_code == 403
    assert "another account" in refused.json()["detail"]
    assert locked.get(f"{PRICE}?account=No%20Such", headers=staff).status_code == 422


def test_staff_receive_every_price_that_is_set(locked: ApiClient, key, staff):
    set_price(locked, staff, "45.67", "acme")
    set_price(locked, staff, "50.00")
    price = locked.get(PRICE, headers=staff).json()
    listed = locked.get("/api/pricing/overrides", headers=staff).json()["overrides"]

    assert (price["override"]["reason"], price["override"]["account"]) == (REASON, None)
    assert [(one["account"], one["price"]) for one in price["deals"]] == [("acme", "45.67")]
    assert [(one["account"], one["price"]) for one in listed] == [
        (None, "50.00"),
        ("acme", "45.67"),
    ]


def test_the_factors_of_a_set_price_multiply_to_it_and_tell_no_other(locked: ApiClient, key, staff):
    acme = key(Role.ADVERTISER, "acme", account="acme")
    computed = locked.get(PRICE, headers=acme).json()["price"]
    set_price(locked, staff, "45.67", "acme")
    returned = locked.get(PRICE, headers=acme)
    (factor,) = returned.json()["factors"]

    assert round(float(factor["value"]) * returned.json()["base_rate_minor"]) == 4567
    assert returned.json()["override"] is returned.json()["deals"] is None
    assert computed not in returned.text


def test_a_kept_plan_is_worked_out_at_the_prices_of_its_account(
    locked: ApiClient, context: AppContext, key, staff
):
    acme = key(Role.ADVERTISER, "acme", account="acme")
    set_price(locked, staff, "45.67", "acme")
    kept = locked("POST", "/api/pricing/plans", json=BRIEF, headers=acme)
    assert PlanWorker(lambda: context).step()
    returned = locked.get(kept.headers["location"], headers=acme).json()

    assert [line["cost"] for line in returned["answer"]["lines"]] == ["45.67"]


def test_staff_keep_a_plan_for_an_account_at_its_prices(
    locked: ApiClient, context: AppContext, key, staff
):
    acme = key(Role.ADVERTISER, "acme", account="acme")
    set_price(locked, staff, "45.67", "acme")
    kept = locked("POST", "/api/pricing/plans?account=acme", json=BRIEF, headers=staff)
    assert PlanWorker(lambda: context).step()
    returned = locked.get(kept.headers["location"], headers=acme).json()

    assert returned["account"] == "acme"
    assert [line["cost"] for line in returned["answer"]["lines"]] == ["45.67"]
    other = locked("POST", "/api/pricing/plans?account=other", json=BRIEF, headers=acme)
    assert other.status_code == 403


EXAMPLES = {
    "GET /api/locations": "/api/locations",
    "GET /api/pricing/slot/{location}/{time_slot}": PRICE,
    "GET /api/pricing/explain/{location}/{time_slot}": f"/api/pricing/explain/{SLOT}",
    "GET /api/pricing/forecast/{location}": f"/api/pricing/forecast/{LOCATION}?from=2026-11-23",
    "GET /api/pricing/calendar": "/api/pricing/calendar?location=KX-01&from=2026-11-23&days=1",
    "GET /api/pricing/screens": "/api/pricing/screens?from=2026-11-23&days=1&hours=8-9",
    "POST /api/pricing/batch": {"slots": [{"location": LOCATION, "time_slot": TIME}]},
    "GET /api/inventory": f"/api/inventory?time_slot={TIME}",
    "POST /api/pricing/optimize": BRIEF,
    "POST /api/pricing/plans": BRIEF,
    "GET /api/pricing/plans": "/api/pricing/plans",
    "GET /api/pricing/plans/{plan}": "kept",
    "DELETE /api/pricing/plans/{plan}": "kept",
    "POST /api/quotes": {"slots": [{"location": LOCATION, "time_slot": TIME}]},
    "GET /api/quotes/{quote}": "kept",
}
"""Every route that quotes prices to an advertiser, with a question about the slot."""
QUOTING = ("/api/locations", "/api/pricing", "/api/inventory", "/api/quotes")
"""Starts of the paths that quote prices; an order or invoice has the prices of its own quote."""


def routes_for(role: Role) -> set[str]:
    """The routes that quote prices to a role."""
    found = set()
    for route in API_ROUTES:
        guards = [one.call for one in route.dependant.dependencies if isinstance(one.call, Scope)]
        if any(role in guard.roles for guard in guards):
            found |= {f"{method} {route.path}" for method in route.methods}
    return {one for one in found if one.partition(" ")[2].startswith(QUOTING)}


def test_no_answer_for_an_advertiser_tells_who_set_a_price_why_or_in_place_of_what(
    locked: ApiClient, context: AppContext, key, staff
):
    """A new route for advertisers needs an example here."""
    acme, bolt = (key(Role.ADVERTISER, name, account=name) for name in ("acme", "bolt"))
    computed = locked.get(PRICE, headers=staff).json()["price"]
    set_price(locked, staff, "45.67", "acme")
    set_price(locked, staff, "50.00")
    key_id = staff["x-api-key"].split("_")[1]
    assert routes_for(Role.ADVERTISER) == set(EXAMPLES)
    secret = {REASON, OWNER, key_id, computed, str(round(float(computed) * 100))}
    for who, others in ((acme, "50.00"), (bolt, "45.67")):
        kept = ""
        for route, example in EXAMPLES.items():
            method, path = route.split()
            if isinstance(example, dict):
                keyed = {**who, "idempotency-key": route.replace(" ", "-")}
                answer = locked(method, path, json=example, headers=keyed)
                kept = answer.headers.get("location", kept)
            else:
                answer = locked(method, kept if example == "kept" else example, headers=who)
            assert answer.status_code in (200, 201, 204), (route, answer.text)
            for word in secret | {others}:
                assert word not in answer.text, (route, word)


def test_an_expired_price_is_returned_to_no_account(locked: ApiClient, key, staff, clock):
    acme = key(Role.ADVERTISER, "acme", account="acme")
    normal = locked.get(PRICE, headers=acme).json()["price"]
    until = (FRIDAY_NOON + timedelta(seconds=20)).isoformat()
    wanted = {"price": "45.67", "reason": REASON, "account": "acme", "until": until}
    assert locked("PUT", OVERRIDE, json=wanted, headers=staff).status_code == 200
    assert locked.get(PRICE, headers=acme).json()["price"] == "45.67"
    clock.advance(timedelta(seconds=20))
    assert locked.get(PRICE, headers=acme).json()["price"] == normal


def test_the_command_sets_lists_and_withdraws_a_deal(ask: ApiClient, override, capsys):
    slot = ["KX-01", "2026-11-23T08:00"]
    words = ["45.67", "--reason", "agreed", "--author", "Mary", "--account", "acme"]
    assert override("set", *slot, *words) == 0
    assert override("list") == 0
    assert capsys.readouterr().out.count("45.67  for acme  until withdrawn  Mary: agreed") == 2
    assert ask.get(f"{PRICE}?account=acme").json()["price"] == "45.67"
    assert override("withdraw", *slot) == 1
    assert override("withdraw", *slot, "--account", "acme") == 0
    with pytest.raises(SystemExit):
        override("set", *slot, "45.67", "--reason", "why", "--account", "Acme & Co")
