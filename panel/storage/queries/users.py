"""People and the one-time links by which they set a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from panel.domain.permission import Role
from panel.storage.models import Partner, SetupLink, User

_LONGEST_EMAIL = 254


def count_users(session: Session) -> int:
    """How many people there are, disabled ones included."""
    return session.scalar(select(func.count()).select_from(User)) or 0


def find_user(session: Session, user_id: int) -> User | None:
    """The user with this id."""
    return session.get(User, user_id)


def find_by_email(session: Session, email: str) -> User | None:
    """The user with this address, given in lower case."""
    return session.scalar(select(User).where(User.email == email))


def removed_email(email: str, user_id: int) -> str:
    """What stands in place of the address of a removed user: no address, so nobody can have it."""
    mark = f"~{user_id}"
    return email[: _LONGEST_EMAIL - len(mark)] + mark


def may_come_in(session: Session, user: User) -> bool:
    """Whether neither the user nor the user's partner is disabled."""
    if user.partner_id is None:
        return user.is_enabled
    partner = session.get(Partner, user.partner_id)
    return user.is_enabled and partner is not None and partner.is_enabled


def still_has_password(session: Session, user: User, stored: str | None) -> bool:
    """Whether the password hash is what it was when it was read; the row stays locked."""
    # A password may be changed while the hash of the old one is being computed.
    present = session.scalar(select(User.password_hash).where(User.id == user.id).with_for_update())
    return stored is not None and present == stored


def insert_user(session: Session, user: User) -> bool:
    """Adds a user; False when the address is taken, even by somebody quicker."""
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        return False
    return True


def enabled_operators(session: Session) -> list[User]:
    """All operators who can sign in; their rows stay locked until the transaction ends."""
    return list(
        session.scalars(
            select(User)
            .where(User.role == Role.OPERATOR, User.is_enabled)
            .order_by(User.id)
            .with_for_update()
        )
    )


def find_link(session: Session, token_hash: str, *, now: datetime) -> SetupLink | None:
    """The link of a token, unless it was used or is too old."""
    return session.scalar(
        select(SetupLink).where(
            SetupLink.token_hash == token_hash,
            SetupLink.used_at.is_(None),
            SetupLink.expires_at > now,
        )
    )


def use_link(session: Session, link_id: int, *, now: datetime) -> bool:
    """Uses a link up; False when somebody else did so first."""
    # The condition decides between two requests with the same link: one of them changes the row.
    used = session.scalars(
        update(SetupLink)
        .where(SetupLink.id == link_id, SetupLink.used_at.is_(None))
        .values(used_at=now)
        .returning(SetupLink.id)
    )
    return used.one_or_none() is not None


def void_links(session: Session, user_id: int | None, *, now: datetime) -> None:
    """Makes the unused links of a user useless; None stands for the first operator's."""
    session.execute(
        update(SetupLink)
        .where(SetupLink.user_id.is_not_distinct_from(user_id), SetupLink.used_at.is_(None))
        .values(used_at=now)
    )
