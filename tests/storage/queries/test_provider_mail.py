"""The waiting mail that a provider has to do with."""

import pytest

from panel.domain.delivery import DeliveryState
from panel.storage.queries import provider_mail
from panel.storage.queries.provider_mail import WaitingMail, waiting_mail
from tests.factories.mail import a_delivery
from tests.kit.plans import full_scans, plan_of


def test_mail_that_waits_after_it_and_mail_that_it_is_given_are_counted(session):
    a_delivery(session, state=DeliveryState.DEFERRED, provider_id=7)
    a_delivery(session, state=DeliveryState.DEFERRED, provider_id=8, sticky_provider_id=7)
    a_delivery(session, state=DeliveryState.SENDING, provider_id=7)
    a_delivery(session, state=DeliveryState.SENT, provider_id=7)
    a_delivery(session, state=DeliveryState.DEFERRED, provider_id=8)
    a_delivery(session)

    assert waiting_mail(session, 7) == WaitingMail(waiting=2, running=1)
    assert waiting_mail(session, 9) == WaitingMail()


@pytest.mark.parametrize("limit", [1, 2])
def test_count_stops_at_its_limit_and_says_so(limit, session, monkeypatch):
    monkeypatch.setattr(provider_mail, "MOST_LOOKED_AT", limit)
    for _ in range(2):
        a_delivery(session, provider_id=7)

    assert waiting_mail(session, 7) == WaitingMail(waiting=limit, is_capped=True)


def test_waiting_mail_is_found_by_an_index(session):
    assert full_scans(plan_of(session, lambda: waiting_mail(session, 7))) == []
