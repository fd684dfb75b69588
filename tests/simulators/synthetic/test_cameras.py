"""Synthetic cameras: reports without gaps, the same for the same seed, and their sites file."""

from datetime import timedelta
from itertools import pairwise

import numpy as np

from cloud.sites.sites_file import load_sites
from cloud.yaml_document import LARGEST_FILE_BYTES
from simulators.footfall import ReportTotals
from simulators.synthetic.cameras import (
    MAX_CAMERAS,
    Period,
    create_sites,
    generate_reports,
    interleave_reports,
    render_sites_file,
)
from simulators.synthetic.footfall_model import Profile
from tests.simulators.acknowledging_cloud import HOURS_2, NOON


def test_downsampled_reports_have_the_same_sums():
    plain, downsampled = ReportTotals(), ReportTotals()
    for totals, squeeze in ((plain, None), (downsampled, np.random.default_rng(5))):
        turns = interleave_reports(create_sites(6, 1), HOURS_2, chunk=20, squeeze=squeeze)
        run = [r for r in totals.count(turns) if r.device == "sim-00001-cam-1"]
        assert run[0].sequence.first == 1
        assert all(b.sequence.first == a.sequence.last + 1 for a, b in pairwise(run))
    assert downsampled.reports < plain.reports
    downsampled.reports = plain.reports
    assert downsampled == plain


def test_short_reports_lie_within_one_minute():
    (site,) = create_sites(1, 1)
    for report in generate_reports(site, HOURS_2):
        last = report.ends_at - timedelta(microseconds=1)
        assert report.starts_at.replace(second=0) == last.replace(second=0, microsecond=0)


def test_a_camera_repeats_its_reports_and_another_period_has_another_stream():
    (site,) = create_sites(1, 1)
    begun, minute = HOURS_2.starts_at, timedelta(minutes=1)
    first = list(generate_reports(site, HOURS_2))
    assert first == list(generate_reports(site, HOURS_2))
    assert (
        first == list(generate_reports(site, Period(begun, NOON + minute, HOURS_2.interval)))[:-2]
    )
    other = next(generate_reports(site, Period(begun + minute, NOON, HOURS_2.interval)))
    assert other.journal != first[0].journal


def test_the_cloud_lists_every_camera_of_the_sites_file_that_is_written(tmp_path):
    path = tmp_path / "sites.yaml"
    path.write_text(render_sites_file(create_sites(7, 1)))
    sites = load_sites(path)
    assert [site.profile for site in create_sites(7, 1)][:4] == [*Profile, Profile.STATION]
    for site in create_sites(7, 1):
        assert sites.is_listed(site.address.location, site.address.device)


def test_the_largest_fleet_fits_into_a_sites_file():
    assert len(render_sites_file(create_sites(MAX_CAMERAS, 1)).encode()) < LARGEST_FILE_BYTES


def test_every_camera_has_a_location_of_its_own_and_the_profiles_alternate():
    sites = create_sites(4, 1)
    assert [site.address.location for site in sites] == [f"SIM-{n:05d}" for n in range(1, 5)]
    assert [site.address.device for site in sites] == [f"sim-{n:05d}-cam-1" for n in range(1, 5)]
    assert [site.profile for site in sites] == [*Profile, next(iter(Profile))]
    assert create_sites(0, 1) == []


def test_another_seed_gives_other_reports_of_the_same_cameras():
    (first,), (second,) = create_sites(1, 1), create_sites(1, 2)
    assert first.address == second.address
    one, two = list(generate_reports(first, HOURS_2)), list(generate_reports(second, HOURS_2))
    assert one[0].journal != two[0].journal
    assert [report.visits for report in one] != [report.visits for report in two]


def test_a_period_holds_whole_intervals_only():
    minute = timedelta(minutes=1)
    for length_s, reports in ((0, 0), (59, 0), (60, 1), (119, 1), (120, 2)):
        period = Period(NOON, NOON + timedelta(seconds=length_s), minute)
        assert period.reports == reports
        assert len(list(generate_reports(create_sites(1, 1)[0], period))) == reports


def test_cameras_take_turns_and_the_last_turn_may_be_shorter():
    seven_minutes = Period(NOON, NOON + timedelta(minutes=7), timedelta(minutes=1))
    turns = interleave_reports(create_sites(2, 1), seven_minutes, chunk=3, squeeze=None)
    order = [(report.device[4:9], report.sequence.first) for report in turns]
    first, second = "00001", "00002"
    assert order == [
        *((first, n) for n in (1, 2, 3)),
        *((second, n) for n in (1, 2, 3)),
        *((first, n) for n in (4, 5, 6)),
        *((second, n) for n in (4, 5, 6)),
        (first, 7),
        (second, 7),
    ]
