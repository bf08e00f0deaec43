"""Mail of a partner: through its own servers, then the house's where they take over."""

import socket

import pytest
from sqlalchemy import select

from panel.domain.delivery import DeliveryState
from panel.domain.provider import ServiceType
from panel.storage.models import Attempt, Delivery
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.kit.ports import free_port


@pytest.fixture
def house(session, make_smtp_server):
    server = make_smtp_server()
    a_provider(session, name="house", port=server.port)
    return server


@pytest.fixture
def own(session, make_smtp_server):
    """Makes a server of a partner."""

    def own(partner, service_type=ServiceType.PRIMARY, **overrides):
        server = make_smtp_server()
        values = {"port": server.port, "from_email": "post@acme.test", "from_name": ""}
        a_provider(
            session, partner_id=partner.id, service_type=service_type, **(values | overrides)
        )
        return server

    return own


def state(session, delivery):
    session.rollback()
    session.expire_all()
    found = session.get_one(Delivery, delivery).state
    session.rollback()
    return found


def test_the_own_server_comes_first_and_replaces_what_is_not_its_own_from(
    session, house, own, mail, rounds
):
    acme = a_partner(session)
    main, fallback = own(acme), own(acme, ServiceType.FALLBACK)
    header = b"From: boss@house.test\r\nSubject: Your order\r\n"
    mail(message={"partner_id": acme.id, "from_email": "boss@house.test", "header": header})

    rounds()

    assert [len(server.mails) for server in (main, fallback, house)] == [1, 0, 0]
    assert main.mails[0].reverse_path == "post@acme.test"


def test_the_own_fallback_comes_before_the_house(session, house, own, mail, rounds):
    acme = a_partner(session)
    own(acme, port=free_port())
    fallback = own(acme, ServiceType.FALLBACK)
    mail(message={"partner_id": acme.id})

    rounds()

    assert [len(server.mails) for server in (fallback, house)] == [1, 0]


def test_the_house_takes_over_where_it_may(session, house, own, mail, rounds):
    one, other = a_partner(session), a_partner(session, may_use_house=False)
    for partner in (one, other):
        own(partner, port=free_port())
    taken = mail(message={"partner_id": one.id})
    waiting = mail(message={"partner_id": other.id})

    rounds()

    assert len(house.mails) == 1
    assert state(session, taken) is DeliveryState.SENT
    assert state(session, waiting) in {DeliveryState.DEFERRED, DeliveryState.HELD}


def test_nobody_elses_mail_goes_through_a_partners_server(session, house, own, mail, rounds):
    acme, other = a_partner(session), a_partner(session)
    server = own(acme)
    mail(message={"partner_id": other.id})
    mail()

    rounds()

    assert [len(at.mails) for at in (server, house)] == [0, 2]


def test_mail_of_a_partner_that_was_shut_out_is_still_sent(session, own, mail, rounds):
    acme = a_partner(session, is_enabled=False)
    server = own(acme)
    mail(message={"partner_id": acme.id})

    rounds()

    assert len(server.mails) == 1


def test_a_name_that_moves_inside_is_not_followed_by_a_later_mail(
    session, house, own, mail, rounds, monkeypatch
):
    acme = a_partner(session)
    server = own(acme, host="moving.test")
    answers = iter(["127.0.0.1", "10.0.0.5"])
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        if host != "moving.test":
            return real(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    mail(message={"partner_id": acme.id})
    rounds()
    mail(message={"partner_id": acme.id})
    rounds()

    assert [len(at.mails) for at in (server, house)] == [1, 1]
    session.rollback()
    rules = session.scalars(select(Attempt.rule).order_by(Attempt.id))
    assert list(rules) == ["accepted", "address_blocked", "accepted"]
