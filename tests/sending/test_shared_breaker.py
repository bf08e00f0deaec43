"""Workers share what they know of a provider: one probe mail, one recovery, one edit."""

from datetime import timedelta

from sqlalchemy import func, select

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState
from panel.sending.health import reset
from panel.storage.models import Delivery, ProviderHealth
from panel.storage.queue.wakeup import notify
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import all_are, make_due
from tests.storage.queue.holding import row

PUT_OFF = (DeliveryState.HELD, DeliveryState.DEFERRED)
MANY = 20


def resting(session, provider_id, clock, *, state=BreakerState.OPEN):
    """The breaker of a provider that failed a while ago; an open one is due for a probe."""
    failed_at = clock - timedelta(minutes=5)
    session.merge(
        ProviderHealth(
            provider_id=provider_id,
            state=state,
            failures=1,
            failed_at=failed_at,
            opened_at=failed_at,
            retry_at=failed_at if state is BreakerState.OPEN else None,
            rule="unreachable",
            said="Connection refused",
        )
    )
    session.commit()


def held(session) -> int:
    session.rollback()
    statement = select(func.count()).where(Delivery.state == DeliveryState.HELD)
    found = session.scalar(statement)
    session.rollback()
    return found


def test_two_workers_send_one_probe_mail_and_all_the_rest_once_it_is_through(
    engine, session, vault, make_smtp_server, mail, clock
):
    server = make_smtp_server()
    provider = a_provider(session, port=server.port)
    resting(session, provider.id, clock)
    server.delay("final", 6, times=1)
    made = [mail() for _ in range(MANY)]
    session.commit()

    with a_worker(engine, vault), a_worker(engine, vault):
        server.wait_for_command("DATA")
        until(lambda: held(session) == MANY - 1 or server.mails)
        tried = server.verbs.count("DATA") if not server.mails else 1
        until(lambda: all_are(session, made, DeliveryState.SENT))

    assert tried == 1
    session.rollback()
    assert session.get_one(ProviderHealth, provider.id).state is BreakerState.CLOSED


def test_mail_that_waits_for_a_refused_login_goes_out_when_somebody_has_edited_it(
    engine, session, vault, make_smtp_server, mail, clock
):
    server = make_smtp_server(users={"tim": "tanstaaf"})
    provider = a_provider(session, vault=vault, port=server.port, username="tim", password="wrong")
    made = [mail() for _ in range(3)]
    session.commit()

    with a_worker(engine, vault), a_worker(engine, vault):
        until(lambda: server.verbs.count("AUTH") > 0)
        until(lambda: disabled(session, provider.id))
        until(lambda: all(row(session, item).state in PUT_OFF for item in made))
        logins = server.verbs.count("AUTH")
        server.features = type(server.features)(users={"tim": "wrong"})
        reset(session, provider.id)
        make_due(session)
        until(lambda: all_are(session, made, DeliveryState.SENT))

    assert logins <= MANY, "nobody hammers a login"
    assert row(session, made[0]).rule == "accepted"


def disabled(session, provider_id):
    session.rollback()
    found = session.get(ProviderHealth, provider_id, populate_existing=True)
    session.rollback()
    return found is not None and found.state is BreakerState.DISABLED


def test_an_idle_worker_does_not_act_on_what_it_knew_before(
    engine, session, vault, smtp_server, mail, clock
):
    provider = a_provider(session, port=smtp_server.port)
    first = mail()
    session.commit()

    with a_worker(engine, vault):
        until(lambda: all_are(session, [first], DeliveryState.SENT))
        resting(session, provider.id, clock, state=BreakerState.DISABLED)
        second = mail()
        notify(session)
        session.commit()
        until(lambda: all_are(session, [second], DeliveryState.HELD))

    assert len(smtp_server.mails) == 1
