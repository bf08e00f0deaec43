"""Who may carry a mail, in which order, and why others may not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.chain import LASTING_SKIPS, Candidate, MailTraits, Skip, chain, usable
from panel.domain.delivery import Stream
from panel.domain.provider import ProviderType, ServiceType
from panel.domain.sender_rule import Mailbox
from tests.factories.moments import NOON

FALLBACK = ServiceType.FALLBACK
MAIL = MailTraits(stream=Stream.SYSTEM, partner_id=None, from_email="", size=1000)


def a_candidate(number: int, **overrides: Any) -> Candidate:
    values: dict[str, Any] = {
        "id": number,
        "name": f"provider-{number}",
        "partner_id": None,
        "type": ProviderType.SMTP,
        "service_type": ServiceType.PRIMARY,
        "streams": frozenset(),
        "is_active": True,
        "mailbox": Mailbox("post@house.test"),
    }
    return Candidate(**(values | overrides))


def order(*candidates: Candidate, mail: MailTraits = MAIL) -> list[int]:
    return [link.provider_id for link in chain(candidates, mail, now=NOON)]


def skip_of(candidate: Candidate, mail: MailTraits = MAIL) -> Skip | None:
    (link,) = chain([candidate], mail, now=NOON)
    return link.skip


def test_a_drill_passes_over_the_provider_that_it_treats_as_down_and_nobody_else():
    drill = replace(MAIL, down_provider_id=1)
    links = chain([a_candidate(1), a_candidate(2)], drill, now=NOON)

    assert [link.skip for link in links] == [Skip.DRILL, None]
    assert usable(chain([a_candidate(1), a_candidate(2)], MAIL, now=NOON)) == (1, 2)


def test_a_provider_that_counts_as_down_for_a_drill_is_not_waited_for():
    assert Skip.DRILL in LASTING_SKIPS


def test_providers_are_tried_in_list_order():
    assert order(a_candidate(3), a_candidate(1), a_candidate(2)) == [3, 1, 2]


def test_primaries_come_before_fallbacks_wherever_they_stand():
    fallback = a_candidate(1, service_type=FALLBACK)

    assert order(fallback, a_candidate(2), a_candidate(3)) == [2, 3, 1]


def test_a_partners_own_come_first_even_its_fallbacks():
    mail = replace(MAIL, partner_id=7)
    own = a_candidate(2, partner_id=7, service_type=FALLBACK)

    assert order(a_candidate(1), own, a_candidate(3, partner_id=7), mail=mail) == [3, 2, 1]


def test_nobody_elses_provider_is_ever_thought_of():
    mail = replace(MAIL, partner_id=7)

    assert order(a_candidate(1, partner_id=8), mail=mail) == []
    assert order(a_candidate(1, partner_id=8), mail=MAIL) == []


def test_the_provider_that_greylisted_a_mail_comes_before_all_others():
    mail = replace(MAIL, partner_id=7, first_provider_id=1)
    greylister = a_candidate(1, service_type=FALLBACK)

    assert order(greylister, a_candidate(2, partner_id=7), mail=mail) == [1, 2]


def test_a_greylisted_mail_may_still_go_another_way():
    mail = replace(MAIL, first_provider_id=1)
    links = chain([a_candidate(1, is_active=False), a_candidate(2)], mail, now=NOON)

    assert usable(links) == (2,)


def test_a_copy_goes_to_nobody_but_the_provider_that_may_have_sent_it():
    mail = replace(MAIL, first_provider_id=2, is_copy=True)

    assert order(a_candidate(1), a_candidate(2), a_candidate(3), mail=mail) == [2]


def test_a_copy_of_which_nobody_knows_the_provider_takes_the_whole_chain():
    assert order(a_candidate(1), a_candidate(2), mail=replace(MAIL, is_copy=True)) == [1, 2]


OPEN = Breaker(BreakerState.OPEN, retry_at=NOON + timedelta(seconds=1))
DUE = Breaker(BreakerState.OPEN, retry_at=NOON)
DISABLED = Breaker(BreakerState.DISABLED)
STREAMS = frozenset({Stream.CRM})


@pytest.mark.parametrize(
    ("overrides", "skip"),
    [
        ({}, None),
        ({"is_active": False}, Skip.NOT_ACTIVE),
        ({"streams": STREAMS}, Skip.OTHER_STREAM),
        ({"type": ProviderType.CRM_API_SMTP}, Skip.OTHER_STREAM),
        ({"breaker": OPEN}, Skip.BREAKER_OPEN),
        ({"breaker": DUE}, None),
        ({"breaker": DISABLED}, Skip.DISABLED),
        ({"refused_senders": frozenset({"post@house.test"})}, Skip.SENDER_REFUSED),
        ({"refused_senders": frozenset({"ann@house.test"})}, None),
        ({"has_readable_secret": False}, Skip.SECRET_UNREADABLE),
        ({"largest_size": 999}, Skip.TOO_LARGE),
        ({"largest_size": 1000}, None),
        ({"is_within_budget": False}, Skip.BUDGET),
    ],
)
def test_a_provider_is_passed_over_with_the_reason_kept(overrides, skip):
    assert skip_of(a_candidate(1, **overrides)) is skip


def test_the_houses_providers_are_passed_over_for_a_partner_that_may_not_use_them():
    mail = replace(MAIL, partner_id=7, may_use_house=False)

    assert skip_of(a_candidate(1), mail) is Skip.HOUSE_NOT_ALLOWED
    assert skip_of(a_candidate(1, partner_id=7), mail) is None


def test_a_crm_provider_carries_crm_mail():
    mail = replace(MAIL, stream=Stream.CRM)

    assert skip_of(a_candidate(1, type=ProviderType.CRM_API_SMTP), mail) is None


@pytest.mark.parametrize("stream", sorted(set(Stream) - {Stream.CRM}))
@pytest.mark.parametrize("streams", [frozenset(), STREAMS, frozenset(Stream)])
def test_a_crm_provider_carries_nothing_else_whatever_it_is_set_to(stream, streams):
    mail = replace(MAIL, stream=stream)
    candidate = a_candidate(1, type=ProviderType.CRM_API_SMTP, streams=streams)

    assert skip_of(candidate, mail) is Skip.OTHER_STREAM


def test_a_refused_sender_is_the_one_that_the_mail_would_leave_with():
    refuses_ann = a_candidate(1, refused_senders=frozenset({"ann@shop.test"}))
    mail = replace(MAIL, from_email="ann@shop.test")

    assert skip_of(refuses_ann, mail) is None
    assert skip_of(replace(refuses_ann, domains=frozenset({"shop.test"})), mail) is (
        Skip.SENDER_REFUSED
    )


CANDIDATES = st.lists(
    st.builds(
        a_candidate,
        st.integers(1, 9),
        partner_id=st.sampled_from([None, 7, 8]),
        service_type=st.sampled_from(ServiceType),
        is_active=st.booleans(),
        breaker=st.sampled_from([Breaker(), OPEN, DUE, DISABLED]),
        is_within_budget=st.booleans(),
    ),
    unique_by=lambda candidate: candidate.id,
)
MAILS = st.builds(
    MailTraits,
    stream=st.sampled_from(Stream),
    partner_id=st.sampled_from([None, 7]),
    from_email=st.sampled_from(["", "ann@shop.test"]),
    size=st.just(1),
    may_use_house=st.booleans(),
    first_provider_id=st.sampled_from([None, 1, 2]),
)


@given(candidates=CANDIDATES, mail=MAILS)
def test_everyone_who_counts_stands_in_the_chain_exactly_once(candidates, mail):
    found = order(*candidates, mail=mail)

    assert sorted(found) == sorted(
        item.id for item in candidates if item.partner_id in (None, mail.partner_id)
    )


@given(candidates=CANDIDATES, mail=MAILS)
def test_who_may_be_tried_is_active_and_allowed(candidates, mail):
    by_id = {item.id: item for item in candidates}

    for provider_id in usable(chain(candidates, mail, now=NOON)):
        item = by_id[provider_id]
        assert item.is_active
        assert item.breaker.is_usable(NOON)
        assert item.partner_id == mail.partner_id or mail.may_use_house
