"""What a partner's applications hand in is counted by clock hours, and kept to its quota."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from panel.domain.permission import COMMAND_LINE
from panel.domain.quota import Quota
from panel.domain.sender_rule import Mailbox
from panel.services.partner_quotas import used_of_quota
from panel.services.partners import change_partner
from panel.services.refusals import Invalid, NotAllowed, TooMany
from panel.services.submissions import Once, submit_batch, submit_message
from panel.storage.models import AuditEvent, Delivery, PartnerHour
from tests.factories.moments import NOON
from tests.services.test_submissions import MAIL, an_actor, count

HOUR = timedelta(hours=1)
TO_ONE = replace(MAIL, to=(Mailbox("anna@there.test"),), cc=(), bcc=())
QUARTER_PAST = NOON + timedelta(minutes=15)


@pytest.fixture
def shop(session, acme):
    """An application of the partner."""
    return an_actor(session, streams=["system"], partner_id=acme.id)


def limit(session, quota):
    change_partner(
        session, COMMAND_LINE, slug="acme", name="Acme", may_use_house=True, quota=quota, now=NOON
    )


def hand_in(desk, actor, mails, *, at=QUARTER_PAST, once=None):
    return submit_batch(desk, actor, submissions=[TO_ONE] * mails, now=at, once=once)


def test_what_is_too_much_for_the_hour_is_refused_as_a_whole_until_the_next(desk, session, shop):
    limit(session, Quota(hourly=5))
    hand_in(desk, shop, 3)

    with pytest.raises(TooMany) as refused:
        hand_in(desk, shop, 3)

    assert refused.value.wait_s == 45 * 60
    assert count(session, Delivery) == 3
    hand_in(desk, shop, 2)
    hand_in(desk, shop, 3, at=NOON + HOUR)
    assert count(session, Delivery) == 8


def test_the_day_is_the_last_24_clock_hours(desk, session, acme, shop):
    limit(session, Quota(daily=4))
    hand_in(desk, shop, 1)
    hand_in(desk, shop, 3, at=NOON + 5 * HOUR)

    with pytest.raises(TooMany) as refused:
        hand_in(desk, shop, 1, at=NOON + 23 * HOUR)

    assert refused.value.wait_s == 3600
    hand_in(desk, shop, 1, at=NOON + 24 * HOUR)
    session.expire_all()
    assert used_of_quota(session, COMMAND_LINE, acme, now=NOON + 24 * HOUR) == (1, 4)


def test_what_can_never_fit_is_told_so(desk, session, shop):
    limit(session, Quota(hourly=10, daily=5))

    with pytest.raises(NotAllowed, match="6 recipients, and the quota of the partner is 5"):
        hand_in(desk, shop, 6)


def test_a_refusal_leaves_the_key_free_and_a_repeat_counts_once(desk, session, acme, shop):
    limit(session, Quota(hourly=2))
    once = Once("order-7", "a" * 64)
    hand_in(desk, shop, 1)
    with pytest.raises(TooMany):
        hand_in(desk, shop, 2, once=once)

    later = NOON + HOUR
    assert not hand_in(desk, shop, 2, at=later, once=once).is_repeated
    assert hand_in(desk, shop, 2, at=later, once=once).is_repeated

    assert used_of_quota(session, COMMAND_LINE, acme, now=later)[0] == 2


def test_others_are_neither_counted_nor_refused(desk, session, acme, rival, shop):
    limit(session, Quota(hourly=1))
    other = an_actor(session, streams=["system"], partner_id=rival.id)
    house = an_actor(session, streams=["system"])

    hand_in(desk, other, 3)
    hand_in(desk, house, 3)
    submit_message(desk, shop, submission=TO_ONE, now=QUARTER_PAST)

    assert session.scalars(select(PartnerHour.partner_id)).all() == [acme.id]


def test_old_hours_are_forgotten(desk, session, shop):
    limit(session, Quota(hourly=9))
    hand_in(desk, shop, 1)

    hand_in(desk, shop, 1, at=NOON + 49 * HOUR)

    session.expire_all()
    assert count(session, PartnerHour) == 1


@pytest.mark.parametrize("quota", [Quota(hourly=0), Quota(daily=10**9 + 1)])
def test_no_quota_of_nothing_or_beyond_all_bounds(session, acme, quota):
    with pytest.raises(Invalid, match="whole number"):
        limit(session, quota)


def test_a_quota_is_audited_and_stays_when_only_the_switch_changes(session, acme):
    limit(session, Quota(hourly=7))
    change_partner(session, COMMAND_LINE, slug="acme", name="Acme", may_use_house=False, now=NOON)

    first, second = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    assert (first.before, first.after) == ({"hourly_quota": None}, {"hourly_quota": 7})
    assert second.after == {"may_use_house": False}
    assert acme.hourly_quota == 7
