"""One-time links when two people use them at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from panel.services.refusals import NotFound
from panel.services.set_up import Newcomer, first_run_link, use_link
from panel.storage.database import session_for
from panel.storage.models import AuditEvent, SetupLink, User
from tests.factories.moments import NOON
from tests.factories.people import PASSWORD


def new_token(session) -> str:
    """The token in a new first-run link."""
    link = first_run_link(session, base_url="", now=NOON)
    assert link
    return link.rpartition("/")[2]


def test_first_operator_is_created_once_by_many_at_once(engine, session):
    token = new_token(session)
    together = Barrier(4)

    def use(number: int) -> bool:
        newcomer = Newcomer(password=PASSWORD, email=f"user{number}@house.test")
        together.wait(timeout=30)
        with session_for(engine) as own:
            try:
                use_link(own, token, newcomer=newcomer, address="", user_agent="", now=NOON)
            except NotFound:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(use, range(4)))

    assert won.count(True) == 1
    assert session.scalar(select(func.count()).select_from(User)) == 1


def test_token_of_a_link_is_kept_as_a_hash_only(session):
    token = new_token(session)

    row = session.scalars(select(SetupLink)).one()
    assert len(token) >= 43
    assert row.token_hash != token


def test_use_of_a_link_is_audited_with_the_address_it_came_from(session):
    newcomer = Newcomer(password=PASSWORD, email="kim@house.test")

    use_link(
        session, new_token(session), newcomer=newcomer, address="192.0.2.7", user_agent="", now=NOON
    )

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.action, event.address) for event in events] == [
        ("user.added", "192.0.2.7"),
        ("user.password_set", "192.0.2.7"),
    ]
