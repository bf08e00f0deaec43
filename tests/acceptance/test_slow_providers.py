"""Servers that never answer, beside others that do."""

from panel.domain.delivery import DeliveryState, Stream
from tests.factories.people import a_partner


def test_a_provider_that_never_answers_holds_up_nobody_elses_mail(scene):
    slow = scene.provider("slow", account_types=["system", "crm"])
    fast = scene.provider("fast", account_types=["campaigns", "customer_service"])
    slow.stall("data")
    scene.worker()
    scene.intake.put(scene.engine, Stream.SYSTEM, 300)
    scene.intake.put(scene.engine, Stream.CRM, 300)
    slow.wait_for_command("DATA", timeout_s=60)

    scene.intake.put(scene.engine, Stream.CAMPAIGNS, 150)
    scene.intake.put(scene.engine, Stream.CUSTOMER_SERVICE, 150)
    fast.wait_for(300, timeout_s=60)

    assert not slow.mails
    _bring_back(slow)
    scene.wait_for_quiet()
    assert scene.reckon().states[DeliveryState.SENT] == 900


def test_a_partners_broken_provider_holds_up_no_other_partner(scene, session):
    one, other = a_partner(session, may_use_house=False), a_partner(session)
    session.commit()
    scene.installation.environment["POSTROOM_PARTNER_EGRESS"] = "127.0.0.1/32:1-65535"
    broken = scene.provider("broken", partner_id=one.id)
    house = scene.provider("house")
    broken.stall("data")
    scene.worker()
    scene.intake.put(scene.engine, Stream.SYSTEM, 500, partner_id=one.id)
    broken.wait_for_command("DATA", timeout_s=60)

    scene.intake.put(scene.engine, Stream.CAMPAIGNS, partner_id=other.id)
    house.wait_for(1, timeout_s=60)

    assert not broken.mails
    _bring_back(broken)
    scene.wait_for_quiet()
    assert scene.reckon().states[DeliveryState.SENT] == 501


def _bring_back(server):
    """Ends the conversations that stand still; from now on it answers."""
    server.stop()
    server.heal()
    server.start()
