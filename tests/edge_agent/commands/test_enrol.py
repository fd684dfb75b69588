import pytest

from edge_agent.__main__ import main
from edge_agent.identity.folder import DeviceIdentity, IdentityFolder


@pytest.fixture
def claim(tmp_path):
    """A claim certificate with its key and its authority, none of them valid."""
    path = tmp_path / "batch-7.crt"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "batch-7.key").write_text("key")
    (tmp_path / "trust.pem").write_text("authority")
    return path


@pytest.fixture
def enrol(claim, tmp_path, capsys):
    """Runs `enrol` and returns its error; further options take precedence."""

    def run(**options):
        values = {
            "cert": claim, "broker": "broker.example", "device": "kx-01-cam-1", "serial": "SN-7",
            "identity": tmp_path / "identity", **options,
        }  # fmt: skip
        words = [f"--{name}={value}" for name, value in values.items() if value is not None]
        assert main(["enrol", *words]) == 2
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"broker": "mqtt://broker.example"}, "a camera authenticates by certificate: give HOST"),
        ({"broker": "mqtts://cam:pw@broker.example"}, "authenticates by certificate: give HOST"),
        ({"broker": "broker.example:99999"}, "--broker: the port is no number from 1 to 65535"),
        ({"broker": "https://broker.example"}, "--broker: the scheme"),
        ({"broker": ""}, "--broker: "),
        ({"device": "kx 01"}, "--device 'kx 01' is not a valid name"),
        ({"device": "#"}, "--device '#' is not a valid name"),
        ({"location": "KX/01"}, "--location 'KX/01' is not a valid name"),
        ({"location": "KX-01\n"}, "--location 'KX-01\\n' is not a valid name"),
        ({"cert": "/no/such.crt"}, "the claim /no/such.crt cannot be read: No such file"),
        ({"key": "/no/such.key"}, "there is no file /no/such.key: give --key"),
        ({"ca": "/no/such.pem"}, "no /no/such.pem: give the authority"),
    ],
)
def test_an_unusable_option_is_named_and_nothing_is_created(enrol, tmp_path, options, reason):
    error = enrol(**options)
    assert reason in error
    assert "pw@" not in error
    assert not (tmp_path / "identity").exists()


def test_a_board_without_a_serial_number_needs_the_option(enrol, tmp_path, monkeypatch):
    monkeypatch.setattr("edge_agent.commands.enrol.read_serial_number", lambda: None)
    assert "give --serial as on the allow-list" in enrol(serial=None)
    assert not (tmp_path / "identity").exists()


def test_a_claim_that_is_no_certificate_is_named(enrol):
    assert "no certificate can be read in" in enrol()


def test_an_enrolled_camera_is_not_enrolled_again(enrol, tmp_path):
    folder = IdentityFolder(tmp_path / "identity")
    mine = DeviceIdentity(
        device="kx-01-cam-9", location="KX-01", broker="mqtts://b", enrolment_server="b:8884"
    )
    folder.activate(mine)
    assert "holds the identity of kx-01-cam-9 already" in enrol()
    assert folder.read_identity() == mine


@pytest.mark.parametrize("missing", ["cert", "broker", "device"])
def test_a_required_option_is_named(missing, capsys):
    given = {"cert": "c.crt", "broker": "b", "device": "d"}
    words = [f"--{name}={value}" for name, value in given.items() if name != missing]
    with pytest.raises(SystemExit) as ended:
        main(["enrol", *words])
    assert ended.value.code == 2
    assert f"required: --{missing}" in capsys.readouterr().err
