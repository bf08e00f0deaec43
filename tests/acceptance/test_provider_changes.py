"""Providers are deleted, switched off and moved while mail is on its way to them."""

import pytest

from panel.domain.delivery import DeliveryState
from panel.storage.models import Delivery
from tests.acceptance import changes

MAILS = 400


@pytest.fixture
def first(scene):
    """The server that gets everything at first; another provider stands behind it."""
    server = scene.provider("first", features={"latency_s": 0.03})
    scene.provider("second")
    scene.worker()
    scene.intake.put_mixed(scene.engine, MAILS)
    server.wait_for(20, timeout_s=60)
    return server


def test_a_deleted_provider_gets_no_more_mail_and_none_is_lost(scene, first):
    changes.delete(scene, "first")
    scene.wait_for_quiet()
    before = len(first.mails)
    scene.intake.put_mixed(scene.engine, 100)
    scene.wait_for_quiet()

    assert len(first.mails) == before
    assert scene.reckon().states[DeliveryState.SENT] == MAILS + 100


def test_a_provider_that_is_switched_off_and_on_takes_mail_again(scene, first):
    changes.switch(scene, "first", on=False)
    scene.wait_for_quiet()
    while_off = len(first.mails)
    changes.switch(scene, "first", on=True)
    scene.intake.put_mixed(scene.engine, 100)
    scene.wait_for_quiet()

    assert while_off < MAILS
    assert len(first.mails) == while_off + 100
    reckoning = scene.reckon()
    assert reckoning.states[DeliveryState.SENT] == MAILS + 100
    assert reckoning.taken == MAILS + 100
    assert scene.count(Delivery.copies > 0) == 0


def test_mail_goes_to_the_new_host_of_a_provider_that_was_moved(scene, first):
    new = scene.server("first")

    assert changes.move(scene, "first", port=new.port)
    scene.wait_for_quiet()
    before = len(first.mails)
    scene.intake.put_mixed(scene.engine, 100)
    scene.wait_for_quiet()

    assert len(first.mails) == before
    assert len(new.mails) >= 100
    assert scene.reckon().states[DeliveryState.SENT] == MAILS + 100
