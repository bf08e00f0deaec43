"""The scripted server and the sink as processes: port on stdout, ledger on disk, orderly end."""

import base64
import json
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.smtp_certificates import Certificate

TEXT = b"Message-ID: <1@example.org>\r\n\r\n.dot\r\n"


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "tests.fakes.smtp_server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server, int(server.stdout.readline())
        finally:
            server.send_signal(signal.SIGTERM)


def test_answered_mail_is_in_the_ledger_file(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with (
        process("--ledger", str(path), "--content") as (server, port),
        smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp,
    ):
        smtp.sendmail("me@example.org", ["kim@example.net"], TEXT)
        (entry,) = [json.loads(line) for line in path.read_text().splitlines()]

    assert entry["message_id"] == "<1@example.org>"
    assert entry["recipients"] == ["kim@example.net"]
    assert base64.b64decode(entry["content"]) == TEXT
    assert server.returncode == 0


def test_arguments_steer_it(tmp_path):
    ca_file = tmp_path / "ca.pem"
    arguments = ["--user", "kim:pw", "--tls", "starttls", "--certificate", Certificate.EXPIRED]
    arguments += ["--answer", "mail=451 4.3.0 no", "--ca-file", str(ca_file)]
    with process(*arguments) as (_, port), smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
        smtp.login("kim", "pw")

        assert smtp.has_extn("starttls")
        assert smtp.mail("me@example.org") == (451, b"4.3.0 no")
        assert b"BEGIN CERTIFICATE" in ca_file.read_bytes()


def test_sink_counts_until_it_has_enough():
    with process("--sink", "--until", "3", "--latency-ms", "1") as (server, port):
        assert server.stdout is not None
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
            for text in (TEXT, b"", b"x\r\n" * 100_000):
                smtp.sendmail("me@example.org", ["kim@example.net", "lee@example.net"], text)
            figures = json.loads(server.stdout.readline())

    assert (figures["mails"], figures["recipients"], figures["connections"]) == (3, 6, 1)
    assert figures["mails_per_s"] > 0
    assert server.returncode == 0
