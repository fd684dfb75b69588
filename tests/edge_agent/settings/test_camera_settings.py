"""Rules between the settings of one camera, and the digest of all of them."""

import msgspec
import pytest

from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import parse

TRIANGLE = "polygon = [[0, 0], [1, 0], [1, 1]]"
CONTRADICTIONS = {
    "interval_s = 7": "interval_s of 7 must divide 60",
    "[tracking]\nconfirm_s = 5\nconfirm_within_s = 2": "confirm_within_s must not be shorter",
    "[attention]\nlooking_ratio = 0.4": "away_ratio + hold_ratio must not exceed looking_ratio",
    "[capture]\nbackoff_s = 60\nlongest_backoff_s = 1": "must not exceed capture.longest_backoff_s",
    f"[[zones]]\nname = 'a'\n{TRIANGLE}\n" * 2: "zones: two have the same name",
    "[schedule]\ntime_zone = 'Europe/Lodon'": "schedule.time_zone 'Europe/Lodon' is no IANA time",
    "[status]\nhost = '0.0.0.0'": "status.host 0.0.0.0 is open to others: give status.token_file",
    "[plays]\nhttp = true": "plays.http needs the status page: give status.port",
    "[privacy]\nsmallest_cell = 1\ndemographics = true": "smallest_cell of 1 reports single people",
    "[privacy]\nsmallest_cell = 1\nemotion = true": "smallest_cell of 1 reports single people",
}
AGREEMENTS = (
    "[tracking]\nconfirm_s = 2\nconfirm_within_s = 2",
    "[attention]\nlooking_ratio = 0.5\naway_ratio = 0.3\nhold_ratio = 0.1",
    "[capture]\nbackoff_s = 4\nlongest_backoff_s = 4",
    "[link]\nresend_after_s = 600",  # accepted by earlier agents: an upgrade must start with it
    f"[[zones]]\nname = 'a'\n{TRIANGLE}\n[[zones]]\nname = 'A'\n{TRIANGLE}",
    "[status]\nhost = '0.0.0.0'\ntoken_file = 'token'",
    "[plays]\nhttp = true\n[status]\nport = 8080",
    "[privacy]\nsmallest_cell = 1",
    "[privacy]\nsmallest_cell = 2\ndemographics = true",
)


@pytest.mark.parametrize("text", CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_refused(refusal, text):
    message = refusal(text)
    assert CONTRADICTIONS[text] in message
    assert message.endswith("; correct the line or remove it for the default")


@pytest.mark.parametrize("text", AGREEMENTS)
def test_settings_at_the_limit_of_a_rule_are_accepted(text):
    assert parse(text) != Settings()


@pytest.mark.parametrize("interval_s", [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60])
def test_an_interval_divides_the_minute(interval_s):
    assert parse(f"interval_s = {interval_s}").interval_s == interval_s


def test_zones_are_limited_to_what_a_report_carries(refusal):
    def zones(count):
        return "".join(f"[[zones]]\nname = 'z{n}'\n{TRIANGLE}\n" for n in range(count))

    assert len(parse(zones(16)).zones) == 16
    assert "length <= 16" in refusal(zones(17))


def test_the_digest_changes_with_any_setting_and_with_nothing_else():
    assert parse("interval_s = 30").digest == Settings().digest
    assert parse("[motion]\nalways = true").digest != Settings().digest
    assert len(Settings().digest) == 12


def test_the_digest_survives_encoding():
    settings = parse(f"interval_s = 10\n[[zones]]\nname = 'left'\n{TRIANGLE}")
    copy = msgspec.json.decode(msgspec.json.encode(settings), type=Settings)
    assert (copy, copy.digest) == (settings, settings.digest)
