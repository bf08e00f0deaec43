"""Which From a mail leaves with at a given provider."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name and an addr-spec (RFC 5322 section 3.4)."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part after the last @, lower case."""
        return self.email.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Sender:
    """The From to use; `is_replaced` when the mail's own has to become Reply-To."""

    mailbox: Mailbox
    is_replaced: bool


def sender(original: str, *, provider_from: Mailbox, domains: Collection[str]) -> Sender:
    """The provider's From where the mail has none or one that the provider may not send for.

    `domains` are those the provider may send for, beside the domain of its own From; a domain
    covers its subdomains only where it is written with a leading dot.
    """
    if not original:
        return Sender(provider_from, is_replaced=False)
    domain = Mailbox(original).domain
    allowed = {provider_from.domain, *(item.lower() for item in domains)}
    if domain in allowed or any(item.startswith(".") and domain.endswith(item) for item in allowed):
        return Sender(Mailbox(original), is_replaced=False)
    return Sender(provider_from, is_replaced=True)
