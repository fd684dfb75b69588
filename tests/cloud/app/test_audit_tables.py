"""Changes that bypass the program are found: in tables, and in a truncated or replaced log."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, delete, text, update

from cloud import database
from cloud.__main__ import main
from cloud.api.application import create_app
from cloud.app.audit_tables import compare_tables
from cloud.app.context import AppContext
from cloud.auth.audit import audit_log, record_change
from cloud.auth.keys import Role, create_key, revoke_key
from cloud.cli import audit as audit_command
from cloud.cli.publish import publish
from cloud.cli.rate_card import put_card
from cloud.planning.plan_worker import PlanWorker
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock
from tests.cloud.rates import CARD, sites

SLOT = "/api/pricing/override/KX-01/2026-11-23T08:00"
BRIEF = {"budget": "300.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"]}


@dataclass
class Log:
    """A database in which everything that is logged has happened once."""

    url: str
    engine: Engine
    clock: ManualClock
    folder: Path

    def audit(self, *words: str, apart: bool = True) -> int:
        """`audit ...` at the time of the test."""
        where = ["--database", self.url]
        if apart:
            where += ["--checkpoints", f"{self.folder}/apart", "--key", f"{self.folder}/key.pem"]
        return main(["audit", *where, *words])

    def run(self, statement) -> None:
        with database.writing(self.engine) as connection:
            connection.execute(text(statement) if isinstance(statement, str) else statement)


@pytest.fixture
def log(context: AppContext, tmp_path: Path, clock: ManualClock, monkeypatch, capsys) -> Log:
    return record_every_change(context.engine, tmp_path, clock, monkeypatch, capsys)


@pytest.fixture
def on_both(engine: Engine, tmp_path: Path, clock: ManualClock, monkeypatch, capsys) -> Log:
    """On SQLite and on PostgreSQL."""
    return record_every_change(engine, tmp_path, clock, monkeypatch, capsys)


def record_every_change(
    engine: Engine, tmp_path: Path, clock: ManualClock, monkeypatch, capsys
) -> Log:
    database_url = engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(audit_command.run, "__defaults__", (clock,))
    monkeypatch.setattr("cloud.cli.occupancy.utc_now", clock)
    context = AppContext(engine, sites(), CARD, clock)
    ask = ApiClient(create_app(context))
    ask("PUT", SLOT, json={"price": "45.67", "reason": "agreed in March"})
    ask("PUT", SLOT, json={"price": "38.00", "reason": "2026 contract", "account": "acme"})
    ask("PUT", SLOT.replace("T08", "T09"), json={"price": "40.00", "reason": "a mistake"})
    ask("DELETE", SLOT.replace("T08", "T09"))
    ask("POST", "/api/pricing/plans", json=BRIEF)
    PlanWorker(lambda: context).step()
    ask("POST", "/api/pricing/plans", json=BRIEF)
    dropped = ask("POST", "/api/pricing/plans", json=BRIEF).headers["location"]
    ask("DELETE", dropped)
    card = msgspec.structs.replace(context.card, version="card-2")
    put_card(engine, card, None, by="ann", clock=clock)
    create_key(engine, Role.SALES, "Mary", by="me", now=clock.now)
    revoked = create_key(engine, Role.ADVERTISER, "Acme", by="me", now=clock.now, account="acme")
    revoke_key(engine, revoked.split("_")[1], by="me", now=clock.now)
    publish(context)
    file = tmp_path / "occupancy.csv"
    for booked in (3, 5):
        file.write_text(
            "location,time_slot,booked,class,fare,mean,deviation\n"
            f"KX-01,2026-11-23T08:00,{booked},,,,\nKX-01,2026-11-23T09:00,6,,,,\n"
        )
        assert main(["occupancy", "--database", database_url, "load", str(file)]) == 0
    log = Log(database_url, engine, clock, tmp_path)
    assert log.audit("key", str(tmp_path / "key.pem"), apart=False) == 0
    capsys.readouterr()
    return log


def test_what_the_program_wrote_is_what_the_log_says(on_both: Log, capsys):
    log = on_both
    assert log.audit("checkpoint") == 0
    assert log.audit("verify") == 0
    output = capsys.readouterr()
    assert "the tables match the log" in output.out
    assert "it matches 1 checkpoints" in output.out
    assert output.err.count("no checkpoint was compared") == 1  # there was none before the first
    log.clock.advance(timedelta(days=93))  # plans expire, and may be gone
    log.run("DELETE FROM kept_plans")
    assert log.audit("verify") == 0


OVERRIDES, CARDS = "UPDATE price_overrides SET", "UPDATE rate_cards SET"
PLANS = "UPDATE kept_plans SET"
KEYS, SHEETS, TAKEN = "UPDATE api_keys SET", "UPDATE price_sheets SET", "UPDATE slot_occupancy SET"
CHANGES = [
    (f"{OVERRIDES} price_minor = 1 WHERE account = ''", "price_minor is 1, and entry"),
    (f"{OVERRIDES} price_minor = 1 WHERE account = 'acme'", "for acme: price_minor"),
    (f"{OVERRIDES} reason = 'none'", "reason is none"),
    (f"{OVERRIDES} author = 'Bob'", "author is Bob"),
    (f"{OVERRIDES} until_at = 1", "until_at is 1970"),
    (f"{OVERRIDES} number = 999", "number is 999"),
    (f"{OVERRIDES} account = 'bolt' WHERE account = 'acme'", "that no entry has set"),
    (f"{OVERRIDES} hour_at = hour_at + 3600 WHERE account = ''", "is missing"),
    ("DELETE FROM price_overrides", "is missing"),
    (f"{CARDS} from_at = from_at - 3600000000", "rate_cards: card"),
    (f"{CARDS} body = replace(body, 'card-2', 'card-3')", "is not the card of entry"),
    (f"{CARDS} digest = '000000000000'", "digest is 000000000000"),
    (f"{CARDS} number = 999", "card 999 has no entry"),
    ("DELETE FROM rate_cards", "is missing"),
    (f"{PLANS} account = 'bolt'", "account is bolt"),
    (f"{PLANS} question = replace(question, '300', '900')", "its question is not"),
    (f"{PLANS} answer = NULL", "its answer is not"),
    (f"{PLANS} status = 'failed' WHERE status = 'done'", "status is failed"),
    (f"{PLANS} versions = NULL", "its versions is not"),
    (f"{PLANS} expires_at = expires_at + 1", "expires_at is"),
    (f"{PLANS} finished_at = finished_at + 1", "finished_at is"),
    ("DELETE FROM kept_plans", "has not expired"),
    (f"{KEYS} role = 'admin'", "role is admin"),
    (f"{KEYS} account = 'bolt'", "account is bolt"),
    (f"{KEYS} revoked_at = NULL", "revoked_at is None"),
    (f"{KEYS} expires_at = 1", "expires_at is 1970"),
    (f"{KEYS} digest = '0'", "has a different secret"),
    (f"{KEYS} id = '000000000000' WHERE account = 'acme'", "000000000000 has no entry"),
    (f"{TAKEN} booked = 0", "slot_occupancy: its rows are not those"),
    ("DELETE FROM slot_occupancy WHERE booked = 6", "slot_occupancy: its rows are not those"),
    ("DELETE FROM slot_occupancy", "slot_occupancy: its rows are not those"),
    (f"{SHEETS} body = substr(body, 2)", "published on 2026-11-20 are not those"),
    (f"{SHEETS} location = 'ZZ-01' WHERE location = 'KX-01'", "have no entry"),
]


def test_a_row_that_was_changed_beside_the_program_shows(on_both: Log, capsys):
    for change, sentence in CHANGES:
        with on_both.engine.connect() as connection:
            changed = connection.execute(text(change))
            assert changed.rowcount, change
            found = compare_tables(connection, on_both.clock.now)
            connection.rollback()
        assert any(sentence in one for one in found), (change, found)
    on_both.run(CHANGES[0][0])
    assert on_both.audit("verify", apart=False) == 1
    assert CHANGES[0][1] in capsys.readouterr().err


def test_a_change_goes_on_showing_after_the_next_load(log: Log, tmp_path: Path, capsys):
    log.run("UPDATE slot_occupancy SET booked = 0 WHERE booked = 6")
    file = tmp_path / "more.csv"
    file.write_text(
        "location,time_slot,booked,class,fare,mean,deviation\nLB-01,2026-11-23T08:00,1,,,,\n"
    )
    assert main(["occupancy", "--database", log.url, "load", str(file)]) == 0
    assert log.audit("verify") == 1


def test_even_without_checkpoints_an_emptied_log_shows_by_its_tables(log: Log, capsys):
    log.run(delete(audit_log))
    assert log.audit("verify", apart=False) == 1
    output = capsys.readouterr().err
    for table in ("price_overrides", "rate_cards", "kept_plans", "api_keys", "slot_occupancy"):
        assert table in output


def test_entries_from_before_there_was_more_in_them_are_not_taken_for_altered(log: Log, capsys):
    """As an older version wrote them: the chain is log anew without what is recorded since."""
    with database.reading(log.engine) as connection:
        old = connection.execute(audit_log.select().order_by(audit_log.c.number)).mappings().all()
    log.run(delete(audit_log))
    since = {"account", "fingerprint", "rows", "question", "sheets"}
    of_plans = {"question", "sheets", "expires_at", "versions", "sentence"}
    for row in old:
        details = json.loads(row["details"])
        lost = of_plans if row["action"].startswith("plan") else since
        details = {name: value for name, value in details.items() if name not in lost}
        with database.writing(log.engine) as connection:
            record_change(connection, at=row["at"], actor=row["actor"], action=row["action"],
                   about=row["object"], details=details)  # fmt: skip
    log.run("DELETE FROM price_overrides WHERE account = 'acme'")
    log.run(update(audit_log).where(audit_log.c.number == 0).values(actor="nobody"))
    log.audit("verify", apart=False)
    output = capsys.readouterr().err
    for table in ("rate_cards", "kept_plans", "api_keys", "slot_occupancy", "price_sheets"):
        assert table not in output
