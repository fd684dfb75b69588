"""Invalid recipients are refused by name when they are read; the others are used."""

from pathlib import Path

import pytest

from cloud.alerting.lifecycle import AlertChange, AlertEvent
from cloud.alerting.recipients import Recipient, load_recipients
from cloud.sites.sites_file import load_sites as load_sites
from cloud.yaml_document import DocumentError
from tests.cloud.alerting.conftest import NOON, sites_file

SECRET = "T0P-s3cret"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "recipients.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("recipients: [{name: a, to: 'ftp://x'}]", "line 1, recipient 'a'"),
        ("recipients: [{to: 'log:'}]", "without a name"),
        ("recipients: [{name: a, to: 'log:', quiet: {from: '25:00', until: '07:00', "
         "timezone: UTC}}]", "regex"),
        ("recipients: [{name: a, to: 'log:', quiet: {from: '22:00', until: '07:00', "
         "timezone: Mars}}]", "Mars"),
        ("recipients: [{name: a, to: 'log:', quiet: {from: '07:00', until: '07:00', "
         "timezone: UTC}}]", "could be no time or the whole day"),
        ("recipients: [{name: a, to: 'log:', when: never}]", "unknown field"),
        ("recipients: [{name: a, to: 'log:', secret_env: X}]", "webhooks only"),
        ("recipients: [7]", "line 1"),
        ("recipients: 7", "Expected `array`"),
        ("[" * 3_000, r"recipients\.yaml"),
        ("recipients: !!python/name:os.system", r"recipients\.yaml"),
    ],
)  # fmt: skip
def test_a_file_without_a_usable_recipient_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(DocumentError, match=sentence):
        load_recipients(written(tmp_path, text))


def test_a_bad_recipient_is_refused_by_line_and_name_and_the_others_are_used(
    tmp_path: Path,
) -> None:
    file = written(
        tmp_path,
        "recipients:\n"
        "  - name: ops\n"
        "    to: 'log:'\n"
        "  - name: hook\n"
        f"    to: 'https://hooks.example.com/{SECRET} x'\n"
        "  - {name: ops, to: 'log:'}\n"
        "  - {name: signed, to: 'https://example.com', secret_env: NOT_SET}\n"
        "  - {name: filed, to: 'https://example.com', secret_file: /nowhere}\n",
    )
    found = load_recipients(file, {})
    assert [one.name for one in found.usable] == ["ops"]
    refused = [str(one) for one in found.refused]
    assert refused[0].startswith("line 4, recipient 'hook': the address holds a space")
    assert refused[1].startswith("line 6, recipient 'ops': the name is given twice")
    assert refused[2].startswith("line 7, recipient 'signed': the secret has 0 bytes")
    assert refused[3].startswith("line 8, recipient 'filed': the secret file cannot be read")
    assert SECRET not in "".join(refused)


def test_a_secret_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "hook.key"
    file.write_text("0123456789abcdef\n")
    named = {"to": "https://example.com"}
    assert Recipient(name="a", secret_file=str(file), **named).secret({}) == b"0123456789abcdef"
    by_name = Recipient(name="a", secret_env="HOOK", **named)
    assert by_name.secret({"HOOK": "f" * 16}) == b"f" * 16
    assert Recipient(name="a", **named).secret({}) is None


@pytest.mark.parametrize("kinds", [("banana",), ("camera.", "Camera."), ("camera.silence",)])
def test_a_kind_that_no_alert_has_is_refused(kinds: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"no kind of alert begins with .*camera\.offline"):
        Recipient(name="ops", to="log:", kinds=kinds)
    assert Recipient(name="ops", to="log:", kinds=("camera.", "crowd.surge")).kinds


AT_LB = "recipients: [{name: a, to: 'log:', locations: [%s]}, {name: all, to: 'log:'}]"


def test_a_location_that_the_sites_file_lacks_is_refused_with_those_it_has(tmp_path: Path) -> None:
    sites = load_sites(sites_file(tmp_path / "sites.yaml", {"KX-01": "[a]"}, "[KINGS]"))
    found = load_recipients(written(tmp_path, AT_LB % "KX-01, LB-99"), sites=sites)
    assert [one.name for one in found.usable] == ["all"]
    (refused,) = found.refused
    assert (refused.line, refused.name) == (1, "'a'")
    assert "no location 'LB-99' in the sites file: it has KX-01" in refused.reason
    renamed = load_recipients(written(tmp_path, AT_LB % "KINGS"), sites=sites).usable[0]
    assert renamed.matches(raised("camera.unobserved", "KX-01", "kx-01-cam-1"))


def raised(kind: str, location: str, device: str) -> AlertEvent:
    return AlertEvent(1, AlertChange.RAISED, kind, location, device, NOON)


def test_products_and_regions_limit_alerts_of_retail_prices_alone() -> None:
    recipient = Recipient(name="a", to="log:", products=("orange-1l",), regions=("north",))
    move = raised("retail.price_move", "S-01", "orange-1l")
    assert recipient.matches(move, "north")
    assert not recipient.matches(move, "south")
    assert not recipient.matches(move, None)
    assert not recipient.matches(raised("retail.price_move", "S-01", "milk-1l"), "north")
    assert not recipient.matches(raised("camera.offline", "KX-01", "orange-1l"), "north")
    with pytest.raises(ValueError, match="two recipients"):
        Recipient(name="a", to="log:", locations=("KX-01",), regions=("north",))
