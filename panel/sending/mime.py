"""The body of a mail: its parts, how each is encoded, and how they are nested (RFC 2045, 2046).

Equal content gives equal bytes, boundaries included, so that a body sent to many is stored once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from panel.domain.submission import Attachment, Submission
from panel.sending.header_field import LINE_CHARACTERS, LONGEST_LINE, fixed_field

_NAME_ROOM = 50
"""Characters of a file name on one line."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a mail: the fields that describe it, and its encoded content."""

    fields: bytes
    """Content-Type and others, each with its CRLF."""
    content: bytes
    """With CRLF line ends."""


def body_of(submission: Submission) -> Part:
    """The whole body: text and HTML as alternatives, inline parts with the HTML, files last."""
    inline = [file for file in submission.attachments if file.content_id]
    files = [file for file in submission.attachments if not file.content_id]
    alternatives = []
    if submission.text is not None:
        alternatives.append(_text_part(submission.text, "plain"))
    if submission.html is not None:
        html = _text_part(submission.html, "html")
        alternatives.append(_group("related", [html, *map(_file_part, inline)]))
    whole = _group("mixed", [_group("alternative", alternatives), *map(_file_part, files)])
    return Part(whole.fields, _ended(whole.content))


def is_seven_bit(octets: bytes) -> bool:
    """Whether content with CRLF line ends may go out as it is (RFC 2045 section 2.7)."""
    if not octets.isascii() or b"\0" in octets:
        return False
    start = 0
    while len(octets) - start > LONGEST_LINE:
        # From the last line end within reach to the next: quicker than to look at every line.
        end = octets.rfind(b"\r\n", start, start + LONGEST_LINE + 2)
        if end < 0:
            return False
        start = end + 2
    return True


def with_crlf(octets: bytes) -> bytes:
    """The same lines, all ended by CRLF."""
    ended = octets.count(b"\r\n")
    if ended == octets.count(b"\n") and ended == octets.count(b"\r"):
        return octets
    unix = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return unix.replace(b"\n", b"\r\n")


def _text_part(text: str, subtype: str) -> Part:
    octets = _ended(with_crlf(text.encode()))
    charset = "us-ascii" if octets.isascii() else "utf-8"
    encoding, content = _encode(octets)
    fields = fixed_field("Content-Type", f"text/{subtype}; charset={charset}")
    return Part(fields + fixed_field("Content-Transfer-Encoding", encoding), content)


def _encode(octets: bytes) -> tuple[str, bytes]:
    """The name of the encoding and the encoded octets; the shorter one where there is a choice."""
    if is_seven_bit(octets):
        return "7bit", octets
    # With no line end in its input, b2a_qp would break lines by a bare LF; a text has one.
    printable = binascii.b2a_qp(octets, istext=True)
    if len(printable) <= len(octets) * 78 // 57:
        return "quoted-printable", printable
    return "base64", _base64(octets)


def _file_part(file: Attachment) -> Part:
    is_message = file.content_type.lower().startswith("message/")
    # A message may not be hidden in base64 (RFC 2046 section 5.2.1).
    content = with_crlf(file.content) if is_message else _base64(file.content)
    fields = [
        fixed_field("Content-Type", _wrapped(file.content_type)),
        fixed_field("Content-Transfer-Encoding", "7bit" if is_message else "base64"),
        _disposition(file),
    ]
    if file.content_id:
        fields.append(fixed_field("Content-ID", f"<{file.content_id}>"))
    return Part(b"".join(fields), content)


def _group(kind: str, parts: list[Part]) -> Part:
    """The parts as a multipart of this kind; a single one stays alone."""
    if len(parts) == 1:
        return parts[0]
    pieces = [piece for part in parts for piece in (part.fields, b"\r\n", part.content)]
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    # No encoding can give "=_" (RFC 2045 section 6.7), and no content knows its own hash.
    boundary = f"=_{digest.hexdigest()[:32]}"
    fields = fixed_field("Content-Type", f'multipart/{kind};\r\n boundary="{boundary}"')
    line = f"--{boundary}".encode()
    wire = [line + b"\r\n" + part.fields + b"\r\n" + part.content + b"\r\n" for part in parts]
    return Part(fields, b"".join([*wire, line, b"--\r\n"]))


def _disposition(file: Attachment) -> bytes:
    kind = "inline" if file.content_id else "attachment"
    if not file.filename:
        return fixed_field("Content-Disposition", kind)
    parameters = ";\r\n ".join([kind, *_filename_parameters(file.filename)])
    return fixed_field("Content-Disposition", parameters)


def _filename_parameters(name: str) -> list[str]:
    """A file name, in pieces with an explicit charset where needed (RFC 2231 sections 3, 4)."""
    if name.isascii() and len(name) <= _NAME_ROOM and name == name.strip():
        return ['filename="' + name.replace("\\", "\\\\").replace('"', '\\"') + '"']
    pieces = _escaped_pieces(name)
    if len(pieces) == 1:
        return [f"filename*={pieces[0]}"]
    return [f"filename*{number}*={piece}" for number, piece in enumerate(pieces)]


def _escaped_pieces(name: str) -> list[str]:
    """Percent-encoded, and cut between characters only: some readers decode piece by piece."""
    pieces = ["utf-8''"]
    for escaped in (quote(character, safe="") for character in name):
        if len(pieces[-1]) + len(escaped) > _NAME_ROOM:
            pieces.append("")
        pieces[-1] += escaped
    return pieces


def _wrapped(content_type: str) -> str:
    """A type whose parameters stand on lines of their own where one line is too short."""
    if len(content_type) <= LINE_CHARACTERS - len("Content-Type: "):
        return content_type
    return re.sub(r';\s*(?=[^";]+=)', ";\r\n ", content_type)


def _base64(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def _ended(octets: bytes) -> bytes:
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"
