"""The providers as one snapshot: settings, secrets, faults, refused senders, use."""

from panel.domain.breaker import CLOSED, BreakerState
from panel.domain.budget import window_start
from panel.domain.outcome import Effect
from panel.domain.provider import Limits
from panel.storage.models import ProviderUsage
from panel.storage.queue import health
from panel.storage.queue.roster import members, partners_without_house
from panel.storage.vault import Vault
from tests.domain.outcomes import an_outcome
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.storage.queue.holding import MINUTE


def test_providers_come_in_the_order_of_their_lists_without_deleted_ones(session, vault):
    second = a_provider(session, position=2)
    first = a_provider(session, position=1)
    a_provider(session, position=0, deleted_at=NOON)

    found = [member.provider.id for member in members(session, vault, now=NOON)]

    assert found == [first.id, second.id]


def test_an_inactive_provider_is_a_member_so_that_its_absence_can_be_explained(session, vault):
    a_provider(session, is_active=False)

    (member,) = members(session, vault, now=NOON)

    assert not member.provider.is_active


def test_a_member_brings_its_password(session, vault):
    a_provider(session, vault=vault, password="hunter2", username="ann")
    a_provider(session)

    assert [member.secret for member in members(session, vault, now=NOON)] == ["hunter2", ""]


def test_an_unreadable_password_is_known_as_such(session, vault):
    a_provider(session, vault=vault, password="hunter2", username="ann")

    (member,) = members(session, Vault((b"x" * 32,)), now=NOON)

    assert member.secret is None


def test_a_password_is_not_seen_in_the_text_form(session, vault):
    a_provider(session, vault=vault, password="hunter2", username="ann")

    assert "hunter2" not in repr(members(session, vault, now=NOON))


def test_a_member_brings_its_breaker_its_limits_and_their_use(session, vault):
    provider = a_provider(session, per_minute=5)
    health.learn(session, provider.id, an_outcome(effect=Effect.OPEN), began_at=NOON, now=NOON)
    start = window_start(60, NOON)
    session.add(ProviderUsage(provider_id=provider.id, window_s=60, started_at=start, used=3))
    a_provider(session)
    session.flush()

    used, unused = members(session, vault, now=NOON)

    assert used.breaker.state is BreakerState.OPEN
    assert used.limits == Limits(per_minute=5)
    assert [usage.used for usage in used.usages] == [3]
    assert (unused.breaker, unused.usages) == (CLOSED, ())


def test_a_refused_sender_is_known_until_its_time_is_over(session, vault):
    provider = a_provider(session).id
    health.refuse_sender(session, provider, "ann@x.test", said="550 No", until=NOON + MINUTE)

    (member,) = members(session, vault, now=NOON)
    (later,) = members(session, vault, now=NOON + MINUTE)

    assert member.refused_senders == {"ann@x.test": "550 No"}
    assert later.refused_senders == {}


def test_partners_that_may_not_use_the_house_are_known(session):
    a_partner(session)
    alone = a_partner(session, may_use_house=False)

    assert partners_without_house(session) == {alone.id}


def test_an_announced_size_is_known_for_an_hour(session, vault):
    provider = a_provider(session).id
    a_provider(session)
    health.learn_size(session, provider, 35_000_000_000, at=NOON)

    assert sizes(session, vault, NOON) == [35_000_000_000, None]
    assert sizes(session, vault, NOON + health.SIZE_MEMORY) == [None, None]


def test_the_size_that_was_announced_last_counts(session, vault):
    provider = a_provider(session).id
    health.learn_size(session, provider, 1000, at=NOON)
    health.learn_size(session, provider, None, at=NOON)

    assert sizes(session, vault, NOON) == [None]


def test_faults_leave_the_announced_size(session, vault):
    provider = a_provider(session).id
    health.learn_size(session, provider, 1000, at=NOON)
    health.learn(session, provider, an_outcome(effect=Effect.OPEN), began_at=NOON, now=NOON)

    assert sizes(session, vault, NOON) == [1000]


def test_an_edited_provider_is_asked_for_its_size_anew(session, vault):
    provider = a_provider(session).id
    health.learn_size(session, provider, 1000, at=NOON)

    health.forget_faults(session, provider, now=NOON)

    assert sizes(session, vault, NOON) == [None]


def sizes(session, vault, now):
    return [member.largest_size for member in members(session, vault, now=now)]
