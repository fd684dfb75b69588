import pytest

from wire.scalars import DeviceId, LocationId
from wire.topics import Channel, DeviceAddress, TopicError, all_devices_filter, parse_topic

CAMERA = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))


@pytest.mark.parametrize("channel", Channel)
def test_a_topic_is_read_back(channel):
    assert parse_topic(CAMERA.topic(channel)) == (CAMERA, channel)


def test_a_topic_is_spelled_as_the_contract_says():
    assert CAMERA.topic(Channel.AUDIENCE) == "onlooker/v1/KX-01/kx-01-cam-1/audience"
    assert all_devices_filter(Channel.AUDIENCE) == "onlooker/v1/+/+/audience"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "onlooker/v1/KX-01/cam",
        "onlooker/v2/KX-01/cam/audience",
        "onlooker/v1/KX-01/cam/audience/more",
        "onlooker/v1/KX-01/cam/secrets",
        "onlooker/v1//cam/audience",
        "onlooker/v1/+/cam/audience",
        "onlooker/v1/KX-01/#/audience",
        "onlooker/v1/../cam/audience",
        "onlooker/v1/KX-01/cam\n/audience",
        "/onlooker/v1/KX-01/cam/audience",
    ],
)
def test_other_topics_are_refused(topic):
    with pytest.raises(TopicError):
        parse_topic(topic)


@pytest.mark.parametrize("name", ["", "a/b", "a+b", "#", " a", "a" * 64, "-a", "é", "a\n"])
def test_a_name_that_could_reach_elsewhere_is_no_address(name):
    with pytest.raises(TopicError, match="is not a name"):
        DeviceAddress(LocationId(name), DeviceId("cam"))
