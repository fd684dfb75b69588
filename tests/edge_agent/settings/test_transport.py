"""Settings of the delivery of reports: limits and their errors."""

import pytest

from edge_agent.settings.loading import parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[link]\nclient = 'mosquitto'", "Invalid enum value 'mosquitto'"),
        ("[link]\nmqtt = '3.1'", "Invalid enum value '3.1'"),
        ("[link]\nmqtt = 5", "Expected `str`, got `int`"),
        ("[link]\nbatch = 0", ">= 1"),
        ("[link]\nbatch = 101", "<= 100"),
        ("[link]\nin_flight = 10_001", "<= 10000"),
        ("[link]\nresend_after_s = 0", ">= 0.1"),
        ("[link]\nkeepalive_s = 4", ">= 5"),
        ("[outbox]\nbudget_bytes = 65_535", ">= 65536"),
        ("[outbox]\nbudget = 16", "unknown field `budget`"),
    ],
)
def test_a_value_outside_its_limits_is_refused(refusal, text, message):
    assert message in refusal(text)


def test_values_at_the_limits_are_accepted():
    settings = parse(
        "[link]\nclient = 'aws'\nmqtt = '5'\nbatch = 100\nin_flight = 1\nkeepalive_s = 1200\n"
        "[outbox]\nbudget_bytes = 65_536"
    )
    assert (settings.link.client, settings.link.mqtt, settings.link.batch) == ("aws", "5", 100)
    assert (settings.link.in_flight, settings.link.keepalive_s) == (1, 1200)
    assert settings.outbox.budget_bytes == 64 * 1024
