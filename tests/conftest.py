"""What tests share: a real broker on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto of the test's own; a machine without one fails the test, with the remedy."""
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    yield broker
    broker.stop()
