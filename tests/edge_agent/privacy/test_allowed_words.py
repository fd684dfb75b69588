"""Sentences that are sent contain only words of the program."""

import base64
import random
from datetime import UTC, datetime

import pytest
from msgspec import structs

from edge_agent.management.mqtt_rpc import redact_reason
from edge_agent.management.remote_config import ConfigError, apply_desired_config
from edge_agent.privacy.allowed_words import find_unknown_words, omit_quotations
from edge_agent.privacy.egress_filter import EgressError, EgressFilter, examine_document
from edge_agent.privacy.encoded_data import find_encoded_data
from edge_agent.reporting.alarms import REMEDIES
from edge_agent.settings.camera_settings import Settings
from tests.edge_agent.outbox.reports import quiet_minute
from wire.audience import SensorSum
from wire.envelope import alarm_event, audience_event, encode_event
from wire.health import Alarm, AlarmState
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress

HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
READING = SensorSum(samples=1, total_milli=1, least_milli=1, most_milli=1)


@pytest.mark.parametrize("sentence", REMEDIES.values())
def test_every_alarm_says_only_words_of_the_program(sentence):
    assert list(find_unknown_words(sentence)) == []
    assert list(find_encoded_data(sentence)) == []


def test_what_a_sentence_quotes_is_left_out():
    assert omit_quotations("settings zorgblatt.toml cannot be read: No space left on device") == (
        "settings ....toml cannot be read: No space left on device"
    )
    assert (
        omit_quotations("a face: " + base64.b32encode(bytes(range(30))).decode()) == "a face: ..."
    )
    assert omit_quotations("status 403, 12.5 s, 640 x 480, digest 3f2a1bc94d5e") == (
        "status 403, 12.5 s, 640 x 480, digest 3f2a1bc94d5e"
    )


def test_no_free_text_leaves_as_a_reason():
    dice = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    hidden = ["".join(dice.choices(letters, k=7)) for _ in range(40)]
    redacted = redact_reason("failed: " + " ".join(hidden))
    assert sum(word in redacted for word in hidden) <= 1
    with pytest.raises(EgressError, match="that is not part of this program"):
        examine_document({"statusDetails": {"reason": " ".join(hidden)}}, largest_bytes=4096)


def test_a_refused_configuration_is_still_explained():
    with pytest.raises(ConfigError) as refused:
        apply_desired_config(Settings(), {"analysed_fps": "five"})
    assert redact_reason(str(refused.value)) == str(refused.value)


def test_an_alarm_with_other_words_is_blocked():
    egress = EgressFilter(HERE)
    alarm = Alarm(
        location=HERE.location, device=HERE.device, kind="capture.failed",
        state=AlarmState.RAISED, at=datetime(2026, 11, 23, tzinfo=UTC), message="xqzv wkjt pqrs",
    )  # fmt: skip
    assert egress.filter_payload(Channel.ALARM, encode_event(alarm_event(alarm))) is None


def test_readings_under_other_names_are_left_out_and_the_totals_arrive():
    egress = EgressFilter(HERE)
    numbers = SequenceRange(first=1, last=1)
    report = structs.replace(
        quiet_minute(JournalId("0" * 16), numbers), sensors={"a7f3k2": READING}
    )
    encoded = encode_event(audience_event(report))
    assert b"a7f3k2" not in egress.filter_payload(Channel.AUDIENCE, encoded)
    assert egress.blocked == {"audience": 1}
    egress = EgressFilter(HERE, sensors=("a7f3k2",))
    assert b"a7f3k2" in egress.filter_payload(Channel.AUDIENCE, encoded)
