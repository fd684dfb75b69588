"""Import a play log: every row is stored once, a duplicate, or refused with a reason.

A file is stored in batches, each in a transaction of its own. After an interruption the same file
is imported again: what was stored is a duplicate then. The entry in the audit log comes last.

What a log covers is recorded only where it was read as a whole, no play of it was refused, and the
names of its creatives are known: else a play that was left out would count as not shown.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine

from cloud.auth import audit
from cloud.campaigns.plays.coverage import (
    LogCoverage,
    describe_unknown,
    find_unknown_creatives,
    store_coverage,
)
from cloud.campaigns.plays.formats import NOT_MEDIA, PlayResult, read_plays
from cloud.campaigns.plays.log_file import CHUNK, LogFileError, open_log
from cloud.campaigns.plays.names import LogNames, NameAliases
from cloud.campaigns.plays.play import LoggedPlay, PlayError, PlaySource, check_play
from cloud.campaigns.plays.play_store import store_plays
from cloud.campaigns.tables import play_imports
from cloud.database import writing
from cloud.sites.sites import Sites

BATCH: Final = 5_000
MOST_REASONS: Final = 20
OTHER_REASONS: Final = "other reasons"
ACTION: Final = "plays.import"
REFUSED: Final = "plays were refused: import the log again without them, or with aliases"
CUT: Final = "the rest of the log could not be read"


@dataclass(slots=True)
class ImportResult:
    """What became of the rows of a log."""

    id: str
    source: PlaySource
    sha256: str
    rows: int = 0
    stored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    failure: str | None = None
    """Why the rest of the file could not be read."""
    screens: set[str] = field(default_factory=set)
    """Those that the log names."""
    covered: list[str] = field(default_factory=list)
    """Screens of which the log has every play of the period that it covers."""
    uncovered: dict[str, str] = field(default_factory=dict)
    """The other screens of that period, and why the log may lack plays of theirs."""

    @property
    def refused(self) -> int:
        """Rows that are no plays."""
        return self.reasons.total()

    @property
    def duplicates(self) -> int:
        """Plays that were stored before."""
        return self.rows - self.stored - self.refused

    def refuse(self, reason: str) -> None:
        """Count a row that is no play."""
        is_new = reason not in self.reasons and len(self.reasons) >= MOST_REASONS
        self.reasons[OTHER_REASONS if is_new else reason] += 1


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports, when, and what the names in logs mean."""

    sites: Sites
    by: str
    now: datetime
    aliases: NameAliases | None = None
    zone: tzinfo | None = None
    """The zone of times without an offset; None: that of the screen."""
    covers: LogCoverage | None = None
    """The period of which the log has every play; None: it does not say."""

    @property
    def names(self) -> LogNames:
        """Resolves the names of a log."""
        return LogNames(self.sites, self.aliases)

    def zone_of(self, location: str) -> tzinfo:
        """The time zone of a screen's log."""
        return self.zone or self.sites.location(location).zone

    def import_file(self, engine: Engine, path: Path, source: PlaySource) -> ImportResult:
        """Import a file.

        Raises:
            LogFileError: nothing of it can be read; nothing was stored.
        """
        result = ImportResult(secrets.token_hex(16), source, _digest(path))
        with open_log(path) as text:
            found = read_plays(source, text, self.names, self.zone_of)
            try:
                for batch in _divide(found, BATCH):
                    with writing(engine) as connection:
                        self._store(connection, result, batch)
            except LogFileError as error:
                if not result.rows:
                    raise
                result.failure = str(error)
        with writing(engine) as connection:
            self._record(connection, result)
        return result

    def import_posted(
        self, connection: Connection, plays: Iterable[PlayResult], content: bytes
    ) -> ImportResult:
        """Store plays that were sent over HTTP, in the caller's transaction."""
        digest = hashlib.sha256(content).hexdigest()
        result = ImportResult(secrets.token_hex(16), PlaySource.HTTP, digest)
        self._store(connection, result, plays)
        self._record(connection, result)
        return result

    def _store(
        self, connection: Connection, result: ImportResult, found: Iterable[PlayResult]
    ) -> None:
        plays = []
        for one in found:
            result.rows += 1
            try:
                plays.append(_check(one, self.now))
            except PlayError as error:
                result.refuse(str(error))
        result.screens.update(play.location for play in plays)
        result.stored += store_plays(connection, plays, result.source, result.id, self.sites)

    def _record(self, connection: Connection, result: ImportResult) -> None:
        if self.covers is not None:
            self._record_coverage(connection, result, self.covers)
        counts = describe_counts(result)
        connection.execute(
            play_imports.insert().values(
                id=result.id, source=result.source.value, sha256=result.sha256,
                imported_at=self.now, imported_by=self.by[:120],
                rows=result.rows, stored=result.stored, duplicates=result.duplicates,
                refused=result.refused, reasons=msgspec.json.encode(counts["reasons"]).decode(),
            )
        )  # fmt: skip
        audit.record_change(
            connection,
            at=self.now,
            actor=self.by[:120],
            action=ACTION,
            about=result.id,
            details={
                "source": result.source.value,
                "sha256": result.sha256,
                "covers": self._describe_period(),
                **counts,
            },
        )

    def _describe_period(self) -> tuple[str, str] | None:
        if self.covers is None:
            return None
        return self.covers.since.isoformat(), self.covers.until.isoformat()

    def _record_coverage(
        self, connection: Connection, result: ImportResult, covers: LogCoverage
    ) -> None:
        for screen in covers.screens or sorted(result.screens):
            reason = self._find_gap(connection, result, covers, screen)
            if reason is None:
                result.covered.append(screen)
            else:
                result.uncovered[screen] = reason
        store_coverage(connection, covers, result.covered, result.id)

    def _find_gap(
        self, connection: Connection, result: ImportResult, covers: LogCoverage, screen: str
    ) -> str | None:
        """Why the log may lack plays of a screen."""
        if result.failure is not None:
            return CUT
        if result.refused > result.reasons[NOT_MEDIA]:
            return REFUSED
        listed = {} if self.aliases is None else self.aliases.creatives
        listed_names = (*listed.keys(), *listed.values())
        unknown = find_unknown_creatives(connection, self.sites, covers, screen, listed_names)
        return describe_unknown(unknown) if unknown else None


def describe_counts(result: ImportResult) -> Mapping[str, Any]:
    """The counts of an import, as the API and the audit log have them."""
    return {
        "rows": result.rows,
        "stored": result.stored,
        "duplicates": result.duplicates,
        "refused": result.refused,
        "reasons": dict(result.reasons.most_common()),
        "failure": result.failure,
        "covered": result.covered,
        "uncovered": result.uncovered,
    }


def _check(found: PlayResult, now: datetime) -> LoggedPlay:
    if isinstance(found, PlayError):
        raise found
    check_play(found, now)
    return found


def _divide(found: Iterator[PlayResult], size: int) -> Iterator[list[PlayResult]]:
    """Batches of rows; those that were read before the file ends in an error come first."""
    while True:
        batch: list[PlayResult] = []
        failure = None
        try:
            for one in islice(found, size):
                batch.append(one)  # noqa: PERF402 - those before an error stay
        except LogFileError as error:
            failure = error
        if batch:
            yield batch
        if failure is not None:
            raise failure
        if len(batch) < size:
            return


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                found.update(chunk)
    except OSError as error:
        raise LogFileError(f"{path.name} cannot be read: {error.strerror}") from None
    return found.hexdigest()
