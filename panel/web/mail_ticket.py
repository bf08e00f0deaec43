"""The story of a mail as plain text, for a ticket or a letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from flask_babel import gettext as _

from panel.domain.delivery import AttemptStatus
from panel.domain.transcript import Line
from panel.services.messages import Mail
from panel.web.explanations import Explanation
from panel.web.labels import DELIVERY_STATES
from panel.web.mail_story import Told, Try
from panel.web.mail_talk import event_words
from panel.web.visible import visible

Talks = Mapping[int, Sequence[Line]]
"""What was said, by the numbers of the attempts."""


def ticket(
    mail: Mail,
    lines: Sequence[Try | Told],
    words: Explanation | None,
    *,
    talks: Talks = MappingProxyType({}),
) -> str:
    """What is known of the opened delivery, line by line; times in UTC, to the millisecond as logs
    of servers have them.
    """
    return "\n".join(visible(line) for line in _lines(mail, lines, words, talks))


def _lines(
    mail: Mail, lines: Sequence[Try | Told], words: Explanation | None, talks: Talks
) -> Iterator[str]:
    opened, summary = mail.opened, mail.summary
    yield _named(_("Subject"), summary.subject)
    yield _named(_("To"), opened.recipient)
    yield _named(_("Message-ID"), summary.rfc_message_id)
    yield _named(_("Queue ID"), opened.id)
    yield _named(_("Status"), DELIVERY_STATES[opened.state])
    if words is not None and mail.taken is None:
        yield _named(_("Reason"), words.cause)
        yield _named(_("Next step"), words.advice)
    yield ""
    yield _at(summary.created_at, _("Accepted"))
    for line in lines:
        yield _at(line.at, _told(line) if isinstance(line, Told) else _tried(line))
        if isinstance(line, Try):
            yield from map(_said, talks.get(line.attempt.number, ()))


def _said(line: Line) -> str:
    return f"    {line.who}: {line.text}" if line.who else f"    {event_words(line)}"


def _named(name: str, value: object) -> str:
    return f"{name}: {value}"


def _at(at: datetime, what: str) -> str:
    moment = at.astimezone(UTC).replace(tzinfo=None)
    return f"{moment.isoformat(' ', 'milliseconds')} UTC {what}"


def _tried(line: Try) -> str:
    attempt = line.attempt
    name = attempt.provider_name or _("the house")
    if attempt.status is AttemptStatus.SUCCESS:
        taken = _("Taken by %(name)s", name=name)
        return _named(taken, attempt.said) if attempt.said else taken
    if attempt.status is AttemptStatus.IN_PROGRESS:
        return str(_("In progress at %(name)s", name=name))
    tried, cause = _("Tried %(name)s.", name=name), _("It did not work.")
    refused = f"{tried} {line.words.cause if line.words else cause}"
    return f"{refused} ({attempt.said})" if attempt.said else refused


def _told(line: Told) -> str:
    note = f" – {line.note}" if line.note else ""
    return f"{line.what} {line.who}{note}"
