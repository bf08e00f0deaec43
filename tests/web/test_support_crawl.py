"""Support follows every link that there is: no secret anywhere, no body without the permission."""

import re

import pytest
from sqlalchemy import select

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Role
from panel.storage.models import Application, AuditEvent, Transcript, User
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.people import a_partner, a_user, an_application
from tests.factories.providers import a_provider

PASSWORD, BODY = "stored-secret-Zq7", "Only-the-recipient-reads-this"
LINK = re.compile(r'(?:href|hx-get|src)="(/[^"#]*)')
APART = ("/static/", "/sign-out")
MOST_PAGES = 400


@pytest.fixture
def house(session, vault):
    """Something of everything that support may come across; the words that it must never read."""
    partner = a_partner(session)
    providers = [
        a_provider(session, vault=vault, username="kim", password=PASSWORD, name="house-one"),
        a_provider(session, vault=vault, username="lee", password=PASSWORD, partner_id=partner.id),
    ]
    application = an_application(session, partner_id=partner.id)
    operator = a_user(session)
    for partner_id, state in [(None, DeliveryState.FAILED), (partner.id, DeliveryState.QUEUED)]:
        body = f"{BODY} {state}\r\n".encode()
        message = a_message(session, partner_id=partner_id, body=body, header=HEADER)
        delivery = a_delivery(session, message, state=state)
        attempt = an_attempt(session, delivery, provider_id=providers[0].id)
        session.add(Transcript(delivery_id=delivery.id, number=attempt.number, said="S: 220 hello"))
    session.commit()
    return hidden_words(providers, application, operator)


HEADER = b"Subject: Your order\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n"


def hidden_words(providers, application: Application, operator: User) -> list[str]:
    """Passwords, what they are stored as, and what tokens are known by."""
    sealed = [str(form) for one in providers for form in (one.secret, one.secret.hex())]
    hashes = [application.token_hash, application.smtp_password_hash, operator.password_hash]
    return [PASSWORD, *sealed, *filter(None, hashes)]


def crawl(client) -> dict[str, str]:
    """The text of each page that can be reached from the first one, by its address."""
    seen: dict[str, str] = {}
    ahead = ["/"]
    while ahead and len(seen) < MOST_PAGES:
        path = ahead.pop()
        if path in seen or path.startswith(APART):
            continue
        answer = client.get(path)
        assert answer.status_code < 500, path
        seen[path] = answer.text
        if answer.status_code == 200:
            ahead += [found.replace("&amp;", "&") for found in LINK.findall(answer.text)]
        elif answer.location:
            ahead.append(answer.location)
    assert len(seen) < MOST_PAGES
    return seen


def looks(session) -> int:
    session.rollback()
    read = select(AuditEvent).where(AuditEvent.action == "message.read")
    return len(session.scalars(read).all())


def test_support_meets_no_secret_and_no_body(session, sign_in, house):
    pages = crawl(sign_in(Role.SUPPORT))

    assert {"/queue", "/mailing-log", "/routes"} <= set(pages)
    assert any("/talks/" in path for path in pages)
    for word in (*house, BODY):
        assert [path for path, text in pages.items() if word in text] == []
    assert not any("/content" in path for path in pages)
    assert looks(session) == 0


def test_support_with_the_permission_reads_bodies_and_each_look_is_kept(session, sign_in, house):
    pages = crawl(sign_in(a_user(session, Role.SUPPORT, may_read_bodies=True)))

    for word in house:
        assert [path for path, text in pages.items() if word in text] == []
    with_body = [path for path, text in pages.items() if BODY in text]
    assert len(with_body) == 2
    assert all(path.endswith("/content") for path in with_body)
    assert looks(session) == len(with_body)


def test_body_is_refused_to_who_knows_its_address(session, sign_in, house):
    support = sign_in(Role.SUPPORT)
    mails = {path for path in crawl(support) if re.fullmatch(r"/messages/\w+", path.split("?")[0])}

    for path in mails:
        for part in ("content", "content/html"):
            answer = support.get(f"{path.split('?')[0]}/{part}")
            assert answer.status_code == 403
            assert BODY not in answer.text
    assert mails
    assert looks(session) == 0
