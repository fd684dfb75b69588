"""The steps of the nightly run that fill and maintain the lake and its marts."""

import getpass
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cloud.cli.lake.catalogue import write_and_record
from cloud.cli.lake.output import TableDayResult
from cloud.database import reading
from cloud.lake.catalogue.page_folder import open_page_folder
from cloud.lake.compaction import compact
from cloud.lake.expiry import expire
from cloud.lake.lake import Lake
from cloud.lake.ownership import require_listed_files
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.registry import all_tables
from cloud.lake.skipped import read_skipped
from cloud.lake.tables import Zone
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.marts.build import build_changed_days, build_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import UNUSABLE_INPUTS, MartEngine
from cloud.marts.pricing import build_pricing_history
from cloud.marts.profiles import build_profiles
from cloud.marts.publish import publish_marts
from cloud.marts.seasons import build_seasons
from cloud.nightly.runs import Days
from cloud.nightly.steps import NightlyStep, StepResult
from cloud.sites.sites import Sites

log = logging.getLogger(__name__)
BUILD_MARTS: Final = "build-marts"
"""The last step that uses the chosen days."""
BUILD_RETAIL_MARTS: Final = "build-retail-marts"
"""A step of `RetailSteps` that reads the files of changed days."""


@dataclass(frozen=True, slots=True)
class LakeSteps:
    """The steps on one lake; `days` are promoted and built anew, besides changed days.

    `catalogue` is the address of the catalogue's pages.
    """

    lake: Lake
    sites: Sites
    days: Days | None
    catalogue: str
    clock: Callable[[], datetime]

    def steps(self) -> list[NightlyStep]:
        """In the order of the zones; files are deleted when all that read them have succeeded."""
        return [
            NightlyStep("land", self.land),
            NightlyStep("promote-raw", self.promote_raw, ("land",)),
            NightlyStep("promote-trusted", self.promote_trusted, ("promote-raw",)),
            NightlyStep(BUILD_MARTS, self.build_marts, ("promote-trusted",)),
            NightlyStep("publish-marts", self.publish_marts, (BUILD_MARTS,)),
            NightlyStep("compact", self.compact, ("promote-trusted",)),
            NightlyStep("expire", self.expire, ("publish-marts", "compact", BUILD_RETAIL_MARTS)),
            NightlyStep("catalogue", self.write_catalogue, ("publish-marts",)),
        ]

    def land(self) -> StepResult:
        """Committed rows to the landing zone."""
        require_listed_files(self.lake)
        now = self.clock()
        return StepResult(
            sum(one.rows_added for feed in FEEDS for one in feed.land(self.lake, now))
        )

    def promote_raw(self) -> StepResult:
        """Landed rows to the raw zone."""
        now, promoted, quarantined, notes = self.clock(), 0, 0, []
        for feed in FEEDS:
            found = list(feed.promote(self.lake, now))
            promoted += sum(one.promoted for one in found)
            if of_feed := sum(one.quarantined for one in found):
                quarantined += of_feed
                notes.append(f"{of_feed} {feed.name} quarantined")
        log_promotion(Zone.RAW, promoted, quarantined)
        with reading(self.lake.engine) as connection:
            notes += [f"skipped: {one}" for one in read_skipped(connection)]
        return StepResult(promoted, notes)

    def promote_trusted(self) -> StepResult:
        """Raw rows that meet their contract to the trusted zone."""
        found = promote_days(
            self.lake, contracted_tables(), now=self.clock(), also=list_days(self.days)
        )
        rows, quarantined, notes = 0, 0, []
        for one in found:
            rows += one.promoted
            quarantined += one.quarantined
            if one.stopped is not None:
                notes.append(f"{one.table_name} of {one.day} stopped: {one.stopped}")
            elif one.quarantined:
                notes.append(f"{one.table_name} of {one.day}: {one.quarantined} rows quarantined")
        log_promotion(Zone.TRUSTED, rows, quarantined)
        return StepResult(rows, notes)

    def build_marts(self) -> StepResult:
        """The marts of changed days, and of the chosen ones."""
        require_listed_files(self.lake)
        with DuckDbEngine().open() as engine:
            return self._build_marts(engine, self.clock())

    def _build_marts(self, engine: MartEngine, now: datetime) -> StepResult:
        built = list(build_changed_days(self.lake, engine, self.sites, now=now))
        others = sorted(set(list_days(self.days)) - {one.day for one in built})
        built += build_days(self.lake, engine, self.sites, others, now=now)
        rows, notes = sum(sum(one.rows.values()) for one in built), describe_stopped(built)
        for name, build in self._list_periods(engine, now).items():
            try:
                rows += build()
            except UNUSABLE_INPUTS as error:
                notes.append(f"{name} stopped: {error}")
        return StepResult(rows, notes)

    def _list_periods(self, engine: MartEngine, now: datetime) -> dict[str, Callable[[], int]]:
        """Marts of many days, each of which returns its rows."""
        lake, sites = self.lake, self.sites
        return {
            "profiles": lambda: sum(build_profiles(lake, engine, sites, now=now).values()),
            "seasons": lambda: sum(one.rows for one in build_seasons(lake, engine, sites, now=now)),
            "prices": lambda: sum(
                one.rows for one in build_pricing_history(lake, engine, sites, now=now)
            ),
        }

    def publish_marts(self) -> StepResult:
        """The marts to tables of the database."""
        found = list(publish_marts(self.lake, self.sites))
        notes = [note for one in found for note in describe_stopped(one.stopped)]
        return StepResult(sum(one.rows for one in found), notes)

    def compact(self) -> StepResult:
        """Days of many files to one file."""
        require_listed_files(self.lake)
        now = self.clock()
        days = [one for table in all_tables() for one in compact(self.lake, table, now=now)]
        return StepResult(sum(one.rows for one in days), describe_stopped(days))

    def expire(self) -> StepResult:
        """Delete days past their retention and files of expired snapshots."""
        result = expire(self.lake, actor=getpass.getuser(), now=self.clock())
        return StepResult(result.rows_past_retention)

    def write_catalogue(self) -> StepResult:
        """The pages that describe the tables, and the lineage events."""
        folder = open_page_folder(self.catalogue)
        return StepResult(write_and_record(self.lake, folder, self.clock()))


def describe_stopped(days: Iterable[TableDayResult]) -> list[str]:
    """A note for each day that is stopped."""
    return [f"{one.table_name} of {one.day} stopped: {one.stopped}" for one in days if one.stopped]


def log_promotion(zone: Zone, promoted: int, quarantined: int) -> None:
    """The figures that alarms are computed from."""
    figures = {"zone": zone.value, "promoted": promoted, "quarantined": quarantined}
    log.info("lake.promoted", extra=figures)


def list_days(days: Days | None) -> list[date]:
    """Every day from the first to the last."""
    if days is None:
        return []
    first, last = days
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
