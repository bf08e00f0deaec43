"""What a worker knows of the providers, and adds to it until it looks again."""

from datetime import timedelta

import pytest

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.chain import Skip
from panel.drivers.egress import EgressPolicy
from panel.sending.roster import Roster
from panel.sending.snapshot import EgressRules, Snapshot
from panel.storage.vault import Vault
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.sending.surroundings import LOOPBACK, a_roster, a_snapshot
from tests.storage.queue.holding import take

LATER = NOON + timedelta(hours=1)
PUBLIC = EgressPolicy.parse("public")


@pytest.fixture
def message(session):
    """A claimed message of the house."""
    a_delivery(session, a_message(session, from_email="ann@shop.test"))
    session.commit()
    (message,) = take(session)
    return message


@pytest.fixture
def roster(session, vault):
    """One provider that may send for shop.test."""
    a_provider(
        session, vault=vault, password="hunter2", username="ann", domains=["shop.test"], per_day=5
    )
    session.commit()
    return a_roster(a_snapshot(session, vault))


def only(roster: Roster) -> int:
    """The id of its one provider."""
    (identifier,) = roster._present
    return identifier


def test_the_way_to_a_provider_is_that_of_its_settings(roster):
    account = roster.account(only(roster))

    assert (account.host, account.username, account.secret) == ("127.0.0.1", "ann", "hunter2")
    assert "hunter2" not in repr(account)


def test_partners_have_an_egress_policy_of_their_own(session, vault):
    partner = a_partner(session)
    house = a_provider(session).id
    own = a_provider(session, partner_id=partner.id).id
    session.commit()
    roster = Roster(egress=EgressRules(LOOPBACK, PUBLIC), client_name="localhost")
    roster.renew(a_snapshot(session, vault))

    assert roster.account(house).egress == LOOPBACK
    assert roster.account(own).egress == PUBLIC


def test_what_was_learnt_of_a_provider_counts_at_once(roster, message):
    identifier = only(roster)
    assert roster.skip_of(identifier, message, now=NOON) is None

    roster.set_breaker(identifier, Breaker(BreakerState.OPEN, retry_at=LATER))

    assert roster.skip_of(identifier, message, now=NOON) is Skip.BREAKER_OPEN
    (link,) = roster.links(message, sticky=None, now=NOON)
    assert link.skip is Skip.BREAKER_OPEN
    assert roster.skip_of(identifier, message, now=LATER) is None


def test_a_refused_sender_counts_at_once_with_its_words(roster, message):
    identifier = only(roster)

    roster.refuse_sender(identifier, "ann@shop.test", "553 Not yours")

    assert roster.skip_of(identifier, message, now=NOON) is Skip.SENDER_REFUSED
    assert roster.said_of_sender(identifier, message, now=NOON) == "553 Not yours"


def test_a_full_allowance_counts_until_it_is_free_again(roster, message):
    identifier = only(roster)

    roster.set_full_until(identifier, LATER)

    assert roster.free_again_at(identifier, now=NOON) == LATER
    assert roster.skip_of(identifier, message, now=NOON) is Skip.BUDGET
    assert roster.skip_of(identifier, message, now=LATER) is None


def test_a_new_snapshot_takes_the_place_of_what_was_learnt(roster, session, vault, message):
    identifier = only(roster)
    roster.set_full_until(identifier, LATER)
    roster.set_breaker(identifier, Breaker(BreakerState.DISABLED))

    roster.renew(a_snapshot(session, vault))

    assert roster.skip_of(identifier, message, now=NOON) is None


def test_a_provider_that_is_gone_is_passed_over_and_its_password_forgotten(roster, message):
    identifier = only(roster)

    roster.renew(Snapshot())

    assert roster.links(message, sticky=None, now=NOON) == ()
    assert roster.skip_of(identifier, message, now=NOON) is Skip.NOT_ACTIVE
    assert roster.account(identifier).secret == ""
    assert roster.breaker(identifier) == Breaker()


def test_an_unreadable_password_passes_a_provider_over(session, vault, message):
    a_provider(session, vault=vault, password="hunter2", username="ann")
    session.commit()
    roster = a_roster(a_snapshot(session, Vault((b"x" * 32,))))

    assert roster.skip_of(only(roster), message, now=NOON) is Skip.SECRET_UNREADABLE


def test_a_partner_may_be_kept_from_the_houses_providers(session, vault):
    partner = a_partner(session, may_use_house=False)
    a_provider(session)
    a_delivery(session, a_message(session, partner_id=partner.id))
    session.commit()
    roster = a_roster(a_snapshot(session, vault))
    (message,) = take(session)

    assert roster.skip_of(only(roster), message, now=NOON) is Skip.HOUSE_NOT_ALLOWED
