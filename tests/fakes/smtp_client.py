"""A client of the standard library for the tests of the scripted server."""

import contextlib
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.smtp_server import SmtpServer

TEXT = b"Message-ID: <1@example.org>\r\nSubject: Hello\r\n\r\n.starts with a dot\r\nend\r\n"
GONE = (smtplib.SMTPServerDisconnected, ConnectionError)


@contextmanager
def client(server: SmtpServer) -> Iterator[smtplib.SMTP]:
    with contextlib.closing(smtplib.SMTP(server.host, server.port, timeout=5)) as smtp:
        yield smtp


def send(server: SmtpServer, *recipients: str, sender: str = "me@example.org", text=TEXT):
    with client(server) as smtp:
        refused = smtp.sendmail(sender, recipients or ["kim@example.net"], text)
        smtp.quit()
    return refused
