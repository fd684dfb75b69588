"""Orders over HTTP: placed, reserved, booked, and refused to everybody else."""

import re
import threading
from datetime import timedelta

import httpx
import pytest

from cloud.auth.audit import read_entries, verify_chain
from cloud.auth.refusal_log import REFUSE
from cloud.booking.order_store import digest_of_all
from cloud.booking.version_digest import read_last_digest
from cloud.campaigns.creatives import CreativeStatus, decide_creative, read_by_names
from cloud.campaigns.make_good_store import find_make_good
from cloud.campaigns.tables import make_goods
from cloud.database import reading, writing
from tests.cloud.api.orders.conftest import ORDERS, Market
from tests.cloud.booking.orders.order_steps import MONDAY_SEVEN


def test_an_order_is_placed_reserved_and_booked_at_the_quoted_prices(market: Market) -> None:
    where = market.order(positions=2)
    order = market("acme", "GET", where).json()
    (line,) = order["lines"]
    assert (line["status"], line["actions"]) == ("Draft", ["edit", "reserve", "book"])
    assert [(run["hours"], run["price_minor"]) for run in line["hours"]] == [(2, 60), (1, 90)]
    assert (order["gross_minor"], order["created_by"]) == (0, None)
    reserved = market.act("acme", where, "reserve").json()["lines"][0]
    assert (reserved["status"], reserved["expires_at"]) == ("Reserved", "2026-11-22T12:00:00Z")
    booked = market.act("acme", where, "book").json()
    assert (booked["lines"][0]["status"], booked["net_minor"]) == ("Booked", 420)
    listed = market("acme", "GET", ORDERS).json()
    assert (listed["total"], listed["orders"][0]["id"]) == (1, order["id"])
    assert market("sales", "GET", where).json()["created_by"].startswith("acme (key")
    with reading(market.context.engine) as connection:
        assert verify_chain(connection)
        assert read_last_digest(connection) == digest_of_all(connection)


def test_two_buyers_of_the_last_position_get_200_and_409(market_of_each: Market) -> None:
    market = market_of_each
    where = {who: market.order(who, positions=6) for who in ("acme", "bolt")}
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda who=who: answers.append(market.act(who, where[who], "book")))
        for who in where
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["title"] == "Not available"
    assert not re.search("acme|bolt", refused.json()["detail"])


def test_a_repeated_key_changes_nothing(market_of_each: Market) -> None:
    market = market_of_each
    where = market.order()
    first = market("acme", "POST", f"{where}/actions", {"action": "book"}, "once")
    with reading(market.context.engine) as connection:
        entries = list(read_entries(connection))
    again = market("acme", "POST", f"{where}/actions", {"action": "book"}, "once")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    other = market("acme", "POST", f"{where}/actions", {"action": "reset"}, "once")
    assert (other.status_code, other.json()["title"]) == (422, "Idempotency key reused")
    with reading(market.context.engine) as connection:
        *same, refused = read_entries(connection)
    assert same == entries
    assert (refused.action, '"idempotency-key-reused"' in refused.details) == (REFUSE, True)


def test_an_id_with_a_nul_character_is_the_fault_of_the_client(market_of_each: Market) -> None:
    for path in (f"{ORDERS}/%00", "/api/creatives/%00", "/api/make-goods?after=%00"):
        refused = market_of_each("acme", "GET", path)
        assert refused.status_code in (404, 422), refused.text
        assert "SELECT" not in refused.text


CREATIVE = {
    "sha256": "0" * 64, "media_type": "image/png", "width_px": 1080, "height_px": 1920,
}  # fmt: skip
ATTACKS = {
    "price in a line": ("POST", "/lines", {"quote": "Q", "price_minor": 1}, 422),
    "positions in a line": ("POST", "/lines", {"quote": "Q", "positions": -1}, 422),
    "quote of another account": ("POST", "/lines", {"quote": "THEIRS"}, 404),
    "expired quote": ("POST", "/lines", {"quote": "OLD"}, 409),
    "quote and hold": ("POST", "/lines", {"quote": "Q", "hold": "H"}, 422),
    "unknown hold": ("POST", "/lines", {"hold": "f" * 32}, 404),
    "free make-good": ("POST", "/lines", {"quote": "Q", "make_good_of": "LINE"}, 403),
    "own discount": ("PUT", "/discount", {"discount_bp": 9000, "reason": "I like it"}, 403),
    "negative discount": ("PUT", "/discount", {"discount_bp": -1, "reason": "more"}, 422),
    "own approval": ("POST", "/actions", {"action": "approve"}, 403),
    "system action": ("POST", "/actions", {"action": "finish"}, 422),
    "foreign line": ("POST", "/actions", {"action": "book", "lines": ["FOREIGN"]}, 404),
    "cancel a draft": ("POST", "/actions", {"action": "cancel", "reason": "for fun"}, 409),
    "negative positions": (
        "POST", "/changes", {"line": "LINE", "positions": -5, "reason": "more"}, 422,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    from tests.cloud.api.orders.conftest import open_market
    from tests.cloud.app_context import ManualClock, open_app_context

    with open_app_context(tmp_path_factory.mktemp("attacked"), ManualClock()) as context:
        market = open_market(context)
        where, theirs = market.order(), market.order("bolt")
        now = context.clock()
        names = {
            "Q": market.quote(), "THEIRS": market.quote("bolt"),
            "OLD": market.quote(valid_until=now),
            "LINE": market("acme", "GET", where).json()["lines"][0]["id"],
            "FOREIGN": market("bolt", "GET", theirs).json()["lines"][0]["id"],
        }  # fmt: skip
        yield market, where, theirs, names


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_and_changes_nothing(attacked, attack: str) -> None:
    market, where, _, names = attacked
    method, path, body, status = ATTACKS[attack]
    before = market("acme", "GET", where).content
    filled = {
        key: [names.get(one, one) for one in value] if isinstance(value, list)
        else names.get(value, value)
        for key, value in body.items()
    }  # fmt: skip
    refused = market("acme", method, f"{where}{path}", filled)
    assert refused.status_code == status, refused.text
    assert market("acme", "GET", where).content == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/changes", None),
        ("POST", "/actions", {"action": "book"}),
        ("POST", "/lines", {"quote": "f" * 32}),
        ("PUT", "/discount", {"discount_bp": 1, "reason": "fine"}),
        ("DELETE", "/lines/LINE", None),
        ("PUT", "/lines/LINE/creatives", {"creatives": ["a"]}),
        ("POST", "/changes", {"line": "LINE", "positions": 2, "reason": "more"}),
        ("PUT", "/changes/" + "f" * 32, {"status": "APPROVED", "reason": "fine"}),
    ],
)
def test_an_order_of_another_account_is_answered_like_an_unknown_one(
    attacked, method: str, path: str, body: object
) -> None:
    market, where, *_ = attacked
    never = f"{ORDERS}/{'0' * 32}"
    answers = []
    for order in (where, never):
        full = f"{order}{path}".replace("LINE", "no-such-line")
        answers.append(market("bolt", method, full, body))
    assert [answer.status_code for answer in answers] == [404, 404]
    texts = [
        re.sub(r'"request_id":"\w+"', "", answer.text).replace(order.rpartition("/")[2], "ID")
        for answer, order in zip(answers, (where, never), strict=True)
    ]
    assert texts[0] == texts[1]


def test_a_discount_waits_for_finance_and_people_are_shown_to_staff_only(market: Market) -> None:
    where = market.order()
    body = {"discount_bp": 2000, "reason": "annual agreement"}
    given = market("sales", "PUT", f"{where}/discount", body)
    assert (given.status_code, given.json()["approval"]) == (200, "required")
    pending = market.act("acme", where, "book").json()
    assert (pending["lines"][0]["status"], pending["discount_by"]) == ("PendingBooking", None)
    assert market.act("sales", where, "approve").status_code == 403
    assert market.act("acme", where, "cancel", reason="no budget").status_code == 409
    approved = market.act("finance", where, "approve").json()
    assert (approved["approval"], approved["lines"][0]["status"]) == ("approved", "Booked")
    assert approved["gross_minor"] == 48 + 48 + 72
    assert "annual agreement" not in market("acme", "GET", where).text


def test_an_expired_reservation_is_shown_and_stored_as_expired(market: Market) -> None:
    where = market.order()
    market.act("acme", where, "reserve")
    market.context.clock.advance(timedelta(hours=48))
    shown = market("acme", "GET", where).json()["lines"][0]
    assert (shown["status"], shown["actions"]) == ("Expired", ["reset"])
    assert market.act("acme", where, "book").json()["title"] == "Wrong state"
    assert market.act("acme", where, "reset").json()["lines"][0]["status"] == "Draft"


def test_a_line_is_in_flight_once_its_creative_is_approved(market: Market) -> None:
    where = market.order()
    line = market.act("acme", where, "book").json()["lines"][0]
    path = f"{where}/lines/{line['id']}/creatives"
    unknown = market("acme", "PUT", path, {"creatives": ["theirs"]})
    assert (unknown.status_code, unknown.json()["status"]) == (422, 422)
    market("acme", "PUT", path, {"creatives": ["spring-sale"]})
    market.context.clock.now = MONDAY_SEVEN
    assert market("acme", "GET", where).json()["lines"][0]["status"] == "Booked"
    with writing(market.context.engine) as connection:
        creative = read_by_names(connection, "acme", ["spring-sale"])["spring-sale"].id
        decide_creative(
            connection, creative, CreativeStatus.APPROVED, reason=None, by="x", now=MONDAY_SEVEN
        )
    assert market("acme", "GET", where).json()["lines"][0]["status"] == "InFlight"


def test_a_draft_is_removed_and_creatives_are_set(market: Market) -> None:
    where = market.order()
    line = market("acme", "GET", where).json()["lines"][0]["id"]
    path = f"{where}/lines/{line}/creatives"
    refused = market("acme", "PUT", path, {"creatives": ["a"]})
    assert (refused.status_code, refused.json()["title"]) == (422, "Invalid creatives")
    for name in ("a", "b"):
        assert market("acme", "POST", "/api/creatives", {**CREATIVE, "name": name}).is_success
    shown = market("acme", "PUT", path, {"creatives": ["b", "a", "a"]}).json()
    assert shown["lines"][0]["creatives"] == ["a", "b"]
    removed = market("acme", "DELETE", f"{where}/lines/{line}")
    assert (removed.status_code, removed.json()["lines"]) == (200, [])


def test_a_free_line_needs_an_approved_make_good_and_is_added_once(market: Market) -> None:
    where = market.order()
    line = market("acme", "GET", where).json()["lines"][0]["id"]

    def add() -> httpx.Response:
        body = {"quote": market.quote(), "make_good_of": line}
        return market("sales", "POST", f"{where}/lines", body)

    refused = add()
    assert (refused.status_code, "no approved make-good" in refused.text) == (422, True)
    with writing(market.context.engine) as connection:
        connection.execute(make_goods.insert().values(approved_line(line)))
    free = [one["id"] for one in add().json()["lines"] if one["make_good_of"]]
    assert "made good already" in add().json()["detail"]
    with reading(market.context.engine) as connection:
        assert find_make_good(connection, "f" * 32, None).settled_by_document == free[0]
    assert market("sales", "DELETE", f"{where}/lines/{free[0]}").is_success
    assert add().status_code == 201


def approved_line(line: str) -> dict[str, object]:
    """The row of a make-good by a new line, approved by finance."""
    texts = dict.fromkeys(("account", "reason", "proposed_by"), "acme")
    amounts = dict.fromkeys(
        ("booked", "delivered", "delivered_low", "delivered_high", "credit_minor"), 0
    )
    return {
        "id": "f" * 32, "line_id": line, **texts, **amounts, "metric": "plays", "remedy": "line",
        "currency": "GBP", "status": "approved", "proposed_at": MONDAY_SEVEN,
    }  # fmt: skip


def test_an_order_for_an_unknown_or_foreign_account_is_refused(market: Market) -> None:
    for who, account in (("acme", "bolt"), ("sales", "nobody")):
        refused = market(who, "POST", ORDERS, {"name": "Winter", "account": account})
        assert (refused.status_code, refused.json()["title"]) == (404, "Unknown account")
    brand = market("acme", "POST", ORDERS, {"name": "Winter", "brand": "f" * 32})
    assert brand.status_code == 404
    assert market("sales", "POST", ORDERS, {"name": "X", "account": "acme"}).status_code == 201
    assert market("operations", "GET", ORDERS).status_code == 403


def test_two_orders_of_one_hold_get_201_and_409(market_of_each: Market) -> None:
    market = market_of_each
    hold = market("acme", "POST", "/api/holds", {"quote": market.quote()}).json()["id"]
    places = [market("acme", "POST", ORDERS, {"name": "Winter"}).headers["location"] for _ in "ab"]
    answers: list[int] = []

    def add(where: str) -> None:
        answers.append(market("acme", "POST", f"{where}/lines", {"hold": hold}).status_code)

    threads = [threading.Thread(target=add, args=[where]) for where in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409]
