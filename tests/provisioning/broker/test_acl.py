"""Mosquitto's access file, rendered from the access rules."""

from provisioning.access_rules import SERVICE_RULES
from provisioning.broker import acl
from wire.topics import DeviceAddress


def blocks(text):
    """The lines of each `user`; those before the first and the patterns are left out."""
    users = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "user":
            assert rest not in users, f"{rest} is written twice"
            users[rest] = []
        elif word == "topic":
            list(users.values())[-1].append(rest)
    return users


def test_a_device_with_certificates_for_two_locations_may_publish_for_both():
    addresses = [
        DeviceAddress("KX-01", "cam"),
        DeviceAddress("LB-01", "cam"),
        DeviceAddress("KX-01", "cam"),
    ]
    assert acl.render(addresses).count("onlooker/v1/KX-01/cam/audience") == 1
    assert acl.render(addresses).count("onlooker/v1/LB-01/cam/audience") == 1


def test_a_device_may_write_its_own_reports_and_read_its_acknowledgements():
    own = "onlooker/v1/KX-01/cam-1"
    assert blocks(acl.render([DeviceAddress("KX-01", "cam-1")]))["cam-1"] == [
        f"write {own}/audience",
        f"write {own}/heartbeat",
        f"write {own}/alarm",
        f"write {own}/status",
        f"read {own}/ack",
    ]


def test_shadow_and_job_topics_are_patterns_of_the_user_name_at_the_end_of_the_file():
    lines = acl.render([DeviceAddress("KX-01", "cam-1")]).splitlines()
    patterns = [line for line in lines if line.startswith("pattern ")]
    assert lines[-len(patterns) :] == patterns
    assert "pattern write $aws/things/%u/shadow/name/+/update" in patterns
    assert "pattern read $aws/things/%u/#" in patterns
    assert [line for line in patterns if "$aws/things/%u/" not in line] == []


def test_a_second_instance_of_a_service_has_its_rules_and_an_unknown_service_has_none():
    users = blocks(acl.render([], ["service:stream.2", "service:reports", "service:stream"]))
    assert users["service:stream.2"] == users["service:stream"] != []
    assert users["service:reports"] == []


def test_without_devices_only_the_services_are_written():
    assert set(blocks(acl.render([]))) == set(SERVICE_RULES)


def test_the_order_of_the_certificates_does_not_change_the_file():
    addresses = [DeviceAddress("KX-01", f"cam-{number}") for number in range(5)]
    assert acl.render(reversed(addresses)) == acl.render(addresses)
    assert acl.render(addresses).endswith("\n")
