"""The sweeper applies what is due, and survives a lost database."""

import logging
from datetime import timedelta

from sqlalchemy.exc import OperationalError

from cloud.app.context import AppContext
from cloud.app.idempotency.key_store import KeyedRequest, claim_key
from cloud.app.orders import sweeper
from cloud.app.orders.sweeper import OrderSweeper
from cloud.billing.payments.event_store import RETENTION, EventOutcome, store_event
from cloud.billing.payments.provider import ProviderEvent
from cloud.booking.orders import order_rows
from cloud.database import reading, writing
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.booking.orders.order_steps import MONDAY_SEVEN, NOON, Steps


def test_a_reservation_expires_and_old_keys_and_events_are_deleted(tmp_path) -> None:
    with open_app_context(tmp_path, ManualClock(NOON)) as context:
        steps = Steps(context.engine).open_accounts()
        order_id = steps.place()
        steps.reserve(order_id)
        with writing(context.engine) as connection:
            claim_key(connection, KeyedRequest("acme", "POST /x", "k", "d"), NOON)
            event, long_ago = ProviderEvent("evt_1", "charge.created", None), NOON - RETENTION
            store_event(connection, "stripe", event, EventOutcome.IGNORED, long_ago)
        sweeping = OrderSweeper(lambda: context)
        assert sweeping.step() == 0
        context.clock.advance(timedelta(hours=48))
        assert sweeping.step() == 1
        assert steps.statuses(order_id) == ["Expired"]
        with reading(context.engine) as connection:
            for table in ("idempotency_keys", "provider_events"):
                assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
        sweeping.stop()


def test_a_lost_database_is_logged_once(monkeypatch, caplog) -> None:
    monkeypatch.setattr(sweeper, "SWEEP_EVERY_S", 0)
    calls = []

    def lose() -> AppContext:
        calls.append(1)
        if len(calls) == 3:
            sweeping.stop()
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    sweeping = OrderSweeper(lose)
    with caplog.at_level(logging.WARNING):
        sweeping.follow()
    assert [record.message for record in caplog.records] == ["orders.database_lost"]
    assert len(calls) == 3


def test_orders_that_wait_for_creatives_do_not_delay_others(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(order_rows, "MOST_DUE", 1)
    with open_app_context(tmp_path, ManualClock(MONDAY_SEVEN)) as context:
        steps = Steps(context.engine).open_accounts()
        waiting, other = sorted((steps.place(), steps.place()))
        steps.book(waiting)
        steps.reserve(other)
        assert OrderSweeper(lambda: context).step() == 1
        assert (steps.statuses(waiting), steps.statuses(other)) == (["Booked"], ["Expired"])
