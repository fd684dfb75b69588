"""The relay, the sender and the address for links are read, or refused with what to write."""

import argparse

import pytest

from cloud.cli.accounts.mail_options import add_mail_arguments, read_link, read_mailer, read_relay
from cloud.messaging.smtp import MailRelay
from cloud.settings import SettingsError


def read(*words: str, relay: str | None = None):
    parser = argparse.ArgumentParser()
    add_mail_arguments(parser, relay=relay)
    return read_mailer(parser.parse_args(words))


def test_mails_need_a_relay_and_an_address_for_links():
    mailer = read("--smtp", "relay.example", "--link", "https://sales.example/")

    assert (mailer.relay, mailer.link) == (MailRelay("relay.example", 25), "https://sales.example")
    assert read() is None
    with pytest.raises(SettingsError, match="--smtp without --link"):
        read(relay="localhost:25")


def test_a_link_has_no_credentials():
    assert read_link("https://me:secret@sales.example/app/") == "https://sales.example/app"
    assert read_link("") == ""


@pytest.mark.parametrize(
    ("where", "sender"), [(":25", "a@b.example"), ("relay:x", "a@b.example"), ("relay", "nobody")]
)
def test_a_relay_that_cannot_be_used_is_refused(where: str, sender: str):
    with pytest.raises(SettingsError, match="--smtp HOST:PORT"):
        read_relay(where, sender)
