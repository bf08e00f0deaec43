"""What a server offered in its answer to EHLO."""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.reply import Reply


@dataclass(frozen=True, slots=True)
class Extensions:
    """The service extensions of a server; none before EHLO and after HELO."""

    lines: tuple[str, ...] = ()
    """As offered, for people."""
    keywords: frozenset[str] = frozenset()
    """In upper case."""
    mechanisms: tuple[str, ...] = ()
    """SASL mechanisms in upper case, in the server's order (RFC 4954 section 3)."""
    size_limit: int | None = None
    """The largest message in octets; None when none is named (RFC 1870 section 4)."""

    def offers(self, keyword: str) -> bool:
        """Whether the extension of this keyword, in upper case, is offered."""
        return keyword in self.keywords

    @classmethod
    def read(cls, reply: Reply) -> Extensions:
        """Reads the answer to EHLO (RFC 5321 section 4.1.1.1): the first line is the greeting.

        `AUTH=LOGIN`, as written by servers older than RFC 2554, counts as well.
        """
        lines = tuple(line.strip() for line in reply.lines[1:] if line.strip())
        words = [line.upper().replace("AUTH=", "AUTH ", 1).split() for line in lines]
        mechanisms = [name for first, *names in words if first == "AUTH" for name in names]
        sizes = [names[0] for first, *names in words if first == "SIZE" and names]
        return cls(
            lines=lines,
            keywords=frozenset(first for first, *_ in words),
            mechanisms=tuple(dict.fromkeys(mechanisms)),
            size_limit=_size(sizes[0]) if sizes else None,
        )


def _size(text: str) -> int | None:
    """0 means that no limit is named; what is not a number counts as that."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 20
    return (int(text) if is_number else 0) or None
