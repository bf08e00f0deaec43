"""The providers as one snapshot: settings, secrets, faults, refused senders, use."""

import pytest
from sqlalchemy import text

from panel.domain.breaker import CLOSED, BreakerState
from panel.domain.budget import window_start
from panel.domain.outcome import Effect
from panel.domain.provider import Limits
from panel.storage.models import ProviderUsage
from panel.storage.queue import health
from panel.storage.queue.budgets import take_budget
from panel.storage.queue.roster import Secrets, members, partners_without_house, roster_version
from panel.storage.secrets import store_secret
from panel.storage.vault import Vault
from tests.domain.outcomes import an_outcome
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider, a_provider_list
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


def test_a_secret_is_decrypted_once_while_it_stays_the_same(session, vault):
    provider = a_provider(session, vault=vault, password="hunter2", username="ann")
    known = Secrets()
    members(session, vault, now=NOON, known=known)

    class Closed(Vault):
        def open(self, sealed, bound_to):
            raise AssertionError("It was known already.")

    (again,) = members(session, Closed(vault.keys), now=NOON, known=known)
    assert again.secret == "hunter2"

    store_secret(provider, "hunter3", vault=vault, now=NOON, by="ann")
    session.flush()
    (changed,) = members(session, vault, now=NOON, known=known)
    assert changed.secret == "hunter3"


def test_a_secret_whose_identity_changed_is_not_known_any_more(session, vault):
    provider = a_provider(session, vault=vault, password="hunter2", username="ann")
    known = Secrets()
    members(session, vault, now=NOON, known=known)
    provider.host = "evil.test"
    session.flush()

    (member,) = members(session, vault, now=NOON, known=known)

    assert member.secret is None


@pytest.mark.parametrize(
    "column",
    [
        "encryption = 'rot13'",
        "type = 'carrier_pigeon'",
        "service_type = 'tertiary'",
        "account_types = '[\"newsletters\"]'",
        "account_types = '\"system\"'",
        "account_types = '{'",
        "domains = '[1]'",
        "from_email = 'nonsense'",
        "from_email = ''",
        "port = 0",
        "port = -1",
        "port = 70000",
    ],
)
def test_a_row_that_cannot_be_understood_is_left_out_alone(session, vault, column):
    if is_postgresql(session) and column.endswith("'{'"):
        column = "domains = '{}'"
    broken, whole = a_provider(session).id, a_provider(session).id
    session.commit()
    session.execute(text(f"UPDATE providers SET {column} WHERE id = {broken}"))
    session.expire_all()

    assert [member.provider.id for member in members(session, vault, now=NOON)] == [whole]


def is_postgresql(session):
    return session.get_bind().dialect.name == "postgresql"


def test_the_version_moves_with_every_change_and_only_then(session, vault):
    provider = a_provider(session, per_minute=5)
    partner = a_partner(session)
    session.flush()
    identifier = provider.id
    fault = an_outcome(effect=Effect.OPEN)

    def rename():
        provider.name, provider.version = "new", provider.version + 1

    changes = [
        lambda: a_provider(session),
        rename,
        lambda: setattr(a_provider_list(session), "version", 9),
        lambda: setattr(provider, "deleted_at", NOON),
        lambda: health.learn(session, identifier, fault, began_at=NOON, now=NOON),
        lambda: health.forget_faults(session, identifier, now=NOON + MINUTE),
        lambda: health.learn_size(session, identifier, 1000, at=NOON),
        lambda: health.refuse_sender(session, identifier, "a@x.test", said="", until=NOON + MINUTE),
        lambda: take_budget(session, identifier, provider.limits, 1, now=NOON),
        lambda: setattr(partner, "may_use_house", False),
    ]
    seen = [version(session, NOON)]
    for change in changes:
        change()
        session.flush()
        seen += [version(session, NOON), version(session, NOON)]
    seen += [version(session, NOON + MINUTE), version(session, NOON + health.SIZE_MEMORY)]

    assert len(set(seen)) == len(changes) + 3
    assert seen[1:-2:2] == seen[2:-1:2]


def version(session, now):
    return roster_version(session, now=now)
