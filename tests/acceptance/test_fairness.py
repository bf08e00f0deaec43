"""Ten thousand mails in the queue hold up neither a system mail nor another partner's."""

import pytest

from panel.domain.delivery import Stream
from tests.factories.people import a_partner

QUEUED = 10_000
AHEAD = 500
"""Mails that may still leave before one that was handed in later: what a worker has in hands."""


@pytest.fixture
def server(scene):
    """The one provider: slow enough for the queue to last."""
    return scene.provider("house", features={"latency_s": 0.005})


def fill(scene, stream, partner_id=None):
    """A long queue, being sent."""
    for _ in range(QUEUED // 1000):
        scene.intake.put(scene.engine, stream, 1000, partner_id=partner_id)
    scene.worker()


def place_of(server, recipient):
    """How many mails the server had taken before this one; None while it has not come."""
    found = (i for i, mail in enumerate(list(server.ledger.mails)) if recipient in mail.recipients)
    return next(found, None)


def wait_for(server, recipient):
    """How many mails the server had taken before this one, once it is there."""
    server.ledger.wait_until(
        lambda: place_of(server, recipient) is not None, f"No mail to {recipient}", 60
    )
    return place_of(server, recipient)


def put(scene, stream, **owner):
    """One mail; its recipient."""
    (delivery_id,) = scene.intake.put(scene.engine, stream, **owner)
    return scene.intake.accepted[delivery_id]


def test_system_mail_overtakes_ten_thousand_campaign_mails(scene, server):
    fill(scene, Stream.CAMPAIGNS)
    server.wait_for(50, timeout_s=60)

    recipient = put(scene, Stream.SYSTEM)
    before = len(server.mails)

    assert wait_for(server, recipient) - before <= AHEAD


def test_campaigns_go_on_while_system_mail_keeps_coming(scene, server):
    fill(scene, Stream.CAMPAIGNS)
    server.wait_for(50, timeout_s=60)
    keep_coming(scene, server, 300)  # what the worker had in its hands has left
    before = len(server.mails)
    keep_coming(scene, server, 800)

    assert len(arrived(server, before, Stream.CAMPAIGNS)) >= 40


def keep_coming(scene, server, count):
    """Has always some hundred system mails waiting until so many more have arrived."""
    before = len(server.mails)
    scene.intake.put(scene.engine, Stream.SYSTEM, 400)
    while len(arrived(server, before, Stream.SYSTEM)) < count:
        scene.intake.put(scene.engine, Stream.SYSTEM, 200)
        server.wait_for(len(server.mails) + 200, timeout_s=60)


def arrived(server, before, stream):
    """The mails of a stream that came after the first `before` mails."""
    mails = server.mails[before:]
    return [mail for mail in mails if mail.recipients[0].startswith(stream.value)]


def test_another_partners_mail_overtakes_ten_thousand_of_one(scene, session, server):
    one, other = a_partner(session), a_partner(session)
    session.commit()
    fill(scene, Stream.CRM, one.id)
    server.wait_for(50, timeout_s=60)

    recipient = put(scene, Stream.CRM, partner_id=other.id)
    before = len(server.mails)

    assert wait_for(server, recipient) - before <= AHEAD
