"""`postroom send` puts one mail into the queue, or says which option is wrong."""

import io
import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from panel.cli import main
from panel.domain.delivery import DeliveryState, Stream
from panel.storage.models import Content, Delivery, Message

MAIL = ["send", "--stream", "crm", "--to", "lena@contoso.test", "--subject", "Hällo"]


@pytest.fixture(autouse=True)
def environment(monkeypatch, config):
    """The settings of the test's installation, as a command reads them."""
    monkeypatch.setenv("POSTROOM_INSTANCE", str(config.instance))
    monkeypatch.setenv("POSTROOM_DATABASE_URL", config.database_url)


@pytest.fixture
def type_in(monkeypatch):
    """Puts bytes on standard input."""

    def type_in(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    return type_in


def test_mail_is_queued_for_every_recipient(session, capsys):
    more = ["--to", "omar@contoso.test", "--from", "shop@house.test", "--text", "Good day."]
    assert main([*MAIL, *more]) == 0

    message = session.scalars(select(Message)).one()
    assert message.id in capsys.readouterr().out
    assert (message.stream, message.source, message.subject) == (Stream.CRM, "cli", "Hällo")
    assert message.from_email == "shop@house.test"
    deliveries = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert [item.recipient for item in deliveries] == ["lena@contoso.test", "omar@contoso.test"]
    assert {item.state for item in deliveries} == {DeliveryState.QUEUED}
    assert session.scalars(select(Content)).one().body == b"Good day.\r\n"


def test_text_comes_from_standard_input_and_html_from_a_file(session, type_in, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>Grüße</p>", "utf-8")
    type_in("Grüße\n".encode())

    assert main([*MAIL, "--text", "-", "--html", str(page)]) == 0

    body = session.scalars(select(Content)).one().body
    assert b"text/plain" in body
    assert b"text/html" in body


def test_wrong_use_is_one_sentence_and_changes_nothing(session, capsys, type_in, tmp_path):
    type_in(b"\xff")
    wrong: tuple[tuple[list[str], str], ...] = (
        ([], "--text"),
        (["--text", "x", "--to", "nobody"], "--to"),
        (["--text", "x", "--from", "a\nb@c.test"], "--from"),
        (["--text", "x", "--subject", "a\r\nBcc: x@y.test"], "--subject"),
        (["--text", "x", "--stream", "letters"], "--stream"),
        (["--text", "-"], "UTF-8"),
        (["--html", str(tmp_path / "missing.html")], "--html"),
    )
    for arguments, words in wrong:
        assert main([*MAIL, *arguments]) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert words in output.err
        assert len(output.err.splitlines()) == 1
    assert session.scalars(select(Message)).all() == []
