"""What the cloud's tests share: reports as a camera would send them, and an empty database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cloud.database import connect, create
from wire.audience import AttentionBasis, AudienceReport, FrameCounts, Versions
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

Reports = Callable[..., AudienceReport]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    create(engine)
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
        return AudienceReport(**(values | more))

    return report
