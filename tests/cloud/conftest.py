"""Fixtures of the cloud's tests: reports as a camera sends them, and empty databases.

A test that takes `engine` runs on SQLite and on PostgreSQL. The PostgreSQL is a private cluster on
a free port of loopback, created for the session and deleted after it; without PostgreSQL on the
machine those tests fail with what to install.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cloud.database import connect, writing
from simulators.servers.postgresql import Postgresql
from tests.cloud.compiled_statements import share_compiled_statements
from tests.cloud.databases import create_tables
from tests.cloud.peers import Behaviour, Peer
from tests.cloud.postgresql_tables import tables_at
from tests.report_builder import build_report
from wire.audience import AttentionBasis, AudienceReport, FrameCounts, Versions
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

Reports = Callable[..., AudienceReport]


@pytest.fixture(scope="session", autouse=True)
def _compiled_statements() -> Iterator[None]:
    with share_compiled_statements():
        yield


@pytest.fixture
def peer() -> Iterator[Callable[[Behaviour], Peer]]:
    peers: list[Peer] = []

    def make(behave: Behaviour) -> Peer:
        peers.append(Peer(behave))
        return peers[-1]

    yield make
    for one in peers:
        one.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind; where the test takes `engine`, that makes its tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/onlooker.db"
    url: str = request.getfixturevalue("postgresql")
    if "engine" not in request.fixturenames:
        tables_at(url).drop()
    return url


@pytest.fixture
def engine(request: pytest.FixtureRequest, database_url: str) -> Iterator[Engine]:
    """An empty database of each kind, with its tables."""
    if database_url.startswith("postgresql"):
        shared: Engine = request.getfixturevalue("postgresql_engine")
        engine = shared.execution_options()  # its own listeners, the same connections
        create_tables(engine)
        yield engine
    else:
        engine = connect(database_url)
        create_tables(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes to it."""
    with writing(engine) as connection:
        yield connection


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a database in a private cluster; `create_tables` empties it."""
    # where tests run as root, the user `nobody` runs it, who may not read pytest's own folder
    folder = Path(tempfile.mkdtemp(prefix="onlooker-postgresql-"))
    folder.chmod(0o755)
    server = Postgresql(folder / "cluster")
    server.start()
    yield server.url
    tables_at(server.url).close()
    server.stop()
    folder.rmdir()


@pytest.fixture(scope="session")
def postgresql_engine(postgresql: str) -> Iterator[Engine]:
    """Its connections serve many tests: a new session of PostgreSQL first loads its catalogues."""
    engine = connect(postgresql)
    yield engine
    engine.dispose()


@pytest.fixture
def report() -> Reports:
    """Report number n of a camera: ten seconds starting at 09:00, with `visits` of four seconds."""

    def report(
        first: int = 1,
        last: int | None = None,
        *,
        location: str = "KX-01",
        device: str = "kx-01-cam-1",
        journal: str = "00000000000000a1",
        starts_at: datetime = NINE,
        visits: int = 2,
        **more: Any,
    ) -> AudienceReport:
        values = {
            "location": LocationId(location),
            "device": DeviceId(device),
            "journal": JournalId(journal),
            "sequence": SequenceRange(first=first, last=last or first),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(seconds=10),
            "frames": FrameCounts(captured=100, dropped=1, analysed=20),
            "observed_ms": 9_000,
            "blind_ms": {},
            "person_ms": 8_000,
            "facing_ms": 5_000,
            "looking_ms": 3_000,
            "unsure_ms": 1_000,
            "entries": visits,
            "visits": visits,
            "onlookers": visits // 2,
            "peak": visits,
            "dwell_ms": 4_000 * visits,
            "dwell_histogram": tuple(
                visits if bucket == 3 else 0 for bucket in range(len(DWELL_EDGES_MS) + 1)
            ),
            "attention_histogram": tuple(
                visits if bucket == 3 else 0 for bucket in range(len(ATTENTION_EDGES_MS) + 1)
            ),
            "demographics": (),
            "sensors": {},
            "attention_basis": AttentionBasis.ANGLES,
            "versions": Versions(agent="0.1.0", detector="d1", attention="a1", config="c1"),
        }
        return build_report(**(values | more))

    return report
