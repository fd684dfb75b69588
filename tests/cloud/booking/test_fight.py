"""Eight processes for two hundred slots, some of them killed: nothing is sold twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from cloud.booking.capacity import take
from cloud.booking.slots import NotAvailableError
from cloud.booking.transactions import run_booking
from cloud.database import reading
from tests.cloud.booking.booking_fight import fight
from tests.cloud.booking.capacity_data import NOW, SITES, demand, used


@pytest.mark.slow
def test_killed_processes_leave_a_ledger_that_equals_the_slots(engine: Engine) -> None:
    url = engine.url.set(drivername=engine.url.get_backend_name())
    result = fight(url.render_as_string(hide_password=False), workers=8, requests=8, kills=3)
    assert result.report.findings == ()
    assert result.report.oversold == ()
    assert result.exit_codes == {0: 8}, "a worker was answered with something else"
    assert set(result.answers) <= {"200", "409", "422"}
    assert result.answers["200"] > 20
    assert result.repeated_keys == 0, "a request was executed twice"


def test_of_two_buyers_of_the_last_position_one_has_it(engine: Engine) -> None:
    run_booking(
        engine, lambda one: take(one, SITES, demand(0, 5), line_id="x", until=None, now=NOW)
    )
    together = Barrier(2)

    def buy(line_id: str) -> int:
        together.wait()
        try:
            run_booking(
                engine,
                lambda one: take(one, SITES, demand([0, 1]), line_id=line_id, until=None, now=NOW),
            )
        except NotAvailableError:
            return 409
        return 200

    with ThreadPoolExecutor(2) as buyers:
        assert sorted(buyers.map(buy, ("a", "b"))) == [200, 409]
    with reading(engine) as connection:
        assert used(connection) == {0: 6, 1: 1}
