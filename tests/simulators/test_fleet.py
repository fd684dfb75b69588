"""The `fleet` command: pace, totals, and options that it refuses."""

import math

import pytest

from simulators.__main__ import main
from simulators.delivery.reliable_sender import pack_batches
from simulators.fleet import ReportPace, pace_batches
from simulators.synthetic.cameras import (
    create_sites,
    generate_reports,
)
from tests.simulators.acknowledging_cloud import HOURS_2, NOON
from wire.envelope import decode_events


def test_a_report_is_sent_when_its_interval_has_passed():
    #  event time  10:00:00   10:00:30   10:01:00      at 60 times its speed
    #  clock       0 s        0.5 s      1.0 s
    (site,) = create_sites(1, 1)
    load = (batch for report in generate_reports(site, HOURS_2) for batch in pack_batches([report]))
    clock = iter([0.0, 0.4, 0.6, 0.7, 1.1]).__next__
    batches = pace_batches(load, ReportPace(HOURS_2, 60, 0.0), clock)
    paced = [next(batches) for _ in range(5)]
    assert [batch and batch.through for batch in paced] == [None, None, 1, None, 2]


def test_at_full_speed_no_report_waits():
    (site,) = create_sites(1, 1)
    load = pack_batches(generate_reports(site, HOURS_2))
    assert None not in list(pace_batches(load, ReportPace(HOURS_2, math.inf, 0.0), lambda: 1.0))


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ("--cameras=0", "use 1 to 10000"),
        ("--cameras=10001", "use 1 to 10000"),
        ("--interval=7", "use one of"),
        ("--days=0", "more than 0"),
        ("--days=nan", "more than 0"),
        ("--until=soon", "soon"),
        ("--until=2026-11-18T12:00:00", "time zone"),
        ("--until=2999-11-18T12:00:00Z", "not in the future"),
    ],
)
def test_an_invalid_fleet_is_refused(tmp_path, capsys, option, error):
    words = ["fleet", "--cameras=1", f"--out={tmp_path / 'f.jsonl'}", option]
    assert main(words) == 2
    assert error in capsys.readouterr().err


def test_a_negative_seed_is_refused_by_name(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["fleet", "--cameras=1", f"--out={tmp_path / 'f.jsonl'}", "--seed=-1"])
    assert ended.value.code == 2
    assert "--seed: write a whole number from 0" in capsys.readouterr().err


def test_the_command_writes_what_it_counts(tmp_path, capsys):
    out, listed = tmp_path / "f.jsonl", tmp_path / "sites.yaml"
    words = ["fleet", "--cameras=3", "--days=0.05", f"--until={NOON.isoformat()}"]
    assert main([*words, f"--out={out}"]) == 0
    events = [event for line in out.read_bytes().splitlines() for event in decode_events(line)]
    assert len(events) == 3 * 72
    visits = sum(event.data.visits for event in events)
    assert f"216 reports, {visits} visits" in capsys.readouterr().out
    assert main([*words, f"--write-sites={listed}"]) == 0
    assert listed.read_text().count("cameras: [sim-") == 3
