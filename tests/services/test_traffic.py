"""The lines of the plot: who carried a day's mail."""

from dataclasses import replace
from datetime import timedelta

import pytest

from panel.services import traffic as traffic_module
from panel.services.refusals import NotAllowed
from panel.services.traffic import Carrier, show_traffic
from panel.storage.queue.minutes import Sums, add
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import OPERATOR
from tests.factories.providers import a_provider

QUARTER = timedelta(minutes=15)


def test_quiet_day_has_no_line(session):
    a_provider(session)

    day = show_traffic(session, OPERATOR, now=NOON)

    assert day.is_empty
    assert day.lines == ()
    assert len(day.failed) == 96


def test_each_mail_stands_in_the_quarter_it_was_sent_in(session):
    provider = a_provider(session, name="ses").id
    at = {NOON: Sums(sent=3, failed=2), NOON - 95 * QUARTER: Sums(sent=1)}
    add(session, provider, at | {NOON - 96 * QUARTER: Sums(sent=50)})

    day = show_traffic(session, OPERATOR, now=NOON + timedelta(minutes=14))

    (line,) = day.lines
    assert (line.carrier, line.name, line.total) == (Carrier.PROVIDER, "ses", 4)
    assert (line.sent[0], line.sent[-1], day.failed[-1]) == (1, 3, 2)


def test_day_on_which_every_attempt_failed_is_not_empty(session):
    add(session, a_provider(session).id, {NOON: Sums(refused=1)})

    day = show_traffic(session, OPERATOR, now=NOON)

    assert day.lines == ()
    assert not day.is_empty


def test_lines_stand_in_the_order_of_the_list_and_the_smallest_are_one(session, monkeypatch):
    monkeypatch.setattr(traffic_module, "MOST_NAMED", 2)
    ids = [a_provider(session, name=name, position=-at).id for at, name in enumerate("abcd")]
    gone = a_provider(session, name="gone", deleted_at=NOON).id
    partners = a_provider(session, name="its", partner_id=a_partner(session).id).id
    counts = (1, 30, 2, 20, 4, 5)
    for id_, sent in zip([*ids, gone, partners], counts, strict=True):
        add(session, id_, {NOON: Sums(sent=sent)})

    day = show_traffic(session, OPERATOR, now=NOON)

    assert [(line.carrier, line.name, line.total) for line in day.lines] == [
        (Carrier.PROVIDER, "d", 20),
        (Carrier.PROVIDER, "b", 30),
        (Carrier.OTHERS, "", 7),
        (Carrier.PARTNERS, "", 5),
    ]
    assert day.sent == sum(counts)


def test_traffic_is_refused_to_who_may_not_see_the_overview(session):
    with pytest.raises(NotAllowed):
        show_traffic(session, replace(OPERATOR, permissions=frozenset()), now=NOON)
