"""The conversations that lead from an open connection to one that takes mail, in their order.

The sender runs them one after another; the live test runs the same ones and shows each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from panel.domain.outcome import Fault, Stage
from panel.domain.provider import Encryption
from panel.domain.reply import Reply
from panel.drivers.contract import Account
from panel.drivers.smtp.conversation import Conversation, Say, Secure, refusal
from panel.drivers.smtp.extensions import Extensions
from panel.drivers.smtp.login import choose, is_unknown_mechanism, log_in
from panel.drivers.smtp.session import Session
from panel.drivers.trouble import Trouble

_PERMANENT = 5
_CLIENT_NAME = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")


@dataclass(frozen=True, slots=True)
class Passed:
    """A step succeeded; `detail` in technical English."""

    detail: str = ""
    reply: Reply | None = None


Opening = Callable[[Session, Account], Conversation[Passed | Trouble]]


@dataclass(frozen=True, slots=True)
class OpeningStep:
    """One step; `reason_to_skip` is empty when it is needed."""

    name: str
    run: Opening
    reason_to_skip: Callable[[Account], str]


def banner(session: Session, account: Account) -> Conversation[Passed | Trouble]:
    """Waits for the 220 of the server (RFC 5321 section 3.1)."""
    del session, account
    return (yield from _expect(b"", Stage.BANNER))


def ehlo(session: Session, account: Account) -> Conversation[Passed | Trouble]:
    """Greets and learns the extensions; HELO only where nothing depends on extensions."""
    is_name = _CLIENT_NAME.fullmatch(account.client_name)
    name = account.client_name.encode() if is_name else b"localhost"
    answer = yield from _expect(b"EHLO " + name, Stage.EHLO)
    if isinstance(answer, Passed) and answer.reply is not None:
        session.extensions = Extensions.read(answer.reply)
        return Passed(f"{len(session.extensions.lines)} extensions", answer.reply)
    if isinstance(answer, Trouble) and _may_fall_back(answer, account):
        return (yield from _expect(b"HELO " + name, Stage.EHLO))
    return answer


def starttls(session: Session, account: Account) -> Conversation[Passed | Trouble]:
    """Turns to TLS or gives up; nothing is ever sent in clear text instead (RFC 3207)."""
    del account
    if not session.extensions.offers("STARTTLS"):
        return Trouble(Stage.STARTTLS, Fault.STARTTLS_MISSING, "STARTTLS is not offered")
    answer = yield from _expect(b"STARTTLS", Stage.STARTTLS)
    if isinstance(answer, Trouble):
        return answer
    heard = yield Secure()
    return heard.trouble or answer


def auth(session: Session, account: Account) -> Conversation[Passed | Trouble]:
    """Logs in with the best mechanism that both sides know."""
    if account.encryption is not Encryption.NONE and not session.is_encrypted:
        return Trouble(Stage.AUTH, Fault.TLS, "No login without encryption")
    offered = session.extensions.mechanisms
    refused = Trouble(Stage.AUTH, Fault.AUTH_MISSING, _no_mechanism(offered))
    for mechanism in choose(offered, is_encrypted=session.is_encrypted):
        session.mechanism = mechanism
        answer = yield from log_in(
            session, mechanism, username=account.username, secret=account.secret
        )
        if isinstance(answer, Reply):
            return Passed(mechanism, answer)
        refused = answer
        if not is_unknown_mechanism(refused):
            break
    return refused


def _expect(command: bytes, stage: Stage) -> Conversation[Passed | Trouble]:
    """One exchange that must be answered with 2yz; an empty command only waits."""
    heard = yield Say(command + b"\r\n" if command else b"", (stage,))
    if heard.trouble is not None:
        return heard.trouble
    reply = heard.replies[0]
    return refusal(stage, reply) or Passed(reply=reply)


def _may_fall_back(trouble: Trouble, account: Account) -> bool:
    is_refused = trouble.reply is not None and trouble.reply.code // 100 == _PERMANENT
    return is_refused and not account.username and account.encryption is not Encryption.TLS


def _no_mechanism(offered: tuple[str, ...]) -> str:
    if not offered:
        return "The server offers no login"
    return f"The server offers only {' '.join(offered)}"


def _always(account: Account) -> str:
    del account
    return ""


def _no_starttls(account: Account) -> str:
    if account.encryption is Encryption.TLS:
        return ""
    return "Encrypted from the start" if account.encryption is Encryption.SSL else "No encryption"


def _no_login(account: Account) -> str:
    return "" if account.username else "No username is set"


OPENING = (
    OpeningStep("banner", banner, _always),
    OpeningStep("ehlo", ehlo, _always),
    OpeningStep("starttls", starttls, _no_starttls),
    OpeningStep("ehlo_tls", ehlo, _no_starttls),
    OpeningStep("auth", auth, _no_login),
)
"""What is done on a new connection, in order."""
