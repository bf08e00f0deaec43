"""A mail with all that a mail can have, and what of it stands in a request."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from pathlib import Path
from typing import Any

from panel.domain.delivery import Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Attachment, Submission
from panel.drivers.contract import Parcel
from panel.drivers.http.vendor import Vendor
from panel.sending.compose import compose
from tests.drivers.vendors.samples import samples
from tests.fakes.http_server import Asked

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
REPORT = "Ölçüm;1\r\n".encode() * 50
TO, CC, BCC = "anna@there.test", "cem@there.test", "gizli@elsewhere.test"
INLINE = "logo@house.test"
NAMES = ("Anna, “Ö”",)
PIECES = (
    "Börse ve Çarşı",
    "post@house.test",
    "Anna, “Ö”",
    TO,
    "Cem Ç",
    CC,
    BCC,
    "cevap@house.test",
    "Merhaba dünya – ✓",
    "Düz metin ğüşiöç",
    "<p>Zengin metin ğüşiöç",
    "rapor ölçüm.csv",
    "logo.png",
    INLINE,
    "X-Kampanya",
    "yaz-2026",
    "List-Unsubscribe",
)
"""Each of them has to be found in the request, wherever the vendor wants it."""


def a_rich_parcel(*, with_inline: bool = True) -> Parcel:
    """Three recipients, one of them hidden; text, HTML, a file, own fields, and a picture that is
    inline or another file."""
    submission = Submission(
        stream=Stream.SYSTEM,
        sender=Mailbox("post@house.test", "Börse ve Çarşı"),
        to=(Mailbox(TO, "Anna, “Ö”"),),
        cc=(Mailbox(CC, "Cem Ç"),),
        bcc=(Mailbox(BCC),),
        reply_to=(Mailbox("cevap@house.test", "Cevap"),),
        subject="Merhaba dünya – ✓",
        text="Düz metin ğüşiöç\nİkinci satır\n",
        html='<p>Zengin metin ğüşiöç <img src="cid:logo@house.test"></p>',
        headers=(
            ("X-Kampanya", "yaz-2026"),
            ("List-Unsubscribe", "<https://house.test/unsubscribe>"),
        ),
        attachments=(
            Attachment("logo.png", "image/png", PICTURE, "logo@house.test" if with_inline else ""),
            Attachment("rapor ölçüm.csv", "text/csv; charset=utf-8", REPORT),
        ),
        source="test",
    )
    date = datetime(2026, 11, 20, 12, tzinfo=UTC)
    composed = compose(submission, message_id="01JABCDEFGHJKMNPQRSTVWXYZ0", date=date)
    return Parcel("post@house.test", (TO, CC, BCC), composed.header, composed.body)


def rich_parcel_for(vendor: Vendor) -> Parcel:
    """With all that the vendor's API has a place for."""
    return a_rich_parcel(with_inline=samples(vendor.name).get("takes_inline", True))


def pieces_for(vendor: Vendor) -> list[str]:
    """Those that the vendor's API has a place for, as they look there."""
    known = samples(vendor.name)
    pieces = [each for each in PIECES if each != INLINE or known.get("takes_inline", True)]
    if not known.get("names_inline_files", True):
        pieces.remove("logo.png")
    if known.get("takes_commas_in_names", True):
        return pieces
    return [each.replace(",", "") if each in NAMES else each for each in pieces]


@cache
def contract(name: str) -> dict[str, Any]:
    """What the vendor's description says of the call that sends."""
    path = Path(__file__).with_name("contracts") / f"{name}.json"
    made: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return made


def value_of(asked: Asked) -> Any:
    """The body as the vendor reads it: JSON, or the fields of a form with all their values."""
    kind = asked.headers["content-type"]
    if kind.startswith("application/json"):
        return asked.json
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    form: Any = BytesParser(policy=HTTP).parsebytes(head + asked.body)
    fields: dict[str, list[str]] = {}
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        fields.setdefault(name, []).append(_payload(part).decode("utf-8", "surrogateescape"))
    return fields


def _payload(part: Any) -> bytes:
    """A mail inside a form is given as its bytes."""
    if part.get_content_maintype() == "message":
        part = part.get_payload(0)
        made: bytes = part.as_bytes(policy=HTTP.clone(max_line_length=None))
        return made
    octets: bytes = part.get_payload(decode=True)
    return octets


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a JSON value, names included."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, str):
        yield _plain(value)


def _plain(text: str) -> str:
    """Without the encoding of header fields (RFC 2047), which some vendors are given names in."""
    return str(make_header(decode_header(text))) if text.startswith("=?utf-8?") else text


def files_in(value: Any) -> set[bytes]:
    """Everything that is base64 and decodes."""
    found = set()
    for text in texts_in(value):
        try:
            found.add(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            continue
    return found
