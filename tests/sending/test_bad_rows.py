"""What should not be in the database harms nobody else: it fails or stands aside by itself."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from panel.domain.delivery import DeliveryState
from panel.storage.queue.wakeup import notify
from tests.factories.mail import a_delivery, a_message
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import all_are, state
from tests.storage.queue.holding import row

BAD_MAIL = {
    "a line end in the header that stands alone": "header = :octets",
    "no body any more": "content_digest = NULL",
}
BAD_PROVIDERS = [
    "driver = 'telepathy'",
    "encryption = 'rot13'",
    "service_type = 'tertiary'",
    "account_types = '[\"newsletters\"]'",
    "domains = '[7]'",
    "port = 99999",
    "from_email = 'nonsense'",
    "per_minute = -5",
    "per_second = 0",
    "secret = :octets, secret_key_id = 'gone', username = 'tim'",
]
OCTETS = b"Subject: one\nBcc: two\r\n"


@pytest.fixture
def spoil(session) -> Callable[..., None]:
    """Writes what the program itself never writes."""

    def spoil(table: str, change: str, **where: object) -> None:
        ((column, value),) = where.items()
        values = {"key": value} | ({"octets": OCTETS} if ":octets" in change else {})
        session.execute(text(f"UPDATE {table} SET {change} WHERE {column} = :key"), values)
        session.commit()

    return spoil


@pytest.mark.parametrize("change", BAD_MAIL.values(), ids=BAD_MAIL.keys())
def test_a_mail_that_cannot_be_sent_as_it_is_fails_alone(
    engine, session, vault, smtp_server, clock, mail, spoil, change
):
    a_provider(session, port=smtp_server.port, domains=["contoso.test"])
    before, broken, after = mail(), mail(message={"from_email": "kim@contoso.test"}), mail()
    session.commit()
    spoil("messages", change, id=row(session, broken).message_id)

    with a_worker(engine, vault):
        until(lambda: all_are(session, (before, after), DeliveryState.SENT))
        until(lambda: state(session, broken) is DeliveryState.FAILED)
        last = mail()
        notify(session)
        session.commit()
        until(lambda: state(session, last) is DeliveryState.SENT)

    found = row(session, broken)
    assert found.rule == "mail_not_built"
    assert found.said
    assert len(smtp_server.mails) == 3


def test_a_from_that_is_no_address_gives_way_to_the_providers(
    engine, session, vault, smtp_server, mail, spoil
):
    a_provider(session, port=smtp_server.port, domains=["contoso.test"])
    odd = mail(message={"from_email": "kim@contoso.test"})
    session.commit()
    spoil("messages", "from_email = 'Kim <kim@'", id=row(session, odd).message_id)

    with a_worker(engine, vault):
        until(lambda: state(session, odd) is DeliveryState.SENT)

    assert smtp_server.mails[0].reverse_path == "post@house.test"


@pytest.mark.parametrize(
    "recipient", ["no address", "a@b@c", "kim@", "", "kim@\x7f.test", "é" * 99]
)
def test_a_recipient_that_cannot_be_named_fails_alone(
    engine, session, vault, make_smtp_server, mail, recipient
):
    server = make_smtp_server(smtputf8=False)
    a_provider(session, port=server.port)
    broken = mail(recipient, "lee@contoso.test")
    session.commit()

    with a_worker(engine, vault):
        until(lambda: state(session, broken) is DeliveryState.FAILED)
        until(lambda: state(session, broken + 1) is DeliveryState.SENT)

    assert row(session, broken).said
    (taken,) = server.mails
    assert taken.recipients == ("lee@contoso.test",)


@pytest.mark.parametrize("change", BAD_PROVIDERS)
def test_a_provider_that_cannot_be_used_stands_aside_alone(
    engine, session, vault, make_smtp_server, mail, spoil, change
):
    bad, good = make_smtp_server(), make_smtp_server()
    broken = a_provider(session, port=bad.port).id
    a_provider(session, port=good.port)
    made = [mail() for _ in range(3)]
    session.commit()
    spoil("providers", change, id=broken)

    with a_worker(engine, vault):
        until(lambda: all_are(session, made, DeliveryState.SENT))

    assert (len(bad.mails), len(good.mails)) == (0, 3)


def test_mail_for_which_only_a_broken_row_is_left_waits(
    engine, session, vault, smtp_server, mail, spoil
):
    broken = a_provider(session, port=smtp_server.port).id
    waiting = mail()
    session.commit()
    spoil("providers", "encryption = 'rot13'", id=broken)

    with a_worker(engine, vault):
        until(lambda: state(session, waiting) is DeliveryState.HELD)

    found = row(session, waiting)
    assert (found.rule, found.attempts) == ("no_route", 0)


def test_a_content_that_is_gone_fails_its_own_mails_only(
    engine, session, vault, smtp_server, mail, clock
):
    a_provider(session, port=smtp_server.port)
    message = a_message(session, created_at=clock, body=b"Lost.\r\n")
    values = {"expires_at": clock.replace(year=clock.year + 1)}
    lost = [a_delivery(session, message, recipient=f"{n}@x.test", **values).id for n in range(2)]
    whole = mail()
    session.execute(
        text("UPDATE messages SET content_digest = NULL WHERE id = :key"), {"key": message.id}
    )
    session.commit()

    with a_worker(engine, vault):
        until(lambda: all_are(session, lost, DeliveryState.FAILED))
        until(lambda: state(session, whole) is DeliveryState.SENT)
