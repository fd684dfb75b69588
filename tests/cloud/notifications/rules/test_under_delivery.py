"""Open alerts of under-delivery become events of the line's account."""

from sqlalchemy import insert

from cloud.alerting.rules import AlertKind
from cloud.booking.order_store import add_versions
from cloud.database import alerts, writing
from cloud.notifications.rules.campaigns import LOOK_BACK
from cloud.notifications.rules.under_delivery import find_under_deliveries
from tests.cloud.booking.order_lines import MONDAY, order_line
from tests.cloud.notifications.notice_world import MINUTE, NOON, NoticeWorld
from tests.cloud.rates import sites


def test_an_open_alert_of_a_known_line_is_found(world: NoticeWorld) -> None:
    row = {
        "kind": AlertKind.UNDER_DELIVERY.value, "location": "KX-01", "device": "SO-1-1",
        "raised_at": NOON, "last_held_at": NOON, "message": "delivered 40% to 60%", "value": 0.4,
    }  # fmt: skip
    columns = {name: value for name, value in row.items() if name in alerts.c}
    with writing(world.engine) as connection:
        add_versions(connection, [order_line()], at=MONDAY, before=None)
        for changed in (
            {},
            {"cleared_at": NOON, "device": "SO-1-2"},
            {"device": "never-sold"},
            {"kind": "camera.offline", "device": "cam-1"},
            {"raised_at": NOON - LOOK_BACK - MINUTE, "device": "SO-1-3"},
        ):
            connection.execute(insert(alerts).values({**columns, **changed}))
        (event,) = find_under_deliveries(connection, sites(), NOON)
    assert (event.account, event.subject) == ("acme", "SO-1-1")
    assert event.facts[3].text == "delivered 40% to 60%"
    assert event.path.startswith("/api/campaigns/")
