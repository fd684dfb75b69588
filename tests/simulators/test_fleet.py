"""A fleet's totals are known, and nothing that goes wrong on the way changes them."""

import math
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import numpy as np
import pytest

from cloud.ingest.dead_letters import DeadLetter
from cloud.ingest.sources.message_source import Delivery as Arrival
from cloud.ingest.validate import validate
from cloud.sites.sites_file import load_sites
from cloud.yaml_document import LARGEST_FILE_BYTES
from simulators.__main__ import main
from simulators.delivery.reliable_sender import NotAcknowledgedError, ReliableSender, pack_batches
from simulators.fleet import ReportPace, pace_batches
from simulators.footfall import ReportTotals
from simulators.synthetic.cameras import (
    MAX_CAMERAS,
    Period,
    create_sites,
    generate_reports,
    interleave_reports,
    render_sites_file,
)
from simulators.synthetic.fault_injection import HOSTILE_MESSAGES, FaultProfile, FaultyConnection
from simulators.synthetic.footfall_model import Profile
from wire.ack import Ack
from wire.envelope import AudienceEvent, ack_event, decode_events
from wire.topics import Channel

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOURS_2 = Period(NOON - timedelta(hours=2), NOON, timedelta(seconds=30))


class Cloud:
    """Counts every report once and acknowledges each journal as far as it is unbroken."""

    def __init__(self):
        self.visits, self.ends, self.answers, self.seen = 0, {}, [], set()

    def subscribe(self, address):
        pass

    def has_reconnected(self):
        return False

    def send(self, address, payload):
        for event in decode_events(payload):
            if isinstance(event, AudienceEvent) and event.data.journal[:3] != "bad":
                self._count(event.data, address)

    def _count(self, report, address):
        first, last = report.sequence.first, report.sequence.last
        if (report.journal, first) not in self.seen:
            self.seen.add((report.journal, first))
            self.visits += report.visits
            self.ends.setdefault(report.journal, {})[first] = last
        through = 0
        while through + 1 in self.ends[report.journal]:
            through = self.ends[report.journal][through + 1]
        ack = Ack(device=report.device, journal=report.journal, through=through, at=NOON)
        self.answers.append(ack_event(ack, address))

    def read_acknowledgements(self, *, wait_s):
        answers, self.answers = self.answers, []
        return iter(answers)


@pytest.mark.parametrize("faults", [FaultProfile.LOSSY, FaultProfile.HOSTILE])
def test_a_bad_line_changes_no_total(faults):
    cloud, told = Cloud(), ReportTotals()
    line = FaultyConnection(cloud, faults, np.random.default_rng(1))
    squeeze = np.random.default_rng(2)
    load = pack_batches(
        told.count(interleave_reports(create_sites(8, 1), HOURS_2, chunk=10, squeeze=squeeze))
    )
    ticks = count()
    delivery = ReliableSender(line, resend_after_s=3, clock=lambda: float(next(ticks)))
    assert delivery.send_all(load, lambda _: None) == told.reports
    assert (len(cloud.seen), cloud.visits) == (told.reports, told.visits)
    assert min(line.counts[what] for what in ("lost", "duplicated", "reordered")) > 0


@pytest.mark.parametrize("kind", sorted(HOSTILE_MESSAGES))
def test_every_harm_is_a_dead_letter_and_touches_no_honest_journal(kind):
    (place,) = create_sites(1, 1)
    honest = next(generate_reports(place, HOURS_2))
    line = FaultyConnection(Cloud(), FaultProfile.HOSTILE, np.random.default_rng(1))
    sent = []
    line._connection.send = lambda address, payload: sent.append((address, payload))
    with pytest.MonkeyPatch.context() as only:
        only.setattr(
            "simulators.synthetic.fault_injection.HOSTILE_MESSAGES", {kind: HOSTILE_MESSAGES[kind]}
        )
        line._send_hostile(place.address, next(pack_batches([honest])).payload)
    ((address, payload),) = sent
    arrival = Arrival(address.topic(Channel.AUDIENCE), payload)
    found = list(validate(arrival, is_listed=lambda _, device: device != "nobody", now=NOON))
    assert found
    for letter in found:
        assert isinstance(letter, DeadLetter), kind
        assert letter.acknowledges is None or letter.acknowledges.stream_id != honest.journal


def test_squeezed_reports_say_the_same_in_fewer_words():
    plain, squeezed = ReportTotals(), ReportTotals()
    for told, squeeze in ((plain, None), (squeezed, np.random.default_rng(5))):
        turns = interleave_reports(create_sites(6, 1), HOURS_2, chunk=20, squeeze=squeeze)
        run = [r for r in told.count(turns) if r.device == "sim-00001-cam-1"]
        assert run[0].sequence.first == 1
        assert all(b.sequence.first == a.sequence.last + 1 for a, b in pairwise(run))
    assert squeezed.reports < plain.reports
    squeezed.reports = plain.reports
    assert squeezed == plain


def test_short_reports_lie_within_one_minute():
    (place,) = create_sites(1, 1)
    for report in generate_reports(place, HOURS_2):
        last = report.ends_at - timedelta(microseconds=1)
        assert report.starts_at.replace(second=0) == last.replace(second=0, microsecond=0)


def test_a_camera_tells_the_same_again_and_another_time_another_journal():
    (place,) = create_sites(1, 1)
    begun, minute = HOURS_2.starts_at, timedelta(minutes=1)
    first = list(generate_reports(place, HOURS_2))
    assert first == list(generate_reports(place, HOURS_2))
    assert (
        first == list(generate_reports(place, Period(begun, NOON + minute, HOURS_2.interval)))[:-2]
    )
    other = next(generate_reports(place, Period(begun + minute, NOON, HOURS_2.interval)))
    assert other.journal != first[0].journal


def test_the_cloud_lists_every_camera_of_the_sites_file_that_is_written(tmp_path):
    path = tmp_path / "estate.yaml"
    path.write_text(render_sites_file(create_sites(7, 1)))
    known = load_sites(path)
    assert [place.profile for place in create_sites(7, 1)][:4] == [*Profile, Profile.STATION]
    for place in create_sites(7, 1):
        assert known.is_listed(place.address.location, place.address.device)


def test_the_largest_fleet_fits_into_a_sites_file():
    assert len(render_sites_file(create_sites(MAX_CAMERAS, 1)).encode()) < LARGEST_FILE_BYTES


def test_reports_leave_when_their_time_has_come():
    #  event time  10:00:00   10:00:30   10:01:00      at 60 times its speed
    #  clock       0 s        0.5 s      1.0 s
    (place,) = create_sites(1, 1)
    load = (
        parcel for report in generate_reports(place, HOURS_2) for parcel in pack_batches([report])
    )
    clock = iter([0.0, 0.4, 0.6, 0.7, 1.1]).__next__
    coming = pace_batches(load, ReportPace(HOURS_2, 60, 0.0), clock)
    paced = [next(coming) for _ in range(5)]
    assert [parcel and parcel.through for parcel in paced] == [None, None, 1, None, 2]


def test_at_full_speed_nothing_waits():
    (place,) = create_sites(1, 1)
    load = pack_batches(generate_reports(place, HOURS_2))
    assert None not in list(pace_batches(load, ReportPace(HOURS_2, math.inf, 0.0), lambda: 1.0))


def test_a_missing_acknowledgement_is_reported_with_the_camera():
    ticks = count()
    cloud = Cloud()
    cloud.send = lambda address, payload: None
    delivery = ReliableSender(cloud, patience_s=5, clock=lambda: float(next(ticks)))
    with pytest.raises(NotAcknowledgedError, match="sim-00001-cam-1 at SIM-00001"):
        delivery.send_all(
            pack_batches(generate_reports(create_sites(1, 1)[0], HOURS_2)), lambda _: None
        )


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--cameras=0", "use 1 to 10000"),
        ("--cameras=10001", "use 1 to 10000"),
        ("--interval=7", "use one of"),
        ("--days=0", "more than 0"),
        ("--days=nan", "more than 0"),
        ("--until=soon", "soon"),
        ("--until=2026-11-18T12:00:00", "time zone"),
        ("--until=2999-11-18T12:00:00Z", "not ahead"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused(tmp_path, capsys, option, complaint):
    words = ["fleet", "--cameras=1", f"--out={tmp_path / 'f.jsonl'}", option]
    assert main(words) == 2
    assert complaint in capsys.readouterr().err


def test_the_command_writes_what_it_counts(tmp_path, capsys):
    out, listed = tmp_path / "f.jsonl", tmp_path / "estate.yaml"
    words = ["fleet", "--cameras=3", "--days=0.05", f"--until={NOON.isoformat()}"]
    assert main([*words, f"--out={out}"]) == 0
    events = [event for line in out.read_bytes().splitlines() for event in decode_events(line)]
    assert len(events) == 3 * 72
    visits = sum(event.data.visits for event in events)
    assert f"216 reports, {visits} visits" in capsys.readouterr().out
    assert main([*words, f"--write-sites={listed}"]) == 0
    assert listed.read_text().count("cameras: [sim-") == 3
