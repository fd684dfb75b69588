"""Who may sign in: a user of each role, with one random password for all."""

import csv
import io
import secrets
from dataclasses import dataclass
from typing import Final

from simulators.demo.portal.accounts import AGENCY
from simulators.demo.sale.sales_server import ACCOUNT, MEDIA_OWNER

COLUMNS: Final = ("account", "email", "name", "role", "password")
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are easily read as others."""
GROUPS: Final = 4
GROUP_LENGTH: Final = 4


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and what the portal shows to that role."""

    account: str
    email: str
    name: str
    role: str
    purpose: str


PEOPLE: Final = (
    Person(ACCOUNT, "buyer@harbour-tea.example", "Bea Lin", "advertiser",
           "prices, booking, the campaign that was sold, its invoice"),
    Person(AGENCY, "planner@bright-media.example", "Pia Holm", "agency",
           "the same for two clients: choose one at the top of a page"),
    Person(MEDIA_OWNER, "sales@media-owner.example", "Sal Ortiz", "sales",
           "proposals, holds, approvals, rate card, live audience"),
    Person(MEDIA_OWNER, "operations@media-owner.example", "Oli Park", "operations",
           "cameras, alerts, configuration, live audience"),
    Person(MEDIA_OWNER, "finance@media-owner.example", "Fay Roy", "finance",
           "invoices, make-goods, revenue"),
    Person(MEDIA_OWNER, "admin@media-owner.example", "Ann Lee", "admin",
           "accounts, users, and all of the above"),
)  # fmt: skip


def create_password() -> str:
    """Four groups of four letters and digits, which can be typed on a phone: 79 bits."""
    groups = ["".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)]
    return "-".join(groups)


def write_users(password: str) -> str:
    """The users as CSV, as `cloud users import` reads them."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((one.account, one.email, one.name, one.role, password) for one in PEOPLE)
    return text.getvalue()
