"""The metrics file of a run."""

from datetime import UTC, datetime, timedelta

from cloud.nightly.metrics import write_metrics
from cloud.nightly.steps import StepRecord, StepStatus

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def test_the_file_has_each_step_and_the_last_complete_run(tmp_path):
    path = tmp_path / "nightly.prom"
    records = [
        StepRecord("land", StepStatus.DONE, 1, NOW, NOW + timedelta(seconds=4), 7),
        StepRecord("promote-raw", StepStatus.FAILED, 4, NOW, NOW, None, "an error"),
    ]
    write_metrics(path, records, NOW)
    lines = path.read_text().splitlines()
    assert 'onlooker_nightly_step_seconds{step="land"} 4.0' in lines
    assert 'onlooker_nightly_step_rows{step="land"} 7.0' in lines
    assert 'onlooker_nightly_step_done{step="promote-raw"} 0.0' in lines
    (completed,) = [line for line in lines if line.startswith("onlooker_nightly_completed")]
    assert float(completed.split()[1]) == NOW.timestamp()

    write_metrics(path, records, None)
    assert "completed" not in path.read_text()
