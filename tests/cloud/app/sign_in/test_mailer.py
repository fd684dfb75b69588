"""A link is sent over SMTP to the user it is for, and a failure reveals no address."""

from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from cloud.app.sign_in.mailer import Mailer
from cloud.auth.users.tokens import TokenPurpose, read_token, user_tokens
from cloud.database import reading
from cloud.messaging.smtp import MailRelay
from tests.cloud.alerting.test_senders import Smtp
from tests.cloud.auth.users.conftest import NOW, people

__all__ = ["people"]
LINK = "https://sales.example"


def mailer_at(port: int) -> Mailer:
    return Mailer(MailRelay("127.0.0.1", port, "onlooker@ad.example"), LINK)


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_a_mail_has_a_link_that_works(people, peer, purpose):
    server = Smtp()
    assert mailer_at(peer(server).port).send_link(people.engine, people.bob, purpose, NOW)
    mail = message_from_bytes(server.mail, policy=policy.default)
    text = mail.get_content()
    token = text.partition(f"{LINK}/password#")[2].split()[0]

    assert (mail["To"], mail["From"]) == ("bob@acme.example", "onlooker@ad.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@ad.example>")
    assert ("12:30 UTC" in text) == (purpose is TokenPurpose.RESET)
    with reading(people.engine) as connection:
        assert read_token(connection, token, NOW) == people.bob.id


@pytest.mark.parametrize("answers", [{"rcpt": b"550 no such user"}, {"greeting": b"421 busy"}])
def test_a_relay_that_refuses_is_logged_without_the_address(people, peer, caplog, answers):
    port = peer(Smtp(**answers)).port
    sent = mailer_at(port).send_link(people.engine, people.bob, TokenPurpose.RESET, NOW)

    assert not sent
    assert "mail.failed" in caplog.text
    assert "bob@" not in caplog.text + str([one.__dict__ for one in caplog.records])


def test_a_relay_that_is_away_is_a_failure(people):
    assert not mailer_at(1).send_link(people.engine, people.bob, TokenPurpose.RESET, NOW)


@pytest.mark.parametrize("email", ["nobody@acme.example", "no address"])
def test_nothing_is_sent_to_an_address_without_a_user(people, email):
    sent = []
    mailer = Mailer(MailRelay(), LINK, lambda *mail: sent.append(mail))
    mailer.send_reset(people.engine, email, NOW)
    assert sent == []
    with reading(people.engine) as connection:
        assert connection.execute(select(func.count()).select_from(user_tokens)).scalar() == 0
    mailer.send_reset(people.engine, people.bob.email, NOW)
    assert len(sent) == 1
