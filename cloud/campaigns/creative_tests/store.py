"""Stored tests of creatives: what is compared, where, when, and with which key."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select, true, update

from cloud.auth import audit
from cloud.auth.keys import fingerprint
from cloud.campaigns.creative_tests.assignment import new_assignment_key
from cloud.campaigns.tables import creative_tests
from cloud.sites.sites import Sites

CREATE: Final = "creative_test.create"
STOP: Final = "creative_test.stop"
MILLION: Final = 1_000_000
MOST_ARMS: Final = 5
MAX_STORED: Final = 1_000
LONGEST: Final = timedelta(days=180)
FURTHEST: Final = timedelta(days=730)
"""Before the start; later instants may be none of the calendar."""
HOUR: Final = timedelta(hours=1)


class UnknownCreativeTestError(LookupError):
    """No test of creatives with that id for the caller."""


class CreativeTestError(ValueError):
    """A test that cannot be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreativeTest:
    """A test; the first creative is the one that the others are compared with.

    `alpha` is the probability that a difference is found although there is none, for all creatives
    and all looks together.
    """

    id: str
    account: str
    name: str
    creatives: tuple[str, ...]
    locations: tuple[str, ...]
    assignment_key: str
    alpha: float
    starts_at: datetime
    ends_at: datetime
    stopped_at: datetime | None
    created_at: datetime
    created_by: str

    @property
    def effective_end_at(self) -> datetime:
        """The end, or the earlier stop."""
        return self.ends_at if self.stopped_at is None else min(self.ends_at, self.stopped_at)

    @property
    def planned_clusters(self) -> int:
        """Screen-hours of the whole test."""
        return max(1, len(self.locations) * ((self.ends_at - self.starts_at) // HOUR))

    def find_location(self, sites: Sites, location: str) -> str | None:
        """The id under which the test has a location that may be renamed since; None without it."""
        present = sites.current_id(location)
        return next((one for one in self.locations if sites.current_id(one) == present), None)

    @property
    def pair_alpha(self) -> float:
        """The probability for one comparison, by Bonferroni."""
        return self.alpha / (len(self.creatives) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCreativeTest:
    """A test as its account describes it."""

    account: str
    name: str
    creatives: tuple[str, ...]
    locations: tuple[str, ...]
    alpha: float
    starts_at: datetime
    ends_at: datetime


def create_test(
    connection: Connection, sites: Sites, new: NewCreativeTest, *, by: str, now: datetime
) -> CreativeTest:
    """Store a test.

    Raises:
        CreativeTestError: it has fewer than two creatives, or has begun already.
        UnknownLocation: a location is not in the sites file.
    """
    _check(new, now)
    _refuse_too_many(connection, new.account)
    values = {name: getattr(new, name) for name in NewCreativeTest.__slots__}
    values["locations"] = tuple(sorted({sites.location(one).id for one in new.locations}))
    test = CreativeTest(
        **values, id=secrets.token_hex(16), assignment_key=new_assignment_key(), stopped_at=None,
        created_at=now, created_by=by[:120],
    )  # fmt: skip
    row = _to_row(test)
    connection.execute(creative_tests.insert().values(row))
    details = {
        "account": test.account, "creatives": test.creatives, "locations": test.locations,
        "starts_at": test.starts_at.isoformat(), "ends_at": test.ends_at.isoformat(),
        "alpha_ppm": row["alpha_ppm"], "key": fingerprint(test.assignment_key),
    }  # fmt: skip
    audit.record_change(
        connection, at=now, actor=by[:120], action=CREATE, about=test.id, details=details
    )
    return test


def stop_test(
    connection: Connection,
    test: str,
    accounts: Collection[str] | None,
    *,
    by: str,
    now: datetime,
) -> CreativeTest:
    """End a test before its time; a test that has ended stays as it is."""
    found = find_test(connection, test, accounts)
    if now >= found.effective_end_at:
        return found
    connection.execute(
        update(creative_tests).where(creative_tests.c.id == found.id).values(stopped_at=now)
    )
    audit.record_change(
        connection, at=now, actor=by[:120], action=STOP, about=found.id,
        details={"account": found.account},
    )  # fmt: skip
    return replace(found, stopped_at=now)


def find_test(connection: Connection, test: str, accounts: Collection[str] | None) -> CreativeTest:
    """A test of one of the accounts, or of any for None; raises UnknownCreativeTestError."""
    query = select(creative_tests).where(creative_tests.c.id == test[:32], _of(accounts))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise UnknownCreativeTestError(
            "no test of yours has that id: GET /api/creative-tests lists your tests"
        )
    return _to_test(row)


def list_tests(
    connection: Connection, accounts: Collection[str] | None, *, most: int
) -> Sequence[CreativeTest]:
    """The tests of some accounts, or of all, the latest first."""
    columns = creative_tests.c
    query = select(creative_tests).where(_of(accounts))
    rows = connection.execute(query.order_by(columns.created_at.desc(), columns.id).limit(most))
    return [_to_test(row) for row in rows.mappings()]


def _check(new: NewCreativeTest, now: datetime) -> None:
    if len(set(new.creatives)) != len(new.creatives) or not 2 <= len(new.creatives) <= MOST_ARMS:
        raise CreativeTestError(f"give 2 to {MOST_ARMS} different creatives, the present one first")
    if not new.locations:
        raise CreativeTestError("give at least one location")
    if not now <= new.starts_at <= now + FURTHEST:
        raise CreativeTestError(f"a test starts in the future, at most {FURTHEST.days} days ahead")
    if not timedelta() < new.ends_at - new.starts_at <= LONGEST:
        raise CreativeTestError(
            f"a test ends after its start, and lasts at most {LONGEST.days} days"
        )


def _refuse_too_many(connection: Connection, account: str) -> None:
    counted = select(func.count()).where(creative_tests.c.account == account)
    if connection.execute(counted).scalar_one() >= MAX_STORED:
        raise CreativeTestError(f"{MAX_STORED} tests are stored, which is the maximum")


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else creative_tests.c.account.in_(sorted(accounts))


def _to_row(test: CreativeTest) -> dict[str, Any]:
    row = {name: getattr(test, name) for name in CreativeTest.__slots__}
    row["alpha_ppm"] = round(row.pop("alpha") * MILLION)
    for name in ("creatives", "locations"):
        row[name] = msgspec.json.encode(row[name]).decode()
    return row


def _to_test(row: Any) -> CreativeTest:
    values = dict(row)
    values["alpha"] = values.pop("alpha_ppm") / MILLION
    for name in ("creatives", "locations"):
        values[name] = msgspec.json.decode(values[name], type=tuple[str, ...])
    return CreativeTest(**values)
