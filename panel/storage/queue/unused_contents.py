"""Contents that no mail refers to: removed with the last mail, and looked for among all.

A look finds what a deletion has left, for example one of a version that did not remove contents.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select

from panel.storage.database import Session
from panel.storage.models import Content, Message

_PLAIN: dict[str, Any] = {"execution_options": {"synchronize_session": False}}


@dataclass(frozen=True, slots=True)
class Unused:
    """Contents without mail, and the digest behind which to look on; None: that was the end."""

    digests: tuple[bytes, ...]
    after: bytes | None


def find_unused(session: Session, *, after: bytes, most: int) -> Unused:
    """Looks through up to `most` contents behind a digest, by indexes alone; writes nothing."""
    some = select(Content.digest).where(Content.digest > after)
    digests = session.scalars(some.order_by(Content.digest).limit(most)).all()
    if not digests:
        return Unused((), None)
    portion = Content.digest > after, Content.digest <= digests[-1]
    found = tuple(session.scalars(select(Content.digest).where(*portion, _is_unused())))
    return Unused(found, digests[-1] if len(digests) == most else None)


def remove_unused(session: Session, digests: Collection[bytes]) -> int:
    """Removes those of the contents that no mail refers to; the caller commits.

    Of two that delete the last mails of a content at once, the later one waits and sees it. A
    content that is just being stored again with a mail is left: its row is locked by that, or the
    mail is seen by the last look.
    """
    mine = select(Content.digest).where(Content.digest.in_(digests)).order_by(Content.digest)
    session.execute(mine.with_for_update(key_share=True))  # mail that comes in is not kept waiting
    unused = mine.where(_is_unused()).with_for_update(skip_locked=True)
    locked = list(session.scalars(unused))
    gone = delete(Content).where(Content.digest.in_(locked), _is_unused())
    return session.execute(gone, **_PLAIN).rowcount  # type: ignore[attr-defined, no-any-return]


def _is_unused() -> ColumnElement[bool]:
    return ~exists().where(Message.content_digest == Content.digest)
