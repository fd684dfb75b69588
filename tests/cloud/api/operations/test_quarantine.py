"""Devices in quarantine are listed with the reason and released by hand."""

from cloud import database
from cloud.app.context import AppContext

PATH = "/api/quarantined-devices"


def test_a_device_in_quarantine_is_listed_and_released_once(ask, context: AppContext, clock):
    row = {"location": "KX-01", "device": "cam-1", "since_at": clock.now, "last_at": clock.now,
           "messages": 7, "reason": "more messages failed validation"}  # fmt: skip
    with database.writing(context.engine) as connection:
        connection.execute(database.quarantined_devices.insert(), row)
    (found,) = ask.get(PATH).json()["devices"]
    assert (found["device"], found["messages"]) == ("cam-1", 7)
    assert ask("POST", f"{PATH}/cam-1/release").json() == {"device": "cam-1"}
    assert ask.get(PATH).json() == {"devices": []}
    assert ask("POST", f"{PATH}/cam-1/release").json()["title"] == "Not in quarantine"
