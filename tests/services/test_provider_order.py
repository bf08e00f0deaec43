"""The order of the list: saved whole, guarded by its version, one move at a time or many."""

from dataclasses import replace
from itertools import pairwise
from queue import SimpleQueue
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from panel.domain.permission import EVERYTHING
from panel.domain.provider import ServiceType
from panel.services.provider_deletion import delete
from panel.services.provider_order import DIVIDER, Order, last_move, order_of, reorder
from panel.services.refusals import Conflict, NotAllowed
from panel.storage.database import Session, session_for
from panel.storage.models import AuditEvent, ProviderList
from panel.storage.queries.providers import listed, the_list
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import OPERATOR, SUPPORT
from tests.factories.providers import a_provider


@pytest.fixture
def three(session):
    """Ids of two primaries and a fallback, as an order names them."""
    kinds = (ServiceType.PRIMARY, ServiceType.PRIMARY, ServiceType.FALLBACK)
    ids = [str(a_provider(session, service_type=kind).id) for kind in kinds]
    session.commit()
    return ids


def present(session):
    session.expire_all()
    return order_of([row.provider for row in listed(session, None, scope=EVERYTHING)]).entries


def save(session, *entries, version=1):
    return reorder(session, OPERATOR, order=Order(entries), version=version, now=NOON)


def test_order_is_saved_as_a_whole(session, three):
    first, second, spare = three

    before = save(session, second, first, DIVIDER, spare)

    assert present(session) == (second, first, DIVIDER, spare)
    assert before.entries == (first, second, DIVIDER, spare)


def test_service_type_follows_the_side_of_the_divider(session, three):
    first, second, spare = three

    save(session, spare, second, DIVIDER, first)

    types = {
        row.provider.id: row.provider.service_type
        for row in listed(session, None, scope=EVERYTHING)
    }
    assert types == {
        int(spare): ServiceType.PRIMARY,
        int(second): ServiceType.PRIMARY,
        int(first): ServiceType.FALLBACK,
    }


def test_edit_form_is_stale_once_its_provider_crossed_the_divider(session, three):
    first, second, spare = three

    save(session, second, DIVIDER, spare, first)

    versions = {
        str(row.provider.id): row.provider.version
        for row in listed(session, None, scope=EVERYTHING)
    }
    assert versions == {first: 2, second: 1, spare: 1}


def test_new_version_names_who_and_when(session, three):
    save(session, *reversed(three[:2]), DIVIDER, three[2])

    session.expire_all()
    whole = session.scalars(select(ProviderList)).one()
    assert (whole.version, whole.changed_by, whole.changed_at) == (2, "ada@house.test", NOON)


def test_change_is_in_the_audit(session, three):
    first, second, spare = three

    save(session, second, first, DIVIDER, spare)

    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.subject) == ("providers.reordered", "providers:house")
    assert event.before == {"order": [first, second, DIVIDER, spare]}
    assert event.after == {"order": [second, first, DIVIDER, spare]}


def test_same_order_changes_nothing(session, three):
    first, second, spare = three

    save(session, first, second, DIVIDER, spare)

    session.expire_all()
    assert session.scalars(select(ProviderList)).one().version == 1
    assert session.scalars(select(AuditEvent)).all() == []


@pytest.mark.parametrize("version", [0, 2, None])
def test_other_version_is_refused(version, session, three):
    first, second, spare = three

    with pytest.raises(Conflict):
        save(session, second, first, DIVIDER, spare, version=version)

    assert present(session) == (first, second, DIVIDER, spare)


@pytest.mark.parametrize(
    "change",
    [
        lambda ids: ids[:-1],
        lambda ids: [*ids, "4711"],
        lambda ids: [*ids, ids[0]],
        lambda ids: ["nonsense", *ids[1:]],
        lambda ids: [*ids, DIVIDER],
        lambda _ids: [],
    ],
    ids=["one missing", "a stranger", "one twice", "no number", "two dividers", "nothing"],
)
def test_anything_but_a_permutation_is_refused(change, session, three):
    first, second, spare = three

    with pytest.raises(Conflict):
        save(session, *change([second, DIVIDER, first, spare]))

    assert present(session) == (first, second, DIVIDER, spare)


def test_of_two_orders_at_once_one_wins_and_the_other_is_told(engine, session, three):
    first, second, spare = three
    wishes = [(second, first, DIVIDER, spare), (first, DIVIDER, second, spare)]
    told = []

    def move(wish):
        with session_for(engine) as own:
            try:
                save(own, *wish)
            except Conflict:
                told.append(wish)

    movers = [Thread(target=move, args=(wish,)) for wish in wishes]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()

    assert sorted([present(session), *told]) == sorted(wishes)


def test_the_order_before_can_be_had_back_until_the_list_changes(session, three):
    first, second, spare = three
    save(session, second, first, DIVIDER, spare)

    move = newest_move(session)

    assert (move.by, move.at) == ("ada@house.test", NOON)
    assert move.former == Order((first, second, DIVIDER, spare))
    delete(session, OPERATOR, provider_id=int(spare), now=NOON)
    assert newest_move(session) == replace(move, former=None)


def test_nobody_has_moved_anything_in_a_new_list(session, three):
    assert last_move(the_list(session, None)) is None


def test_an_undone_move_can_be_made_again(session, three):
    first, second, spare = three
    save(session, second, first, DIVIDER, spare)

    save(session, *newest_move(session).former.entries, version=2)

    assert present(session) == (first, second, DIVIDER, spare)
    assert newest_move(session).former.entries == (second, first, DIVIDER, spare)


def test_no_move_of_many_operators_at_once_is_lost(engine, session, three):
    """In each round all have seen the same list: one of them moves, the others are told."""
    together = Barrier(4, timeout=20)
    told: SimpleQueue[str] = SimpleQueue()

    def move(seed):
        wishes = Random(seed)
        for _ in range(6):
            seen, version = look(engine)
            wish = seen.moved(wishes.choice(three), wishes.choice([-1, 1]))
            together.wait()
            told.put(outcome(engine, wish, version) if wish != seen else "at the end")
            together.wait()

    movers = [Thread(target=move, args=(seed,)) for seed in range(4)]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()

    answers = [told.get(timeout=20) for _ in range(4 * 6)]
    assert "refused" in answers
    moves = [(item.before["order"], item.after["order"]) for item in in_the_audit(session)]
    assert len(moves) == answers.count("saved")
    assert all(after == before for (_, after), (before, _) in pairwise(moves))
    assert list(present(session)) == moves[-1][1]
    assert look(engine)[1] == 1 + len(moves)


def newest_move(session: Session) -> Any:
    return last_move(the_list(session, None))


def look(engine):
    """The order and the version of the list."""
    with Session(engine) as own:
        whole = the_list(own, None)
        assert whole
        providers = [row.provider for row in listed(own, None, scope=EVERYTHING)]
        return order_of(providers), whole.version


def outcome(engine, wish, version):
    with session_for(engine) as own:
        try:
            save(own, *wish.entries, version=version)
        except Conflict:
            return "refused"
    return "saved"


def in_the_audit(session):
    return session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()


def test_partners_list_is_an_order_of_its_own(session, three):
    partner = a_partner(session)
    own = [str(a_provider(session, partner_id=partner.id).id) for _ in range(2)]
    session.commit()

    reorder(
        session,
        OPERATOR,
        order=Order((own[1], own[0], DIVIDER)),
        version=1,
        now=NOON,
        partner_id=partner.id,
    )

    assert present(session) == (*three[:2], DIVIDER, three[2])


def test_support_may_not_reorder(session, three):
    with pytest.raises(NotAllowed):
        reorder(session, SUPPORT, order=Order(tuple(three)), version=1, now=NOON)


ORDERS = st.permutations(["1", "2", "3", DIVIDER]).map(lambda entries: Order(tuple(entries)))


@given(ORDERS, st.sampled_from(["1", "2", "3"]), st.sampled_from([-1, 1]))
def test_move_goes_one_place_and_back(order, entry, step):
    moved = order.moved(entry, step)

    assert sorted(moved.entries) == sorted(order.entries)
    if moved != order:
        assert moved.moved(entry, -step) == order


@given(ORDERS)
def test_move_at_either_end_changes_nothing(order):
    assert order.moved(order.entries[0], -1) == order
    assert order.moved(order.entries[-1], 1) == order


def test_move_across_the_divider_changes_the_service_type_only():
    order = Order(("1", "2", DIVIDER, "3"))

    down = order.moved("2", 1)

    assert down.entries == ("1", DIVIDER, "2", "3")
    assert order.placed()["2"] == (1, ServiceType.PRIMARY)
    assert down.placed()["2"] == (1, ServiceType.FALLBACK)


def test_stranger_is_not_moved():
    assert Order(("1", DIVIDER)).moved("7", 1).entries == ("1", DIVIDER)
