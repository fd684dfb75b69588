"""Documents that became final are announced to the account that pays."""

from cloud.database import writing
from cloud.notifications.rules.campaigns import LOOK_BACK
from cloud.notifications.rules.invoices import find_issued_invoices
from tests.cloud.billing.billing_examples import store_final_invoice
from tests.cloud.notifications.notice_world import NOON, NoticeWorld
from tests.cloud.rates import sites


def test_a_final_invoice_is_found_with_its_amount(world: NoticeWorld) -> None:
    with writing(world.engine) as connection:
        invoice = store_final_invoice(connection, NOON, "SO-1")
        (event,) = find_issued_invoices(connection, sites(), NOON)
        assert list(find_issued_invoices(connection, sites(), NOON + LOOK_BACK)) == []
    assert (event.subject, event.path) == (invoice, f"/api/invoices/{invoice}")
    assert event.title.startswith("Invoice ")
    assert "GBP" in event.title
