"""A network is trained once a week, from a sample of its sites; an unreadable site is skipped."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.forecast import store, training
from cloud.forecast.history.history_store import LOOK_BACK_W, MEASURES, CameraNotes, SiteHistory
from cloud.forecast.models.boosted import TrainedModel
from cloud.forecast.models.features import LEARNABLE_W
from cloud.forecast.models.registry import model_version
from cloud.forecast.network import Network
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import NO_SERIES_SIGNALS, SeriesSignals, SignalLine, Signals
from cloud.sites.site_model import Site
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.rates import sites

pytestmark = SQLITE_ONLY

FRIDAY = date(2026, 11, 20)
NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@dataclass
class Trainer:
    """Stands for `Boosted`: notes what it was trained on and returns a model with a number."""

    lessons: list[tuple[ClockSeries, SeriesSignals]] = field(default_factory=list)
    name: str = "boosted"

    def __call__(self, series_signals: SeriesSignals = NO_SERIES_SIGNALS) -> "Trainer":
        self.signals = series_signals
        return self

    def trained(self, history: ClockSeries, holidays: frozenset[date]) -> TrainedModel:
        self.lessons.append((history, self.signals))
        return Numbered((), name=str(len(self.lessons)))


class Numbered(TrainedModel):
    def to_text(self) -> str:
        return f"model {self.name}"


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainer]:
    found = Trainer()
    monkeypatch.setattr(training, "Boosted", found)
    monkeypatch.setattr(TrainedModel, "from_text", classmethod(read_text))
    training._from_text.cache_clear()
    yield found
    training._from_text.cache_clear()


def read_text(_: type, written: str) -> TrainedModel:
    if written == "no library":
        raise ModuleNotFoundError("lightgbm")
    if not written.startswith("model "):
        raise ValueError(written)
    return Numbered((), name=written.removeprefix("model "))


@pytest.fixture
def observe(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets how many weeks of each site are observed; None: its rows cannot be read."""
    weeks: dict[str, int | None] = {}

    def read_history(_: object, site: Site, ends_on: date) -> SiteHistory:
        found = weeks[site.id]
        if found is None:
            raise ValueError("a negative sum")
        values = np.full((MEASURES, LOOK_BACK_W * WEEK_H), np.nan)
        values[:, values.shape[1] - found * WEEK_H :] = 5.0
        series = ClockSeries(ends_on - LOOK_BACK_W * WEEK, values)
        return SiteHistory(series, CameraNotes(), estimated=0.0, is_new=True)

    monkeypatch.setattr(training.history_store, "read_history", read_history)
    return weeks.update


def network(*names: str) -> Network:
    plain = sites().location("KX-01")
    found = tuple(msgspec.structs.replace(plain, id=name, listed_cameras=()) for name in names)
    return Network("GB-ENG", FRIDAY, found, frozenset())


def train(engine: Engine, *names: str, now: datetime = NIGHT, **signals: Signals) -> str | None:
    """The number of the model."""
    found = training.train_if_due(engine, network(*names), signals, now=now)
    return None if found is None else found.name


def test_a_model_is_stored_and_used_for_a_week(engine: Engine, trainer: Trainer, observe: Any):
    observe({"A": LEARNABLE_W})

    assert train(engine, "A") == "1"
    assert train(engine, "A", now=NIGHT + WEEK - timedelta(seconds=1)) == "1"
    assert len(trainer.lessons) == 1
    assert train(engine, "A", now=NIGHT + WEEK) == "2"
    with reading(engine) as connection:
        stored = store.read_model(connection, f"GB-ENG {model_version('boosted')}")
    assert stored == (NIGHT + WEEK, "model 2")


def test_a_model_that_cannot_be_read_is_trained_again(
    engine: Engine, trainer: Trainer, observe: Any, caplog: pytest.LogCaptureFixture
):
    observe({"A": LEARNABLE_W})
    with writing(engine) as connection:
        store.store_model(connection, f"GB-ENG {model_version('boosted')}", NIGHT, "damaged")
    with caplog.at_level(logging.WARNING):
        assert train(engine, "A") == "1"

    assert [(one.message, one.reason) for one in caplog.records] == [  # type: ignore[attr-defined]
        ("forecast.bad_model", "ValueError")
    ]


def test_sites_with_too_few_weeks_or_unreadable_rows_are_not_trained_on(
    engine: Engine, trainer: Trainer, observe: Any, caplog: pytest.LogCaptureFixture
):
    observe({"A": LEARNABLE_W - 1, "B": None, "C": LEARNABLE_W})
    with caplog.at_level(logging.WARNING):
        train(engine, "A", "B", "C")

    [(lesson, _)] = trainer.lessons
    assert lesson.values.shape == (MEASURES, LOOK_BACK_W * WEEK_H)
    assert lesson.first_on == FRIDAY - LOOK_BACK_W * WEEK
    [record] = caplog.records
    assert (record.message, record.location) == ("forecast.site_not_trained_on", "B")  # type: ignore[attr-defined]


def test_without_a_site_to_train_on_nothing_is_stored(
    engine: Engine, trainer: Trainer, observe: Any
):
    observe({"A": 8})

    assert train(engine, "A") is None
    assert trainer.lessons == []
    with reading(engine) as connection:
        assert training.read_trained(connection, network("A")) is None


@pytest.mark.parametrize(("count", "trained_on"), [(10, 10), (19, 19), (20, 10), (35, 12)])
def test_a_large_network_is_trained_on_a_sample_of_its_sites(
    engine: Engine, trainer: Trainer, observe: Any, count: int, trained_on: int
):
    names = [f"S-{number:02}" for number in range(count)]
    observe(dict.fromkeys(names, LEARNABLE_W))
    train(engine, *names)

    assert len(trainer.lessons[0][0].values) == trained_on * MEASURES


def test_each_series_has_the_signals_of_its_site(engine: Engine, trainer: Trainer, observe: Any):
    line = SignalLine("event", datetime(2026, 11, 20), datetime(2026, 11, 21), 1.0)  # noqa: DTZ001
    signals = Signals(("event",), (line,))
    observe({"A": LEARNABLE_W, "B": LEARNABLE_W})
    train(engine, "A", "B", B=signals)

    assert trainer.lessons[0][1].of == (None,) * MEASURES + (signals,) * MEASURES


def test_the_stored_model_is_read_whatever_its_age(engine: Engine, trainer: Trainer):
    name = f"GB-ENG {model_version('boosted')}"
    with writing(engine) as connection:
        assert training.read_trained(connection, network("A")) is None
        store.store_model(connection, name, NIGHT - 52 * WEEK, "model 7")
        found = training.read_trained(connection, network("A"))
        assert found is not None
        assert found.name == "7"
        store.store_model(connection, name, NIGHT, "no library")
        assert training.read_trained(connection, network("A")) is None
