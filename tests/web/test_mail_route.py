"""The way along the chain: of the last round, told from the attempts, and as it would be now."""

from datetime import timedelta

import pytest

from panel.domain.chain import Link, Skip
from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.permission import Role
from panel.web.mail_route import SKIPS, stops, stops_ahead
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

FAIL, SUCCESS = AttemptStatus.FAIL, AttemptStatus.SUCCESS
HOUR = timedelta(hours=1)


def results(mail) -> list[tuple[str, int | None]]:
    return [(stop.result, stop.position) for stop in stops(mail)]


def test_route_shows_who_failed_who_took_it_and_who_was_not_needed(told):
    mail = told(
        [(1, None), (2, "budget"), (3, None), (4, None)],
        [(1, FAIL, "login_refused"), (3, SUCCESS, "accepted")],
    )

    assert results(mail) == [("failed", 1), ("skipped", None), ("took", 2), ("unused", 3)]
    failed, _, took, _ = stops(mail)
    times = [stop.attempt.started_at for stop in (failed, took) if stop.attempt]
    assert times == [NOON, NOON + timedelta(seconds=1)]


def test_attempts_of_earlier_rounds_do_not_count_for_the_last_one(told):
    mail = told(
        [(1, None), (2, None)],
        [(1, FAIL, "unreachable"), (2, FAIL, "unreachable"), (1, SUCCESS, "accepted")],
    )

    assert results(mail) == [("took", 1), ("unused", 2)]


def test_round_that_began_at_another_provider_is_one_of_its_own(told):
    mail = told(
        [(1, "breaker_open"), (2, None)],
        [(1, FAIL, "unreachable"), (2, FAIL, "greylisted")],
        apart=HOUR,
    )

    assert results(mail) == [("skipped", None), ("failed", 1)]


def test_attempt_that_goes_on_is_being_tried(told):
    mail = told([(1, None)], [(1, AttemptStatus.IN_PROGRESS, "")])

    assert results(mail) == [("trying", 1)]


def test_unknown_skip_and_unknown_rule_of_another_version_do_not_break_the_page(told):
    mail = told([(1, "moonphase"), (2, None)], [(2, FAIL, "from_the_future")])

    assert results(mail) == [("skipped", None), ("failed", 1)]


def test_every_skip_has_words():
    assert set(SKIPS) == set(Skip)


def test_ahead_the_first_that_may_is_next_and_the_others_stand_in_line():
    links = [Link(1, "a", Skip.BUDGET), Link(2, "b", None), Link(3, "c", None)]

    found = [(stop.name, stop.result, stop.position) for stop in stops_ahead(links)]

    assert found == [("a", "skipped", None), ("b", "next", 1), ("c", "unused", 2)]


def page_of(client, delivery) -> str:
    return " ".join(client.get(f"/messages/{delivery.message_id}").text.split())


def test_waiting_mail_shows_what_would_happen_now(session, sign_in):
    a_provider(session, name="ses", account_types=["crm"])
    a_provider(session, name="mailgun-eu")
    delivery = a_delivery(session)
    session.commit()

    page = page_of(sign_in(), delivery)

    assert "Route at that moment" not in page
    assert "If its turn came now" in page
    assert "skipped: carries other mail" in page
    assert "would be tried first" in page


@pytest.mark.parametrize(
    ("providers", "text"),
    [
        ([], "There is no provider."),
        ([{"name": "ses", "is_active": False}], "No provider can take it at the moment"),
    ],
)
def test_mail_that_never_had_a_provider_says_so(session, sign_in, providers, text):
    for values in providers:
        a_provider(session, **values)
    delivery = a_delivery(session, state=DeliveryState.HELD, rule="no_route")
    session.commit()

    assert text in page_of(sign_in(), delivery)


def test_greylisted_mail_would_go_to_the_same_provider_first(session, sign_in):
    a_provider(session, name="ses")
    second = a_provider(session, name="mailgun-eu")
    delivery = a_delivery(session, state=DeliveryState.DEFERRED, sticky_provider_id=second.id)
    session.commit()

    page = page_of(sign_in(), delivery)

    assert page.index("mailgun-eu") < page.index("ses</span>")


def test_second_copy_has_no_other_way(session, sign_in):
    a_provider(session, name="ses")
    second = a_provider(session, name="mailgun-eu")
    delivery = a_delivery(session, copies=1, sticky_provider_id=second.id)
    session.commit()

    page = page_of(sign_in(), delivery)

    assert "mailgun-eu" in page
    assert "ses</span>" not in page


def test_mail_that_has_ended_has_no_way_ahead(session, sign_in):
    delivery = a_delivery(session, state=DeliveryState.FAILED, ended_at=NOON)
    session.commit()

    assert "If its turn came now" not in page_of(sign_in(), delivery)


@pytest.mark.parametrize(
    ("has_own", "text"),
    [
        (True, "providers come after your own."),
        (False, "providers carry it."),
    ],
)
def test_partner_is_not_told_the_houses_providers(session, sign_in, has_own, text):
    partner = a_partner(session)
    a_provider(session, name="secret-relay")
    if has_own:
        a_provider(session, name="our-server", partner_id=partner.id)
    delivery = a_delivery(session, a_message(session, partner_id=partner.id))
    session.commit()

    page = page_of(sign_in(Role.PARTNER_ADMIN, partner_id=partner.id), delivery)

    assert text in page
    assert "secret-relay" not in page
    assert ("our-server" in page) == has_own


def test_last_round_tells_when_who_was_asked_and_what_was_said(session, sign_in):
    provider = a_provider(session, name="ses")
    link = {"provider_id": provider.id, "name": "ses", "skip": None}
    delivery = a_delivery(session, state=DeliveryState.DEFERRED, route=[link])
    an_attempt(session, delivery, provider_id=provider.id, said="451 4.7.1 Come back")
    session.commit()

    page = page_of(sign_in(), delivery)

    route = page[page.index("Route in the last round") : page.index("If its turn came now")]
    assert "tried <time" in route
    assert "451 4.7.1 Come back" in route
