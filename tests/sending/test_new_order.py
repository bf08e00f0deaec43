"""Who changes the order of the list changes where the next mail goes."""

from datetime import UTC, datetime
from functools import partial

from panel.domain.delivery import DeliveryState
from panel.domain.provider import ServiceType
from panel.services.provider_order import DIVIDER, Order, reorder
from tests.factories.provider_forms import OPERATOR
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import all_are


def test_a_running_worker_follows_each_new_order_at_once(
    engine, session, vault, make_smtp_server, accept
):
    servers = [make_smtp_server(), make_smtp_server()]
    first = str(a_provider(session, port=servers[0].port).id)
    spare = a_provider(session, port=servers[1].port, service_type=ServiceType.FALLBACK)
    second = str(spare.id)
    session.commit()
    orders = [
        (second, first, DIVIDER),
        (first, DIVIDER, second),
        (second, DIVIDER, first),
        (DIVIDER, first, second),
    ]

    went_to = []
    with a_worker(engine, vault):
        for version, order in enumerate(orders, start=1):
            now = datetime.now(UTC)
            reorder(session, OPERATOR, order=Order(order), version=version, now=now)
            before = [len(server.mails) for server in servers]
            is_sent = partial(all_are, session, accept(), DeliveryState.SENT)
            until(is_sent)
            went_to += [
                name
                for name, server, count in zip((first, second), servers, before, strict=True)
                if len(server.mails) > count
            ]

    assert went_to == [second, first, second, first]
