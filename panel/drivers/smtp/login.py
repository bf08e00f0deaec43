"""SASL mechanisms: PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), and which of them is chosen."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.smtp.conversation import Conversation, Say, refusal
from panel.drivers.smtp.session import Session
from panel.drivers.trouble import Trouble

MASK = "********"
_LONGEST_COMMAND = 512
_UNKNOWN_MECHANISM = 504
_ENCRYPTED_ORDER = ("PLAIN", "LOGIN", "CRAM-MD5")
_CLEAR_ORDER = ("CRAM-MD5", "PLAIN", "LOGIN")


def choose(offered: tuple[str, ...], *, is_encrypted: bool) -> tuple[str, ...]:
    """The offered mechanisms that we know, best first; in clear text the challenge comes first."""
    order = _ENCRYPTED_ORDER if is_encrypted else _CLEAR_ORDER
    return tuple(name for name in order if name in offered)


def log_in(
    session: Session, mechanism: str, *, username: str, secret: str
) -> Conversation[Reply | Trouble]:
    """Runs one mechanism; the positive reply, or what stood in the way."""
    if "\x00" in username + secret:
        return Trouble(Stage.AUTH, Fault.SECRET, "A NUL cannot be part of username or password")
    session.scrub = scrubber(username, secret)
    user, password = username.encode(), secret.encode()
    if mechanism == "PLAIN":
        return (yield from _plain(user, password))
    if mechanism == "LOGIN":
        return (yield from _login(user, password))
    return (yield from _cram_md5(user, password))


def is_unknown_mechanism(trouble: Trouble) -> bool:
    """Whether the server refused the mechanism, not the login (RFC 4954 section 4)."""
    return trouble.reply is not None and trouble.reply.code == _UNKNOWN_MECHANISM


def scrubber(username: str, secret: str) -> Callable[[Reply], Reply]:
    """Replaces the secret, plain and as it is sent, in whatever a server says."""
    forms = [secret, _b64(secret.encode()), _b64(_plain_message(username, secret))]
    masked = [form for form in forms if form]

    def scrub(reply: Reply) -> Reply:
        lines = reply.lines
        for form in masked:
            lines = tuple(line.replace(form, MASK) for line in lines)
        return Reply(reply.code, lines)

    return scrub


def _plain(user: bytes, password: bytes) -> Conversation[Reply | Trouble]:
    message = _b64(b"\0" + user + b"\0" + password)
    command = f"AUTH PLAIN {message}"
    if len(command) + 2 <= _LONGEST_COMMAND:
        return (yield from _last(command, f"AUTH PLAIN {MASK}"))
    challenge = yield from _ask("AUTH PLAIN")
    if isinstance(challenge, Trouble):
        return challenge
    return (yield from _last(message, MASK))


def _login(user: bytes, password: bytes) -> Conversation[Reply | Trouble]:
    for command, shown in (("AUTH LOGIN", "AUTH LOGIN"), (_b64(user), MASK)):
        challenge = yield from _ask(command, shown)
        if isinstance(challenge, Trouble):
            return challenge
    return (yield from _last(_b64(password), MASK))


def _cram_md5(user: bytes, password: bytes) -> Conversation[Reply | Trouble]:
    challenge = yield from _ask("AUTH CRAM-MD5")
    if isinstance(challenge, Trouble):
        return challenge
    try:
        nonce = base64.b64decode("".join(challenge.lines).strip(), validate=True)
    except (binascii.Error, ValueError):
        yield Say(b"*\r\n", (Stage.AUTH,))
        return Trouble(Stage.AUTH, Fault.PROTOCOL, "The challenge is not base64", challenge)
    digest = hmac.new(password, nonce, "md5").hexdigest()
    return (yield from _last(_b64(user + b" " + digest.encode()), MASK))


def _ask(command: str, shown: str = "") -> Conversation[Reply | Trouble]:
    """One exchange that must be answered with 334."""
    return (yield from _exchange(command, shown, wanted=3))


def _last(command: str, shown: str) -> Conversation[Reply | Trouble]:
    """The exchange that decides."""
    return (yield from _exchange(command, shown, wanted=2))


def _exchange(command: str, shown: str, *, wanted: int) -> Conversation[Reply | Trouble]:
    heard = yield Say(command.encode() + b"\r\n", (Stage.AUTH,), shown)
    if heard.trouble is not None:
        return heard.trouble
    reply = heard.replies[0]
    return refusal(Stage.AUTH, reply, wanted=wanted) or reply


def _plain_message(username: str, secret: str) -> bytes:
    return b"\0" + username.encode() + b"\0" + secret.encode()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
