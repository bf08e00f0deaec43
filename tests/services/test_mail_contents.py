"""Reading what a mail says: by permission, each look in the audit, whatever the mail is made of."""

from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from sqlalchemy import select

from panel.domain.permission import EVERYTHING, Actor, Permission, Scope
from panel.services.mail_contents import File, read_content
from panel.services.refusals import NotAllowed, NotFound
from panel.storage.models import AuditEvent
from tests.factories.mail import a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner

SUPPORT = Actor(
    "support@house.test",
    frozenset({Permission.SEE_MAILING_LOG}),
    EVERYTHING,
    may_read_bodies=True,
)
PIXEL = b"\x89PNG\r\n\x1a\n"


def stored(session, mail: EmailMessage, **overrides):
    header, _, body = mail.as_bytes(policy=SMTP).partition(b"\r\n\r\n")
    message = a_message(session, header=header + b"\r\n", body=body, **overrides)
    session.commit()
    return message


def read(session, message, actor=SUPPORT):
    return read_content(session, actor, message_id=message.id, part="text", now=NOON)


def test_text_html_pictures_and_files_are_told_apart(session):
    mail = EmailMessage()
    mail.set_content("Merhaba dünya")
    mail.add_alternative('<p>Merhaba <img src="cid:logo@x"></p>', subtype="html")
    (_, html) = mail.iter_parts()
    html.add_related(PIXEL, maintype="image", subtype="png", cid="<logo@x>")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="fatura ş.pdf")

    found = read(session, stored(session, mail))

    assert found.text == "Merhaba dünya\r\n"
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in found.html
    assert File("fatura ş.pdf", "application/pdf", 4) in found.files


def test_an_unknown_character_set_is_read_as_well_as_it_goes(session):
    message = a_message(
        session, header=b"Content-Type: text/plain; charset=klingon\r\n", body=b"caf\xc3\xa9\r\n"
    )
    session.commit()

    assert read(session, message).text == "café\r\n"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Content-Type: multipart/mixed\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n",
        b"Content-Type: ;;;\r\n",
        b"Content-Type: message/rfc822\r\n",
    ],
)
def test_no_mail_is_too_broken_to_be_looked_at(session, header):
    message = a_message(session, header=header, body=b"--x\r\n\xff\xfe=")
    session.commit()

    assert read(session, message).message_id == message.id


def test_a_removed_body_is_said_to_be_gone(session):
    message = a_message(session, content_digest=None)
    session.commit()

    assert read(session, message).is_removed


def test_each_look_is_in_the_audit(session):
    partner = a_partner(session)
    message = a_message(session, partner_id=partner.id)
    session.commit()

    read(session, message)

    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor) == ("message.read", SUPPORT.name)
    assert (event.subject, event.partner_id) == (f"message:{message.id}", partner.id)
    assert event.after == {"part": "text"}


def test_without_the_permission_nothing_is_read_and_nothing_noted(session):
    message = a_message(session)
    session.commit()

    with pytest.raises(NotAllowed):
        read(session, message, replace(SUPPORT, may_read_bodies=False))
    assert session.scalars(select(AuditEvent)).all() == []


def test_another_partners_mail_is_not_there(session):
    partner = a_partner(session)
    message = a_message(session, partner_id=a_partner(session).id)
    session.commit()
    scope = Scope(is_everything=False, partner_id=partner.id)

    with pytest.raises(NotFound):
        read(session, message, replace(SUPPORT, scope=scope))
