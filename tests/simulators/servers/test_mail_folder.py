"""A mail handed to the relay is a file, as a mail program would read it."""

import email
from email.message import EmailMessage

from cloud.messaging.deadline import Deadline
from cloud.messaging.smtp import MailRelay, send_mail
from simulators.servers.mail_folder import receive_mails


def test_each_mail_is_a_file_that_only_its_owner_can_read(tmp_path):
    with receive_mails(tmp_path / "mails") as port:
        for text in ("Dear Bea,\n.hidden\n..\nlast", "second"):
            mail = EmailMessage()
            mail["To"], mail["From"], mail["Subject"] = "bea@tea.example", "o@m.example", "Hello"
            mail.set_content(text)
            send_mail(MailRelay("127.0.0.1", port, "o@m.example"), mail, Deadline.after(5))
    files = sorted((tmp_path / "mails").iterdir())
    assert [file.name for file in files] == ["1.eml", "2.eml"]
    assert files[0].stat().st_mode & 0o777 == 0o600
    found = email.message_from_bytes(files[0].read_bytes())
    assert (found["To"], found["Subject"]) == ("bea@tea.example", "Hello")
    assert found.get_payload().split() == ["Dear", "Bea,", ".hidden", "..", "last"]
