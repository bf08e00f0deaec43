"""Until when a provider's certificate holds is learnt where it is seen anyway: while sending."""

from datetime import UTC, datetime, timedelta

from panel.domain.delivery import DeliveryState
from panel.domain.provider import Encryption
from panel.storage.models import ProviderHealth
from tests.factories.providers import a_provider
from tests.fakes.smtp_certificates import Certificate
from tests.sending.surroundings import state

DAY = timedelta(days=1)


def test_end_of_the_certificate_is_kept_with_the_server_that_showed_it(
    session, make_smtp_server, rounds, mail
):
    server = make_smtp_server(starttls=True, certificate=Certificate.EXPIRED)
    a_provider(session, port=server.port, encryption=Encryption.TLS, verify_certificate=False)
    delivery = mail()

    rounds()

    assert state(session, delivery) is DeliveryState.SENT
    found = session.query(ProviderHealth).one()
    assert found.certificate_of == f"127.0.0.1:{server.port}"
    assert timedelta() < datetime.now(UTC) - found.certificate_ends_at < 2 * DAY


def test_connection_in_clear_text_tells_of_no_certificate(session, smtp_server, rounds, mail):
    a_provider(session, port=smtp_server.port)
    mail()

    rounds()

    assert [row.certificate_ends_at for row in session.query(ProviderHealth)] == [None]
