"""Users set their own preferences, keys those of their account's users, and nobody another's."""

import pytest

from cloud.auth.accounts.account import AccountKind
from cloud.auth.audit import read_entries
from cloud.auth.keys import Role, create_key
from cloud.database import reading, writing
from tests.cloud.api.notifications.notice_api import NoticeApi
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.people import add_account, add_user

HOOK = "https://hooks.acme.example/secret-path"
CHOSEN = {
    "time_zone": "Europe/London",
    "quiet": {"from": "22:00", "until": "07:00"},
    "digest_at": "09:30",
    "phone": "+447700900123",
    "choices": {"price_drop": {"email": "digest"}, "hold_expiring": {"sms": "immediate"}},
}


def path(user) -> str:
    return f"/api/users/{user.id}/notifications"


def test_defaults_are_sparse_and_choices_are_read_back(api: NoticeApi) -> None:
    ann = api.signed_in(api.ann)
    before = api.ask(ann, "GET", path(api.ann)).json()
    assert before["time_zone"] == "UTC"
    assert before["choices"]["hold_expiring"] == {
        "email": "immediate", "sms": "off", "webhook": "off",
    }  # fmt: skip
    for advertising in ("optimal_slots", "price_drop", "flash_sale"):
        assert set(before["choices"][advertising].values()) == {"off"}

    stored = api.ask(ann, "PUT", path(api.ann), CHOSEN)
    assert stored.status_code == 200, stored.text
    after = api.ask(ann, "GET", path(api.ann)).json()
    assert {name: after[name] for name in CHOSEN if name != "choices"} == {
        name: value for name, value in CHOSEN.items() if name != "choices"
    }
    assert after["choices"]["price_drop"]["email"] == "digest"
    assert after["choices"]["hold_expiring"] == {
        "email": "immediate", "sms": "immediate", "webhook": "off",
    }  # fmt: skip


def test_the_secret_of_a_webhook_is_shown_once(api: NoticeApi) -> None:
    ann, chosen = api.signed_in(api.ann), {**CHOSEN, "webhook": HOOK}
    first = api.ask(ann, "PUT", path(api.ann), chosen).json()["webhook_secret"]
    assert len(first) == 64
    assert api.ask(ann, "PUT", path(api.ann), chosen).json()["webhook_secret"] is None
    assert api.ask(ann, "GET", path(api.ann)).json()["webhook_secret"] is None
    other = api.ask(ann, "PUT", path(api.ann), {**chosen, "webhook": f"{HOOK}/2"}).json()
    assert other["webhook_secret"] not in (None, first)


def test_the_audit_log_has_the_change_without_addresses(api: NoticeApi) -> None:
    api.ask(api.signed_in(api.bob), "PUT", path(api.bob), {**CHOSEN, "webhook": HOOK})
    with reading(api.context.engine) as connection:
        entries = [entry for entry in read_entries(connection) if entry.object == api.bob.id]
    assert entries[-1].action == "notification.set"
    assert api.bob.id in entries[-1].actor
    for private in ("secret-path", "+447700900123"):
        assert private not in "".join(entry.details for entry in entries)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_who_may_use_the_preferences_of_a_user(api: NoticeApi, method: str) -> None:
    callers = {
        "the user": (api.signed_in(api.ann), 200),
        "a colleague": (api.signed_in(api.bob), 404),
        "a user of another account": (api.signed_in(api.mallory), 404),
        "a key of the account": (api.keys["acme"], 200),
        "a key of another account": (api.keys["bolt"], 404),
        "an administrator": (api.keys["owner"], 200),
    }
    for name, (who, status) in callers.items():
        answer = api.ask(who, method, path(api.ann), CHOSEN if method == "PUT" else None)
        assert answer.status_code == status, (name, answer.text)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"webhook": "https://10.0.0.1/"}, "private network"),
        ({"webhook": "http://hooks.acme.example/"}, "https://"),
        ({"phone": "123"}, "international form"),
        ({"time_zone": "Nowhere"}, "time_zone"),
        ({"digest_at": "25:00"}, "digest_at"),
        ({"quiet": {"from": "22:00"}}, "until"),
        ({"choices": {"no_such_kind": {"email": "off"}}}, "no_such_kind"),
        ({"choices": {"price_drop": {"webhook": "immediate"}}}, "webhook"),
        ({"user": "x"}, "user"),
    ],
)
def test_what_cannot_be_used_is_refused(api: NoticeApi, changed: dict, sentence: str) -> None:
    answer = api.ask(api.signed_in(api.ann), "PUT", path(api.ann), {**CHOSEN, **changed})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_key_sets_no_webhook_of_a_user_who_may_see_more(api: NoticeApi) -> None:
    engine = api.context.engine
    with writing(engine) as connection:
        owner = add_account(connection, "studio", FRIDAY_NOON, AccountKind.MEDIA_OWNER)
        fay = add_user(connection, owner, "fay", FRIDAY_NOON, Role.FINANCE, password_hash=None)
    for role, status in ((Role.OPERATIONS, 404), (Role.FINANCE, 200)):
        key = create_key(engine, role, "robot", account=owner.id, by="me", now=FRIDAY_NOON)
        assert api.ask({"x-api-key": key}, "GET", path(fay)).status_code == status
