"""Which kind of mail the list of providers is looked at for: `account_type` in its address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from flask import request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.domain.delivery import Stream
from panel.web.hx import is_hx
from panel.web.labels import STREAMS
from panel.web.listing import known

_ORDER = (Stream.SYSTEM, Stream.CUSTOMER_SERVICE, Stream.CAMPAIGNS, Stream.CRM)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the kinds above the list, as a link."""

    label: LazyString
    url: str
    is_chosen: bool


def wanted_stream() -> Stream | None:
    """The kind of mail of the list that the reader has before them; None: all mail.

    The answer to a change by htmx goes into the page that is open, so its address counts.
    """
    if is_hx() and request.method == "POST":
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        return known(Stream, parse_qs(shown.query).get("account_type", [""])[0])
    return known(Stream, request.args.get("account_type"))


def choices(chosen: Stream | None) -> tuple[Choice, ...]:
    """All mail, then each kind."""
    every = Choice(_l("All mail"), url_for("providers.index"), chosen is None)
    return every, *(
        Choice(
            STREAMS[stream],
            url_for("providers.index", account_type=stream.value),
            stream is chosen,
        )
        for stream in _ORDER
    )
