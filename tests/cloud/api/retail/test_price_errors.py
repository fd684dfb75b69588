"""Refused points are listed, repaired and closed over HTTP."""

import msgspec

from tests.cloud.api.retail.price_point_client import Points, ask
from tests.cloud.ingest.retail.price_messages import message_of

__all__ = ["ask"]


def test_the_queue_is_listed_repaired_and_closed(ask: Points) -> None:
    ask.send(*(message_of(event_id=f"e{n}", units=-1) for n in range(3)))
    page = ask.get("/api/retail/price-errors?limit=2&reason=negative_units").json()
    assert ([one["id"] for one in page["errors"]], page["next"]) == ([3, 2], 2)
    rest = ask.get("/api/retail/price-errors?before=2").json()
    assert ([one["id"] for one in rest["errors"]], rest["next"]) == ([1], None)
    detail = ask.get("/api/retail/price-errors/1").json()
    assert msgspec.json.decode(detail["payload"])["units"] == -1
    repair = {"changes": {"units": "12"}}
    outcome = ask("POST", "/api/retail/price-errors/1/replay", json=repair).json()
    assert outcome == {"committed": True, "outcome": "committed"}
    again = ask("POST", "/api/retail/price-errors/1/replay", json={})
    assert (again.status_code, again.json()["title"]) == (409, "Already settled")
    refused = ask("POST", "/api/retail/price-errors/2/replay", json={}).json()
    assert not refused["committed"]
    closed = ask("POST", "/api/retail/price-errors/2/close", json={"note": "test"})
    assert closed.json() == {"id": 2}
    (count,) = ask.get("/api/retail/price-errors/counts").json()["counts"]
    assert (count["open"], count["stored"], count["left_out"]) == (1, 3, 0)
    assert ask.get("/api/retail/price-errors/99").status_code == 404
    unknown = ask("POST", "/api/retail/price-errors/3/replay", json={"changes": {"x": "1"}})
    assert unknown.status_code == 422
