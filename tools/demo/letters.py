"""Mails for the demo: who they are from, to whom, and what they say."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from panel.domain.delivery import Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Attachment, Submission

DOMAIN = "northwind.example"
"""Of the house."""
PEOPLE: tuple[tuple[str, str], ...] = (
    ("Ada Brown", "ada.brown@example.com"),
    ("Ayşe Yılmaz", "ayse.yilmaz@example.com"),
    ("Björn Åkesson", "bjorn.akesson@example.net"),
    ("Chloé Lefèvre", "chloe.lefevre@example.org"),
    ("Dilan Öztürk", "dilan.ozturk@example.net"),
    ("Emeka Okafor", "emeka.okafor@example.com"),
    ("François Noël", "francois.noel@example.org"),
    ("Grace Kim", "grace.kim@example.net"),
    ("Γιώργος Παππάς", "giorgos.pappas@example.org"),
    ("Hanna Weiß", "hanna.weiss@example.com"),
    ("Ivan Петров", "ivan.petrov@example.net"),
    ("Jürgen Müller", "j.mueller@bücher.example"),
    ("李小龍", "li.xiaolong@example.com"),
    ("Łukasz Żak", "lukasz.zak@example.org"),
    ("María José Peña", "mj.pena@example.com"),
    ("Niamh O’Connor", "niamh.oconnor@example.net"),
    ("Oğuz Şahin", "oguz.sahin@example.com"),
    ("Priya Raman", "priya.raman@example.org"),
    ("佐藤 花子", "hanako.sato@example.net"),
    ("Zoë van den Berg", "zoe.vandenberg@example.org"),
)
SUBJECTS: dict[Stream, tuple[str, ...]] = {
    Stream.SYSTEM: (
        "Your sign-in code",
        "Reset your password",
        "Confirm your e-mail address",
        "New sign-in from another device",
        "Giriş kodunuz",
        "Ihr Anmeldecode",
    ),
    Stream.CUSTOMER_SERVICE: (
        "Re: Where is my order {number}?",
        "Your ticket {number} has been answered",
        "Return label for order {number}",
        "Re: Fatura {number} hakkında",
        "Votre demande {number} a bien été reçue",
    ),
    Stream.CRM: (
        "Your offer {number}",
        "Meeting on Thursday",
        "Teklifiniz hazır: {number}",
        "Contract {number} for signature",
        "ご契約内容の確認 {number}",
    ),
    Stream.CAMPAIGNS: (
        "Autumn sale: 20 % on everything",
        "What is new in November",
        "Kasım fırsatları başladı",
        "Nur noch heute: versandkostenfrei",
        "🎁 A present for your birthday",
    ),
}
SENDERS: dict[Stream, Mailbox] = {
    Stream.SYSTEM: Mailbox(f"no-reply@{DOMAIN}", "Northwind"),
    Stream.CUSTOMER_SERVICE: Mailbox(f"help@{DOMAIN}", "Northwind Help"),
    Stream.CRM: Mailbox(f"sales@{DOMAIN}", "Northwind Sales"),
    Stream.CAMPAIGNS: Mailbox(f"news@{DOMAIN}", "Northwind News"),
}
SHARES = {
    Stream.SYSTEM: 40,
    Stream.CUSTOMER_SERVICE: 25,
    Stream.CRM: 12,
    Stream.CAMPAIGNS: 23,
}


@dataclass(frozen=True, slots=True)
class Owner:
    """In whose name a mail comes in."""

    application_id: int
    partner_id: int | None = None
    domain: str = DOMAIN
    name: str = ""


def a_stream(chance: random.Random) -> Stream:
    """As often as its share says."""
    return chance.choices(list(SHARES), weights=list(SHARES.values()))[0]


def a_person(chance: random.Random) -> Mailbox:
    """Somebody; a number behind a `+` makes many of few."""
    name, address = chance.choice(PEOPLE)
    local, _, domain = address.partition("@")
    number = chance.randrange(400)
    return Mailbox(f"{local}+{number}@{domain}" if number > 40 else address, name)


def a_letter(
    chance: random.Random,
    stream: Stream,
    to: tuple[Mailbox, ...],
    *,
    owner: Owner,
    cc: tuple[Mailbox, ...] = (),
    send_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> Submission:
    """A mail of this kind, as an application hands it in."""
    number = chance.randrange(10_000, 99_999)
    subject = chance.choice(SUBJECTS[stream]).format(number=number)
    text = _text(stream, to[0].name, subject, number)
    sender = SENDERS[stream]
    if owner.partner_id is not None:
        sender = Mailbox(f"post@{owner.domain}", owner.name)
    return Submission(
        stream=stream,
        to=to,
        cc=cc,
        subject=subject,
        source="api",
        sender=sender,
        text=text,
        html=_html(subject, text) if stream is not Stream.CRM else None,
        attachments=_attachments(chance, stream, number),
        send_at=send_at,
        expires_at=expires_at,
        details={"order": str(number)} if stream is Stream.CUSTOMER_SERVICE else {},
        partner_id=owner.partner_id,
        application_id=owner.application_id,
    )


def _text(stream: Stream, name: str, subject: str, number: int) -> str:
    said = {
        Stream.SYSTEM: f"Your code is {number % 1000:03} {number % 977:03}. It is good for ten "
        "minutes. If you did not ask for it, nothing has to be done.",
        Stream.CUSTOMER_SERVICE: f"thank you for your patience. Your order {number} left our "
        "store this morning and should be with you in two days.",
        Stream.CRM: f"as promised you find our offer {number} attached. I am glad to explain it "
        "to you by telephone.",
        Stream.CAMPAIGNS: "This week we have something for you that will not come again so soon. "
        "Have a look at our shop.",
    }
    return f"Dear {name or 'customer'},\n\n{said[stream]}\n\nKind regards\nNorthwind ({subject})\n"


def _html(subject: str, text: str) -> str:
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    return f"<html><body><h1>{subject}</h1>{paragraphs}</body></html>"


def _attachments(chance: random.Random, stream: Stream, number: int) -> tuple[Attachment, ...]:
    if stream is not Stream.CRM or chance.random() > 0.3:
        return ()
    return (Attachment(f"Teklif-{number}.txt", "text/plain", f"Offer {number}\r\n".encode()),)
