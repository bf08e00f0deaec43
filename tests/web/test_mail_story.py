"""The route of the last round, told from the attempts."""

from datetime import timedelta

import pytest

from panel.domain.chain import Skip
from panel.domain.delivery import AttemptStatus
from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.services.messages import show_mail
from panel.web.mail_story import SKIPS, stops, tries
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.moments import NOON

SUPPORT = Actor("support@house.test", frozenset(Permission), EVERYTHING)
FAIL, SUCCESS = AttemptStatus.FAIL, AttemptStatus.SUCCESS


@pytest.fixture
def told(session, app):
    """Tells the story of a mail with this route (provider ids) and these attempts."""

    def told(route, attempts):
        links = [{"provider_id": id_, "name": f"p{id_}", "skip": skip} for id_, skip in route]
        delivery = a_delivery(session, route=links)
        for place, (id_, status, rule) in enumerate(attempts):
            at = NOON + timedelta(seconds=place)
            an_attempt(session, delivery, provider_id=id_, status=status, rule=rule, started_at=at)
        mail = show_mail(session, SUPPORT, message_id=delivery.message_id)
        session.commit()
        return mail

    with app.test_request_context():
        yield told


def results(mail) -> list[tuple[str, int | None]]:
    return [(stop.result, stop.position) for stop in stops(mail)]


def test_route_shows_who_failed_who_took_it_and_who_was_not_needed(told):
    mail = told(
        [(1, None), (2, "budget"), (3, None), (4, None)],
        [(1, FAIL, "login_refused"), (3, SUCCESS, "accepted")],
    )

    assert results(mail) == [("failed", 1), ("skipped", None), ("took", 2), ("unused", 3)]


def test_attempts_of_earlier_rounds_do_not_count_for_the_last_one(told):
    mail = told(
        [(1, None), (2, None)],
        [(1, FAIL, "unreachable"), (2, FAIL, "unreachable"), (1, SUCCESS, "accepted")],
    )

    assert results(mail) == [("took", 1), ("unused", 2)]


def test_attempt_that_goes_on_is_being_tried(told):
    mail = told([(1, None)], [(1, AttemptStatus.IN_PROGRESS, "")])

    assert results(mail) == [("trying", 1)]


def test_unknown_skip_and_unknown_rule_of_another_version_do_not_break_the_page(told):
    mail = told([(1, "moonphase"), (2, None)], [(2, FAIL, "from_the_future")])

    assert results(mail) == [("skipped", None), ("failed", 1)]
    assert tries(mail)[0].consequence is None


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("login_refused", "the mail moved on"),
        ("too_large", "The mail moved on"),
        ("recipient_unknown", "This is final"),
    ],
)
def test_consequence_follows_from_the_rule(told, rule, text):
    mail = told([(1, None), (2, None)], [(1, FAIL, rule), (2, SUCCESS, "accepted")])

    assert text in str(tries(mail)[0].consequence)


def test_providers_fault_without_a_next_provider_waits(told):
    mail = told([(1, None)], [(1, FAIL, "login_refused"), (1, FAIL, "login_refused")])

    assert ["tried again later" in str(one.consequence) for one in tries(mail)] == [True, True]


def test_every_skip_has_words():
    assert set(SKIPS) == set(Skip)
