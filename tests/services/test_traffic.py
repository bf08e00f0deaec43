"""The lines of the plot: who carried a day's mail."""

from datetime import timedelta

from panel.services import traffic as traffic_module
from panel.services.traffic import Carrier, last_day
from panel.storage.queue.minutes import Sums, add
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

QUARTER = timedelta(minutes=15)


def test_quiet_day_has_no_line(session):
    a_provider(session)

    day = last_day(session, [1], now=NOON)

    assert day.is_empty
    assert day.lines == ()
    assert len(day.failed) == 96


def test_each_mail_stands_in_the_quarter_it_was_sent_in(session):
    provider = a_provider(session, name="ses").id
    at = {NOON: Sums(sent=3, failed=2), NOON - 95 * QUARTER: Sums(sent=1)}
    add(session, provider, at | {NOON - 96 * QUARTER: Sums(sent=50)})

    day = last_day(session, [provider], now=NOON + timedelta(minutes=14))

    (line,) = day.lines
    assert (line.carrier, line.name, line.total) == (Carrier.PROVIDER, "ses", 4)
    assert (line.sent[0], line.sent[-1], day.failed[-1]) == (1, 3, 2)


def test_day_on_which_every_attempt_failed_is_not_empty(session):
    add(session, a_provider(session).id, {NOON: Sums(refused=1)})

    day = last_day(session, [1], now=NOON)

    assert day.lines == ()
    assert not day.is_empty


def test_lines_stand_in_the_order_of_the_list_and_the_smallest_are_one(session, monkeypatch):
    monkeypatch.setattr(traffic_module, "MOST_NAMED", 2)
    ids = [a_provider(session, name=name).id for name in ("a", "b", "c", "d")]
    gone = a_provider(session, name="gone", deleted_at=NOON).id
    partners = a_provider(session, name="its", partner_id=a_partner(session).id).id
    counts = (1, 30, 2, 20, 4, 5)
    for id_, sent in zip([*ids, gone, partners], counts, strict=True):
        add(session, id_, {NOON: Sums(sent=sent)})

    day = last_day(session, [ids[3], ids[0], ids[1], ids[2]], now=NOON)

    assert [(line.carrier, line.name, line.total) for line in day.lines] == [
        (Carrier.PROVIDER, "d", 20),
        (Carrier.PROVIDER, "b", 30),
        (Carrier.OTHERS, "", 7),
        (Carrier.PARTNERS, "", 5),
    ]
    assert day.sent == sum(counts)
