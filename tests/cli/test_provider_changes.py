"""Switching, moving, copying and deleting providers by commands, with the rules of the panel."""

import pytest

from panel.cli import main
from panel.domain.provider import ServiceType
from panel.storage.models import AuditEvent, Provider
from tests.cli.test_provider import environment
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

__all__ = ["environment"]


@pytest.fixture
def pair(session, vault):
    """An active provider and an inactive, untested one with a password."""
    a_provider(session, name="first")
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    a_provider(session, name="second", is_active=False, verified=False, **login)
    session.commit()


def stored(session):
    session.expire_all()
    found = session.query(Provider).filter_by(deleted_at=None).order_by(Provider.position).all()
    session.commit()
    return found


def test_untested_provider_needs_a_reason(pair, session, capsys):
    assert main(["provider", "activate", "2"]) == 2
    assert "Test the connection first" in capsys.readouterr().err

    assert main(["provider", "activate", "2", "--reason", "Night shift."]) == 0

    assert stored(session)[1].is_active
    event = session.query(AuditEvent).one()
    assert event.after == {"is_active": True, "override_reason": "Night shift."}


def test_last_active_provider_is_neither_switched_off_nor_deleted(pair, session, capsys):
    assert main(["provider", "deactivate", "1"]) == 2
    assert main(["provider", "delete", "1", "--yes"]) == 2

    assert capsys.readouterr().err.count("This is the last active provider") == 2
    assert stored(session)[0].is_active


def test_provider_moves_one_place_and_across_the_line(pair, session, capsys):
    assert main(["provider", "move", "2", "up"]) == 0
    assert main(["provider", "move", "1", "down"]) == 0

    assert [p.name for p in stored(session)] == ["second", "first"]
    assert stored(session)[1].service_type is ServiceType.FALLBACK
    assert main(["provider", "move", "1", "down"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("It cannot go any further")


def test_copy_says_its_id_and_that_it_needs_its_password(pair, session, capsys):
    assert main(["provider", "duplicate", "2"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("second (copy) has the ID 3 and is inactive. It needs its password")
    assert [p.secret is None for p in stored(session)] == [True, False, True]


def test_deletion_wants_to_be_meant(pair, session, capsys):
    assert main(["provider", "delete", "2"]) == 2
    assert capsys.readouterr().err == "postroom: Repeat this with --yes to delete second.\n"
    assert len(stored(session)) == 2

    assert main(["provider", "delete", "2", "--yes"]) == 0

    assert [p.name for p in stored(session)] == ["first"]
