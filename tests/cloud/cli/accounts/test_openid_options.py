"""The provider of `serve` is named completely, over TLS, and its secret comes from a file."""

import argparse

import pytest

from cloud.cli.accounts.mail_options import add_mail_arguments
from cloud.cli.accounts.openid_options import add_openid_arguments, read_openid_provider
from cloud.settings import SettingsError

ISSUER = ["--openid-issuer", "https://id.example/tenant/"]
CLIENT = ["--openid-client", "onlooker"]
LINK = ["--link", "https://sales.example/"]


def read(*words: str):
    parser = argparse.ArgumentParser()
    add_mail_arguments(parser)
    add_openid_arguments(parser)
    return read_openid_provider(parser.parse_args(words))


def test_a_provider_is_read_with_its_secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    provider = read(*ISSUER, *CLIENT, *LINK, "--openid-secret-file", str(file))

    assert read() is None
    assert (provider.issuer, provider.secret) == ("https://id.example/tenant", "s3cret")
    assert provider.redirect == "https://sales.example/api/sign-in/openid/callback"
    assert read(*ISSUER, *CLIENT, *LINK).secret is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (ISSUER, "--openid-client and --link"),
        ([*ISSUER, *CLIENT], "--openid-client and --link"),
        (["--openid-issuer", "http://id.example", *CLIENT, *LINK], "not https://"),
        (["--openid-issuer", "id", *CLIENT, *LINK], "--openid-issuer"),
        ([*ISSUER, *CLIENT, *LINK, "--openid-secret-file", "/no/such"], "cannot be read"),
    ],
)
def test_an_incomplete_provider_is_refused(words, sentence):
    with pytest.raises(SettingsError, match=sentence):
        read(*words)
