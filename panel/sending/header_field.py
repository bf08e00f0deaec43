"""Header fields as they go over the wire: encoded words (RFC 2047), quoting and folding.

Values must have been checked: what is written here holds no control characters.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from panel.domain.sender_rule import Mailbox
from panel.sending.address import wire_address

LINE_CHARACTERS = 76
"""Beyond this a line is folded where it can be; the limit of lines with encoded words (RFC 2047
section 2), a little below the one of all others (78, RFC 5322 section 2.1.1)."""
LONGEST_LINE = 998
"""No line may be longer than this, without its CRLF (RFC 5322 section 2.1.1)."""
_WORD_ROOM = 60
"""Characters for an encoded word in front of which something may stand."""
_FRAME = len("=?utf-8?q??=")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""What stands for itself in Q even within a display name (RFC 2047 section 5)."""
_Q = [chr(octet) if octet in _SAFE else f"={octet:02X}" for octet in range(256)]
_Q[ord(" ")] = "_"


def text_field(name: str, value: str, *, is_opaque: bool = False) -> bytes:
    """An unstructured field with its CRLF, encoded where it is not plain ASCII.

    `is_opaque`: an ASCII value is only folded, never encoded, as its syntax is not known here.
    """
    if is_opaque and value.isascii():
        return _fold(name, _pieces(value))
    if _is_plain(value):
        return _fold(name, _pieces(value))
    room = max(LINE_CHARACTERS - len(name) - 2, _WORD_ROOM)
    return _fold(name, (f" {word}" for word in encoded_words(value, room)))


def address_field(name: str, mailboxes: Iterable[Mailbox]) -> bytes:
    """A field such as To or From with its CRLF; the mailboxes are separated by commas."""
    items = [_mailbox_pieces(mailbox) for mailbox in mailboxes]
    for item in items[:-1]:
        item[-1] += ","
    return _fold(name, (f" {piece}" for item in items for piece in item))


def fixed_field(name: str, value: str) -> bytes:
    """A field that is written as it is, on one line, with its CRLF."""
    return f"{name}: {value}\r\n".encode()


def encoded_words(text: str, room: int) -> Iterator[str]:
    """`text` as encoded words of at most `room` characters each, split between characters."""
    octets = text.encode()
    is_q = sum(len(_Q[octet]) for octet in octets) <= (len(octets) + 2) // 3 * 4
    encode = _q_word if is_q else _b_word
    room = min(room, 75) - _FRAME
    start, used = 0, 0
    for position, character in enumerate(text):
        cost = _cost(character, is_q=is_q)
        limit = room if is_q else room // 4 * 3
        if used + cost > limit:
            yield encode(text[start:position])
            start, used = position, 0
        used += cost
    yield encode(text[start:])


def _cost(character: str, *, is_q: bool) -> int:
    octets = character.encode()
    return sum(len(_Q[octet]) for octet in octets) if is_q else len(octets)


def _q_word(text: str) -> str:
    return f"=?utf-8?q?{''.join(_Q[octet] for octet in text.encode())}?="


def _b_word(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _is_plain(value: str) -> bool:
    """Whether a reader gets exactly `value` when it is written without encoding."""
    if not value.isascii() or "=?" in value or value != value.strip():
        return False
    return len(value) < _WORD_ROOM or max(map(len, value.split(" "))) < _WORD_ROOM


def _pieces(value: str) -> list[str]:
    """The words of a value, each with the spaces before it."""
    return re.findall(r" *[^ ]+", f" {value}")


def _mailbox_pieces(mailbox: Mailbox) -> list[str]:
    address = wire_address(mailbox.email)
    return [*_phrase(mailbox.name), f"<{address}>"] if mailbox.name else [address]


def _phrase(name: str) -> list[str]:
    """A display name: atoms, a quoted string, or encoded words (RFC 5322 section 3.2)."""
    if not name.isascii() or "=?" in name or len(name) > _WORD_ROOM:
        return list(encoded_words(name, _WORD_ROOM))
    if _ATOMS.fullmatch(name):
        return [name]
    return ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"']


def _fold(name: str, pieces: Iterable[str]) -> bytes:
    """Puts the pieces, each beginning with a space, on lines that are as full as may be."""
    lines: list[str] = []
    line = f"{name}:"
    for piece in pieces:
        is_full = len(line) + len(piece) > LINE_CHARACTERS
        if is_full and (lines or len(line) > len(name) + 1 or len(piece) <= LINE_CHARACTERS):
            lines.append(line)
            line = piece
        else:
            line += piece
    return "\r\n".join([*lines, line, ""]).encode()
