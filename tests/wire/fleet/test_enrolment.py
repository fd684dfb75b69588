import msgspec
import pytest

from wire.fleet.enrolment import (
    CREATE,
    PROVISION,
    CaCommand,
    CaReply,
    CertificateIssued,
    CertificateRequest,
    CommandRefused,
    Registered,
    Registration,
    Rejected,
    SignCommand,
    WithdrawCommand,
    encode_line,
)

PEM = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"


def test_topics_and_fields_are_those_of_aws_fleet_provisioning():
    assert CREATE == "$aws/certificates/create-from-csr/json"
    assert PROVISION == "$aws/provisioning-templates/onlooker/provision/json"
    request = CertificateRequest(certificate_signing_request=PEM)
    assert msgspec.to_builtins(request) == {"certificateSigningRequest": PEM}
    registration = Registration(certificate_ownership_token="t", parameters={"SerialNumber": "7"})
    assert msgspec.to_builtins(registration) == {
        "certificateOwnershipToken": "t",
        "parameters": {"SerialNumber": "7"},
    }


def test_fields_that_aws_adds_are_ignored():
    issued = msgspec.json.decode(
        b'{"certificateId":"1","certificatePem":"p","certificateOwnershipToken":"t","extra":1}',
        type=CertificateIssued,
    )
    assert (issued.certificate_id, issued.certificate_ownership_token) == ("1", "t")


def test_a_registration_without_a_configuration_has_an_empty_one():
    assert msgspec.json.decode(b'{"thingName":"cam"}', type=Registered).device_configuration == {}


def test_a_rejection_without_fields_is_unknown():
    rejected = msgspec.json.decode(b"{}", type=Rejected)
    assert (rejected.status_code, rejected.error_code, rejected.error_message) == (0, "Unknown", "")


@pytest.mark.parametrize("name", ["", "a/b", "#", "a\n", "x" * 64])
def test_a_device_name_that_is_no_topic_level_is_refused(name):
    with pytest.raises(msgspec.ValidationError, match="thingName"):
        msgspec.convert({"thingName": name}, Registered)


def test_a_command_is_one_line_and_is_read_back():
    command = SignCommand(device="cam-1", location="KX-01", request=PEM)
    line = encode_line(command)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert msgspec.json.decode(line, type=CaCommand) == command


def test_the_tag_distinguishes_commands_and_replies():
    withdraw = WithdrawCommand(serial="0a", reason="replaced")
    assert msgspec.json.decode(encode_line(withdraw), type=CaCommand) == withdraw
    refused = CommandRefused(reason="no")
    assert msgspec.json.decode(encode_line(refused), type=CaReply) == refused
    with pytest.raises(msgspec.ValidationError, match="refused"):
        msgspec.json.decode(encode_line(refused), type=CaCommand)


@pytest.mark.parametrize("serial", ["", "0A", "0a\n", "-1", "a" * 41])
def test_a_serial_number_is_up_to_forty_hexadecimal_digits(serial):
    with pytest.raises(msgspec.ValidationError, match="serial"):
        msgspec.convert({"type": "withdraw", "serial": serial, "reason": "x"}, CaCommand)
