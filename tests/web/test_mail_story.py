"""What happened to a mail, told from its attempts and the decisions about it."""

from datetime import timedelta

import pytest

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.outcome import Move
from panel.domain.permission import EVERYTHING
from panel.domain.ruling import Choice
from panel.domain.smtp_outcomes import RULES
from panel.services.messages import show_mail
from panel.storage.queue.rulings import Wish, carry_out
from panel.web.mail_story import MAY_BE_TAKEN, Told, rounds, standing, story, tries
from tests.factories.moments import NOON
from tests.web.conftest import SUPPORT

FAIL, SUCCESS = AttemptStatus.FAIL, AttemptStatus.SUCCESS
EXPIRED = DeliveryState.EXPIRED
HOUR = timedelta(hours=1)
AGAIN = next(rule for rule in RULES if rule.move is Move.AGAIN)


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


def consequences(mail) -> list[str]:
    return [str(one.consequence) for one in tries(mail)]


def test_providers_fault_without_a_next_provider_waits(told):
    mail = told([(1, None)], [(1, FAIL, "login_refused"), (1, FAIL, "login_refused")])

    assert ["tried again later" in text for text in consequences(mail)] == [True, True]


def test_mail_that_waited_before_another_provider_did_not_move_on_to_it(told):
    attempts = [(1, FAIL, "unreachable"), (2, FAIL, "unreachable"), (1, FAIL, "unreachable")]

    mail = told([(1, None), (2, None)], attempts)

    assert ["moved on" in text for text in consequences(mail)] == [True, False, False]


def test_each_further_round_is_named(told):
    attempts = [(place % 2 + 1, FAIL, "unreachable") for place in range(5)]

    mail = told([(1, None), (2, None)], attempts)

    assert [one.round_number for one in tries(mail)] == [None, None, 2, None, 3]


def test_rest_between_two_tries_begins_a_round(told):
    attempts = [(1, FAIL, "unreachable"), (2, FAIL, "unreachable")]

    assert len(rounds(told([], attempts).attempts)) == 1
    assert len(rounds(told([], attempts, apart=timedelta(minutes=1)).attempts)) == 2


def test_second_offer_to_the_same_provider_belongs_to_the_round(told):
    mail = told([(1, None)], [(1, FAIL, AGAIN.name), (1, SUCCESS, "accepted")])

    assert len(rounds(mail.attempts)) == 1


def test_refusal_that_another_provider_may_not_share_is_not_called_final_while_it_waits(told):
    mail = told([(1, None)], [(1, FAIL, "too_large")], state=DeliveryState.DEFERRED)

    assert consequences(mail) == [str(MAY_BE_TAKEN)]


@pytest.mark.parametrize(
    ("state", "text"),
    [(EXPIRED, "Its time was over"), (DeliveryState.CANCELLED, "It was cancelled")],
)
def test_mail_that_ended_before_another_try_is_not_promised_one(told, state, text):
    attempts = [(1, FAIL, "greylisted"), (1, FAIL, "greylisted")]

    mail = told([(1, None)], attempts, state=state, rule="greylisted", ended_at=NOON + HOUR)

    first, last = tries(mail)
    assert "tried again later" in str(first.consequence)
    assert str(last.consequence).startswith(text)
    assert "sent again later" in str(first.advice)
    assert last.advice is None


@pytest.mark.parametrize("state", [EXPIRED, DeliveryState.CANCELLED])
def test_advice_that_still_helps_stays_when_the_mail_has_ended(told, state):
    mail = told([(1, None)], [(1, FAIL, "login_refused")], state=state, ended_at=NOON + HOUR)

    assert "password" in str(tries(mail)[0].advice)


def test_mail_that_may_have_arrived_says_so_though_it_was_cancelled_later(told):
    doubtful = next(rule.name for rule in RULES if rule.move is Move.UNCONFIRMED)

    mail = told([(1, None)], [(1, FAIL, doubtful)], state=DeliveryState.CANCELLED)

    assert "may have arrived" in consequences(mail)[0]


def test_mail_whose_time_is_over_keeps_its_reason_and_is_not_waited_for(told):
    def words(state: DeliveryState, rule: str) -> list[str]:
        found = standing(told([(1, None)], [], state=state, rule=rule))
        return [str(found.cause), str(found.advice)] if found else []

    over, waiting = (words(state, "greylisted") for state in (EXPIRED, DeliveryState.DEFERRED))
    untried = words(EXPIRED, "")

    assert over[0] == waiting[0]
    assert "sent again later" in waiting[1]
    assert over[1] == untried[1]
    assert over[1].startswith("See the attempts")
    assert "before its time was over" in untried[0]


def test_rule_of_another_version_has_no_consequence(told):
    assert tries(told([(2, None)], [(2, FAIL, "from_the_future")]))[0].consequence is None


def test_decisions_stand_where_they_were_made(told, session):
    mail = told([(1, None)], [(1, FAIL, "greylisted"), (1, FAIL, "greylisted")], apart=HOUR)
    between = Wish(Choice.SEND_NOW, "ada@house.test", NOON + HOUR / 2, note="Asked by phone")
    carry_out(session, EVERYTHING, between, ids=[mail.opened.id])
    session.commit()

    lines = story(show_mail(session, SUPPORT, message_id=mail.summary.id))

    assert [line.kind for line in lines] == ["try", "ruling", "try"]
    told_line = lines[1]
    assert isinstance(told_line, Told)
    assert (told_line.who, told_line.note) == ("by ada@house.test", "Asked by phone")
